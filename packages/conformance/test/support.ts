/* Our server as a target, and the program run as its users run it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseConfig, startServer, type RunningServer } from '@simple-im/server';
import { main, type ConformanceCase, type Feature, type TargetText } from '@simple-im/conformance';

/** Two for each case that runs at once. */
export const users = [
  { aor: 'sip:alice@example.com', password: 'wonderland' },
  { aor: 'sip:bob@example.com', password: 'builder' },
  ...Array.from({ length: 10 }, (_, at) => ({ aor: `sip:user${at}@example.com`, password: `password of ${at}` })),
];

/** A server of ours with these options, and the users above; whoever starts it closes it. */
export async function startOurs(...argv: string[]): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-conformance-'));
  try {
    const more = join(folder, 'users.jsonl');
    writeFileSync(more, users.slice(2).map((user) => JSON.stringify(user)).join('\n'));
    const parsed = parseConfig(['--demo', '--notify-interval', '0', '--users', more, ...argv, '--http', '127.0.0.1:0', '--log-level', 'error']);
    if (parsed.kind !== 'run') throw new Error('not a configuration');
    return await startServer(parsed.config);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Our server on free loopback ports. */
export function startTarget(...argv: string[]): Promise<RunningServer> {
  return startOurs(...argv, '--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0');
}

/** What our server is known to do otherwise. One that passes is to be taken off. */
export const knownFailing: readonly string[] = [];

/** All that our server has. */
export const features = [
  'digest', 'registrar', 'pager', 'session', 'media-path', 'proxy', 'forking', 'serial-forking', 'outbound', 'path', 'asserted-identity',
  'comedia', 'gruu', 'caller-preferences', 'message-size', 'reg-event', 'message-summary', 'event-tags',
] as const satisfies readonly Feature[];

/** Cases whose mutants stand before the second target, which is small enough to break one rule at a time. */
export const secondCases = ({ needs }: ConformanceCase): boolean =>
  !needs.includes('reg-event') && needs.some((feature) => feature === 'gruu' || feature === 'caller-preferences' || feature === 'message-size');

export function targetText({ ready }: RunningServer, transport?: 'udp' | 'tcp'): TargetText {
  const sip = ready.sip.filter((text) => transport === undefined || text.startsWith(transport));
  return { domain: 'example.com', sip, msrp: ready.msrp, users, features };
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
