/* The target: where it is, who its users are, and its feature profile, that is, which parts of the system it has. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { usage } from './errors.js';
import { msrpAddress, sipAddress, webSocketAddress, type MsrpAddress, type SipAddress } from './target-address.js';
import { userPart, type User } from './raw-sip.js';

/** What a target can have. Those with `from` follow from its addresses; the others are in the profile, `base` by default. */
export const features = {
  'sip-udp': { meaning: 'SIP over UDP', from: '--sip udp:HOST:PORT' },
  'sip-tcp': { meaning: 'SIP over TCP', from: '--sip tcp:HOST:PORT' },
  'sip-tls': { meaning: 'SIP over TLS', from: '--sip tls:HOST:PORT' },
  'sip-ws': { meaning: 'SIP over WebSocket, RFC 7118', from: '--ws URL' },
  msrp: { meaning: 'MSRP at an address of its own', from: '--msrp tcp:HOST:PORT' },
  'msrp-tls': { meaning: 'MSRP over TLS', from: '--msrp tls:HOST:PORT' },
  'msrp-ws': { meaning: 'MSRP over WebSocket, RFC 7977', from: '--msrp-ws URL' },
  xcap: { meaning: 'XCAP documents', from: '--xcap URL' },
  digest: { meaning: 'digest authentication of users', base: true },
  registrar: { meaning: 'registration', base: true },
  pager: { meaning: 'pager messages', base: true },
  session: { meaning: 'invitations to sessions over MSRP', base: true },
  'media-path': { meaning: 'it is on the media path of sessions, RFC 4975', base: true },
  proxy: { meaning: 'requests of other services are forwarded to contacts, RFC 3261 §16', base: true },
  forking: { meaning: 'all contacts of one q are tried at once, RFC 3261 §16.6' },
  'serial-forking': { meaning: 'contacts with a lower q are tried when those with a higher one have refused, RFC 3261 §16.6' },
  outbound: { meaning: 'connections that clients open, RFC 5626' },
  gruu: { meaning: 'addresses of single devices, RFC 5627' },
  'caller-preferences': { meaning: 'caller preferences, RFC 3841' },
  'message-size': { meaning: 'messages too large for a recipient over UDP are refused with 513' },
  trusted: { meaning: 'certificates that can be checked', from: '--trusted FILE' },
  path: { meaning: 'the Path of a registration, RFC 3327' },
  'asserted-identity': { meaning: 'asserted identities, RFC 3325' },
  comedia: { meaning: 'who opens the MSRP connection is negotiated, RFC 6135' },
  'session-timer': { meaning: 'session timers, RFC 4028' },
  deferred: { meaning: 'messages kept for users who are away' },
  'deferred-sessions': { meaning: 'sessions with users who are away are answered, and what was said delivered later' },
  'imdn-route': { meaning: 'it stays on the way of disposition notifications, RFC 5438 §8' },
  'size-limit': { meaning: 'messages may only be so large, as a=max-size says' },
  settings: { meaning: 'service settings, RFC 3903' },
  conference: { meaning: 'conferences' },
  history: { meaning: 'conversation history' },
  presence: { meaning: 'presence' },
  'reg-event': { meaning: 'subscriptions to registrations, RFC 3680' },
  'message-summary': { meaning: 'subscriptions to what waits for a user, RFC 3842' },
  'event-tags': { meaning: 'entity tags of event packages, RFC 5839' },
} as const satisfies Record<string, { readonly meaning: string; readonly from?: string; readonly base?: boolean }>;

export type Feature = keyof typeof features;

/** A running system under test. */
export interface Target {
  readonly domain: string;
  /** What was listed first is what most cases use. */
  readonly sip: readonly SipAddress[];
  readonly msrp?: readonly MsrpAddress[];
  /** Certificates of roots, in PEM; without them no certificate of the target is checked, and each result says so. */
  readonly trusted?: string;
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
  /** SIP over WebSocket: URLs. */
  readonly ws?: readonly string[];
  readonly msrp?: readonly string[];
  /** MSRP over WebSocket: URLs. */
  readonly 'msrp-ws'?: readonly string[];
  /** A file of certificates in PEM. */
  readonly trusted?: string;
  readonly xcap?: string;
  /** The users themselves, or a file of JSON lines. */
  readonly users?: string | readonly User[];
  readonly features?: readonly string[];
}

/** Reads target.json. Throws CONFORMANCE_USAGE. */
export function readTargetFile(path: string): TargetText {
  const parsed = readJson(path, `--target ${path}`, readText(path, `--target ${path}`));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw usage(`--target ${path}: expected one JSON object`);
  for (const [name, value] of Object.entries(parsed)) {
    if (!isMember(name, value)) throw usage(`--target ${path}: "${name}" is unknown or not of its type`);
  }
  const text = parsed as TargetText;
  const beside = (file: string): string => resolve(dirname(path), file);
  return {
    ...text,
    ...(typeof text.users === 'string' ? { users: beside(text.users) } : {}),
    ...(text.trusted === undefined ? {} : { trusted: beside(text.trusted) }),
  };
}

function isMember(name: string, value: unknown): boolean {
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (['domain', 'xcap', 'trusted'].includes(name)) return typeof value === 'string';
  if (['sip', 'ws', 'msrp', 'msrp-ws', 'features'].includes(name)) return isList;
  return name === 'users' && (typeof value === 'string' || (Array.isArray(value) && value.every(isUser)));
}

/** Makes a target of texts. Throws CONFORMANCE_USAGE. */
export function targetOf(text: TargetText): Target {
  if (text.domain === undefined) throw usage('--domain is missing');
  const sip = [...(text.sip ?? []).map(sipAddress), ...(text.ws ?? []).map((url) => webSocketAddress('--ws', url))];
  if (sip.length === 0) throw usage('--sip is missing: give at least one address, such as udp:127.0.0.1:5060');
  const unknown = (text.features ?? []).find((name) => !Object.hasOwn(features, name));
  if (unknown !== undefined) throw usage(`feature ${JSON.stringify(unknown)} is unknown; there are: ${Object.keys(features).join(', ')}`);
  if (text.xcap !== undefined && !/^https?:\/\/[^/]+/.test(text.xcap)) throw usage(`--xcap ${text.xcap}: expected a URL such as http://127.0.0.1:8080/xcap-root`);
  return {
    domain: text.domain,
    sip,
    msrp: [...(text.msrp ?? []).map(msrpAddress), ...(text['msrp-ws'] ?? []).map((url) => webSocketAddress('--msrp-ws', url))],
    ...(text.trusted === undefined ? {} : { trusted: readText(text.trusted, `--trusted ${text.trusted}`) }),
    ...(text.xcap === undefined ? {} : { xcap: text.xcap }),
    users: typeof text.users === 'string' ? readUsers(text.users) : text.users ?? [],
    ...(text.features === undefined ? {} : { features: text.features as readonly Feature[] }),
  };
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

const msrpFeatures = { tcp: 'msrp', tls: 'msrp-tls', ws: 'msrp-ws', wss: 'msrp-ws' } as const satisfies Record<string, Feature>;

/** What the target has. */
export function featuresOf(target: Target): Set<Feature> {
  const base = Object.entries(features).flatMap(([name, feature]) => ('base' in feature ? [name as Feature] : []));
  return new Set([
    ...(target.features ?? base),
    ...target.sip.map(({ transport }): Feature => `sip-${transport === 'wss' ? 'ws' : transport}`),
    ...(target.msrp ?? []).map(({ transport }) => msrpFeatures[transport]),
    ...(target.xcap === undefined ? [] : ['xcap' as const]),
    ...(target.trusted === undefined ? [] : ['trusted' as const]),
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
