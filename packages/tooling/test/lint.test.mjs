import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { collect, installed } from '../src/run.mjs';
import { root } from '../src/setup.mjs';

const folders = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** The rules oxlint reports for a text at a path of the repository. */
async function rulesBroken(path, text) {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-lint-'));
  folders.push(folder);
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  const { output } = await collect(installed('oxlint'), ['-c', '.oxlintrc.json', '--format', 'unix', path], { cwd: folder });
  return [...output.matchAll(/\[Error\/\w+\(([\w-]+)\)\]/g)].map(([, rule]) => rule);
}

const breaks = {
  'no-nodejs-modules': ["import 'node:fs';", "import 'net';", "export const dns = import('node:dns');"],
  'no-restricted-globals': [
    'setTimeout(run, 1);', 'setInterval(run, 1);', 'setImmediate(run);', 'performance.now();', 'process.exit(1);',
    'Buffer.from([1]);', 'globalThis.setTimeout(run, 1);', 'crypto.getRandomValues(bytes);', "fetch('x');",
  ],
  'no-restricted-properties': ['Date.now();', 'Math.random();', 'export const { now } = Date;'],
  'no-console': ["console.log('x');"],
  'no-explicit-any': ['export const x: any = 1;'],
  'no-empty': ['try { run(); } catch {}'],
};

describe('what oxlint keeps out of protocol code', () => {
  it('reports each of them by its rule', async () => {
    for (const [rule, texts] of Object.entries(breaks)) {
      for (const text of texts) expect(await rulesBroken('packages/sip/src/bad.ts', text), text).toContain(rule);
    }
  }, 30_000);

  it.each(['packages/transport/src/node/udp.ts', 'packages/tooling/src/run.mjs', 'examples/im-server/src/main.ts', 'packages/sip/test/message.test.ts'])(
    'lets %s do input and output',
    async (path) => expect(await rulesBroken(path, "import { run } from 'node:test';\nsetTimeout(run, Date.now());\n")).toEqual([]),
  );

  it('lets a parameter have the name of a restricted global', async () => {
    expect(await rulesBroken('packages/sip/src/good.ts', 'export const f = (process: string, crypto: string): string => process + crypto;')).toEqual([]);
  });
});
