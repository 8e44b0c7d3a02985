/** The floors of the house: an import goes down only, and floor 2 upwards has no doors sideways. */
import { importsOf } from './imports.mjs';
import { filesUnder, isSource } from '../workspace.mjs';

export const floors = {
  grammar: 1, xml: 1, mime: 1, digest: 1, transport: 1,
  sip: 2, msrp: 2, cpim: 2, xcap: 2, policy: 2, sigcomp: 2, diameter: 2,
  'sip-events': 3,
  'im-client': 4,
  conformance: 5, server: 5,
};

/** On floor 1 everybody may use the grammar, and only that. */
const groundFloorDoors = ['grammar'];

/** What is wrong with package `from` importing package `to`, or undefined. */
export function judgeImport(from, to) {
  if (from === to) return undefined;
  const [here, there] = [floors[from], floors[to]];
  if (there === undefined) return `imports ${to}, which is on no floor (name it in packages/tooling/src/checks/floors.mjs, or it is private)`;
  if (there > here) return `imports ${to} upwards (floor ${here} to floor ${there})`;
  if (there === here && !(here === 1 && groundFloorDoors.includes(to))) return `imports ${to} sideways on floor ${here}`;
  return undefined;
}

/** The problems of one source file of the package `from`, as `{ line, problem }`. */
export function findFloorBreaks(from, path, text) {
  const depth = path.split('/').length - 3; // folders below packages/NAME, src being the first
  return importsOf(path, text).flatMap(({ specifier, line }) => {
    if (specifier.startsWith('.')) {
      const climbs = specifier.split('/').filter((part) => part === '..').length;
      return climbs >= depth ? [{ line, problem: `leaves its src folder by ${specifier}` }] : [];
    }
    const to = /^@simple-im\/([^/]+)/.exec(specifier)?.[1];
    const problem = to === undefined ? undefined : judgeImport(from, to);
    return problem === undefined ? [] : [{ line, problem }];
  });
}

export function checkFloors({ members, read, pathOf }) {
  return members.flatMap((member) => {
    if (member.manifest.private) return [];
    if (floors[member.short] === undefined) return [`${member.path}: is on no floor: name it in packages/tooling/src/checks/floors.mjs`];
    return filesUnder(`${member.folder}/src`, isSource).flatMap((file) => {
      const path = pathOf(file);
      return findFloorBreaks(member.short, path, read(file)).map(({ line, problem }) => `${path}:${line}: ${problem}`);
    });
  });
}
