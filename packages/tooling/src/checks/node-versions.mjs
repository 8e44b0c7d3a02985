/** The Node versions packages are tried on: the oldest we support and a newer one, fetched from npm when not running. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../run.mjs';

export const majors = [20, 24];

/** The path of a Node of this major version. */
export async function nodeOf(major) {
  if (Number(process.versions.node.split('.')[0]) === major) return process.execPath;
  const folder = join(tmpdir(), `simple-im-node-${major}`);
  const binary = join(folder, 'node_modules/node/bin/node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    await capture('npm', ['install', '--no-audit', '--no-fund', '--foreground-scripts', `node@${major}`], { cwd: folder });
  }
  return binary;
}
