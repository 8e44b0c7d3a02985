/**
 * Types of every package and of its tests. The tests are one project on top: it refers to the packages and so sees their
 * declarations, while protocol sources are checked without Node's types around.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { collect, installed } from '../run.mjs';
import { root } from '../setup.mjs';

const project = 'packages/tooling/tsconfig.tests.json';

/** Folders with a tsconfig.json that a project does not refer to: nobody would look at their types. */
export function findForgotten(projectText, paths) {
  const { references } = JSON.parse(projectText);
  return paths.filter((path) => !references.some((reference) => reference.path === path));
}

export async function checkTypes({ everyMember }) {
  const folders = everyMember.filter((member) => existsSync(join(member.folder, 'tsconfig.json')))
    .map((member) => relative(join(root, 'packages/tooling'), member.folder));
  const forgotten = findForgotten(readFileSync(join(root, project), 'utf8'), folders).map((path) => `${project}: no reference to ${path}`);
  const { status, output } = await collect(installed('tsc'), ['-b', project, '--pretty', 'false']);
  return status === 0 ? forgotten : [...forgotten, ...output.trim().split('\n')];
}
