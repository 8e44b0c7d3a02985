import { readFileSync } from 'node:fs';

/** A file of `vectors/`, by its name with extension. */
export function vector(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`./vectors/${name}`, import.meta.url)));
}
