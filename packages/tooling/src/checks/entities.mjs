/**
 * The functional entities of the reference server stand side by side: none imports another. What they share are the files
 * directly in `src/` (reference points, internal ports, configuration); what puts them together may import them all.
 * As types only, everybody sees what `observe` takes, and `store` the storage interfaces the entities declare.
 */
import { dirname, join, normalize } from 'node:path/posix';
import { importsOf } from './imports.mjs';
import { filesUnder, isSource } from '../workspace.mjs';

const functions = ['sip-core', 'participating', 'controlling', 'deferred', 'history', 'presence', 'xdm', 'charging', 'settings', 'system-messages'];
export const entities = [...functions, 'media', 'service-session', 'store', 'observe'];

/** Files directly in `src/` that put the entities together; no entity may import them. */
const assembly = ['server.ts', 'main.ts', 'index.ts'];

/** Functions that carry MSRP take their sessions from `media`; those that are an end of it themselves, from `service-session`. */
const usesMedia = ['participating', 'controlling', 'deferred', 'history', 'service-session'];
const usesServiceSession = ['deferred', 'history'];

/** What is wrong with an import of `to` in `from` (both paths within src), or undefined. */
export function judgeEntityImport(from, to, typeOnly) {
  const [here, there] = [from, to].map((path) => (path.includes('/') ? path.split('/')[0] : ''));
  if (!entities.includes(here) || here === there) return undefined;
  if (there === '') return assembly.includes(to) ? `${here} imports ${to}, which puts the entities together` : undefined;
  if (there === 'media' && usesMedia.includes(here)) return undefined;
  if (there === 'service-session' && usesServiceSession.includes(here)) return undefined;
  const seenAsTypes = there === 'observe' || (here === 'store' && functions.includes(there));
  if (seenAsTypes) return typeOnly ? undefined : `${here} may import only types from ${there} (import type)`;
  return `${here} imports ${there}: entities talk through reference-points.ts or internal-ports.ts`;
}

/** The problems of one file, its path within src, as `{ line, problem }`. */
export function findEntityBreaks(path, text) {
  return importsOf(path, text).flatMap(({ specifier, typeOnly, line }) => {
    if (!specifier.startsWith('.')) return [];
    const target = normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts');
    const problem = judgeEntityImport(path, target, typeOnly);
    return problem === undefined ? [] : [{ line, problem }];
  });
}

export function checkEntities({ everyMember, read, pathOf }) {
  const server = everyMember.find((member) => member.short === 'server');
  if (server === undefined) return ['examples/im-server is missing'];
  const source = `${server.path}/src/`;
  return filesUnder(join(server.folder, 'src'), isSource).flatMap((file) => {
    const path = pathOf(file);
    return findEntityBreaks(path.slice(source.length), read(file)).map(({ line, problem }) => `${path}:${line}: ${problem}`);
  });
}
