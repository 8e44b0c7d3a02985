/* The suite as its users get it: packed, installed by npm in an empty folder, run as a program of its own against our server. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Parser } from 'tap-parser';
import { readXml } from '@simple-im/xml';
import { cases } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { startTarget, targetText } from '../test/support.js';
import { run, unusedPort, type Ran } from './peers.js';

interface Member {
  readonly name: string;
}

interface Workspace {
  readonly publicPackages: () => Member[];
  readonly closure: (member: Member, members: readonly Member[]) => Set<Member>;
}

interface Build {
  readonly build: (options: { readonly members: readonly Member[] }) => Promise<unknown>;
}

interface Pack {
  readonly packAll: (members: readonly Member[], folder: string) => Promise<Map<string, string>>;
}

interface Report {
  readonly summary: { readonly cases: number };
  readonly results: readonly { readonly id: string; readonly outcome: string; readonly reason?: string }[];
}

/** A module of the tooling, which is plain JavaScript. */
async function tooling<Exports>(path: string): Promise<Exports> {
  return await import(new URL(`../../tooling/src/${path}`, import.meta.url).href) as Exports;
}

/** Builds and packs the suite and those of our packages it needs; gives the paths of the tarballs. */
async function tarballs(folder: string): Promise<string[]> {
  const { publicPackages, closure } = await tooling<Workspace>('workspace.mjs');
  const { build } = await tooling<Build>('build.mjs');
  const { packAll } = await tooling<Pack>('checks/pack.mjs');
  const everyMember = publicPackages();
  const members = [...closure(everyMember.find(({ name }) => name === '@simple-im/conformance')!, everyMember)];
  await build({ members });
  mkdirSync(folder);
  return [...(await packAll(members, folder)).values()];
}

let folder: string;
let server: RunningServer;
let target: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'simple-im-trial-'));
  server = await startTarget();
  target = join(folder, 'target.json');
  writeFileSync(target, JSON.stringify(targetText(server)));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // tap, the optional dependency, is 142 MB: what `npm run check` installs whole is enough of that.
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const { code, err } = await run('npm', ['install', '--omit=optional', ...quiet, ...await tarballs(join(folder, 'tarballs'))], folder);
  if (code !== 0) throw new Error(`npm install exited with ${code}: ${err}`);
}, 120_000);

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As one types it. `--no-install`: what is not there is not fetched. */
function program(...argv: string[]): Promise<Ran> {
  return run('npx', ['--no-install', 'simple-im-conformance', ...argv], folder, { XDG_CACHE_HOME: folder, npm_config_loglevel: 'error' });
}

const PASSES = 'IM-1/rfc3261/10.3/register';
const deadAddress = async (): Promise<string> => `tcp:127.0.0.1:${await unusedPort()}`;
const one = (): string[] => ['--target', target, '--run', PASSES];

it('installs as three packages without its optional dependency', () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  const scoped = readdirSync(join(folder, 'node_modules/@simple-im'));
  expect([...installed, ...scoped].sort()).toEqual(['@simple-im', 'conformance', 'grammar', 'parsimmon']);
});

it('lists its cases', async () => {
  const { code, out, err } = await program('--list');
  expect([code, err]).toEqual([0, '']);
  expect(out.trimEnd().split('\n').map((line) => line.split(' ')[0])).toEqual(cases.map(({ id }) => id));
});

it('finds our server conforming, and writes JUnit and JSON', async () => {
  const [junit, json] = [join(folder, 'report.xml'), join(folder, 'report.json')];
  const { code, out, err } = await program('--target', target, '--report', `junit:${junit}`, '--report', `json:${json}`);
  const { summary, results } = JSON.parse(readFileSync(json, 'utf8')) as Report;
  expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect([code, out, err]).toEqual([0, '', '']);
  expect(summary.cases).toBe(cases.length);
  expect(readXml(readFileSync(junit)).root.name).toBe('testsuites');
  expect(readFileSync(junit, 'utf8').match(/<testcase /g)).toHaveLength(cases.length);
});

it.each([
  ['an option there is not', 2, () => [...one(), '--nonsense'], '--nonsense'],
  ['a missing file of users', 2, () => [...one(), '--users', 'nowhere.jsonl'], 'there is no such file'],
  ['TAP, the default, without tap', 2, () => one(), 'tap, which is not installed; there are junit and json'],
  ['a port nobody listens at', 3, async () => [...one(), '--report', 'json', '--sip', await deadAddress()], 'refused the connection'],
] as const)('says in one line what is wrong: %s, exit code %d', async (_, expected, argv, says) => {
  const { code, out, err } = await program(...await argv());
  expect([code, out]).toEqual([expected, '']);
  expect(err).toContain(says);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
});

it('prints TAP once tap is there', async () => {
  const tap = join(folder, 'node_modules/tap');
  symlinkSync(fileURLToPath(new URL('../node_modules/tap', import.meta.url)), tap);
  const { code, out, err } = await program(...one()).finally(() => rmSync(tap));
  expect([code, err]).toEqual([0, '']);
  expect(Parser.parse(out, { strict: true }).find(([event]) => event === 'complete')?.[1]).toMatchObject({ ok: true, pass: 1 });
});
