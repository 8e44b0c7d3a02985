#!/usr/bin/env node
/**
 * Makes a fresh clone usable with nothing but Node 20 and npm. `npm start`, `npm test` and the others call it first, so
 * this file may import nothing but `node:` modules.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** The one version that runs on Node 20 and reads our lock file. */
export const pnpm = ['npx', '--yes', 'pnpm@12.21.0'];

const oldestNode = 20;

/** One line for a person when this Node is too old, else undefined. */
export function refuseOldNode(version) {
  const major = Number(version.split('.')[0]);
  return major < oldestNode ? `simple-im needs Node ${oldestNode} or newer; this is Node ${version}.` : undefined;
}

/** True when what is installed is what the lock file says: pnpm keeps a copy of the lock file it installed from. */
export function isInstalled(directory) {
  try {
    return readFileSync(join(directory, 'pnpm-lock.yaml')).equals(readFileSync(join(directory, 'node_modules/.pnpm/lock.yaml')));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Installs the dependencies unless they are there; ends the process with one line when it cannot. */
export function setup() {
  const tooOld = refuseOldNode(process.versions.node);
  if (tooOld !== undefined) fail(tooOld);
  if (isInstalled(root)) return;
  console.error('Installing dependencies (once, about a minute) ...');
  const [command, ...args] = [...pnpm, 'install', '--frozen-lockfile'];
  // CI=true: pnpm asks no questions. Its output goes to standard error, which leaves standard output to the caller.
  const { status, error } = spawnSync(command, args, { cwd: root, env: { ...process.env, CI: 'true' }, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`Installing dependencies failed${error === undefined ? '' : ` (${error.message})`}: see above.`);
  console.error('Dependencies are installed.');
}

function fail(line) {
  console.error(line);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
