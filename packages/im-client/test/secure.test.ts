import { describe, expect, it } from 'vitest';
import { parseMsrpSdp } from '@simple-im/msrp/sdp';
import type { SipRequest } from '@simple-im/sip';
import { fakeCertificates } from '@simple-im/testkit';
import { FakeTls } from '@simple-im/transport/fake';
import type { ImPlatform, ImTraceEvent } from '../src/index.js';
import { lines, next, World, type TestClient, type TestClientOptions } from './world.js';

const bobUri = 'sip:bob@example.com';
const kinds = ['tcp', 'tls', 'wss', 'ws'] as const;
type Kind = (typeof kinds)[number];

/** A page: WebSockets and nothing else. */
function page(world: World, host: string, seed: number): ImPlatform {
  const { webSockets, clock, random, hash } = world.platform(host, seed);
  return { webSockets, clock, random, hash };
}

function client(world: World, user: 'alice' | 'bob', kind: Kind, options: TestClientOptions = {}): TestClient {
  const [host, seed] = user === 'alice' ? ['192.0.2.11', 11] as const : ['192.0.2.12', 12] as const;
  if (kind === 'tcp' || kind === 'tls') return world.client(user, { transport: kind, platform: world.platform(host, seed), ...options });
  const proxy = kind === 'wss' ? 'wss://example.com/sip' : 'ws://192.0.2.100/sip';
  return world.client(user, { platform: page(world, host, seed), proxy, ...options });
}

async function pair(caller: Kind, callee: Kind) {
  const world = await World.start();
  const [alice, bob] = [client(world, 'alice', caller), client(world, 'bob', callee)];
  await world.done(Promise.all([alice.im.register(), bob.im.register()]));
  return { world, alice, bob };
}

function sent(wire: readonly ImTraceEvent[], method: string): SipRequest {
  return wire.map(({ message }) => message as SipRequest).findLast((message) => message?.method === method) as SipRequest;
}

const transports = ({ wire }: TestClient, protocol: string) => [...new Set(wire.filter((one) => one.protocol === protocol).map(({ transport }) => transport))];

describe.each(kinds.flatMap((caller) => kinds.map((callee) => [caller, callee] as const)))('from a client over %s to one over %s', (caller, callee) => {
  it('a message arrives both ways without a session, and in one', async () => {
    const { world, alice, bob } = await pair(caller, callee);
    await world.done(alice.im.send(bobUri, 'Hello', { mode: 'pager', notify: ['delivered'] }));
    expect(await next(world, bob.im.messages)).toMatchObject({ text: 'Hello', from: 'sip:alice@example.com', asserted: true });
    expect(await next(world, alice.im.notifications)).toMatchObject({ status: 'delivered' });
    const inviting = alice.im.invite(bobUri);
    const [theirs, ours] = await world.done(Promise.all([(await next(world, bob.im.invitations)).accept(), inviting]));
    await world.done(Promise.all([ours.send('one'), theirs.send('two')]));
    expect([(await next(world, theirs.messages)).text, (await next(world, ours.messages)).text]).toEqual(['one', 'two']);
    await world.done(theirs.leave());
    expect(await world.done(ours.ended)).toEqual({ reason: 'peer left' });
    expect([transports(alice, 'sip'), transports(alice, 'msrp')]).toEqual([[caller.toUpperCase()], [caller.toUpperCase()]]);
    expect([transports(bob, 'sip'), transports(bob, 'msrp')]).toEqual([[callee.toUpperCase()], [callee.toUpperCase()]]);
    expect([alice.errors, bob.errors]).toEqual([[], []]);
    await world.done(Promise.all([alice.im.close(), bob.im.close()]));
  });
});

describe('over a WebSocket (RFC 7118, RFC 7977)', () => {
  it('its Contact and Via are names that nobody resolves (RFC 7118 §5), and its MSRP URI is one for WebSocket', async () => {
    const { world, alice } = await pair('wss', 'tcp');
    const register = sent(alice.wire, 'REGISTER');
    expect(register.headers.get('Contact')).toMatch(/^<sip:alice@[0-9a-f]+\.invalid;transport=ws>;reg-id=1;\+sip\.instance="<urn:uuid:[0-9a-f-]{36}>"/);
    expect(register.headers.get('Via')).toMatch(/^SIP\/2\.0\/WSS [0-9a-f]+\.invalid;/);
    alice.im.invite(bobUri).catch(() => undefined);
    await world.settle();
    const offer = parseMsrpSdp(sent(alice.wire, 'INVITE').body);
    expect(offer).toMatchObject({ secure: true, setup: 'active', address: { host: 'client.invalid', port: 9 } });
    expect(offer.path[0]).toMatch(/^msrps:\/\/client\.invalid:9\/[^;]+;ws$/);
  });

  it('is asked where a URI of MSRP leads, which names no path', async () => {
    const world = await World.start();
    const asked: string[] = [];
    const webSocketUrl = ({ host, port }: { readonly host: string; readonly port?: number | undefined }): string => {
      asked.push(`${host}:${port}`);
      return 'wss://example.com:8443/msrp';
    };
    const [alice, bob] = [client(world, 'alice', 'wss', { webSocketUrl }), client(world, 'bob', 'tcp', { autoAccept: true })];
    await world.done(Promise.all([alice.im.register(), bob.im.register()]));
    await world.done(alice.im.invite(bobUri));
    expect(asked).toEqual(['example.com:8443']);
  });

  it('is opened anew when it is lost', async () => {
    const { world, alice, bob } = await pair('wss', 'wss');
    world.network.cut();
    await world.settle();
    const states = [alice, bob].map(({ events }) => events.map(({ state }) => state).join(' '));
    expect(states).toEqual(['registering registered lost registered', 'registering registered lost registered']);
    await world.done(alice.im.send(bobUri, 'still there'));
    expect((await next(world, bob.im.messages)).text).toBe('still there');
  });

  it('refuses a session it would need TCP for (488)', async () => {
    const { world, bob } = await pair('tcp', 'wss');
    const body = new TextEncoder().encode([
      'v=0', 'o=- 1 1 IN IP4 192.0.2.100', 's=-', 'c=IN IP4 192.0.2.100', 't=0 0', 'm=message 2855 TCP/MSRP *', 'a=accept-types:text/plain',
      'a=setup:actpass', 'a=path:msrp://192.0.2.100:2855/x;tcp', '',
    ].join('\r\n'));
    const contact = `<sip:192.0.2.100>`;
    const response = world.server.toClient(bobUri, 'INVITE', { headers: [['Contact', contact]], contentType: 'application/sdp', body });
    expect((await world.done(response)).status).toBe(488);
    expect(bob.errors).toMatchObject([{ code: 'IM_NO_COMMON_MEDIA' }]);
  });
});

describe('who the server is (RFC 5922 §7.3)', () => {
  it.each([
    ['another domain', { transport: 'tls', proxy: 'sips:other.example.com:5061' }],
    ['a root that is not trusted', { transport: 'tls', trusted: 'a root of our own' }],
  ] as const)('is doubted with a certificate of %s: IM_CERTIFICATE_REFUSED says what to do', async (_, options) => {
    const world = await World.start();
    const alice = world.client('alice', options);
    const error = await world.failure(alice.im.register());
    expect(error).toMatchObject({ code: 'IM_CERTIFICATE_REFUSED', cause: { code: 'TRANSPORT_CERTIFICATE' } });
    expect(error.message).toMatch(/name it as its certificate does, or hand in its root/);
    expect(alice.im.registration).toBe('failed');
    expect(world.server.registers).toEqual([]);
    expect(await world.failure(alice.im.send(bobUri, 'hi'))).toMatchObject({ code: 'IM_CERTIFICATE_REFUSED' });
  });

  it('goes on being tried when it was somebody else for a while', async () => {
    const world = await World.start();
    const alice = client(world, 'alice', 'tls');
    await world.done(alice.im.register());
    world.resolver.names.set('example.com', ['192.0.2.66']);
    world.network.remove('192.0.2.100');
    world.network.cut();
    await world.settle();
    world.network.restore('192.0.2.100');
    expect(alice.im.registration).toBe('lost');
    world.resolver.names.set('example.com', ['192.0.2.100']);
    await world.clock.elapse(60_000);
    await world.settle();
    expect(alice.im.registration).toBe('registered');
  });

  it.each([
    ['another one', 'AA', 'IM_CERTIFICATE_REFUSED'],
    ['its own', undefined, undefined],
  ])('in a session, too: the description has a fingerprint, %s (RFC 4975 §14.4)', async (_, octet, code) => {
    const { world, alice, bob } = await pair('tls', 'tls');
    const probe = await world.done(new FakeTls(world.network.at('192.0.2.50')).connectTls({ host: '192.0.2.100', port: 2856 }, {
      serverName: 'localhost', trusted: fakeCertificates.root,
    }));
    const own = probe.peerCertificate?.fingerprint as string;
    probe.destroy();
    world.server.attributes = [`fingerprint:sha-256 ${octet === undefined ? own : Array(32).fill(octet).join(':')}`];
    const inviting = alice.im.invite(bobUri);
    inviting.catch(() => undefined);
    const accepting = (await next(world, bob.im.invitations)).accept();
    if (code === undefined) await world.done(Promise.all([inviting, accepting]));
    else expect(await world.failure(accepting)).toMatchObject({ code });
  });
});

describe('outbound (RFC 5626)', () => {
  const outbound = (contact: string): [string, string][] => [['Require', 'outbound'], ['Flow-Timer', '30'], ['Contact', contact]];

  it('keeps the flow alive where the registrar supports it, and replaces one that is dead', async () => {
    const world = await World.start();
    world.server.registered = outbound;
    const alice = client(world, 'alice', 'tls');
    await world.done(alice.im.register());
    await world.clock.elapse(120_000);
    world.network.silence('192.0.2.100');
    await world.clock.elapse(41_000);
    const { error } = alice.events.find(({ state }) => state === 'lost') ?? {};
    expect(error).toMatchObject({ code: 'IM_REGISTRAR_UNREACHABLE', cause: { code: 'SIP_KEEPALIVE_UNANSWERED' } });
    world.network.restore('192.0.2.100');
    await world.clock.elapse(120_000);
    expect(alice.im.registration).toBe('registered');
  });

  it('has the GRUU it was granted in the Contact of an INVITE (RFC 5627 §4.4), the feature tags behind it', async () => {
    const world = await World.start();
    world.server.registered = (contact) => [['Contact', `${contact};pub-gruu="sip:alice@example.com;gr=urn:uuid:1"`]];
    const alice = client(world, 'alice', 'tls');
    await world.done(alice.im.register());
    alice.im.invite(bobUri).catch(() => undefined);
    await world.settle();
    expect(sent(alice.wire, 'INVITE').headers.get('Contact')).toMatch(/^<sip:alice@example\.com;gr=urn:uuid:1>;\+g\.oma\.sip-im;/);
    expect(sent(alice.wire, 'REGISTER').headers.get('Contact')).not.toContain('gr=');
  });

  it('is the same device when it is told the instance it was before (§4.1)', async () => {
    const world = await World.start();
    const first = client(world, 'alice', 'tcp');
    const second = client(world, 'alice', 'tcp', { instance: first.im.instance });
    expect(second.im.instance).toBe(first.im.instance);
    await world.done(second.im.register());
    expect(sent(second.wire, 'REGISTER').headers.get('Contact')).toContain(`+sip.instance="<${first.im.instance}>"`);
  });

  it.each([['stun', 1], ['crlf', 0]] as const)('over UDP sends keepalives where they are asked for: %s', async (udpKeepAlive, answers) => {
    const world = await World.start();
    const alice = world.client('alice', { transport: 'udp', udpKeepAlive });
    await world.done(alice.im.register());
    await world.clock.elapse(60_000);
    expect(alice.im.registration).toBe('registered');
    world.network.silence('192.0.2.100');
    await world.clock.elapse(100_000);
    // Only STUN is answered, so that only STUN finds out.
    expect(alice.events.filter(({ state }) => state === 'lost').length > 0).toBe(answers === 1);
  });
});

describe('options', () => {
  it.each([
    ['wss://example.com/sip', 'WSS, which needs platform.webSockets'],
    ['sips:example.com', 'TLS, which needs platform.tls'],
    ['sip:example.com;transport=tcp', 'TCP, which needs platform.network'],
    ['wss:///', 'not a URL'],
  ])('refuse the proxy %s where it cannot be reached (IM_BAD_OPTION)', async (proxy, reason) => {
    const world = await World.start();
    const { clock, random, hash } = world.platform('192.0.2.1', 1);
    expect(() => world.client('alice', { platform: { clock, random, hash }, proxy })).toThrow(expect.objectContaining({
      code: 'IM_BAD_OPTION', message: expect.stringContaining(reason),
    }));
  });

  it('refuse an instance that is no URN', async () => {
    const world = await World.start();
    expect(() => world.client('alice', { instance: 'alice"s phone' })).toThrow(expect.objectContaining({ code: 'IM_BAD_OPTION' }));
  });
});

it('says goodbye over the connection it has, whatever the server calls itself in a session', async () => {
  const { world, alice, bob } = await pair('ws', 'ws');
  const inviting = alice.im.invite(bobUri);
  await world.done((await next(world, bob.im.invitations)).accept());
  await world.done((await world.done(inviting)).leave());
  expect(lines(alice).slice(-2)).toEqual(['out BYE', 'in 200 BYE']);
});
