import { readFileSync } from 'node:fs';
import { aorOf, canonicalHost, isSipUri, parseUri, ProtocolError } from '@simple-im/grammar';
import { ConfigError } from './config-error.js';
import { imServices, type ImService } from './internal-ports.js';

/** A provisioned user: the address-of-record and what proves who they are. */
export interface User {
  /** A SIP URI such as `sip:alice@example.com`; its user part is the digest username, its host the realm. */
  readonly aor: string;
  readonly password?: string;
  /** Hex digests of `username:realm:password` by algorithm, in place of a password. */
  readonly ha1?: { readonly 'SHA-256'?: string; readonly 'SHA-512-256'?: string; readonly MD5?: string };
  /** What the user may send and receive; everything by default. For the IM server. */
  readonly services?: readonly ImService[];
}

/** Hex digits of each digest. */
const DIGITS = { 'SHA-256': 64, 'SHA-512-256': 64, MD5: 32 } as const;

/** The server and its services by their user parts. */
const OWN_NAMES = ['im-server', 'system', 'deferred', 'history', 'rcse-standfw'];

/** The two users of --demo. */
export function demoUsers(domain: string): readonly User[] {
  return [
    { aor: `sip:alice@${domain}`, password: 'wonderland' },
    { aor: `sip:bob@${domain}`, password: 'builder' },
  ];
}

/**
 * Reads a user file, one JSON object a line, empty lines ignored; the users come after those of `before`. Throws ConfigError
 * with the line's number and nothing of its text, which holds passwords.
 */
export function readUsers(path: string | undefined, domain: string, before: readonly User[] = []): readonly User[] {
  const users = [...before];
  if (path === undefined) return users;
  const known = new Set(users.map((user) => user.aor));
  for (const [index, line] of linesOf(path).entries()) {
    if (line.trim() === '') continue;
    const where = `--users ${path}, line ${index + 1}`;
    const user = readUser(line, domain, where);
    if (known.has(user.aor)) throw new ConfigError(`${where}: this user was given before`);
    known.add(user.aor);
    users.push(user);
  }
  return users;
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '').split('\n');
  } catch (error) {
    throw new ConfigError(`--users ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function readUser(line: string, domain: string, where: string): User {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The parser's error would quote the line; it is not even kept as the cause.
    throw new ConfigError(`${where}: not JSON`);
  }
  if (typeof value !== 'object' || value === null) throw new ConfigError(`${where}: expected a JSON object`);
  const { aor: given, password, ha1, services } = value as Partial<Record<keyof User, unknown>>;
  const user = { aor: addressOfRecord(given, domain, where), ...servicesOf(services, where) };
  if (typeof password === 'string') return { ...user, password };
  if (!isDigests(ha1)) throw new ConfigError(`${where}: expected "password", or "ha1" with hex digests by algorithm`);
  return { ...user, ha1 };
}

function servicesOf(given: unknown, where: string): Pick<User, 'services'> {
  if (given === undefined) return {};
  const isList = Array.isArray(given) && given.every((name) => (imServices as readonly unknown[]).includes(name));
  if (!isList) throw new ConfigError(`${where}: expected "services" to be a list of ${imServices.join(', ')}`);
  return { services: given as ImService[] };
}

/** In its canonical form, so that two ways of writing one user are seen to be the same. */
function addressOfRecord(given: unknown, domain: string, where: string): string {
  const expected = `${where}: expected "aor":"sip:user@${domain}"`;
  if (typeof given !== 'string') throw new ConfigError(expected);
  try {
    const uri = parseUri(given);
    const isOurs = isSipUri(uri) && uri.scheme === 'sip' && uri.user !== undefined && canonicalHost(uri.host) === domain;
    if (isOurs && OWN_NAMES.includes(uri.user)) throw new ConfigError(`${where}: this name is the server's own: ${OWN_NAMES.join(', ')}`);
    if (isOurs) return aorOf(uri);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
  }
  throw new ConfigError(expected);
}

function isDigests(ha1: unknown): ha1 is NonNullable<User['ha1']> {
  if (typeof ha1 !== 'object' || ha1 === null) return false;
  const given = Object.entries(DIGITS).filter(([algorithm]) => Object.hasOwn(ha1, algorithm));
  return given.length > 0 && given.every(([algorithm, digits]) => isHex((ha1 as Record<string, unknown>)[algorithm], digits));
}

function isHex(value: unknown, digits: number): boolean {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value);
}
