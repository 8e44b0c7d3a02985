/* The raw peers over TLS and WebSocket, each against a server of this file. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCases, targetOf, type CaseResult, type ConformanceCase } from '@simple-im/conformance';
import { cutMessage } from '../src/sip-text.js';
import { cutFrame, frame, opcodes } from '../src/websocket-frame.js';
import { certificate } from './support.js';
import { serveWebSocket } from './mutants/websocket-gateway.js';
import { program } from './support.js';

async function port(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Answers every request 200, in its Via and no more. */
function answers(socket: Socket): void {
  let stream = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    stream += bytes.toString('latin1');
    for (let cut = cutMessage(stream); cut !== undefined; cut = cutMessage(stream)) {
      stream = cut.rest;
      socket.write(`SIP/2.0 200 OK\r\n${/Via: [^\r]*/.exec(cut.message)?.[0]}\r\nX-Request: ${cut.message.split('\r\n')[0]}\r\nContent-Length: 0\r\n\r\n`);
    }
  });
}

const tlsServer = (name: string): Promise<number> => port(createTlsServer({
  cert: readFileSync(certificate(`${name}.pem`)), key: readFileSync(certificate(`${name}.key`)),
}, answers));

async function wsServer(faults: Parameters<typeof serveWebSocket>[1]['faults'] = {}): Promise<number> {
  const sip = await port(createServer(answers));
  const same = (text: string): string => text;
  return port(createServer((socket) => serveWebSocket(socket, {
    port: sip, subprotocol: 'sip', faults, fromServer: same, toServer: same, opened: () => undefined,
  })));
}

const options = 'OPTIONS sip:{domain} SIP/2.0\nVia: SIP/2.0/{transport} {localHost}:{localPort};branch={branch}\nContact: <{contact}>\nContent-Length: 0\n';

async function result(target: Parameters<typeof targetOf>[0], run: ConformanceCase['run']): Promise<CaseResult> {
  const testCase: ConformanceCase = { id: 'IM-1/x/1/x', clause: 'x', level: 'SHALL', asks: 'x', does: 'x', needs: [], users: 0, run };
  return (await runCases([testCase], targetOf({ domain: 'example.com', features: [], ...target }), { timeout: 1000 }))[0]!;
}

describe('SIP over TLS', () => {
  const asks: ConformanceCase['run'] = async ({ sip }) => {
    const peer = await sip({ transport: 'tls' });
    expect(peer.contact).toMatch(/^sip:peer@127\.0\.0\.1:\d+;transport=tls$/);
    expect((await peer.request(options)).header('Via')).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1:/);
  };

  it('takes a certificate of the domain by a root that is trusted', async () => {
    const sip = [`tls:127.0.0.1:${await tlsServer('server')}`];
    expect(await result({ sip, trusted: certificate('root.pem') }, asks)).toMatchObject({ verdict: 'pass', notes: [] });
  });

  it('without roots takes any, and says so', async () => {
    const sip = [`tls:127.0.0.1:${await tlsServer('other')}`];
    const { verdict, notes } = await result({ sip }, asks);
    expect([verdict, notes]).toEqual(['pass', ['the certificate of the target was not checked: there is no --trusted']]);
  });

  it.each([['other', 'SELF_SIGNED|UNABLE_TO'], ['expired', 'EXPIRED'], ['client', 'ALTNAME'], ['no-names', 'ALTNAME']])('does not take %s', async (name, code) => {
    const sip = [`tls:127.0.0.1:${await tlsServer(name)}`];
    expect(await result({ sip, trusted: certificate('root.pem') }, asks)).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(code) });
  });

  it('exit 3 where it is not there, or not TLS', async () => {
    const plain = await port(createServer((socket) => void socket.end('no TLS')));
    const { code, err } = await program('--domain', 'example.com', '--sip', `tls:127.0.0.1:${plain}`, '--timeout', '300ms');
    expect(code).toBe(3);
    expect(err).toMatch(new RegExp(`^simple-im-conformance: The target does not answer: --sip tls:127\\.0\\.0\\.1:${plain}: [^\\n]+\\n$`));
  });
});

describe('SIP over WebSocket', () => {
  it('sends and takes messages, from a host that is .invalid', async () => {
    const ws = [`ws://127.0.0.1:${await wsServer()}/sip?a=b`];
    const { verdict, reason, wire } = await result({ sip: [], ws }, async ({ sip }) => {
      const peer = await sip({ transport: 'ws' });
      expect(peer.contact).toMatch(/^sip:peer@[0-9a-f]+\.invalid;transport=ws$/);
      expect((await peer.request(options)).header('Via')).toMatch(/^SIP\/2\.0\/WS [0-9a-f]+\.invalid:/);
      expect((await peer.request(options)).kind).toBe('text');
    });
    expect([verdict, reason]).toEqual(['pass', undefined]);
    expect(wire.map(({ text }) => text.split('\r\n', 1)[0])).toEqual([
      'GET /sip?a=b HTTP/1.1', 'HTTP/1.1 101 Switching Protocols', 'OPTIONS sip:example.com SIP/2.0', 'SIP/2.0 200 OK',
      'OPTIONS sip:example.com SIP/2.0', 'SIP/2.0 200 OK',
    ]);
  });

  it('fails where the subprotocol is not confirmed', async () => {
    const ws = [`ws://127.0.0.1:${await wsServer({ silentSubprotocol: true })}/sip`];
    expect(await result({ sip: [], ws }, async ({ sip }) => void await sip({ transport: 'ws' }))).toMatchObject({ verdict: 'fail' });
  });

  it('gives a refused handshake to a case that asks for one', async () => {
    const ws = [`ws://127.0.0.1:${await wsServer()}/sip`];
    const { verdict } = await result({ sip: [], ws }, async ({ webSocket }) => {
      const socket = await webSocket([]);
      expect([socket.status, socket.isOpen]).toEqual([400, false]);
    });
    expect(verdict).toBe('pass');
  });

  it('exit 3 where what answers is no WebSocket', async () => {
    const plain = await port(createServer((socket) => void socket.end('SIP/2.0 400 No\r\n\r\n')));
    const { code, err } = await program('--domain', 'example.com', '--ws', `ws://127.0.0.1:${plain}/sip`, '--timeout', '300ms');
    expect([code, err]).toEqual([3, expect.stringContaining(`--ws ws://127.0.0.1:${plain}/sip: what came is no answer of HTTP`)]);
  });

  it.each([['--ws', 'http://127.0.0.1:80/'], ['--ws', 'ws://'], ['--msrp-ws', 'x'], ['--sip', 'tls:127.0.0.1'], ['--msrp', 'udp:127.0.0.1:2855'], ['--trusted', '/nowhere']])(
    'exit 2 for %s %s', async (option, value) => {
      const { code, err } = await program('--domain', 'example.com', '--sip', 'udp:127.0.0.1:5060', option, value);
      expect([code, err.split('\n').length]).toEqual([2, 2]);
      expect(err).toContain(`${option} ${value}`);
    });
});

describe('frames of WebSocket (RFC 6455 §5.2)', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('are cut at their end, %i octets long', (length) => {
    const payload = '\xff'.repeat(length);
    const whole = frame({ opcode: opcodes.binary, payload, masked: false });
    expect(cutFrame(`${whole}x`)).toEqual({ frame: { opcode: 2, fin: true, masked: false, payload }, rest: 'x' });
    for (let at = 0; at < Math.min(whole.length, 12); at++) expect(cutFrame(whole.slice(0, at))).toBeUndefined();
    expect(cutFrame(whole.slice(0, -1))).toBeUndefined();
  });

  it('are masked as the example of §5.7 is, whatever the key', () => {
    const octets = Buffer.from(frame({ opcode: opcodes.text, payload: 'Hello' }), 'latin1');
    expect([...octets.subarray(0, 2)]).toEqual([0x81, 0x85]);
    const key = octets.subarray(2, 6);
    expect(octets.subarray(6).map((octet, at) => octet ^ key[at % 4]!).toString()).toBe('Hello');
    expect(Buffer.from(frame({ opcode: opcodes.text, payload: 'Hello', masked: false }), 'latin1').toString('hex')).toBe('810548656c6c6f');
  });
});
