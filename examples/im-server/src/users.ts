import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';

/** A provisioned user: the address-of-record and what proves who they are. */
export interface User {
  /** A SIP URI such as `sip:alice@example.com`; its user part is the digest username, its host the realm. */
  readonly aor: string;
  readonly password?: string;
  /** Hex digests of `username:realm:password` by algorithm, in place of a password. */
  readonly ha1?: { readonly 'SHA-256'?: string; readonly MD5?: string };
}

/** The two users of --demo. */
export function demoUsers(domain: string): readonly User[] {
  return [
    { aor: `sip:alice@${domain}`, password: 'wonderland' },
    { aor: `sip:bob@${domain}`, password: 'builder' },
  ];
}

/** Reads a user file: one JSON object a line, empty lines ignored. Throws ConfigError with the line's number. */
export function readUsers(path: string): readonly User[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`--users ${path}: ${(error as Error).message}`, { cause: error });
  }
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [readUser(line, `--users ${path}, line ${index + 1}`)]));
}

function readUser(line: string, where: string): User {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    // The parser's message would quote the line, and with it a password.
    throw new ConfigError(`${where}: not JSON`, { cause: error });
  }
  const user = value as Partial<User> | null;
  if (typeof user !== 'object' || user === null || typeof user.aor !== 'string' || !/^sips?:[^@\s]+@[^@\s]+$/.test(user.aor)) throw new ConfigError(`${where}: expected "aor":"sip:user@domain"`);
  if (typeof user.password === 'string') return { aor: user.aor, password: user.password };
  const ha1 = user.ha1;
  if (typeof ha1 !== 'object' || ha1 === null || !isHex(ha1['SHA-256'], 64) || !isHex(ha1.MD5, 32) || (ha1['SHA-256'] ?? ha1.MD5) === undefined) throw new ConfigError(`${where}: expected "password" or "ha1" with hex digests`);
  return { aor: user.aor, ha1 };
}

function isHex(value: unknown, digits: number): boolean {
  return value === undefined || (typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value));
}
