import { readdirSync, readFileSync } from 'node:fs';

export interface Vector {
  /** The file's name, with its extension. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The files of a folder, in the order of their names, without README.md and subfolders; with `extension` (such as
 * `.msrp`) only those. Throws when there are none, since a test over no vectors cannot fail.
 */
export function vectors(folder: URL, extension = ''): Vector[] {
  const base = new URL(folder.href.endsWith('/') ? folder.href : `${folder.href}/`);
  const names = readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md' && entry.name.endsWith(extension))
    .map((entry) => entry.name)
    .sort();
  if (names.length === 0) throw new Error(`No vectors${extension === '' ? '' : ` *${extension}`} in ${base.pathname}`);
  return names.map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(encodeURIComponent(name), base))) }));
}
