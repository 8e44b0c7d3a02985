import { describe, expect, it } from 'vitest';
import { DigestClient } from '@simple-im/digest';
import { respondTo, type SipResponse } from '@simple-im/sip';
import { FakeRandom, FakeResolver } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { answer, coreWith, peerOf, type Peer, type TestCore } from './support.js';

const there = 'sip:dan@elsewhere.example';

interface Domain {
  readonly on: TestCore;
  readonly alice: Peer;
  readonly servers: readonly Peer[];
}

/** A domain whose servers are tried in the order given. */
async function domain(transports: readonly ('udp' | 'tcp')[], mode: 'none' | 'digest' = 'none'): Promise<Domain> {
  const resolver = new FakeResolver();
  const on = await coreWith({ resolver, mode });
  const servers: Peer[] = [];
  const naptrs = [...new Set(transports)].map((name, at) => ({
    order: 1, preference: at, flags: 's', service: name === 'udp' ? 'SIP+D2U' : 'SIP+D2T', regexp: '', replacement: `_sip._${name}.elsewhere.example`,
  }));
  resolver.naptrs.set('elsewhere.example', naptrs);
  for (const [at, transport] of transports.entries()) {
    const server = await peerOf(on, `s${at}`);
    await server.endpoint.listenTcp({ host: server.host, port: 5060 });
    servers.push(server);
    const name = `_sip._${transport}.elsewhere.example`;
    resolver.srvs.set(name, [...(resolver.srvs.get(name) ?? []), { priority: at, weight: 0, port: 5060, target: `s${at}.elsewhere.example` }]);
    resolver.names.set(`s${at}.elsewhere.example`, [server.host]);
  }
  return { on, servers, alice: await peerOf(on, 'alice') };
}

function authorized(challenge: SipResponse, method: string, uri: string, username: string, password: string): string {
  const client = new DigestClient({ hash: nodeHash, random: new FakeRandom(3), username, secret: { password } });
  const [credentials = ''] = client.answer(challenge.headers.all('Proxy-Authenticate'), { method, uri, body: new Uint8Array() });
  return credentials;
}

function says(server: Peer, status: number, headers: readonly (readonly [string, string])[] = []): void {
  server.handle = (incoming) => answer(incoming, status, 'there', headers);
}

describe('a recipient in another domain (RFC 3263 §4.3)', () => {
  it('is reached by the next server when one is overloaded, and that one is left alone for a while', async () => {
    const { alice, servers: [busy, good] } = await domain(['udp', 'udp']) as Domain & { servers: [Peer, Peer] };
    says(busy, 503);
    says(good, 200);
    expect((await alice.call('MESSAGE', there).final).status).toBe(200);
    expect([busy.received.length, good.received.length]).toEqual([1, 1]);
    expect(good.requests[0]?.vias[0]?.branch).not.toBe(busy.requests[0]?.vias[0]?.branch);
  });

  it('is not reached where all of them are: 500, since a 503 would mean us (RFC 3261 §16.7 step 6)', async () => {
    const { alice, servers } = await domain(['udp', 'udp']);
    for (const server of servers) says(server, 503);
    expect((await alice.call('MESSAGE', there).final).status).toBe(500);
    expect(servers.map(({ received }) => received.length)).toEqual([1, 1]);
  });

  it('is reached over another transport with a Record-Route for it (RFC 5658 §3.2)', async () => {
    const { on, alice, servers: [gone, good] } = await domain(['tcp', 'udp']) as Domain & { servers: [Peer, Peer] };
    await gone.endpoint.close();
    good.handle = (incoming) => answer(incoming, 200, 'there', [['Contact', `<${good.contact}>`]]);
    expect((await alice.call('INVITE', there, { headers: [['Contact', `<${alice.contact}>`]] }).final).status).toBe(200);
    expect(good.requests[0]?.recordRoutes.map(({ uriText }) => /transport=(\w+)/.exec(uriText)?.[1])).toEqual(['udp']);
    expect(on.endpoint.locator.failed.size).toBe(1);
  });

  it('that refuses is not asked again elsewhere', async () => {
    const { alice, servers: [refuses, other] } = await domain(['udp', 'udp']) as Domain & { servers: [Peer, Peer] };
    says(refuses, 486);
    expect((await alice.call('MESSAGE', there).final).status).toBe(486);
    expect(other.received).toEqual([]);
  });

  it('is cancelled where it is asked now', async () => {
    const { on, alice, servers: [busy, rings] } = await domain(['udp', 'udp']) as Domain & { servers: [Peer, Peer] };
    says(busy, 503);
    rings.handle = (incoming) => {
      incoming.onCancelled = () => answer(incoming, 487, 'r');
      answer(incoming, 180, 'r');
    };
    const call = alice.call('INVITE', there);
    await on.clock.settle();
    call.outgoing.cancel();
    expect((await call.final).status).toBe(487);
  });

  it('in a domain without servers is 480', async () => {
    const { alice } = await domain([]);
    expect((await alice.call('MESSAGE', there).final).status).toBe(480);
  });
});

describe('what does not leave the domain', () => {
  it('is P-Asserted-Service, whoever wrote it (RFC 6050 §5.1.2)', async () => {
    const { on, alice, servers: [server] } = await domain(['udp']) as Domain & { servers: [Peer] };
    says(server, 200);
    await alice.call('MESSAGE', there, { headers: [['P-Asserted-Service', 'urn:forged']] }).final;
    expect(on.im.received[0]?.request.headers.has('P-Asserted-Service')).toBe(false);
    on.im.handle = (exchange) => {
      exchange.request.headers.set('P-Asserted-Service', 'urn:ours');
      on.im.handBack(exchange);
    };
    await alice.call('MESSAGE', there, { headers: [['P-Preferred-Service', 'urn:wish'], ['History-Info', '<sip:x@example.com>;index=1']] }).final;
    const { headers } = server.requests[1] ?? alice.build('MESSAGE', there);
    expect([headers.get('P-Asserted-Service'), headers.get('P-Preferred-Service'), headers.get('History-Info')])
      .toEqual([undefined, 'urn:wish', '<sip:x@example.com>;index=1']);
  });

  it('is a request whose privacy is critical and not to be had here: 500 that names it (RFC 3323 §5)', async () => {
    const { alice, servers: [server] } = await domain(['udp']) as Domain & { servers: [Peer] };
    says(server, 200);
    const privacy = async (value: string): Promise<SipResponse> => alice.call('MESSAGE', there, { headers: [['Privacy', value]] }).final;
    const refused = await privacy('header;id;user;critical');
    expect([refused.status, refused.reason]).toEqual([500, 'Privacy Not Provided: header, user']);
    expect(server.received).toEqual([]);
    for (const value of ['id;critical', 'none', 'header;user']) expect((await privacy(value)).status).toBe(200);
    expect(server.requests.map(({ headers }) => [headers.get('Privacy'), headers.has('P-Asserted-Identity')]))
      .toEqual([['id;critical', false], ['none', true], ['header;user', true]]);
  });
});

describe('a user of ours who is anonymous to others (RFC 3325 §9.3)', () => {
  const anonymous = { from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x', headers: [['Privacy', 'id']] } as const;

  it('is challenged, and known to us and to nobody else', async () => {
    const { on, alice, servers: [server] } = await domain(['udp'], 'digest') as Domain & { servers: [Peer] };
    says(server, 200);
    const challenge = await alice.call('MESSAGE', there, anonymous).final;
    expect(challenge.status).toBe(407);
    const headers = [...anonymous.headers, ['Proxy-Authorization', authorized(challenge, 'MESSAGE', there, 'alice', "alice's")] as const];
    expect((await alice.call('MESSAGE', there, { ...anonymous, headers }).final).status).toBe(200);
    expect(on.im.received[0]?.servedUser).toBe('sip:alice@example.com');
    const [request] = server.requests;
    expect([request?.headers.get('From'), request?.headers.has('P-Asserted-Identity'), request?.headers.has('Proxy-Authorization')])
      .toEqual([anonymous.from, false, false]);
    const wrong = [...anonymous.headers, ['Proxy-Authorization', authorized(challenge, 'MESSAGE', there, 'alice', 'guess')] as const];
    expect((await alice.call('MESSAGE', there, { ...anonymous, headers: wrong }).final).status).toBe(407);
  });

  it('is a stranger like any other without credentials: may reach our users, and is not asked who', async () => {
    const { on } = await domain([], 'digest');
    const [stranger, bob] = [await peerOf(on, 'dan'), await peerOf(on, 'bob')];
    await on.location.save('sip:bob@example.com', 0, [{
      contact: bob.contact, parameters: '', q: 1, expiresAt: on.clock.date().getTime() + 60_000, callId: 'x', cseq: 1, path: [],
    }]);
    bob.handle = (incoming) => incoming.respond(respondTo(incoming.request, 200, { toTag: 'b' }));
    expect((await stranger.call('MESSAGE', 'sip:bob@example.com', anonymous).final).status).toBe(200);
    expect((await stranger.call('MESSAGE', there, { from: '<sip:dan@other.example>;tag=d' }).final).status).toBe(403);
  });
});
