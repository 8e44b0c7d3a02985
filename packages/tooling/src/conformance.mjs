#!/usr/bin/env node
/** `npm run conformance`: the conformance suite against the reference server on free ports; further arguments go to the suite. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { main } from './run.mjs';
import { root, setup } from './setup.mjs';

setup();

/** The demo users of the server (examples/im-server/src/users.ts). */
const users = [
  { aor: 'sip:alice@example.com', password: 'wonderland' },
  { aor: 'sip:bob@example.com', password: 'builder' },
];

/** What our server has: nothing of it is skipped. */
const features = [
  'digest', 'registrar', 'pager', 'session', 'media-path', 'proxy', 'forking', 'serial-forking', 'outbound', 'path', 'asserted-identity',
  'comedia', 'gruu', 'caller-preferences', 'message-size', 'reg-event', 'message-summary', 'event-tags',
  'session-timer',
];
const certificates = join(root, 'packages/testkit/certificates');
/** Every transport there is, on free ports. */
const free = [
  ...['udp', 'tcp', 'tls'].flatMap((transport) => ['--sip', `${transport}:127.0.0.1:0`]),
  ...['tcp', 'tls'].flatMap((transport) => ['--msrp', `${transport}:127.0.0.1:0`]),
  '--http', '127.0.0.1:0', '--https', '127.0.0.1:0',
  '--tls-cert', join(certificates, 'server.pem'), '--tls-key', join(certificates, 'server.key'),
];

/** The line the server prints when it serves. */
async function readyLine(server) {
  for await (const line of createInterface({ input: server.stdout })) return JSON.parse(line);
  throw new Error('The server ended before it was ready: see above.');
}

const ended = (child) => new Promise((resolve, reject) => {
  child.once('error', reject);
  child.once('exit', (code) => resolve(code ?? 1));
});

await main(async () => {
  const { build } = await import('./build.mjs');
  await build({ log: (line) => console.error(line) });
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-conformance-'));
  const options = ['--domain', 'example.com', '--deferred', 'off', ...free, '--users', join(folder, 'users.jsonl'), '--log-level', 'error'];
  writeFileSync(join(folder, 'users.jsonl'), users.map((user) => `${JSON.stringify(user)}\n`).join(''));
  const server = spawn(process.execPath, ['examples/im-server/dist/main.js', ...options], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const serverEnded = ended(server);
  try {
    const { domain, sip, msrp, ws, wss } = await readyLine(server);
    const [sipUrls, msrpUrls] = ['/sip', '/msrp'].map((path) => [...ws, ...wss].filter((url) => url.endsWith(path)));
    const target = join(folder, 'target.json');
    const trusted = join(certificates, 'root.pem');
    writeFileSync(target, JSON.stringify({ domain, sip, ws: sipUrls, msrp, 'msrp-ws': msrpUrls, trusted, users, features }));
    process.exitCode = await ended(spawn(process.execPath, ['packages/conformance/dist/main.js', '--target', target, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' }));
  } finally {
    server.kill('SIGTERM');
    await serverEnded;
    rmSync(folder, { recursive: true, force: true });
  }
});
