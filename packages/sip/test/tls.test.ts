import { describe, expect, it } from 'vitest';
import { viaFor } from '../src/index.js';
import type { Flow, IncomingRequest } from '../src/index.js';
import { World } from './helpers.js';
import { message, ok, send, tls, tlsHost } from './secure-helpers.js';

const A = '192.0.2.1';
const B = '192.0.2.2';

describe('TLS (RFC 3261 §26.2, RFC 5922)', () => {
  it('carries a request and its response, Via says TLS', async () => {
    const world = new World();
    const a = await tlsHost(world, A, ['URI:sip:a.example']);
    const b = await tlsHost(world, B, ['URI:sip:b.example']);
    b.endpoint.onRequest = ok;
    const told = send(a.endpoint, message('sips:bob@b.example'), tls(B, 'b.example'));
    await world.clock.settle();
    expect(told).toEqual(['200']);
    expect(b.wire[0]?.message?.via).toMatchObject({ transport: 'TLS', host: A, port: 5061 });
    expect(a.wire.at(-1)?.flow.identities).toEqual(['b.example']);
    expect(b.wire[0]?.flow.identities).toEqual([]);
  });

  it.each([
    ['of another domain', ['URI:sip:evil.example', 'DNS:b.example']],
    ['of the SRV target, not of the domain', ['DNS:node7.b.example']],
    ['with a wildcard', ['DNS:*.example']],
    ['of a user of the domain', ['URI:sip:bob@b.example']],
  ])('refuses a certificate %s and sends nothing (RFC 5922 §7.3)', async (_, names) => {
    const world = new World();
    const a = await tlsHost(world, A, ['DNS:a.example']);
    const b = await tlsHost(world, B, names);
    const told = send(a.endpoint, message(), tls(B, 'b.example'));
    await world.clock.settle();
    expect(told).toEqual(['SIP_TRANSPORT']);
    expect(a.errors.map((error) => 'code' in error && error.code)).toEqual(['TRANSPORT_CERTIFICATE']);
    expect(b.wire).toEqual([]);
  });

  it('uses a connection again for the domains its certificate holds, not for another at the same address (RFC 5923 §8.1)', async () => {
    const world = new World();
    const a = await tlsHost(world, A, ['DNS:a.example']);
    const b = await tlsHost(world, B, ['URI:sip:b.example', 'URI:sip:c.example']);
    b.endpoint.onRequest = ok;
    const first = send(a.endpoint, message(), tls(B, 'b.example'));
    await world.clock.settle();
    const second = send(a.endpoint, message(), tls(B, 'C.example'));
    await world.clock.settle();
    expect([first, second, a.endpoint.load.connections]).toEqual([['200'], ['200'], 1]);
    const third = send(a.endpoint, message(), tls(B, 'd.example'));
    await world.clock.settle();
    expect(third).toEqual(['SIP_TRANSPORT']);
  });

  it('sends no request for a sips URI but over TLS (§26.2.2)', async () => {
    const world = new World();
    const a = await world.host(A);
    expect(() => send(a.endpoint, message('SIPS:bob@b.example'), { transport: 'TCP', address: { host: B, port: 5060 } })).toThrow(expect.objectContaining({ code: 'SIP_TLS_REQUIRED' }));
    expect(() => a.endpoint.send(message('sips:bob@b.example'), { transport: 'UDP', address: { host: B, port: 5060 } })).toThrow(expect.objectContaining({ code: 'SIP_TLS_REQUIRED' }));
  });

  it('has no transport for which there is no driver', async () => {
    const world = new World();
    const a = await world.host(A, { network: undefined, udp: false, tcp: false });
    expect(() => a.endpoint.flowTo(tls(B))).toThrow(expect.objectContaining({ code: 'SIP_UNSUPPORTED_TRANSPORT' }));
    expect(() => a.endpoint.flowTo({ transport: 'WSS', address: { host: B, port: 443 } })).toThrow(expect.objectContaining({ code: 'SIP_UNSUPPORTED_TRANSPORT' }));
    await expect(a.endpoint.listenUdp({ host: A, port: 5060 })).rejects.toThrow(expect.objectContaining({ code: 'SIP_UNSUPPORTED_TRANSPORT' }));
    await expect(a.endpoint.listenTls({ host: A, port: 5061 }, { identity: { certificate: '', key: '' } })).rejects.toThrow(expect.objectContaining({ code: 'SIP_UNSUPPORTED_TRANSPORT' }));
    expect(a.endpoint.load.connections).toBe(0);
  });

  it('opens a TLS connection for a response whose connection is gone, to the name in sent-by (§18.2.2)', async () => {
    const world = new World();
    const a = await tlsHost(world, A, [`URI:sip:${A}`]);
    const b = await tlsHost(world, B, ['DNS:b.example']);
    let waiting: IncomingRequest | undefined;
    b.endpoint.onRequest = (incoming) => (waiting = incoming);
    send(a.endpoint, message(), tls(B, 'b.example'));
    await world.clock.settle();
    world.network.cut();
    await world.clock.settle();
    ok(waiting as IncomingRequest);
    await world.clock.settle();
    expect(a.lines().at(-1)).toBe('in 200 MESSAGE');
    expect(a.wire.at(-1)?.flow.transport).toBe('TLS');
  });
});

describe('connection reuse (RFC 5923)', () => {
  it('offers alias between servers with certificates, and takes requests back over the connection (§8)', async () => {
    const world = new World();
    const a = await tlsHost(world, A, ['URI:sip:a.example'], { mutual: true });
    const b = await tlsHost(world, B, ['URI:sip:b.example'], { mutual: true });
    a.endpoint.onRequest = ok;
    b.endpoint.onRequest = ok;
    send(a.endpoint, message(), tls(B, 'b.example'));
    await world.clock.settle();
    expect(b.wire[0]?.message?.via?.params.has('alias')).toBe(true);
    expect(b.wire[0]?.flow.identities).toEqual(['a.example']);
    const back = send(b.endpoint, message(), tls(A, 'a.example'));
    await world.clock.settle();
    expect(back).toEqual(['200']);
    expect([a.endpoint.load.connections, b.endpoint.load.connections]).toEqual([1, 1]);
    // Another domain at that address is somebody else (§8.2, second condition).
    send(b.endpoint, message(), tls(A, 'other.example'));
    expect(b.endpoint.load.connections).toBe(2);
  });

  it('forgets the alias with the connection', async () => {
    const world = new World();
    const a = await tlsHost(world, A, ['URI:sip:a.example'], { mutual: true });
    const b = await tlsHost(world, B, ['URI:sip:b.example'], { mutual: true });
    a.endpoint.onRequest = ok;
    b.endpoint.onRequest = ok;
    send(a.endpoint, message(), tls(B, 'b.example'));
    await world.clock.settle();
    world.network.cut();
    await world.clock.settle();
    const back = send(b.endpoint, message(), tls(A, 'a.example'));
    await world.clock.settle();
    expect(back).toEqual(['200']);
  });

  it('makes no alias for a client without a certificate, nor over TCP (§9.3)', async () => {
    const world = new World();
    const b = await tlsHost(world, B, ['URI:sip:b.example'], { mutual: true });
    await b.endpoint.listenTcp({ host: B, port: 5060 });
    b.endpoint.onRequest = ok;
    const thief = await tlsHost(world, A, [], { listen: false });
    const claim = (flow: Flow, port: number): void => {
      const request = message();
      request.headers.prepend('Via', `${viaFor({ ...flow, transport: flow.transport, sentBy: `${A}:${port}` }, 'z9hG4bKx')};alias`);
      thief.endpoint.send(request, flow);
    };
    claim(thief.endpoint.flowTo(tls(B, 'b.example')), 5061);
    claim(thief.endpoint.flowTo({ transport: 'TCP', address: { host: B, port: 5060 } }), 5060);
    await world.clock.settle();
    expect(b.lines()).toEqual(['in MESSAGE', 'out 200 MESSAGE', 'in MESSAGE', 'out 200 MESSAGE']);
    const before = b.endpoint.load.connections;
    b.endpoint.flowTo(tls(A, 'a.example'));
    b.endpoint.flowTo({ transport: 'TCP', address: { host: A, port: 5060 } });
    expect(b.endpoint.load.connections).toBe(before + 2);
  });
});
