import { describe, expect, it } from 'vitest';
import { utf8Text } from '@simple-im/grammar';
import type { Push } from '../../src/deferred/push.js';
import type { DeferredStore } from '../../src/deferred/store.js';
import { serverError } from '../../src/errors.js';
import { asking, ALICE, BOB, notification, stage, undelivered, type Stage } from './stage.js';

const texts = (on: Stage): string[] => on.core.of('MESSAGE').map(({ request }) => utf8Text(request.body));
const waiting = async (on: Stage, user = BOB): Promise<number> => (await on.store.waiting(user, { after: 0, limit: 1000 }, on.clock.date().getTime())).length;

describe('what is stored is pushed when its recipient registers', () => {
  it('one after the other in the order it came, each removed when the device has answered', async () => {
    const on = stage();
    for (const text of ['one', 'two', 'three']) await on.messages.accept(undelivered(text));
    expect(texts(on)).toEqual([]);
    await on.comes(BOB);
    expect([texts(on), await waiting(on)]).toEqual([['one'], 3]);
    await on.answer(200);
    expect([texts(on), await waiting(on)]).toEqual([['one', 'two'], 2]);
    // Somebody else's promise is as good (RFC 3428 §7).
    await on.answer(202);
    await on.answer(200);
    expect([texts(on), await waiting(on), on.metrics.values.get('im_deferred_total delivered message')]).toEqual([['one', 'two', 'three'], 0, 3]);
    expect(on.clock.timers).toBe(1);
  });

  it('as it was, by one device after the other, past the services it has passed, and the same on every repeat', async () => {
    const on = stage();
    await on.messages.accept(undelivered('one', { headers: [['Subject', 'Tea'], ['Expires', '600']] }));
    await on.comes(BOB);
    const [first] = on.core.sent;
    const fields = (index: number): readonly (string | undefined)[] => {
      const { headers } = on.core.sent[index]?.request ?? {};
      return ['From', 'To', 'Call-ID', 'P-Asserted-Identity', 'P-Served-User', 'Request-Disposition', 'Date', 'Subject', 'Expires', 'Content-Type'].map((name) => headers?.get(name)?.replace(/;tag=.*/, ''));
    };
    expect([first?.originalDialog, first?.request.uri]).toEqual([undefined, BOB]);
    expect(fields(0)).toEqual([
      '"Alice" <sip:alice@example.com>', '<sip:bob@example.com>', expect.stringMatching(/^[\w-]{16,}@example\.com$/), '<sip:alice@example.com>',
      '<sip:bob@example.com>;sescase=term', 'fork, sequential', 'Thu, 01 Jan 2026 00:00:00 GMT', 'Tea', '600', 'text/plain',
    ]);
    expect(first?.request.fromTag).toMatch(/.{8,}/);
    await on.answer(480);
    await on.clock.elapse(5000);
    await on.comes(BOB);
    expect(fields(1)).toEqual(fields(0));
    expect(on.core.sent.map(({ request }) => request.cseq?.number)).toEqual([1, 6]);
  });

  it('that came once, however often its sender repeats it, and says which request that was (RFC 3261 §8.2.2.2)', async () => {
    const on = stage();
    const request = { callId: 'c1@192.0.2.7', cseq: 2, fromTag: 't1' };
    for (const text of ['one', 'one']) await on.messages.accept(undelivered(text, { request }));
    await on.messages.accept(undelivered('two', { request: { ...request, cseq: 3 } }));
    await on.messages.accept(asking('display', { request }));
    await on.comes(BOB);
    await on.answer(200);
    await on.answer(200);
    expect(on.core.sent.map((sent) => sent.request.headers.get('Original-Request'))).toEqual(['c1@192.0.2.7 2 t1', 'c1@192.0.2.7 3 t1', undefined]);
  });

  it('without an identity for somebody who stays anonymous (RFC 3325 §9.3)', async () => {
    const on = stage();
    await on.messages.accept(undelivered('boo', { sender: undefined, from: '"Anonymous" <sip:anonymous@anonymous.invalid>', headers: [['Privacy', 'id']] }));
    await on.comes(BOB);
    const headers = on.core.sent[0]?.request.headers;
    expect([headers?.has('P-Asserted-Identity'), headers?.get('Privacy')]).toEqual([false, 'id']);
  });

  it.each([408, 430, 480, 500, 502, 503, 504, 481])('stops at %i, for the recipient is away again, and goes on with the next registration', async (status) => {
    const on = stage();
    for (const text of ['one', 'two']) await on.messages.accept(undelivered(text));
    await on.comes(BOB);
    await on.answer(status);
    expect([texts(on), await waiting(on)]).toEqual([['one'], 2]);
    await on.comes(BOB);
    await on.answer(200);
    expect(texts(on)).toEqual(['one', 'one', 'two']);
  });

  it.each([403, 404, 415, 486, 488, 501, 513, 603])('is at its end with %i, and the next one follows', async (status) => {
    const on = stage();
    for (const text of ['one', 'two']) await on.messages.accept(undelivered(text));
    await on.comes(BOB);
    await on.answer(status);
    expect([texts(on), await waiting(on), on.metrics.values.get('im_deferred_total refused message')]).toEqual([['one', 'two'], 1, 1]);
  });

  it('tries again after half a minute, then ever more seldom, as long as the recipient is registered', async () => {
    const on = stage();
    await on.messages.accept(undelivered('one'));
    await on.comes(BOB);
    for (const pause of [30, 60, 120, 240, 480, 960, 1800, 1800]) {
      const tries = on.core.sent.length;
      await on.answer(480);
      await on.clock.elapse(pause * 1000 - 1);
      expect(on.core.sent).toHaveLength(tries);
      await on.clock.elapse(1);
      await on.clock.settle();
      expect(on.core.sent).toHaveLength(tries + 1);
    }
    on.there.delete(BOB);
    await on.answer(480);
    await on.clock.elapse(7_200_000);
    expect(on.core.sent).toHaveLength(9);
  });

  it('tries again soon where the recipient has taken something, and was busy then', async () => {
    const on = stage();
    for (const text of ['one', 'two', 'three']) await on.messages.accept(undelivered(text));
    await on.comes(BOB);
    for (const pause of [2, 2, 4]) {
      if (pause === 2) await on.answer(200);
      const tries = on.core.sent.length;
      await on.answer(480);
      await on.clock.elapse(pause * 1000 - 1);
      expect(on.core.sent).toHaveLength(tries);
      await on.clock.elapse(1);
      await on.clock.settle();
      expect(on.core.sent).toHaveLength(tries + 1);
    }
  });

  it('reads no more than a page of heads at once, whatever waits', async () => {
    const asked: number[] = [];
    const on = stage({
      store: (store) => new Proxy(store, {
        get: (target, name) => {
          if (name === 'waiting') return (user: string, page: { after: number; limit: number }, now: number) => { asked.push(page.limit); return target.waiting(user, page, now); };
          const value = Reflect.get(target, name) as unknown;
          return typeof value === 'function' ? value.bind(target) as unknown : value;
        },
      }),
    });
    for (let count = 0; count < 130; count++) await on.messages.accept(undelivered(String(count)));
    await on.comes(BOB);
    for (let count = 0; count < 130; count++) await on.answer(200);
    expect(texts(on)).toEqual(Array.from({ length: 130 }, (_, count) => String(count)));
    expect(Math.max(...asked)).toBe(50);
  });

  it('to so many recipients at once, the others after them', async () => {
    const on = stage();
    const users = Array.from({ length: 70 }, (_, index) => `sip:user${index}@example.com`);
    for (const recipient of users) await on.messages.accept(undelivered('all', { recipient }));
    for (const user of users) await on.comes(user);
    expect([on.core.sent.length, on.metrics.values.get('im_deliveries_active')]).toEqual([64, 64]);
    await on.answer(200);
    expect(on.core.sent).toHaveLength(65);
  });

  it('stays where it is while it is held for the user to fetch', async () => {
    const on = stage();
    await on.messages.accept(undelivered('held', { held: true }));
    await on.comes(BOB);
    expect([on.core.sent.length, await on.messages.isQueued(BOB)]).toEqual([0, false]);
  });
});

describe('what comes while older messages wait for a user who is there', () => {
  it('goes behind them', async () => {
    const on = stage();
    expect(await on.messages.isQueued(BOB)).toBe(false);
    await on.messages.accept(undelivered('one'));
    // A binding that nobody has told us of yet must not let it overtake.
    expect(await on.messages.isQueued(BOB)).toBe(true);
    await on.comes(BOB);
    expect(await on.messages.isQueued(BOB)).toBe(true);
    await on.messages.accept(undelivered('two'));
    await on.answer(200);
    expect(texts(on)).toEqual(['one', 'two']);
    await on.answer(200);
    expect(await on.messages.isQueued(BOB)).toBe(false);
  });

  it('and nothing is said to wait for one of whom nothing is stored, even while that is looked up', async () => {
    const on = stage();
    on.there.add(BOB);
    on.deliveries.available(BOB);
    expect(await on.messages.isQueued(BOB)).toBe(false);
  });

  it('has the devices that failed a moment ago asked no sooner than half a minute later', async () => {
    const on = stage();
    on.there.add(BOB);
    await on.messages.accept(undelivered('one', { attempted: true }));
    await on.messages.accept(undelivered('two'));
    await on.clock.elapse(29_900);
    expect([texts(on), await on.messages.isQueued(BOB)]).toEqual([[], true]);
    await on.clock.elapse(200);
    expect(texts(on)).toEqual(['one']);
    await on.answer(480);
    await on.clock.elapse(31_000);
    // The next pause is longer, and ends with something new.
    expect(texts(on)).toEqual(['one']);
    await on.messages.accept(undelivered('three'));
    await on.clock.settle();
    expect(texts(on)).toEqual(['one', 'one']);
  });
});

describe('a message that its recipient got late after all', () => {
  it('is removed, and charged as delivered', async () => {
    const on = stage();
    on.there.add(BOB);
    const stored = await on.messages.accept(undelivered('late', { attempted: true }));
    await on.messages.delivered(stored);
    expect([await waiting(on), (await on.charged()).map(({ what }) => what)]).toEqual([0, ['stored', 'delivered']]);
    await on.messages.delivered(stored);
    expect(await on.charged()).toHaveLength(2);
  });

  it('has what waits behind it pushed at once: its recipient has answered', async () => {
    const on = stage();
    on.there.add(BOB);
    const stored = await on.messages.accept(undelivered('late', { attempted: true }));
    await on.messages.accept(undelivered('behind'));
    await on.clock.settle();
    expect(texts(on)).toEqual([]);
    await on.messages.delivered(stored);
    await on.clock.settle();
    expect(texts(on)).toEqual(['behind']);
  });

  it('is passed over by a push that has not come to it', async () => {
    const on = stage();
    const stored = [await on.messages.accept(undelivered('one')), await on.messages.accept(undelivered('two'))];
    await on.comes(BOB);
    await on.messages.delivered(stored[1] as (typeof stored)[0]);
    await on.answer(200);
    expect([texts(on), await waiting(on)]).toEqual([['one'], 0]);
  });

  it('is removed when that push ends before it', async () => {
    const on = stage();
    const stored = [await on.messages.accept(undelivered('one')), await on.messages.accept(undelivered('two'))];
    await on.comes(BOB);
    await on.messages.delivered(stored[1] as (typeof stored)[0]);
    await on.answer(480);
    expect(await waiting(on)).toBe(1);
  });
});

describe('the lease', () => {
  it('keeps another node from pushing to the same recipient', async () => {
    const on = stage();
    const other = stage({ beside: on, holder: 'node2' });
    await on.messages.accept(undelivered('one'));
    await on.comes(BOB);
    await other.comes(BOB);
    await on.clock.elapse(120_000);
    expect([on.core.sent.length, other.core.sent.length]).toEqual([1, 0]);
    await on.answer(200);
    expect(await waiting(on)).toBe(0);
  });

  it('is taken over when its holder is gone, and what that one was told is not believed any more', async () => {
    const on = stage();
    await on.messages.accept(undelivered('one'));
    // It took the lease and was never heard of again.
    const now = on.clock.date().getTime();
    const lost = await on.store.lease(BOB, 'node0', now, now + 60_000);
    await on.comes(BOB);
    expect(on.core.sent).toHaveLength(0);
    await on.clock.elapse(90_000);
    expect(on.core.sent).toHaveLength(1);
    const [item] = await on.store.waiting(BOB, { after: 0, limit: 1 }, now);
    await expect(on.store.commit({ remove: [item?.id ?? ''], ...(lost === undefined ? {} : { lease: lost }) })).rejects.toMatchObject({ code: 'IM_LEASE_LOST' });
  });

  it('that was lost in the middle ends the push, and nothing is removed by it', async () => {
    const on = stage();
    await on.messages.accept(undelivered('one'));
    await on.comes(BOB);
    const now = on.clock.date().getTime();
    await on.store.lease(BOB, 'node2', now + 61_000, now + 200_000);
    await on.answer(200);
    expect([await waiting(on), on.lines.find(({ level }) => level === 'warn')?.fields['code']]).toEqual([1, 'IM_LEASE_LOST']);
  });
});

describe('a store that fails', () => {
  const failing = (broken: { now: boolean }) => (store: DeferredStore): DeferredStore => new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (name === 'commit' && broken.now) return async () => { throw serverError('IM_STORE_FAILED'); };
      return typeof value === 'function' ? value.bind(target) as unknown : value;
    },
  });

  it('is no yes: the message is refused, with the reason in log and metric and nothing of its body', async () => {
    const on = stage({ store: failing({ now: true }) });
    await expect(on.messages.accept(undelivered('secret'))).rejects.toMatchObject({ code: 'IM_STORE_FAILED', status: 503 });
    expect(on.metrics.values.get('im_store_refusals_total failed')).toBe(1);
    expect(on.lines.map(({ level }) => level)).toEqual(['error']);
    expect(JSON.stringify(on.lines)).not.toContain('secret');
  });

  it('repeats rather than loses what was pushed', async () => {
    const broken = { now: false };
    const on = stage({ store: failing(broken) });
    await on.messages.accept(undelivered('one'));
    await on.comes(BOB);
    broken.now = true;
    await on.answer(200);
    broken.now = false;
    await on.clock.elapse(31_000);
    expect(texts(on)).toEqual(['one', 'one']);
    await on.answer(200);
    expect(await waiting(on)).toBe(0);
  });

  it('names the quota of the recipient with 480', async () => {
    const on = stage({ quota: 600 });
    await on.messages.accept(undelivered('one'));
    await expect(on.messages.accept(undelivered('x'.repeat(1000)))).rejects.toMatchObject({ code: 'IM_QUOTA', status: 480 });
    expect(on.metrics.values.get('im_store_refusals_total quota')).toBe(1);
  });
});

describe('the same message again', () => {
  it('is stored once while it is there (RFC 5438 §6.3)', async () => {
    const on = stage();
    const again = notification('<imdn/>');
    const first = await on.messages.accept(again);
    expect(await on.messages.accept(again)).toEqual(first);
    expect(await waiting(on, ALICE)).toBe(1);
  });
});

describe('a notification', () => {
  const recording = (used: string[]): Push => ({
    push: async (run) => {
      for (let item = await run.next(); item !== undefined; item = await run.next()) {
        used.push(item.recipient);
        await run.settle(item, { result: 'taken' });
      }
      return 'done';
    },
  });

  it('goes in a session to a user who comes back', async () => {
    const used: string[] = [];
    const on = stage({ inSession: recording(used) });
    await on.messages.accept(notification());
    await on.comes(ALICE);
    expect([used, on.core.sent]).toEqual([[ALICE], []]);
  });

  it('goes as MESSAGE to a user who is there, and in a session later if that was too early', async () => {
    const used: string[] = [];
    const on = stage({ inSession: recording(used) });
    on.there.add(ALICE);
    await on.messages.accept(notification());
    await on.clock.settle();
    expect([used, on.core.sent.length]).toEqual([[], 1]);
    await on.answer(480);
    await on.comes(ALICE);
    expect([used, on.core.sent.length]).toEqual([[ALICE], 1]);
  });

  it('goes as MESSAGE to a device that takes no such session, with all that follow it', async () => {
    const on = stage();
    await on.messages.accept(notification('<imdn/>'));
    await on.messages.accept({ ...notification('<imdn>2</imdn>'), sender: 'sip:carol@example.com' });
    await on.comes(ALICE);
    await on.answer(200);
    await on.answer(200);
    expect([on.core.sent.length, await waiting(on, ALICE)]).toEqual([2, 0]);
  });
});

describe('a user of another domain', () => {
  it('is tried at the start and then ever more seldom, since nobody tells when one is there', async () => {
    const on = stage();
    await on.messages.accept(notification('<imdn/>', { recipient: 'sip:carol@other.example', attempted: true }));
    expect(on.core.sent).toHaveLength(0);
    const next = stage({ beside: on });
    next.deliveries.start();
    await next.clock.settle();
    expect(next.core.sent.map(({ request }) => [request.uri, request.headers.has('P-Served-User')])).toEqual([['sip:carol@other.example', false]]);
    await next.answer(480);
    await next.clock.elapse(31_000);
    expect(next.core.sent).toHaveLength(2);
    await next.answer(200);
    expect(await waiting(next, 'sip:carol@other.example')).toBe(0);
  });

  it.each([
    ['a notification, where that domain does not store', 'notification', [], true],
    ['a notification, where that domain stores', 'notification', ['other.example'], false],
    ['a pager message, which is the business of the recipient\'s side', 'message', [], false],
  ] as const)('%s (004, 5.3.2.1.3)', (_name, kind, peers, isOurs) => {
    const on = stage({ peers });
    const recipient = 'sip:carol@OTHER.example'.toLowerCase();
    expect(on.messages.isOurs(kind === 'message' ? undelivered('x', { recipient }) : notification('x', { recipient }))).toBe(isOurs);
    expect(on.messages.isOurs(kind === 'message' ? undelivered('x') : notification())).toBe(true);
  });
});

it('ends in order: what is under way ends, nothing new begins', async () => {
  const on = stage();
  for (const text of ['one', 'two']) await on.messages.accept(undelivered(text));
  await on.comes(BOB);
  let closed = false;
  const closing = on.deliveries.close(1000).then(() => { closed = true; });
  await on.clock.elapse(900);
  expect(closed).toBe(false);
  await on.clock.elapse(200);
  await closing;
  expect(on.core.sent).toHaveLength(1);
});
