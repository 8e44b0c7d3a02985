/* A target that is not one: exit 3 or a clear failure, never a hang, never a stack. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RunningServer } from '@simple-im/server';
import { program, startTarget, type Ran } from './support.js';

const timeout = ['--timeout', '300ms'];
const garbage = '\x16\x03\x01 this is no answer \0\xff'.repeat(100);

let server: RunningServer;
beforeAll(async () => { server = await startTarget(); });
afterAll(() => server.close());

async function tcpPort(behaviour: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    // The program breaks off, which is what is tested.
    socket.on('error', () => sockets.delete(socket));
    behaviour(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return (listener.address() as AddressInfo).port;
}

async function udpPort(answer: string | undefined): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (_, { port }) => { if (answer !== undefined) socket.send(Buffer.from(answer, 'latin1'), port, '127.0.0.1'); });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket.address().port;
}

async function closedPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

const ports: Readonly<Record<string, () => Promise<number>>> = {
  closed: closedPort,
  silent: () => tcpPort(() => undefined),
  'closes at once': () => tcpPort((socket) => socket.destroy()),
  'answers garbage': () => tcpPort((socket) => socket.write(Buffer.from(garbage, 'latin1'))),
  'answers garbage without end': () => tcpPort((socket) => {
    const more = (): void => { while (socket.writable && socket.write('OPTIONS sip:x SIP/2.0 and on '.repeat(5000))); };
    socket.on('drain', more);
    more();
  }),
};

function expectOneLine({ code, out, err }: Ran, says: string): void {
  expect([code, out]).toEqual([3, '']);
  expect(err).toContain(`The target does not answer: ${says}`);
  expect(err.split('\n')).toHaveLength(2);
  expect(err).not.toMatch(/\.ts|\.js| at /);
}

describe('SIP over TCP', () => {
  it.each(Object.keys(ports))('%s: exit 3', async (kind) => {
    const address = `tcp:127.0.0.1:${await ports[kind]!()}`;
    expectOneLine(await program('--domain', 'example.com', '--sip', address, ...timeout), `--sip ${address}: `);
  });

  it('one byte at a time is no garbage', async () => {
    const port = await tcpPort((socket) => {
      socket.on('data', (bytes: Buffer) => {
        const via = /Via: [^\r]*/.exec(bytes.toString('latin1'))?.[0];
        for (const octet of `SIP/2.0 200 OK\r\n${via}\r\nContent-Length: 0\r\n\r\n`) socket.write(octet);
      });
    });
    const { code } = await program('--domain', 'example.com', '--sip', `tcp:127.0.0.1:${port}`, '--run', 'IM-1/rfc3261/16.3/missing-call-id-refused', ...timeout);
    expect(code).toBe(1);
  });
});

describe('SIP over UDP', () => {
  it.each([['closed', undefined], ['silent', undefined], ['answers garbage', garbage]])('%s: exit 3', async (kind, answer) => {
    const address = `udp:127.0.0.1:${kind === 'closed' ? await closedPort() : await udpPort(answer)}`;
    expectOneLine(await program('--domain', 'example.com', '--sip', address, ...timeout), `--sip ${address}: `);
  });
});

describe('MSRP', () => {
  const run = async (kind: string): Promise<Ran> => program(
    '--domain', 'example.com', '--sip', server.ready.sip[0]!, '--msrp', `tcp:127.0.0.1:${await ports[kind]!()}`, '--run', 'IM-7/rfc4975/7.3/unknown-session-481', ...timeout,
  );

  it('closed: exit 3', async () => {
    expectOneLine(await run('closed'), '--msrp tcp:127.0.0.1:');
  });

  it.each(Object.keys(ports).filter((kind) => kind !== 'closed'))('%s: a failure that says so', async (kind) => {
    const { code, out, err } = await run(kind);
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(/reason: .*(nothing came in time|closed the connection|the connection broke|no MSRP frame)/);
  });
});

describe('XCAP', () => {
  it('closed: exit 3', async () => {
    const url = `http://127.0.0.1:${await closedPort()}/xcap-root`;
    expectOneLine(await program('--domain', 'example.com', '--sip', server.ready.sip[0]!, '--xcap', url, ...timeout), `--xcap ${url}: `);
  });
});

it('a name that does not resolve: exit 3', async () => {
  expectOneLine(await program('--domain', 'example.com', '--sip', 'udp:nobody.invalid:5060', ...timeout), '--sip udp:nobody.invalid:5060: ');
});
