/* sipp as caller and callee: registration, MESSAGE with text and with CPIM, an IM session set up and ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificates } from '@simple-im/testkit';
import { demoConfig, startServer, type RunningServer } from '../src/index.js';
import { finished, hasProgram, run } from './programs.js';

const CALLS = 5;
const scenarios = fileURLToPath(new URL('./sipp/', import.meta.url));

interface Bench {
  readonly server: RunningServer;
  readonly folder: string;
  readonly port: number;
  readonly mode: readonly string[];
}

/** A port nobody uses now: sipp takes only a fixed one. */
function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** One line for each call: caller, credentials, and the callee or the port to register. */
function injection(bench: Bench, file: string, caller: string, password: string, last: string): string {
  const path = join(bench.folder, file);
  const line = `${caller};[authentication username=${caller} password=${password}];${last}`;
  writeFileSync(path, `SEQUENTIAL\n${`${line}\n`.repeat(CALLS)}`);
  return path;
}

function sippArguments(bench: Bench, scenario: string, port: number, file: string, calls: number): string[] {
  return [
    `127.0.0.1:${bench.port}`, '-sf', resolve(scenarios, scenario), '-inf', file, '-i', '127.0.0.1', '-p', String(port), '-m', String(calls), '-r', '5', '-l', '1',
    ...bench.mode, '-auth_uri', basename(scenario).endsWith('register.xml') ? 'example.com' : 'bob@example.com', '-nostdin', '-timeout', '30', '-timeout_error', '-recv_timeout', '10000', '-trace_err', '-error_file', join(bench.folder, `${basename(scenario)}.err`),
  ];
}

/** Plays a scenario as the caller; resolves with what went wrong, nothing when all calls succeeded. */
async function call(bench: Bench, scenario: string, file: string, calls = CALLS): Promise<string> {
  const { code, output } = await run('sipp', sippArguments(bench, scenario, await unusedPort(), file, calls), { cwd: bench.folder });
  return code === 0 ? '' : `exit ${code}: ${errorsOf(bench, scenario)}\n${output.slice(-1500)}`;
}

function errorsOf(bench: Bench, scenario: string): string {
  try {
    return readFileSync(join(bench.folder, `${basename(scenario)}.err`), 'utf8').slice(0, 3000);
  } catch {
    return '(no errors written)';
  }
}

/** A callee that waits for calls; end it with `stop`, which gives its exit code. */
function callee(bench: Bench, scenario: string, port: number, file: string): { readonly stop: () => Promise<number | null> } {
  const child: ChildProcess = spawn('sipp', sippArguments(bench, scenario, port, file, CALLS), { cwd: bench.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = finished(child, 60);
  return { stop: async () => (await end).code };
}

/** A TCP port of this machine that leads to one with TLS: Debian builds sipp without TLS. */
async function tunnelTo(port: number): Promise<{ readonly port: number; close(): void }> {
  const tunnel = createServer((near) => {
    const far = connectTls({ port, host: '127.0.0.1', servername: 'example.com', ca: certificates.root });
    near.pipe(far).pipe(near);
    for (const end of [near, far]) end.on('error', () => [near, far].forEach((one) => one.destroy()));
  });
  await new Promise<void>((resolve) => tunnel.listen(0, '127.0.0.1', resolve));
  return { port: (tunnel.address() as AddressInfo).port, close: () => tunnel.close() };
}

/** A scenario whose Via and Contact say TLS. */
function overTls(bench: Bench, scenario: string): string {
  const path = join(bench.folder, `tls-${scenario}`);
  writeFileSync(path, readFileSync(join(scenarios, scenario), 'utf8').replaceAll('[transport]', 'TLS'));
  return path;
}

describe.skipIf(!hasProgram('sipp'))('sipp as the caller over TLS', () => {
  let bench: Bench;
  let tunnel: Awaited<ReturnType<typeof tunnelTo>>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simple-im-sipp-'));
    const [certificate, key] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
    writeFileSync(certificate, certificates.server.certificate);
    writeFileSync(key, certificates.server.key);
    const server = await startServer(demoConfig(
      '--auth-algorithms', 'MD5', '--sip', 'tls:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0', '--tls-cert', certificate, '--tls-key', key,
    ));
    const portOf = (transport: string): number => Number(server.ready.sip.find((text) => text.startsWith(transport))?.split(':').at(-1));
    tunnel = await tunnelTo(portOf('tls'));
    bench = { server, folder, port: portOf('tcp'), mode: ['-t', 't1'] };
  });

  afterAll(async () => {
    tunnel.close();
    await bench.server.close();
    rmSync(bench.folder, { recursive: true, force: true });
  });

  it('registers with digest (RFC 3261 §10, §22)', async () => {
    const secured = { ...bench, port: tunnel.port };
    expect(await call(secured, overTls(bench, 'register.xml'), injection(bench, 'alice.csv', 'alice', 'wonderland', '9999'))).toBe('');
  });

  it.each([
    ['MESSAGE with text (RFC 3428)', 'message-text-uac.xml', 'message-uas.xml'],
    ['an IM session, INVITE to BYE (RFC 4975 §8)', 'invite-uac.xml', 'invite-uas.xml'],
  ])('%s, to a callee over TCP', async (_name, caller, answerer) => {
    const port = await unusedPort();
    expect(await call(bench, 'register.xml', injection(bench, 'bob.csv', 'bob', 'builder', String(port)), 1)).toBe('');
    const bob = callee(bench, answerer, port, injection(bench, 'callee.csv', 'bob', 'builder', 'alice'));
    const secured = { ...bench, port: tunnel.port };
    expect(await call(secured, overTls(bench, caller), injection(bench, 'caller.csv', 'alice', 'wonderland', 'bob'))).toBe('');
    expect(await bob.stop(), errorsOf(bench, answerer)).toBe(0);
  });
});

describe.skipIf(!hasProgram('sipp')).each([
  { transport: 'udp', mode: ['-t', 'u1'] },
  { transport: 'tcp', mode: ['-t', 't1'] },
])('sipp over $transport', ({ transport, mode }) => {
  let bench: Bench;

  beforeAll(async () => {
    // This sipp reads one challenge and knows MD5 only.
    const server = await startServer(demoConfig('--auth-algorithms', 'MD5'));
    const listen = server.ready.sip.find((text) => text.startsWith(transport)) ?? '';
    bench = { server, folder: mkdtempSync(join(tmpdir(), 'simple-im-sipp-')), port: Number(listen.split(':').at(-1)), mode };
  });

  afterAll(async () => {
    await bench.server.close();
    rmSync(bench.folder, { recursive: true, force: true });
  });

  it('registers with digest (RFC 3261 §10, §22)', async () => {
    expect(await call(bench, 'register.xml', injection(bench, 'alice.csv', 'alice', 'wonderland', '9999'))).toBe('');
  });

  it.each([
    ['MESSAGE with text (RFC 3428)', 'message-text-uac.xml', 'message-uas.xml'],
    ['MESSAGE with CPIM (RFC 3862)', 'message-cpim-uac.xml', 'message-uas.xml'],
    ['an IM session, INVITE to BYE (RFC 4975 §8)', 'invite-uac.xml', 'invite-uas.xml'],
  ])('%s', async (_name, caller, answerer) => {
    const port = await unusedPort();
    expect(await call(bench, 'register.xml', injection(bench, 'bob.csv', 'bob', 'builder', String(port)), 1)).toBe('');
    const bob = callee(bench, answerer, port, injection(bench, 'callee.csv', 'bob', 'builder', 'alice'));
    expect(await call(bench, caller, injection(bench, 'caller.csv', 'alice', 'wonderland', 'bob'))).toBe('');
    expect(await bob.stop(), errorsOf(bench, answerer)).toBe(0);
  });
});
