/** Each package alone in an empty folder, from its tarball and those it depends on, imported both ways. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, collect } from '../run.mjs';
import { closure, specifier } from '../workspace.mjs';
import { majors, nodeOf } from './node-versions.mjs';

/** Installs tarballs in a new folder. */
export async function installTarballs(folder, tarballs) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await capture('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...tarballs], { cwd: folder });
}

/** The two little programs that load a module: each fails when it has no exports. */
export const loaders = {
  ESM: (name) => ['--input-type=module', '-e', `const m = await import('${name}'); if (Object.keys(m).length === 0) throw new Error('exports nothing');`],
  CommonJS: (name) => ['--input-type=commonjs', '-e', `const m = require('${name}'); if (Object.keys(m).length === 0) throw new Error('exports nothing');`],
};

async function tryEntries(member, folder) {
  const problems = [];
  for (const major of majors) {
    const node = await nodeOf(major);
    for (const { subpath, commonJs } of member.entries) {
      const name = specifier(member, subpath);
      for (const way of commonJs ? ['ESM', 'CommonJS'] : ['ESM']) {
        const { status, output } = await collect(node, loaders[way](name), { cwd: folder });
        if (status !== 0) problems.push(`${name} as ${way} on Node ${major}: ${output.trim().split('\n').find((line) => /Error/.test(line)) ?? output.trim()}`);
      }
    }
  }
  return problems;
}

export async function checkInstall({ members, tarballs, temporary }) {
  const all = await tarballs();
  const problems = [];
  for (const member of members) {
    const folder = join(temporary, 'install', member.short);
    try {
      await installTarballs(folder, [...closure(member, members)].map(({ name }) => all.get(name)));
      problems.push(...await tryEntries(member, folder));
    } catch (error) {
      problems.push(`${member.name}: ${error.message}`);
    }
  }
  return problems;
}
