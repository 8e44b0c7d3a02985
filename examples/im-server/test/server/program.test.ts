import { createServer, connect, type AddressInfo } from 'node:net';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { certificates } from '@simple-im/testkit';
import type { RunningServer } from '../../src/index.js';
import { certificateOptions, register, userOf, type TestUser } from '../support.js';
import { sessionUp } from './session-up.js';
import { buildProgram, freePorts, run, type Program, type Running } from './program.js';

let program: Program;

beforeAll(async () => { program = await buildProgram(); }, 30_000);
afterAll(() => program.remove());

/** What it wrote to standard error, after the exit code 2. */
async function refused(...argv: string[]): Promise<string> {
  const running = run(program, ...argv);
  expect(await running.exit, running.stderr()).toBe(2);
  expect(running.stdout()).toBe('');
  expect(running.stderr()).toMatch(/^simple-im-server: [^\n]+\n$/);
  return running.stderr();
}

async function tcpListener(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function udpListener(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket.address().port;
}

/** For the helpers that take a server of this process: they only read where it listens. */
async function asServer(running: Running): Promise<RunningServer> {
  return { ready: await running.ready } as RunningServer;
}

describe('the program', () => {
  it('prints its help and its version', async () => {
    const help = run(program, '--help');
    expect(await help.exit).toBe(0);
    expect(help.stdout()).toContain('Usage: simple-im-server');
    const version = run(program, '--version');
    expect(await version.exit).toBe(0);
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('ends with 2 and one line on a bad option', async () => {
    expect(await refused('--nonsense')).toContain('--nonsense');
    expect(await refused('--auth', 'none', '--sip', 'udp:0.0.0.0:0')).toContain('--auth none is refused');
  });

  it.each(['--sip udp', '--sip tcp', '--msrp tcp', '--http'])('ends with 2 and one line when the address of %s is in use', async (which) => {
    const [option = '', transport] = which.split(' ');
    const port = transport === 'udp' ? await udpListener() : await tcpListener();
    const value = `${transport === undefined ? '' : `${transport}:`}127.0.0.1:${port}`;
    const others = freePorts.flatMap((text, at) => (at % 2 === 0 && text !== option ? [text, freePorts[at + 1] as string] : []));
    const line = await refused('--demo', option, value, ...others);
    expect(line).toContain(`${option} ${value}: `);
    expect(line).toContain('choose another port');
  });

  it('ends with 2 and one line when the store cannot be opened', async () => {
    const path = join(program.folder, 'package.json');
    expect(await refused('--demo', ...freePorts, '--store', `sqlite:${path}`)).toContain(`--store sqlite:${path}: cannot open the store: `);
  });

  it('prints one JSON line with the addresses as bound, and everything else elsewhere', async () => {
    const running = run(program, '--demo', '--trace', '*', ...freePorts);
    const ready = await running.ready;
    expect(ready).toEqual({
      ready: true, domain: 'example.com',
      sip: [expect.stringMatching(/^udp:127\.0\.0\.1:[1-9]\d*$/), expect.stringMatching(/^tcp:127\.0\.0\.1:[1-9]\d*$/)],
      msrp: [expect.stringMatching(/^tcp:127\.0\.0\.1:[1-9]\d*$/)],
      http: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
      ws: [`ws://${ready.http}/sip`, `ws://${ready.http}/msrp`],
      deferred: 'sip:deferred@example.com', history: 'sip:history@example.com',
    });
    const alice = await userOf(await asServer(running), 'alice');
    expect(await register(alice)).toBe(200);
    running.child.kill('SIGTERM');
    expect(await running.exit).toBe(0);
    expect(running.stdout().split('\n')).toHaveLength(2);
    expect(running.stderr()).toContain('in SIP REGISTER');
    expect(running.stderr()).toContain('Authorization: [redacted]');
    expect(running.stderr()).not.toMatch(/response=/);
  });

  it('reads its certificate again on SIGHUP, and ends in order', async () => {
    const files = certificateOptions();
    const running = run(program, '--demo', ...freePorts, '--https', '127.0.0.1:0', ...files);
    const { https = '' } = await running.ready;
    const shown = async (): Promise<string> => {
      const socket = connectTls({ host: '127.0.0.1', port: Number(https.split(':').at(-1)), rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const before = await shown();
    writeFileSync(files[1], certificates.renewed.certificate);
    writeFileSync(files[3], certificates.renewed.key);
    running.child.kill('SIGHUP');
    await expect.poll(shown).not.toBe(before);
    running.child.kill('SIGTERM');
    expect(await running.exit).toBe(0);
    expect(running.stderr()).toContain('the certificate was read again');
  });

  it('ends with 2 and one line without the file of a certificate', async () => {
    const line = await refused('--demo', ...freePorts, '--https', '127.0.0.1:0', '--tls-cert', 'nowhere.pem', '--tls-key', 'nowhere.key');
    expect(line).toContain('--tls-cert nowhere.pem: ENOENT');
  });

  it('listens on IPv6 and says so as the options do', async () => {
    const running = run(program, '--demo', '--sip', 'udp:[::1]:0', '--msrp', 'tcp:[::1]:0', '--http', '[::1]:0');
    const ready = await running.ready;
    expect(ready.sip).toEqual([expect.stringMatching(/^udp:\[::1\]:[1-9]\d*$/)]);
    expect((await fetch(`http://${ready.http}/healthz`)).status).toBe(200);
    running.child.kill('SIGTERM');
    expect(await running.exit).toBe(0);
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends the program in order while clients stay connected', async () => {
    const running = run(program, '--demo', '--store', `sqlite:${join(program.folder, `${signal}.db`)}`, ...freePorts);
    const ready = await running.ready;
    const alice = await userOf(await asServer(running), 'alice', { transport: 'TCP' });
    expect(await register(alice)).toBe(200);
    for (const text of [ready.http, ready.sip[1] ?? '', ready.msrp[0] ?? '']) {
      const socket = connect(Number(text.split(':').at(-1)), '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\n');
      onTestFinished(() => void socket.destroy());
    }
    running.child.kill(signal);
    expect(await running.exit, running.stderr()).toBe(0);
  });
});

describe('a program with a session', () => {
  async function withSession(): Promise<{ running: Running; alice: TestUser; bob: TestUser; ended: Promise<unknown>[] }> {
    const running = run(program, '--demo', ...freePorts);
    const server = await asServer(running);
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    expect(await register(bob)).toBe(200);
    const { caller, callee } = await sessionUp(alice, bob);
    const ended = [caller, callee].map((dialog) => new Promise((resolve) => { dialog.onTerminated = resolve; }));
    return { running, alice, bob, ended };
  }

  it('says BYE to both users before it ends', async () => {
    const { running, ended } = await withSession();
    running.child.kill('SIGTERM');
    expect(await Promise.all(ended)).toEqual(['remote', 'remote']);
    expect(await running.exit, running.stderr()).toBe(0);
  });

  it('does not wait for users who are gone', async () => {
    const { running, alice, bob } = await withSession();
    await Promise.all([alice.endpoint.close(), bob.endpoint.close()]);
    running.child.kill('SIGTERM');
    expect(await running.exit, running.stderr()).toBe(0);
  });

  it('ends at once at a second signal', async () => {
    const { running, alice, bob } = await withSession();
    await Promise.all([alice.endpoint.close(), bob.endpoint.close()]);
    running.child.kill('SIGINT');
    // The port of a program that is ending still answers, and refuses what is new; a request may overtake the signal.
    const carol = await userOf(await asServer(running), 'alice');
    await expect.poll(() => register(carol)).toBe(503);
    running.child.kill('SIGINT');
    expect(await running.exit).toBe(1);
  });
});
