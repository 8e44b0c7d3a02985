/** What packages there are, read from their package.json. Only `node:` imports. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

export const sourceCondition = '@simple-im/source';

/** Every workspace member, those that others depend on first. */
export function packages(directory = root) {
  const members = ['packages', 'examples'].flatMap((group) => (existsSync(join(directory, group)) ? readdirSync(join(directory, group)) : [])
    .map((name) => join(directory, group, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => readPackage(folder, directory)));
  return inDependencyOrder(members);
}

/** Those that are published and have something in them. */
export function publicPackages(directory = root) {
  return packages(directory).filter((member) => !member.manifest.private && member.entries.length > 0);
}

function readPackage(folder, directory) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return {
    name: manifest.name,
    short: manifest.name.replace(/^@simple-im\//, ''),
    folder,
    path: relative(directory, folder),
    manifest,
    settings: manifest.simpleIm ?? {},
    entries: entriesOf(manifest).filter(({ source }) => existsSync(join(folder, source))),
  };
}

/** The subpaths of a package that are code: `{ subpath: './sdp', source: './src/sdp.ts', commonJs: true }`. */
export function entriesOf(manifest) {
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    const source = target?.[sourceCondition];
    return source === undefined ? [] : [{ subpath, source, commonJs: target.require !== undefined }];
  });
}

/** What an importer writes for a subpath. */
export const specifier = (member, subpath) => member.name + subpath.slice(1);

/** The members a member needs at run time, directly or through others, itself last. */
export function closure(member, members, seen = new Set()) {
  for (const name of Object.keys(member.manifest.dependencies ?? {})) {
    const dependency = members.find((other) => other.name === name);
    if (dependency !== undefined && !seen.has(dependency)) closure(dependency, members, seen);
  }
  return seen.add(member);
}

function inDependencyOrder(members) {
  const ordered = new Set();
  for (const member of members) closure(member, members, ordered);
  return [...ordered];
}

/** Every file under a folder, as absolute paths in a stable order; a folder that is missing has none. */
export function filesUnder(folder, keep = () => true) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).sort().flatMap((name) => {
    if (name === 'node_modules' || name === 'dist') return [];
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesUnder(path, keep);
    return keep(path) ? [path] : [];
  });
}

export const isTypeScript = (path) => path.endsWith('.ts') && !path.endsWith('.d.ts');

/** What runs, or is compiled to what runs. */
export const isSource = (path) => isTypeScript(path) || path.endsWith('.mjs');
