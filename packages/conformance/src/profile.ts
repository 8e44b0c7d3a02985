/* The target: where it is, who its users are, and its feature profile, that is, which parts of the system it has. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { conformanceError } from './errors.js';
import type { HostPort } from './raw-peer.js';
import { userPart, type User } from './raw-sip.js';

/** What a target can have. Those with `from` follow from its addresses; the others are in the profile, `base` by default. */
export const features = {
  'sip-udp': { meaning: 'SIP over UDP', from: '--sip udp:HOST:PORT' },
  'sip-tcp': { meaning: 'SIP over TCP', from: '--sip tcp:HOST:PORT' },
  msrp: { meaning: 'MSRP at an address of its own', from: '--msrp tcp:HOST:PORT' },
  xcap: { meaning: 'XCAP documents', from: '--xcap URL' },
  digest: { meaning: 'digest authentication of users', base: true },
  registrar: { meaning: 'registration', base: true },
  pager: { meaning: 'pager messages', base: true },
  session: { meaning: 'invitations to sessions over MSRP', base: true },
  'media-path': { meaning: 'it is on the media path of sessions, RFC 4975', base: true },
  path: { meaning: 'the Path of a registration, RFC 3327' },
  'asserted-identity': { meaning: 'asserted identities, RFC 3325' },
  comedia: { meaning: 'who opens the MSRP connection is negotiated, RFC 6135' },
  deferred: { meaning: 'messages kept for users who are away' },
  conference: { meaning: 'conferences' },
  history: { meaning: 'conversation history' },
  presence: { meaning: 'presence' },
  'reg-event': { meaning: 'subscriptions to registrations, RFC 3680' },
  'message-summary': { meaning: 'subscriptions to what waits for a user, RFC 3842' },
  'event-tags': { meaning: 'entity tags of event packages, RFC 5839' },
} as const satisfies Record<string, { readonly meaning: string; readonly from?: string; readonly base?: boolean }>;

export type Feature = keyof typeof features;

export interface SipAddress extends HostPort {
  readonly transport: 'udp' | 'tcp';
}

/** A running system under test. */
export interface Target {
  readonly domain: string;
  readonly sip: readonly SipAddress[];
  readonly msrp?: readonly HostPort[];
  /** Where its XCAP documents are, such as `http://127.0.0.1:8080/xcap-root`. */
  readonly xcap?: string;
  readonly users: readonly User[];
  /** What it has besides what follows from the addresses; digest, registrar, pager, session and media-path by default. */
  readonly features?: readonly Feature[];
}

/** What a target is given as, on the command line and in target.json. */
export interface TargetText {
  readonly domain?: string;
  readonly sip?: readonly string[];
  readonly msrp?: readonly string[];
  readonly xcap?: string;
  /** The users themselves, or a file of JSON lines. */
  readonly users?: string | readonly User[];
  readonly features?: readonly string[];
}

const usage = (detail: string): Error => conformanceError('CONFORMANCE_USAGE', { detail });

/** Reads target.json. Throws CONFORMANCE_USAGE. */
export function readTargetFile(path: string): TargetText {
  const parsed = readJson(path, `--target ${path}`, readText(path, `--target ${path}`));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw usage(`--target ${path}: expected one JSON object`);
  for (const [name, value] of Object.entries(parsed)) {
    if (!isMember(name, value)) throw usage(`--target ${path}: "${name}" is unknown or not of its type`);
  }
  const text = parsed as TargetText;
  return typeof text.users === 'string' ? { ...text, users: resolve(dirname(path), text.users) } : text;
}

function isMember(name: string, value: unknown): boolean {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (name === 'domain' || name === 'xcap') return typeof value === 'string';
  if (name === 'sip' || name === 'msrp' || name === 'features') return isList;
  return name === 'users' && (typeof value === 'string' || (Array.isArray(value) && value.every(isUser)));
}

/** Makes a target of texts. Throws CONFORMANCE_USAGE. */
export function targetOf(text: TargetText): Target {
  if (text.domain === undefined) throw usage('--domain is missing');
  const sip = (text.sip ?? []).map(sipAddress);
  if (sip.length === 0) throw usage('--sip is missing: give at least one address, such as udp:127.0.0.1:5060');
  const unknown = (text.features ?? []).find((name) => !Object.hasOwn(features, name));
  if (unknown !== undefined) throw usage(`feature ${JSON.stringify(unknown)} is unknown; there are: ${Object.keys(features).join(', ')}`);
  if (text.xcap !== undefined && !/^https?:\/\/[^/]+/.test(text.xcap)) throw usage(`--xcap ${text.xcap}: expected a URL such as http://127.0.0.1:8080/xcap-root`);
  return {
    domain: text.domain,
    sip,
    msrp: (text.msrp ?? []).map((given) => hostPort('--msrp', given, /^tcp:/)),
    ...(text.xcap === undefined ? {} : { xcap: text.xcap }),
    users: typeof text.users === 'string' ? readUsers(text.users) : text.users ?? [],
    ...(text.features === undefined ? {} : { features: text.features as readonly Feature[] }),
  };
}

function sipAddress(given: string): SipAddress {
  const address = hostPort('--sip', given, /^(udp|tcp):/);
  return { transport: given.startsWith('udp:') ? 'udp' : 'tcp', ...address };
}

function hostPort(option: string, given: string, scheme: RegExp): HostPort {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(given.replace(scheme, ''));
  const port = Number(found?.[3] ?? 0);
  if (!scheme.test(given) || found === null || port < 1 || port > 65_535) {
    throw usage(`${option} ${given}: expected ${option === '--sip' ? 'udp:HOST:PORT or tcp:HOST:PORT' : 'tcp:HOST:PORT'}`);
  }
  return { host: found[1] ?? found[2] ?? '', port };
}

function isUser(value: unknown): value is User {
  const user = value as Partial<User> | null;
  return typeof user === 'object' && user !== null && typeof user.password === 'string' && typeof user.aor === 'string' && userPart(user.aor) !== undefined;
}

/** Reads a file of JSON lines, `{"aor":"sip:alice@example.com","password":"..."}`. */
function readUsers(path: string): User[] {
  return readText(path, `--users ${path}`).split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const user = readJson(path, `--users ${path}, line ${index + 1}`, line);
    if (!isUser(user)) throw usage(`--users ${path}, line ${index + 1}: expected {"aor":"sip:user@domain","password":"..."}`);
    return [{ aor: user.aor, password: user.password }];
  });
}

/** Reads a file that the command line names. */
export function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usage(`${what}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as NodeJS.ErrnoException).code ?? 'not readable'}`);
  }
}

function readJson(path: string, what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words would quote the file, passwords and all.
    throw usage(`${what}: ${path.endsWith('.json') ? 'not JSON' : 'a line is not JSON'}`);
  }
}

/** What the target has. */
export function featuresOf(target: Target): Set<Feature> {
  const base = Object.entries(features).flatMap(([name, feature]) => ('base' in feature ? [name as Feature] : []));
  return new Set([
    ...(target.features ?? base),
    ...target.sip.map(({ transport }): Feature => `sip-${transport}`),
    ...((target.msrp ?? []).length > 0 ? ['msrp' as const] : []),
    ...(target.xcap === undefined ? [] : ['xcap' as const]),
  ]);
}

/** Why a case that needs this cannot be run against the target; undefined when it can. */
export function reasonToSkip(target: Target, needs: readonly Feature[], users: number): string | undefined {
  const has = featuresOf(target);
  const missing = needs.find((feature) => !has.has(feature));
  if (missing !== undefined) {
    const feature: { readonly meaning: string; readonly from?: string } = features[missing];
    return `the target has no ${missing} (${feature.meaning}): ${feature.from === undefined ? 'not in its profile' : `no ${feature.from}`}`;
  }
  return users > target.users.length ? `it needs ${users} users, the target has ${target.users.length}` : undefined;
}
