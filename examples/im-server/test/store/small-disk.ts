/* A disk of a few mebioctets, to fill it: a file system in memory. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** As root, or as somebody who may become root without being asked. */
const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

function asRoot(...command: readonly string[]): boolean {
  const [program, ...args] = [...prefix, ...command] as [string, ...string[]];
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Whether file systems may be mounted here. */
export const canMount = process.platform === 'linux' && (() => {
  const path = mkdtempSync(join(tmpdir(), 'simple-im-disk-'));
  const mounted = asRoot('mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', path);
  if (mounted) asRoot('umount', path);
  rmSync(path, { recursive: true });
  return mounted;
})();

/** The folder of a disk of so many octets, gone after the test. */
export function smallDisk(octets: number): string {
  const path = mkdtempSync(join(tmpdir(), 'simple-im-disk-'));
  if (!asRoot('mount', '-t', 'tmpfs', '-o', `size=${octets},mode=777`, 'tmpfs', path)) throw new Error('mount failed');
  onTestFinished(() => {
    asRoot('umount', '-l', path);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** From now on nothing can be written there. */
export function makeReadOnly(path: string): void {
  if (!asRoot('mount', '-o', 'remount,ro', path)) throw new Error('remount failed');
}
