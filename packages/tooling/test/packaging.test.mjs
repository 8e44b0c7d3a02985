import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { browserBundleSize } from '../src/checks/browser.mjs';
import { loaders } from '../src/checks/install.mjs';
import { findTarballProblems, readTarball } from '../src/checks/pack.mjs';
import { runProblems } from '../src/checks/snippets.mjs';
import { findForgotten } from '../src/checks/types.mjs';
import { toCommonJsDeclaration, writeCommonJsDeclarations } from '../src/declarations.mjs';
import { collect } from '../src/run.mjs';
import { isInstalled, refuseOldNode } from '../src/setup.mjs';
import { closure, entriesOf, packages } from '../src/workspace.mjs';

let folder;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'simple-im-test-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path, text) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};

describe('setup', () => {
  it('refuses a Node older than 20 in one line', () => {
    expect(refuseOldNode('18.20.4')).toMatch(/^simple-im needs Node 20 or newer; this is Node 18\.20\.4\.$/);
    expect(refuseOldNode('20.0.0')).toBeUndefined();
  });

  it('sees nothing installed, something older, and what the lock file says', () => {
    write('pnpm-lock.yaml', 'new');
    expect(isInstalled(folder)).toBe(false);
    write('node_modules/.pnpm/lock.yaml', 'old');
    expect(isInstalled(folder)).toBe(false);
    write('node_modules/.pnpm/lock.yaml', 'new');
    expect(isInstalled(folder)).toBe(true);
  });
});

describe('workspace', () => {
  it('orders packages with those others need first, and finds what one needs', () => {
    const manifest = (name, ...dependencies) => JSON.stringify({ name, dependencies: Object.fromEntries(dependencies.map((other) => [other, '*'])) });
    write('packages/a/package.json', manifest('a', 'b'));
    write('packages/b/package.json', manifest('b', 'c', 'elsewhere'));
    write('packages/c/package.json', manifest('c'));
    const members = packages(folder);
    expect(members.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    expect([...closure(members[1], members)].map(({ name }) => name)).toEqual(['c', 'b']);
  });

  it('reads the subpaths that are code', () => {
    const exports = { '.': { '@simple-im/source': './src/index.ts', import: {}, require: {} }, './x': { '@simple-im/source': './src/x.ts', import: {} }, './package.json': './package.json' };
    expect(entriesOf({ exports })).toEqual([{ subpath: '.', source: './src/index.ts', commonJs: true }, { subpath: './x', source: './src/x.ts', commonJs: false }]);
  });
});

describe('declarations for CommonJS', () => {
  it('rewrites relative specifiers and no others', () => {
    expect(toCommonJsDeclaration("import type { A } from './a.js';\nexport * from \"../b/c.js\";\ntype D = import('./d.js').D;\nimport 'ws/lib.js';\n"))
      .toBe("import type { A } from './a.cjs';\nexport * from \"../b/c.cjs\";\ntype D = import('./d.cjs').D;\nimport 'ws/lib.js';\n");
  });

  it('gives every declaration its copy', () => {
    write('index.d.ts', '');
    write('node/udp.d.ts', '');
    expect(writeCommonJsDeclarations(folder)).toBe(2);
  });
});

/** A tarball of ustar entries. */
function tarball(files) {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(Buffer.byteLength(text).toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    return [header, Buffer.from(text), Buffer.alloc((512 - (Buffer.byteLength(text) % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

describe('tarballs', () => {
  const good = { 'package/package.json': '{}', 'package/README.md': 'x', 'package/LICENSE': 'x', 'package/dist/index.js': 'x'.repeat(700) };
  const problems = (changes) => findTarballProblems(readTarball(tarball({ ...good, ...changes })));

  it('finds nothing wrong with a good one', () => expect(problems({})).toEqual([]));
  it('reports workspace: and the source condition', () => {
    expect(problems({ 'package/package.json': '{ "dependencies": { "a": "workspace:^" } }' })).toEqual(['package.json still says workspace:']);
    expect(problems({ 'package/package.json': '{ "exports": { "@simple-im/source": "./src" } }' })).toHaveLength(1);
  });
  it('reports what does not belong in it and what is missing', () => {
    expect(problems({ 'package/src/index.ts': '', 'package/dist/.stamp': '' })).toHaveLength(2);
    expect(findTarballProblems(readTarball(tarball({ 'package/package.json': '{}' })))).toEqual(['README.md is missing', 'LICENSE is missing']);
  });
});

describe('the browser bundle', () => {
  it('fails on a node: import, wherever it is', async () => {
    write('index.js', "export * from './deep.js';");
    write('deep.js', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;");
    await expect(browserBundleSize([join(folder, 'index.js')], folder)).rejects.toThrow(/node:fs/);
  });

  it('gives the minified size', async () => {
    write('index.js', `export const x = ${JSON.stringify('x'.repeat(3000))};`);
    const size = await browserBundleSize([join(folder, 'index.js')], folder);
    expect(size).toBeGreaterThan(3000);
    expect(size).toBeLessThan(3300);
  });
});

describe('loading an installed package', () => {
  it.each(['ESM', 'CommonJS'])('fails as %s when it is missing, and when it exports nothing', async (way) => {
    write('node_modules/empty/package.json', '{ "exports": { "import": "./index.mjs", "require": "./index.cjs" } }');
    write('node_modules/empty/index.mjs', 'export {};');
    write('node_modules/empty/index.cjs', '');
    write('node_modules/full/package.json', '{ "exports": { "import": "./index.mjs", "require": "./index.cjs" } }');
    write('node_modules/full/index.mjs', 'export const x = 1;');
    write('node_modules/full/index.cjs', 'exports.x = 1;');
    const status = async (name) => (await collect(process.execPath, loaders[way](name), { cwd: folder })).status;
    expect([await status('missing'), await status('empty'), await status('full')]).toEqual([1, 1, 0]);
  });
});

describe('the project of all tests', () => {
  it('misses a package it does not refer to', () => {
    expect(findForgotten('{ "references": [{ "path": "../sip" }] }', ['../sip', '../msrp'])).toEqual(['../msrp']);
  });
});

describe('running a snippet', () => {
  const run = (code, seconds) => runProblems(folder, { file: 'x.ts', code, place: 'README.md:1' }, seconds);
  it('is fine when it ends by itself', async () => expect(await run('const x: number = 1;\nconsole.log(await Promise.resolve(x));')).toEqual([]));
  it('shows what it printed when it fails', async () => expect((await run("console.log('so far');\nthrow new Error('boo');"))[0]).toMatch(/README.md:1: exit 1\nso far[^]*boo/));
  it('says so when it does not end', async () => expect(await run('setInterval(() => {}, 1000);', 0.5)).toEqual([expect.stringContaining('did not end within 0.5 s')]));
});
