import { readFileSync } from 'node:fs';
import { ConfigError, oneLine } from './config-error.js';

const OCTETS = 32;

/**
 * Reads the key that encrypts the store: 32 octets as 64 hexadecimal digits or in base64. Throws ConfigError, with nothing of what the
 * file holds.
 */
export function readStoreKey(path: string): Uint8Array {
  const text = textOf(path).trim();
  const key = /^[0-9A-Fa-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  const isWritten = key.toString('hex') === text.toLowerCase() || key.toString('base64').replace(/=$/, '') === text.replace(/=$/, '');
  if (key.length === OCTETS && isWritten) return new Uint8Array(key);
  throw new ConfigError(`--store-key ${path}: expected 32 octets in hexadecimal or base64, as openssl rand -hex 32 makes them`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw new ConfigError(`--store-key ${path}: ${oneLine((error as Error).message)}`, { cause: error });
  }
}
