/* Stores for the benches, and messages to put into them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRandom } from '@simple-im/transport/node';
import { openStore } from '../dist/store/open.js';

export const quick = process.argv.includes('--quick');

export const NOW = Date.now();

const body = new TextEncoder().encode('Shall we have lunch together? '.repeat(10));

export const userOf = (n) => `sip:user${n}@example.com`;

export const messageTo = (recipient, messageId) => ({
  head: {
    kind: 'message', mode: 'pager', recipient, sender: 'sip:bob@example.com', from: '"Bob" <sip:bob@example.com>', to: `<${recipient}>`, messageId,
    contentType: 'text/plain;charset=utf-8', headers: [['Subject', 'lunch']], receivedAt: NOW, expiresAt: NOW + 604_800_000, held: false,
  },
  body,
});

const folders = [];

export function storeFile() {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-bench-'));
  folders.push(folder);
  return join(folder, 'im.db');
}

export const openAt = (path, key) => openStore({ kind: 'sqlite', path }, nodeRandom, { key });

export function clearAway() {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

export function report(bench, about, ratio, unit, needed, more = {}) {
  const missed = needed !== undefined && (needed.startsWith('<=') ? ratio > Number(needed.slice(2)) : ratio < Number(needed.slice(2)));
  if (missed) process.exitCode = 1;
  console.log(JSON.stringify({ bench, case: about, ratio: Number(ratio.toFixed(2)), unit, needed, ...more }));
}
