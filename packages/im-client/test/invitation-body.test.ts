import { describe, expect, it } from 'vitest';
import { encodeCpim, makeCpim, requestNotifications } from '@simple-im/cpim';
import { utf8 } from '@simple-im/grammar';
import { buildMultipart, type EntityField, type NewPart } from '@simple-im/mime';
import { FakeRandom } from '@simple-im/transport/fake';
import { next, World } from './world.js';

const bobUri = 'sip:bob@example.com';
const random = new FakeRandom(5);

/** As RCS clients send it: nobody is named in it (FACTS §3). */
const anonymous = { uri: 'sip:anonymous@anonymous.invalid' };
const first = requestNotifications(
  makeCpim({ from: anonymous, to: anonymous, dateTime: 0, contentType: 'text/plain', body: utf8('Are you there?') }),
  ['positive-delivery'], { messageId: 'first' },
);

function part(contentType: string, body: Uint8Array, ...headers: readonly EntityField[]): NewPart {
  return { headers: [['Content-Type', contentType], ...headers], body };
}

/** Bob is invited with these parts around the description. */
async function invited(others: readonly NewPart[], withSdp = true) {
  const world = await World.start();
  const { alice, bob } = await world.pair({ transport: 'udp' });
  world.server.invitation = (sdp) => buildMultipart([...(withSdp ? [part('application/sdp', sdp)] : []), ...others], { random });
  return { world, alice, bob };
}

describe('an INVITE with a multipart body (RFC 5621)', () => {
  it('has its CPIM taken as the first message of the session, of whom the network names, and notified', async () => {
    const { world, alice, bob } = await invited([part('message/cpim', encodeCpim(first))]);
    const inviting = alice.im.invite(bobUri);
    const [theirs] = await world.done(Promise.all([(await next(world, bob.im.invitations)).accept(), inviting]));
    expect(await next(world, theirs.messages)).toMatchObject({ text: 'Are you there?', from: 'sip:alice@example.com', messageId: 'first' });
    expect(await next(world, alice.im.notifications)).toMatchObject({ messageId: 'first', status: 'delivered' });
  });

  it('has a session even if that message cannot be read', async () => {
    const { world, alice, bob } = await invited([part('message/cpim', utf8('no CPIM'))]);
    const inviting = alice.im.invite(bobUri);
    const [, ours] = await world.done(Promise.all([(await next(world, bob.im.invitations)).accept(), inviting]));
    expect([ours.alive, bob.errors.length]).toEqual([true, 1]);
  });

  it.each([
    ['a part we had to understand (RFC 3261 §20.11)', [part('application/x-other', utf8('x'))], true, 488],
    ['one that is optional', [part('application/x-other', utf8('x'), ['Content-Disposition', 'render;handling=optional'])], true, 200],
    ['no description', [part('message/cpim', encodeCpim(first))], false, 488],
  ] as const)('with %s', async (_, others, withSdp, status) => {
    const { world, alice, bob } = await invited(others, withSdp);
    const inviting = alice.im.invite(bobUri);
    if (status !== 200) return expect(await world.failure(inviting)).toMatchObject({ code: 'IM_REFUSED', status });
    await world.done((await next(world, bob.im.invitations)).accept());
    expect((await world.done(inviting)).alive).toBe(true);
  });

  it('that is no multipart is answered 400', async () => {
    const { world, alice } = await invited([]);
    world.server.invitation = (body) => ({ contentType: 'multipart/mixed;boundary=other', body });
    expect(await world.failure(alice.im.invite(bobUri))).toMatchObject({ code: 'IM_REFUSED', status: 400 });
  });
});
