/* A small disk, which a file beside the store fills and frees. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEBIOCTET = 1024 * 1024;
/** Twice what the server keeps free, so that it begins with room. */
const SIZE = 32 * MEBIOCTET;

export class Disk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Undefined where this process may not mount one. */
  static mounted(): Disk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'simple-im-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
      return new Disk(folder);
    } catch {
      rmdirSync(folder);
      return undefined;
    }
  }

  /** Leaves so many octets, and not more than a page of the disk above. */
  fillBut(octets: number): void {
    this.free();
    const file = openSync(this.#ballast, 'w');
    try {
      for (let left = this.#left; left > octets; left = this.#left) writeSync(file, Buffer.alloc(Math.max(1, Math.min(MEBIOCTET, left - octets))));
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  remove(): void {
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'ignore' });
    rmdirSync(this.folder);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }

  get #left(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }
}
