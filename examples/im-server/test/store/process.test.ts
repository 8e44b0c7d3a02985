/* The store in a process of its own: killed at any moment, and measured while a body of 100 MiB goes through it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeRandom } from '@simple-im/transport/node';
import type { DeferredItem } from '../../src/deferred/store.js';
import { openStore } from '../../src/store/open.js';
import { alice, bodyOf, NOW, pattern } from './deferred-items.js';
import { inFile } from './sqlite-module.js';
import { folder } from './stores.js';

const home = fileURLToPath(new URL('../../', import.meta.url));
let program = '';

beforeAll(async () => {
  program = mkdtempSync(join(tmpdir(), 'simple-im-child-'));
  const sqlite = join(home, 'src/store/sqlite');
  for (const name of readdirSync(sqlite)) if (name.endsWith('.mjs')) copyFileSync(join(sqlite, name), join(program, name));
  symlinkSync(join(home, 'node_modules'), join(program, 'node_modules'));
  await build({
    entryPoints: [join(home, 'test/store/child.ts')], outfile: join(program, 'child.mjs'), bundle: true, platform: 'node', format: 'esm', target: 'node20',
    conditions: ['@simple-im/source'], logLevel: 'silent',
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  });
});

afterAll(() => rmSync(program, { recursive: true, force: true }));

const key = new Uint8Array(32).fill(1);

/** Runs the process; `until` lines it may write before it is killed. The whole lines it wrote. */
async function run(args: readonly string[], until = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--expose-gc', join(program, 'child.mjs'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    if (text.split('\n').length > until) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return text.split('\n').slice(0, -1);
}

describe('a process that is killed while it stores', () => {
  it('has everything it acknowledged exactly once, in order, and nothing half', async () => {
    const path = join(folder(), 'im.db');
    const promised: string[] = [];
    for (const lines of [1, 2, 30, 77, 150]) {
      promised.push(...await run(['send', path], lines));
      const store = await openStore({ kind: 'sqlite', path }, nodeRandom, { key });
      const kept: DeferredItem[] = [];
      for (let page; page === undefined || page.length > 0;) {
        page = await store.deferred.list(alice, { after: kept.at(-1)?.sequence ?? 0, limit: 100 }, NOW);
        kept.push(...page);
      }
      const names = kept.map(({ messageId }) => messageId as string);
      expect(new Set(names).size).toBe(names.length);
      expect(promised.filter((name) => !names.includes(name))).toEqual([]);
      expect(inSenderOrder(names)).toBe(true);
      // What went with it in the same commit is there for each of them, and for nothing else.
      expect((await store.deferred.events('stored', 10_000)).map(({ payload }) => payload).toSorted()).toEqual(names.toSorted());
      for (const { id, size, messageId } of kept) {
        const body = size === 150_000 ? pattern(150_000) : new TextEncoder().encode(messageId);
        expect(Buffer.compare(await bodyOf(store.deferred, id), body)).toBe(0);
      }
      expect((await store.deferred.counts(alice)).newMessages).toBe(names.length);
      const octets = inFile(path, 'SELECT sum(octets) AS octets FROM deferred_item')[0]?.octets;
      expect((await store.deferred.counts(alice)).octets).toBe(octets);
      expect(inFile(path, 'SELECT octets FROM stored')).toMatchObject([{ octets }]);
      await store.close();
    }
  }, 60_000);
});

it('a process that ends while it stores ends with its own exit code', async () => {
  const path = join(folder(), 'im.db');
  for (let times = 0; times < 6; times++) {
    const child = spawn(process.execPath, [join(program, 'child.mjs'), 'leave', path], { stdio: 'inherit' });
    expect(await once(child, 'close')).toEqual([3, null]);
  }
}, 60_000);

/** Whether the numbers of each sender follow each other. */
function inSenderOrder(names: readonly string[]): boolean {
  const last = new Map<string, number>();
  return names.every((name) => {
    const [, sender = '', number] = /^(.*)-(\d+)$/.exec(name) ?? [];
    const follows = Number(number) === (last.get(sender) ?? -1) + 1;
    last.set(sender, Number(number));
    return follows;
  });
}

describe('a body of 100 MiB', () => {
  it('goes to the disk and comes back without being in memory', async () => {
    const [line = '{}'] = await run(['stream', join(folder(), 'im.db'), String(100 * 1024 * 1024)]);
    const { grown, same } = JSON.parse(line) as { readonly grown: number; readonly same: boolean };
    expect(same).toBe(true);
    expect(grown).toBeLessThan(60 * 1024 * 1024);
  }, 60_000);
});
