/* Our server as a target, and the program run as its users run it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parseConfig, startServer, type RunningServer } from '@simple-im/server';
import { main, type ConformanceCase, type Feature, type TargetText, type User } from '@simple-im/conformance';

const numbered = (name: string, count: number): User[] =>
  Array.from({ length: count }, (_, at) => ({ aor: `sip:${name}${at}@example.com`, password: `password of ${at}` }));

/** Two for each case that runs at once. */
export const users: readonly User[] = [
  { aor: 'sip:alice@example.com', password: 'wonderland' },
  { aor: 'sip:bob@example.com', password: 'builder' },
  ...numbered('user', 10),
];

/** Some that are used once, for mutants that leave something behind. */
export const freshUsers: readonly User[] = numbered('fresh', 600);

/** What is waited for, or sent in vain, is little. */
const waits = ['--pager-timeout', '2', '--max-message-size', '100000', '--imdn-record-route'];

/** A server of ours with these options, and the users above; whoever starts it closes it. */
export async function startOurs(...argv: string[]): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-conformance-'));
  try {
    const more = join(folder, 'users.jsonl');
    writeFileSync(more, [...users.slice(2), ...freshUsers].map((user) => JSON.stringify(user)).join('\n'));
    const parsed = parseConfig(['--demo', '--notify-interval', '0', '--users', more, ...waits, ...argv, '--http', '127.0.0.1:0', '--log-level', 'error']);
    if (parsed.kind !== 'run') throw new Error('not a configuration');
    return await startServer(parsed.config);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of packages/testkit/certificates. */
export const certificate = (name: string): string => fileURLToPath(new URL(`../../testkit/certificates/${name}`, import.meta.url));

/** Our server on free loopback ports, over every transport. */
export function startTarget(...argv: string[]): Promise<RunningServer> {
  const sip = ['udp', 'tcp', 'tls'].flatMap((transport) => ['--sip', `${transport}:127.0.0.1:0`]);
  const msrp = ['tcp', 'tls'].flatMap((transport) => ['--msrp', `${transport}:127.0.0.1:0`]);
  const tls = ['--https', '127.0.0.1:0', '--tls-cert', certificate('server.pem'), '--tls-key', certificate('server.key')];
  return startOurs(...argv, ...sip, ...msrp, ...tls);
}

/** What our server is known to do otherwise. One that passes is to be taken off. */
export const knownFailing: readonly string[] = [];

/** All that our server has. */
export const features = [
  'digest', 'registrar', 'pager', 'session', 'media-path', 'proxy', 'forking', 'serial-forking', 'outbound', 'path', 'asserted-identity',
  'comedia', 'deferred', 'deferred-sessions', 'imdn-route', 'size-limit', 'settings', 'gruu', 'caller-preferences', 'message-size', 'reg-event', 'message-summary', 'event-tags',
  'session-timer',
] as const satisfies readonly Feature[];

/** What it has with `--deferred off`. */
export const featuresUndeferred: readonly Feature[] = features.filter((feature) => !feature.startsWith('deferred'));

/** Cases whose mutants stand before the second target, which is small enough to break one rule at a time. */
export const secondCases = ({ needs }: ConformanceCase): boolean =>
  !needs.includes('reg-event') && needs.some((feature) => feature === 'gruu' || feature === 'caller-preferences' || feature === 'message-size');

/** Our server over every transport, this one first: what most cases use, or those on WebSockets. */
export function targetText({ ready }: RunningServer, first: 'udp' | 'tcp' | 'tls' | 'wss' = 'udp'): TargetText {
  const firstly = (all: readonly string[]): string[] => all.toSorted((a, b) => Number(b.startsWith(`${first}:`)) - Number(a.startsWith(`${first}:`)));
  const urls = firstly([...(ready.ws ?? []), ...(ready.wss ?? [])]);
  const [ws, msrpWs] = ['/sip', '/msrp'].map((path) => urls.filter((url) => url.endsWith(path)));
  return { domain: 'example.com', users, features, trusted: certificate('root.pem'), sip: firstly(ready.sip), ws, msrp: ready.msrp, 'msrp-ws': msrpWs };
}

/** A folder for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-conformance-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function fileWith(text: string, name = 'file'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program. */
export async function program(...argv: string[]): Promise<Ran> {
  return programIn(temporaryFolder(), ...argv);
}

/** Runs the program with its cache in this folder. */
export async function programIn(cache: string, ...argv: string[]): Promise<Ran> {
  const ran = { out: '', err: '' };
  const code = await main(argv, { out: (text) => { ran.out += text; }, err: (text) => { ran.err += text; }, env: { XDG_CACHE_HOME: cache }, version: '0.0.0' });
  return { code, ...ran };
}
