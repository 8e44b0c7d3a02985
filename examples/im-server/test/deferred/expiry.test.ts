import { describe, expect, it } from 'vitest';
import { decodeCpim, isNotification, messageIdOf, routes } from '@simple-im/cpim';
import { notificationOf } from '@simple-im/cpim/imdn';
import { concatBytes } from '@simple-im/grammar';
import type { CpimMessage } from '@simple-im/cpim';
import { ALICE, asking, BOB, notification, stage, undelivered, WEEK, type Stage } from './stage.js';

const HOUR = 3_600_000;

async function waitingFor(on: Stage, user: string): Promise<readonly CpimMessage[]> {
  const items = await on.store.waiting(user, { after: 0, limit: 100 }, on.clock.date().getTime());
  return Promise.all(items.map(async ({ id }) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of on.store.read(id)) pieces.push(piece);
    return decodeCpim(concatBytes(pieces));
  }));
}

const count = async (on: Stage, user: string): Promise<number> => (await on.store.list(user, { after: 0, limit: 100 }, 0)).length;

describe('the end of a message (RFC 3428 §4)', () => {
  it('comes when its sender said, else after a week', async () => {
    const on = stage();
    await on.messages.accept(undelivered('soon', { expiresAt: on.clock.date().getTime() + HOUR }));
    await on.messages.accept(undelivered('some day'));
    await on.clock.elapse(HOUR - 1);
    expect(await count(on, BOB)).toBe(2);
    await on.clock.elapse(1);
    await on.clock.settle();
    expect(await count(on, BOB)).toBe(1);
    await on.clock.elapse(WEEK - HOUR);
    await on.clock.settle();
    expect([await count(on, BOB), on.metrics.values.get('im_deferred_total expired message')]).toEqual([0, 2]);
    expect((await on.charged()).map(({ what }) => what)).toEqual(['stored', 'stored', 'expired', 'expired']);
    expect(on.clock.timers).toBe(0);
  });

  it('is noticed at the start for what expired while nobody was there', async () => {
    const on = stage();
    await on.messages.accept(undelivered('old', { expiresAt: on.clock.date().getTime() + HOUR }));
    on.expiry.close();
    await on.clock.elapse(2 * HOUR);
    expect(await count(on, BOB)).toBe(1);
    const next = stage({ beside: on });
    next.expiry.start();
    await next.clock.settle();
    expect(await count(on, BOB)).toBe(0);
  });

  it('is not stored that is over already: 480', async () => {
    const on = stage();
    await expect(on.messages.accept(undelivered('late', { expiresAt: on.clock.date().getTime() }))).rejects.toMatchObject({ code: 'IM_EXPIRED', status: 480 });
    expect(await count(on, BOB)).toBe(0);
  });

  it('of thousands takes pages, and all of them', async () => {
    const on = stage();
    for (let number = 0; number < 250; number++) await on.messages.accept(undelivered(String(number), { expiresAt: on.clock.date().getTime() + HOUR }));
    await on.clock.elapse(HOUR);
    await on.clock.settle();
    expect(await count(on, BOB)).toBe(0);
  });

  it('is told to a sender who asked for negative delivery, in the same commit, and to no other', async () => {
    const on = stage();
    const expiresAt = on.clock.date().getTime() + HOUR;
    for (const message of [asking('negative-delivery', { expiresAt }), asking('positive-delivery, display', { expiresAt, id: 'other123456789' }), undelivered('plain', { expiresAt })]) await on.messages.accept(message);
    await on.clock.elapse(HOUR);
    await on.clock.settle();
    const told = await waitingFor(on, ALICE);
    expect(told).toHaveLength(1);
    expect(notificationOf(told[0] as CpimMessage)).toEqual({
      kind: 'delivery', status: 'failed', messageId: 'm0123456789abcdef', dateTime: '2026-01-01T00:00:00Z',
      recipientUri: 'sip:bob@example.com', originalRecipientUri: 'sip:bob@example.com',
    });
    expect(isNotification(told[0] as CpimMessage)).toBe(true);
  });

  it('of a message that its recipient fetched is told to nobody', async () => {
    const on = stage();
    const { id } = await on.messages.accept(asking('negative-delivery', { expiresAt: on.clock.date().getTime() + HOUR }));
    await on.custody.commit({ fetched: [id] }, [BOB]);
    await on.clock.elapse(HOUR);
    await on.clock.settle();
    expect([await count(on, BOB), await waitingFor(on, ALICE)]).toEqual([0, []]);
  });

  it('of a notification is told to nobody (RFC 5438 §7.2.1)', async () => {
    const on = stage();
    await on.messages.accept(notification());
    await on.clock.elapse(WEEK);
    await on.clock.settle();
    expect([await waitingFor(on, ALICE), await waitingFor(on, BOB)]).toEqual([[], []]);
  });
});

describe('the notification `stored` (RFC 5438 §8.1)', () => {
  it('is stored with the message for a sender who asked for processing, and pushed when that one is there', async () => {
    const on = stage();
    on.there.add(ALICE);
    await on.messages.accept(asking('processing, negative-delivery'));
    await on.clock.settle();
    const [sent] = on.core.sent;
    expect([sent?.request.uri, sent?.request.headers.get('P-Asserted-Identity'), sent?.request.headers.get('To')]).toEqual([ALICE, `<${BOB}>`, '"Alice" <sip:alice@example.com>']);
    const cpim = decodeCpim(sent?.request.body ?? new Uint8Array());
    expect(notificationOf(cpim)).toMatchObject({ kind: 'processing', status: 'stored', messageId: 'm0123456789abcdef' });
    expect([cpim.from?.uri, cpim.to[0]?.uri]).toEqual(['sip:bob@example.com', 'sip:alice@example.com']);
  });

  it('is the same for the same message, so that a client shows it once, and another one for another', async () => {
    const on = stage();
    await on.messages.accept(asking('processing'));
    await on.messages.accept(asking('processing'));
    await on.messages.accept(asking('processing', { id: 'other123456789' }));
    const ids = (await waitingFor(on, ALICE)).map(messageIdOf);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('goes by the route that was recorded, without ourselves (§8)', async () => {
    const on = stage();
    await on.messages.accept(asking('processing', { lines: ['imdn.IMDN-Record-Route: <sip:im-server@example.com>', 'imdn.IMDN-Record-Route: <sip:list@other.example>'] }));
    const [told] = await waitingFor(on, 'sip:list@other.example');
    expect(routes(told as CpimMessage)).toEqual([{ uri: 'sip:list@other.example' }]);
  });

  it('goes to the asserted sender where CPIM names nobody, as clients of RCS write it', async () => {
    const on = stage();
    const message = asking('processing');
    const body = new TextDecoder().decode(message.body).replaceAll(/<sip:(?:alice|bob)@example.com>/g, '<sip:anonymous@anonymous.invalid>');
    await on.messages.accept({ ...message, body: new TextEncoder().encode(body) });
    const [told] = await waitingFor(on, ALICE);
    expect(notificationOf(told as CpimMessage).recipientUri).toBe(BOB);
  });

  it.each([
    ['an anonymous one (§12.1.1)', { sender: undefined, from: '<sip:anonymous@anonymous.invalid>' }],
    ['one of ours without proof', { sender: undefined, from: '<sip:alice@example.com>' }],
  ])('is not for %s', async (_name, fields) => {
    const on = stage();
    await on.messages.accept(asking('processing', fields));
    expect((await on.store.recipients('', 10))).toEqual([BOB]);
  });

  it('is for a sender of another domain, whom nobody can assert here', async () => {
    const on = stage();
    await on.messages.accept(asking('processing', { sender: undefined, from: '<sip:carol@other.example>' }));
    expect((await on.store.recipients('', 10))).toEqual([BOB, 'sip:carol@other.example']);
  });

  it.each([
    ['no DateTime', (text: string) => text.replace(/DateTime: .*\r\n/, '')],
    ['no Message-ID', (text: string) => text.replace(/imdn.Message-ID: .*\r\n/, '')],
    ['no head at all', () => 'nonsense'],
  ])('is not made for a message with %s, which is stored all the same', async (_name, change) => {
    const on = stage();
    const message = asking('processing');
    await on.messages.accept({ ...message, body: new TextEncoder().encode(change(new TextDecoder().decode(message.body))) });
    expect([await waitingFor(on, ALICE), await count(on, BOB)]).toEqual([[], 1]);
  });
});

it('a refusal of the device is told to a sender who asked for negative delivery (§8.2, §12.2)', async () => {
  const on = stage();
  await on.messages.accept(asking('negative-delivery'));
  await on.comes(BOB);
  await on.answer(403);
  const [told] = await waitingFor(on, ALICE);
  expect(notificationOf(told as CpimMessage)).toMatchObject({ kind: 'delivery', status: 'failed' });
});
