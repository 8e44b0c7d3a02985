import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DigestClient } from '@simple-im/digest';
import type { SipRequest, SipResponse } from '@simple-im/sip';
import { FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import type { Credential } from '../../src/sip-core/authentication.js';
import { answer, coreWith, peerOf, type CallOptions, type Peer } from './support.js';

const ha1 = (algorithm: string, username: string, password: string): string => createHash(algorithm).update(`${username}:example.com:${password}`).digest('hex');

const users: ReadonlyMap<string, Credential> = new Map([
  ['alice', { aor: 'sip:alice@example.com', secret: { password: 'wonderland' } }],
  ['bob', { aor: 'sip:bob@example.com', secret: { ha1: { 'SHA-256': ha1('sha256', 'bob', 'builder'), MD5: ha1('md5', 'bob', 'builder') } } }],
]);

interface Attempt extends CallOptions {
  readonly username?: string;
  readonly password?: string;
  /** Challenges the client pretends not to have seen. */
  readonly only?: 'SHA-256' | 'MD5';
  readonly digestUri?: string;
}

function client({ username = 'alice', password = 'wonderland' }: Attempt): DigestClient {
  return new DigestClient({ hash: nodeHash, random: new FakeRandom(3), username, secret: { password } });
}

/** Sends, answers the challenge, sends again. */
async function authenticate(peer: Peer, method: string, uri: string, attempt: Attempt = {}): Promise<{ challenge: SipResponse; response: SipResponse; sent: SipRequest; field: string }> {
  const challenge = await peer.call(method, uri, attempt).final;
  const [asks, field] = challenge.status === 401 ? (['WWW-Authenticate', 'Authorization'] as const) : (['Proxy-Authenticate', 'Proxy-Authorization'] as const);
  const challenges = challenge.headers.all(asks).filter((value) => attempt.only === undefined || value.includes(`algorithm=${attempt.only}`));
  const [credentials = ''] = client(attempt).answer(challenges, { method, uri: attempt.digestUri ?? uri, body: new Uint8Array() });
  const sent = peer.build(method, uri, { ...attempt, headers: [...(attempt.headers ?? []), [field, credentials]] });
  return { challenge, response: await peer.send(sent).final, sent, field };
}

describe('challenges (RFC 3261 §22, RFC 8760 §2.3)', () => {
  it('are 401 for REGISTER and 407 for the rest, SHA-256 before MD5, a field each', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    const registration = await alice.call('REGISTER', 'sip:example.com', { to: '<sip:alice@example.com>' }).final;
    const message = await alice.call('MESSAGE', 'sip:bob@example.com').final;
    expect([registration.status, message.status]).toEqual([401, 407]);
    for (const challenges of [registration.headers.all('WWW-Authenticate'), message.headers.all('Proxy-Authenticate')]) {
      expect(challenges.map((challenge) => /algorithm=([\w-]+)/.exec(challenge)?.[1])).toEqual(['SHA-256', 'MD5']);
      for (const challenge of challenges) expect(challenge).toContain('realm="example.com"');
    }
  });

  it.each(['SHA-256', 'MD5'] as const)('are answered with %s, by a password or by its hash', async (only) => {
    const on = await coreWith({ mode: 'digest', users });
    for (const [name, password] of [['alice', 'wonderland'], ['bob', 'builder']] as const) {
      const peer = await peerOf(on, name);
      const { response } = await authenticate(peer, 'REGISTER', 'sip:example.com', { username: name, password, only, to: `<sip:${name}@example.com>` });
      expect(response.status).toBe(200);
    }
  });

  it('never come for ACK and CANCEL (§22.1)', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    expect((await alice.call('CANCEL', 'sip:bob@example.com').final).status).toBe(481);
  });

  it('say stale=true for right credentials with an old nonce, and are new ones (RFC 7616 §3.3)', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    const challenge = await alice.call('OPTIONS', 'sip:bob@example.com').final;
    const [credentials = ''] = client({}).answer(challenge.headers.all('Proxy-Authenticate'), { method: 'OPTIONS', uri: 'sip:bob@example.com', body: new Uint8Array() });
    on.clock.advance(301_000);
    const late = await alice.call('OPTIONS', 'sip:bob@example.com', { headers: [['Proxy-Authorization', credentials]] }).final;
    expect(late.status).toBe(407);
    expect(late.headers.get('Proxy-Authenticate')).toMatch(/stale=true/i);
  });

  it('take a nonce count once: a replay is refused (RFC 7616 §3.4)', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    const { response, sent, field } = await authenticate(alice, 'OPTIONS', 'sip:bob@example.com');
    expect(response.status).toBe(480);
    const replay = await alice.call('OPTIONS', 'sip:bob@example.com', { headers: [[field, sent.headers.get(field) ?? '']] }).final;
    expect(replay.status).toBe(407);
  });

  it('look the same for a wrong password and for a user there is not', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const shapes: string[][] = [];
    for (const attempt of [{ password: 'wrong' }, { username: 'nobody', from: '<sip:nobody@example.com>;tag=1' }]) {
      const alice = await peerOf(on, 'alice');
      const { response } = await authenticate(alice, 'OPTIONS', 'sip:bob@example.com', attempt);
      expect(response.status).toBe(407);
      shapes.push([...response.headers].map(([name, value]) => (name === 'Proxy-Authenticate' ? value.replace(/nonce="[^"]*"/, '') : name)));
    }
    expect(shapes[0]).toEqual(shapes[1]);
  });
});

describe('credentials (RFC 7616 §3.4)', () => {
  it('with the uri of another request are answered 400, also with one that is no URI', async () => {
    const on = await coreWith({ mode: 'digest', users });
    for (const digestUri of ['sip:carol@example.com', 'sip:bob@elsewhere.example', '%%%']) {
      const alice = await peerOf(on, 'alice');
      expect((await authenticate(alice, 'OPTIONS', 'sip:bob@example.com', { digestUri })).response.status).toBe(400);
    }
  });

  it('may name the Request-URI in another spelling (RFC 8760 §2.6 point 6)', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    expect((await authenticate(alice, 'OPTIONS', 'sip:bob@example.com', { digestUri: 'sip:%62ob@EXAMPLE.com;transport=udp' })).response.status).toBe(480);
  });

  it('that are malformed are answered 400', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    const response = await alice.call('OPTIONS', 'sip:bob@example.com', { headers: [['Proxy-Authorization', 'Digest username="alice", realm="example.com", qop=auth']] }).final;
    expect(response.status).toBe(400);
  });

  it('for our realm go no further, those for another realm do (§22.3)', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob');
    await authenticate(bob, 'REGISTER', 'sip:example.com', { username: 'bob', password: 'builder', to: '<sip:bob@example.com>', headers: [['Contact', `<${bob.contact}>`], ['Expires', '600']] });
    bob.handle = (incoming) => answer(incoming, 200);
    const foreign = 'Digest username="a", realm="elsewhere.example", nonce="n", uri="sip:bob@example.com", response="0123456789abcdef0123456789abcdef"';
    const { response } = await authenticate(alice, 'OPTIONS', 'sip:bob@example.com', { headers: [['Proxy-Authorization', foreign], ['Authorization', foreign.replace('elsewhere.example', 'example.com')]] });
    expect(response.status).toBe(200);
    expect(bob.requests.at(-1)?.headers.all('Proxy-Authorization')).toEqual([foreign]);
    expect(bob.requests.at(-1)?.headers.has('Authorization')).toBe(false);
  });
});

describe('From (RFC 3261 §22, RFC 3325 §5)', () => {
  it.each(['sip:bob@example.com', 'sips:bob@example.com', 'sip:bob@EXAMPLE.COM', 'sip:%62ob@example.com', 'im:bob@example.com', 'sip:bob@example.com:5060', 'sip:nobody@example.com'])(
    'of somebody else is answered 403: %s', async (from) => {
      const on = await coreWith({ mode: 'digest', users });
      const alice = await peerOf(on, 'alice');
      for (const method of ['OPTIONS', 'REGISTER']) {
        expect((await authenticate(alice, method, method === 'REGISTER' ? 'sip:example.com' : 'sip:bob@example.com', { from: `<${from}>;tag=1` })).response.status).toBe(403);
      }
    },
  );

  it.each(['sips:alice@example.com', 'sip:alice@Example.COM', 'sip:%61lice@example.com', 'im:alice@example.com'])('may be one\'s own in another spelling: %s', async (from) => {
    const on = await coreWith({ mode: 'digest', users });
    const alice = await peerOf(on, 'alice');
    expect((await authenticate(alice, 'MESSAGE', 'sip:bob@example.com', { from: `<${from}>;tag=1` })).response.status).toBe(480);
    expect(on.im.received[0]?.servedUser).toBe('sip:alice@example.com');
  });
});

describe('asserted identity (RFC 3325)', () => {
  const forged = [['P-Asserted-Identity', '<sip:bob@example.com>'], ['P-Preferred-Identity', '<sip:bob@example.com>'], ['P-Served-User', '<sip:bob@example.com>']] as const;

  it('is that of the authenticated user, not what a header claims; P-Preferred-Identity is consumed (§5, §9.2)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob');
    await bob.register();
    bob.handle = (incoming) => answer(incoming, 200, 't', [['P-Asserted-Identity', '<sip:president@example.com>']]);
    const response = await alice.call('MESSAGE', 'sip:bob@example.com', { from: '"The President" <sip:alice@example.com>;tag=1', headers: forged }).final;
    expect(bob.requests[0]?.headers.all('P-Asserted-Identity')).toEqual(['<sip:alice@example.com>']);
    expect(bob.requests[0]?.headers.has('P-Preferred-Identity')).toBe(false);
    expect(bob.requests[0]?.headers.has('P-Served-User')).toBe(false);
    // What a contact asserts in its response is as untrusted.
    expect(response.headers.has('P-Asserted-Identity')).toBe(false);
  });

  it('stays with us when the user asks for it: Privacy id (§9.3)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    const bob = await peerOf(on, 'bob');
    await bob.register();
    bob.handle = (incoming) => answer(incoming, 200);
    await alice.call('MESSAGE', 'sip:bob@example.com', { headers: [['Privacy', 'header; Id']] }).final;
    expect(bob.requests[0]?.headers.has('P-Asserted-Identity')).toBe(false);
    expect(on.im.received.find(({ request }) => request.method === 'MESSAGE')?.request.headers.has('P-Asserted-Identity')).toBe(true);
  });

  it('is taken from a stranger, who may reach our users and nobody else (§5)', async () => {
    const on = await coreWith({ mode: 'digest', users });
    const stranger = await peerOf(on, 'stranger');
    const from = '<sip:stranger@elsewhere.example>;tag=1';
    expect((await stranger.call('MESSAGE', 'sip:bob@example.com', { from, headers: forged }).final).status).toBe(480);
    const [handed] = on.im.received;
    expect([handed?.sessionCase, handed?.servedUser]).toEqual(['terminating', 'sip:bob@example.com']);
    expect(handed?.request.headers.has('P-Asserted-Identity')).toBe(false);
    expect((await stranger.call('MESSAGE', 'sip:carol@third.example', { from }).final).status).toBe(403);
    expect((await stranger.call('MESSAGE', 'sip:bob@example.com', { from, routes: ['<sip:example.com;lr>', '<sip:10.9.9.9;lr>'] }).final).status).toBe(403);
    expect((await stranger.call('MESSAGE', 'sip:nobody@example.com', { from }).final).status).toBe(404);
  });

  it('is From where authentication is off, and everybody of our domain is a user', async () => {
    const on = await coreWith({ users: new Map() });
    const anybody = await peerOf(on, 'anybody');
    expect((await anybody.register()).status).toBe(200);
    expect((await anybody.call('MESSAGE', 'sip:anyone@example.com').final).status).toBe(480);
    expect(on.im.received.at(-1)?.request.headers.get('P-Asserted-Identity')).toBe('<sip:anybody@example.com>');
  });
});
