import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ProtocolError, utf8 } from '@simple-im/grammar';
import { fingerprintsOf, formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp } from '@simple-im/msrp/sdp';
import { responseOf, type SipResponse } from '@simple-im/sip';
import { certificates } from '@simple-im/testkit';
import { serverWith, serverWithAll } from '../support.js';
import { fingerprintOf, KINDS, talk, talker, type Kind, type Talker } from './talker.js';

/** What our path looks like on a leg of a kind. */
const PATHS: Readonly<Record<Kind, RegExp>> = {
  tcp: /^msrp:\/\/127\.0\.0\.1:\d+\/\w{20};tcp$/,
  tls: /^msrps:\/\/127\.0\.0\.1:\d+\/\w{20};tcp$/,
  ws: /^msrp:\/\/127\.0\.0\.1:\d+\/\w{20};ws$/,
  wss: /^msrps:\/\/127\.0\.0\.1:\d+\/\w{20};ws$/,
};

describe.each(KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const)))('a session between MSRP over %s and %s (RFC 4975 §8, §14.1, RFC 7977)', (from, to) => {
  it('is offered and answered in kind, and carries long messages whole both ways', async () => {
    const server = await serverWithAll();
    const [alice, bob] = [await talker(server, 'alice', from), await talker(server, 'bob', to)];
    const { offer, answer } = await talk(alice, bob);
    expect([answer.path[0], offer.path[0]]).toEqual([expect.stringMatching(PATHS[from]), expect.stringMatching(PATHS[to])]);
    for (const [kind, { secure, ...media }] of [[from, answer], [to, offer]] as const) {
      const isSecure = kind === 'tls' || kind === 'wss';
      expect(secure).toBe(isSecure);
      expect(fingerprintsOf(media).map(({ value }) => value)).toEqual(isSecure ? [fingerprintOf(certificates.server)] : []);
    }
    const bodies = [randomBytes(300_000), randomBytes(70_000)] as const;
    const there = alice.media.send({ contentType: 'text/plain', body: bodies[0] });
    expect(Buffer.from(await (await bob.received).bytes()).equals(bodies[0])).toBe(true);
    const back = bob.media.send({ contentType: 'text/plain', body: bodies[1] });
    expect(Buffer.from(await (await alice.received).bytes()).equals(bodies[1])).toBe(true);
    await Promise.all([there.accepted, back.accepted]);
  });
});

/** What Alice's INVITE was answered with. */
async function answered(alice: Talker, offer = alice.describe('actpass')): Promise<SipResponse | undefined> {
  const body = utf8(formatMsrpOffer(offer, { sessionId: 1, version: 1 }));
  try {
    const invite = alice.user.ua.invite('sip:bob@example.com', { contentType: 'application/sdp', body });
    const { response } = await invite.answered;
    invite.ack();
    return response;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return responseOf(error);
  }
}

describe('a passive peer with TLS, which the server connects to', () => {
  it('is known by the fingerprint of its description, whoever signed its certificate (RFC 4975 §14.4)', async () => {
    const server = await serverWithAll();
    const alice = await talker(server, 'alice', 'tcp');
    const bob = await talker(server, 'bob', 'tls', { identity: certificates.other });
    await talk(alice, bob, 'passive');
    alice.media.send({ contentType: 'text/plain', body: utf8('Hello Bob') });
    expect(new TextDecoder().decode(await (await bob.received).bytes())).toBe('Hello Bob');
  });

  it.each([
    ['another fingerprint', fingerprintOf(certificates.server)],
    ['no fingerprint and a root nobody trusts', undefined],
  ])('is not taken with %s: the session ends', async (_name, fingerprint) => {
    const server = await serverWithAll();
    const alice = await talker(server, 'alice', 'tcp');
    const bob = await talker(server, 'bob', 'tls', { identity: certificates.other, fingerprint });
    const ended = new Promise((resolve) => {
      bob.user.ua.handle('INVITE', async (invite) => {
        void bob.media.accept(parseMsrpSdp(invite.request.body).path);
        const body = utf8(formatMsrpAnswer(invite.request.body, bob.describe('passive'), { sessionId: 1, version: 1 }));
        (await invite.accept({ contentType: 'application/sdp', body })).onTerminated = resolve;
      });
    });
    expect((await answered(alice))?.status).toBe(200);
    expect(await ended).toBe('remote');
    expect(bob.media.state).not.toBe('bound');
  });
});

describe('what cannot be', () => {
  it.each([
    ['tls', 'over TLS'],
    ['wss', 'over WebSocket with TLS'],
  ] as const)('an offer of MSRP %s without such a listener is refused with 488 and the reason (RFC 3261 §21.4.26)', async (kind, named) => {
    const server = await serverWith();
    const [alice] = [await talker(server, 'alice', kind, { sip: 'UDP' }), await talker(server, 'bob', 'tcp')];
    const response = await answered(alice);
    expect([response?.status, response?.headers.get('Warning')]).toEqual([488, expect.stringMatching(new RegExp(`^302 example.com ".*there is no MSRP ${named} here`))]);
  });

  it('an offer whose m-line and path disagree about TLS is refused with 488 (RFC 4975 §8.1)', async () => {
    const server = await serverWithAll();
    const [alice] = [await talker(server, 'alice', 'tls'), await talker(server, 'bob', 'tcp')];
    const response = await answered(alice, { ...alice.describe('actpass'), secure: false });
    expect([response?.status, response?.headers.get('Warning')]).toEqual([488, expect.stringContaining('scheme of the path')]);
  });

  it('a callee that answers with another transport is no partner: 488, and it is told BYE', async () => {
    const server = await serverWithAll();
    const alice = await talker(server, 'alice', 'tcp');
    const bob = await talker(server, 'bob', 'tcp', { sip: 'TLS' });
    const ended = new Promise((resolve) => {
      bob.user.ua.handle('INVITE', async (invite) => {
        const body = utf8(formatMsrpAnswer(invite.request.body, bob.describe('active'), { sessionId: 1, version: 1 }));
        (await invite.accept({ contentType: 'application/sdp', body })).onTerminated = resolve;
      });
    });
    expect((await answered(alice))?.status).toBe(488);
    expect(await ended).toBe('remote');
  });
});

