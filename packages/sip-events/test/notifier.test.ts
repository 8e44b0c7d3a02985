import { describe, expect, it } from 'vitest';
import type { UaRequest } from '@simple-im/sip';
import { Notifier, Subscriber } from '../src/index.js';
import type { EventPackage, NotifierOptions, SubscribeOptions, SubscriptionEvent, SubscriptionVerdict } from '../src/index.js';
import { World, bob, octets, textOf, textPackage } from './world.js';

const RESOURCE = 'sip:bob@192.0.2.2';

async function setUp(options: Partial<NotifierOptions> = {}, more: Partial<EventPackage> = {}) {
  const world = new World();
  const texts = new Map([[RESOURCE, 'one']]);
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2');
  const notifier = new Notifier({ agent: b.ua, packages: [textPackage(texts, more)], ...options });
  const subscriber = new Subscriber({ agent: a.ua });
  const told: string[] = [];
  const subscribe = async (given: Partial<SubscribeOptions> = {}) => {
    const subscription = subscriber.subscribe(bob, { event: 'text', retry: false, ...given });
    subscription.onEvent = (event) => told.push(tell(event));
    await world.clock.settle();
    return subscription;
  };
  const change = async (text: string, delta?: unknown): Promise<void> => {
    texts.set(RESOURCE, text);
    notifier.changed('text', RESOURCE, delta);
    await world.clock.settle();
  };
  return { world, texts, a, b, notifier, subscriber, subscribe, told, change };
}

function tell(event: SubscriptionEvent): string {
  if (event.type === 'notification') return [event.state, event.subscriptionState.reason, textOf(event.body)].filter((part) => part !== undefined).join(' ');
  return event.type === 'ended' ? `ended ${event.error?.status ?? event.error?.code ?? ''}`.trim() : event.type;
}

describe('SUBSCRIBE at the notifier (RFC 6665 §4.2.1)', () => {
  it('is answered 200 with Expires, and a NOTIFY with the state follows at once (§4.2.1.2)', async () => {
    const { a, b, subscribe, told, notifier } = await setUp();
    await subscribe({ expires: 600 });
    expect(a.lines()).toEqual(['out SUBSCRIBE', 'in 200 SUBSCRIBE', 'in NOTIFY', 'out 200 NOTIFY']);
    expect(told).toEqual(['active one']);
    const [notify] = b.sent('NOTIFY');
    expect([notify?.headers.get('Event'), notify?.headers.get('Subscription-State')]).toEqual(['text', 'active;expires=600']);
    expect([notifier.size, notifier.subscriptions('text', RESOURCE)[0]?.watcher]).toEqual([1, 'sip:alice@example.com']);
  });

  it.each([
    ['489 with Allow-Events for a package it does not have', { event: 'other' }, 489],
    ['406 for a watcher that takes none of its media types', { accept: ['image/png'] }, 406],
    ['423 for a time below the least', { expires: 30 }, undefined],
  ])('is answered %s (§4.2.1.1)', async (_what, options, status) => {
    const { b, subscribe, told } = await setUp();
    await subscribe(options);
    if (status !== undefined) expect(told).toEqual([`ended ${status}`]);
    // The subscriber asked again with Min-Expires.
    else expect(b.received('SUBSCRIBE').map(({ expires }) => expires)).toEqual([30, 60]);
    if (status === 489) expect(b.wire.at(-1)?.message?.headers.get('Allow-Events')).toBe('text');
  });

  it('is answered 489 without Event, 404 for a resource that is none', async () => {
    const { world, a, subscribe, told } = await setUp({ resource: () => undefined });
    await subscribe();
    expect(told).toEqual(['ended 404']);
    const answer = a.ua.request('SUBSCRIBE', bob);
    await world.clock.settle();
    expect((await answer).status).toBe(489);
  });

  it('may shorten the time and never lengthens it', async () => {
    const { b, subscribe } = await setUp({ limits: { maxExpires: 300 } });
    await subscribe({ expires: 100_000 });
    await subscribe({ expires: 100 });
    expect(b.sent('NOTIFY').map(({ headers }) => headers.get('Subscription-State'))).toEqual(['active;expires=300', 'active;expires=100']);
  });

  it('is refused above the limits, 503 in all and 403 for one resource', async () => {
    const { subscribe, told } = await setUp({ limits: { maxSubscriptions: 2, maxPerResource: 1 } });
    await subscribe();
    await subscribe();
    expect(told.at(-1)).toBe('ended 403');
    const full = await setUp({ limits: { maxSubscriptions: 1 } });
    await full.subscribe();
    await full.subscribe();
    expect(full.told.at(-1)).toBe('ended 503');
  });

  it('is fetched with Expires 0: one NOTIFY, terminated, with the state (§4.4.3)', async () => {
    const { world, b, notifier, subscriber } = await setUp();
    const fetched = subscriber.fetch(bob, { event: 'text' });
    await world.clock.settle();
    expect(await fetched.then(({ body, subscriptionState }) => [textOf(body), subscriptionState.reason])).toEqual(['one', 'timeout']);
    expect([b.sent('NOTIFY').length, notifier.size, b.ua.dialogs.length]).toEqual([1, 0, 0]);
  });
});

describe('the policy (RFC 6665 §4.2.1.3)', () => {
  it('refuses with a status', async () => {
    const { subscribe, told, notifier } = await setUp({ policy: () => Promise.resolve({ status: 603 }) });
    await subscribe();
    expect([told, notifier.size]).toEqual([['ended 603'], 0]);
  });

  it('leaves a subscription pending, without state, until it grants it', async () => {
    let verdict: SubscriptionVerdict = 'pending';
    const seen: string[] = [];
    const { world, notifier, subscribe, told, change } = await setUp({ policy: () => verdict, onWatcher: ({ event }) => seen.push(event) });
    await subscribe();
    await change('two');
    expect(told).toEqual(['pending']);
    verdict = 'active';
    await notifier.review('text', RESOURCE);
    await world.clock.settle();
    expect([told, seen]).toEqual([['pending', 'active two'], ['subscribe', 'approved']]);
  });

  it('ends a subscription it no longer grants with the reason rejected, and shows no state any more', async () => {
    let verdict: SubscriptionVerdict = 'active';
    const { world, notifier, subscribe, told } = await setUp({ policy: () => verdict });
    await subscribe();
    verdict = { status: 403 };
    await notifier.review('text', RESOURCE);
    await world.clock.settle();
    expect([told, notifier.size]).toEqual([['active one', 'terminated rejected', 'ended EVENTS_TERMINATED'], 0]);
  });
});

describe('the life of a subscription (RFC 6665 §4.2.1.4, §4.2.2)', () => {
  it('ends with the reason timeout when it is not refreshed', async () => {
    const { world, a, subscribe, told, notifier } = await setUp();
    const subscription = await subscribe({ expires: 60 });
    const before = a.sent('SUBSCRIBE').length;
    subscription.close();
    await world.clock.elapse(59_000);
    expect(notifier.size).toBe(1);
    await world.clock.elapse(1_000);
    // Alice has forgotten the dialog, so that she answers 481 to the last NOTIFY.
    expect([a.sent('SUBSCRIBE').length - before, a.received('NOTIFY').at(-1)?.headers.get('Subscription-State')]).toEqual([0, 'terminated;reason=timeout']);
    expect([notifier.size, world.clock.timers <= 2, told.at(-1)]).toEqual([0, true, 'ended EVENTS_CLOSED']);
  });

  it('is refreshed, with the state again unless the watcher has it (§4.2.1.2)', async () => {
    const { world, a, subscribe, told, notifier } = await setUp();
    await subscribe({ expires: 100 });
    await world.clock.elapse(1_000_000);
    expect(notifier.size).toBe(1);
    expect(a.lines().filter((line) => line === 'in 204 SUBSCRIBE').length).toBeGreaterThan(10);
    expect(new Set(told)).toEqual(new Set(['active one']));
  });

  it('ends when the watcher unsubscribes', async () => {
    const { world, b, subscribe, told, notifier, change } = await setUp();
    const subscription = await subscribe({ suppressIfMatch: 'old' });
    await change('two');
    void subscription.unsubscribe();
    await world.clock.settle();
    expect([told, notifier.size, b.ua.dialogs]).toEqual([['active one', 'terminated timeout', 'ended'], 0, []]);
  });

  it('ends when the notifier says so, with Retry-After', async () => {
    const { world, b, subscribe, notifier } = await setUp();
    await subscribe();
    for (const one of notifier.subscriptions('text', RESOURCE)) notifier.end(one, 'probation', 20);
    await world.clock.settle();
    expect(b.sent('NOTIFY').at(-1)?.headers.get('Subscription-State')).toBe('terminated;reason=probation;retry-after=20');
    expect(notifier.size).toBe(0);
  });

  it.each([[404, 0], [481, 0], [489, 0], [501, 0], [400, 1], [603, 1]])('after a %i to a NOTIFY, %i is left (§4.2.2)', async (status, left) => {
    const { world, a, b, notifier, change, subscribe } = await setUp();
    const subscription = await subscribe();
    Object.assign(subscription, { receive: (notify: UaRequest) => notify.respond(status) });
    await world.clock.elapse(1000);
    await change('two');
    await change('three');
    expect([notifier.size, b.ua.dialogs.length, a.errors]).toEqual([left, left, []]);
  });
});

describe('changes of the state (RFC 6665 §4.2.2)', () => {
  it('go together within the interval: the last state is sent', async () => {
    const { world, b, subscribe, told, change } = await setUp({}, { minInterval: 5000 });
    await subscribe();
    for (const text of ['two', 'three', 'four']) await change(text);
    expect(told).toEqual(['active one']);
    await world.clock.elapse(4999);
    expect(told).toHaveLength(1);
    await world.clock.elapse(1);
    expect(told).toEqual(['active one', 'active four']);
    expect(b.sent('NOTIFY')).toHaveLength(2);
  });

  it('never lead to two NOTIFYs at a time for one subscription', async () => {
    const { world, a, b, subscribe, change } = await setUp({}, { minInterval: 0 });
    await subscribe();
    world.network.silence('192.0.2.1');
    await change('two');
    await change('three');
    expect(b.sent('NOTIFY')).toHaveLength(2);
    world.network.restore('192.0.2.1');
    await world.clock.elapse(1000);
    expect(a.received('NOTIFY').map(({ body }) => textOf(body))).toEqual(['one', 'two', 'three']);
  });

  it('survive one lost NOTIFY, and the state is sent anew', async () => {
    const { world, subscribe, told, change, notifier } = await setUp();
    await subscribe();
    world.network.silence('192.0.2.1');
    await world.clock.elapse(1000);
    await change('two');
    await world.clock.elapse(31_500);
    world.network.restore('192.0.2.1');
    await world.clock.elapse(2000);
    expect([told, notifier.size]).toEqual([['active one', 'active two'], 1]);
  });

  it.each([[1, 33_000], [2, 66_000]])('end the subscription after %i lost in a row', async (maxLost, after) => {
    const seen: string[] = [];
    const { world, b, subscribe, change, notifier } = await setUp({ limits: { maxLost }, onWatcher: ({ event }) => seen.push(event) });
    await subscribe();
    world.network.silence('192.0.2.1');
    await world.clock.elapse(1000);
    await change('two');
    await world.clock.elapse(after - 5000);
    expect(notifier.size).toBe(1);
    await world.clock.elapse(5000);
    expect([notifier.size, b.ua.dialogs, seen]).toEqual([0, [], ['subscribe', 'lost']]);
  });

  it('are sent again after the Retry-After of a server error', async () => {
    const { world, b, subscribe, change } = await setUp();
    const subscription = await subscribe();
    let answers = 0;
    const receive = subscription.receive.bind(subscription);
    Object.assign(subscription, { receive: (notify: UaRequest) => {
      answers += 1;
      if (answers === 1) notify.respond(500, { headers: [['Retry-After', '20']] });
      else receive(notify);
    } });
    await world.clock.elapse(1000);
    await change('two');
    await world.clock.elapse(19_999);
    expect(b.sent('NOTIFY')).toHaveLength(2);
    await world.clock.elapse(1);
    expect([b.sent('NOTIFY').length, textOf(b.sent('NOTIFY')[2]?.body)]).toEqual([3, 'two']);
  });

  it('are counted for each subscription, never across watchers', async () => {
    const { subscribe, told, change, world } = await setUp({}, {
      fullState: (_resource, { version }) => ({ contentType: 'text/plain', body: octets(`v${version}`) }),
      view: (_resource, { version }) => String(version),
    });
    await subscribe();
    await world.clock.elapse(1000);
    await change('two');
    await subscribe();
    await world.clock.elapse(1000);
    await change('three');
    expect(told).toEqual(['active v0', 'active v1', 'active v0', 'active v2', 'active v1']);
  });

  it('are asked for once for all watchers of a view', async () => {
    let asked = 0;
    const { subscribe, change, b } = await setUp({}, {
      minInterval: 0,
      fullState: () => {
        asked += 1;
        return Promise.resolve({ contentType: 'text/plain', body: octets(`state ${asked}`) });
      },
      view: () => '',
    });
    for (let count = 0; count < 5; count++) await subscribe();
    await change('two');
    expect(asked).toBe(2);
    expect(b.sent('NOTIFY').slice(5).map(({ body }) => textOf(body))).toEqual(Array.from({ length: 5 }, () => 'state 2'));
  });

  it('are merged into partial states, and replaced by the whole one after a loss or a SUBSCRIBE', async () => {
    const { world, subscribe, told, change } = await setUp({}, {
      minInterval: 5000,
      partialState: (_resource, _watcher, changes) => ({ contentType: 'text/plain', body: octets(`+${changes.join('+')}`) }),
    });
    const subscription = await subscribe();
    await change('1', 'a');
    await change('2', 'b');
    await world.clock.elapse(5000);
    expect(told).toEqual(['active one', 'active +a+b']);
    await change('2b', 'b');
    subscription.refresh();
    await world.clock.settle();
    expect(told.at(-1)).toBe('active 2b');
    world.network.silence('192.0.2.1');
    await change('3', 'c');
    await world.clock.elapse(37_500);
    world.network.restore('192.0.2.1');
    await world.clock.elapse(6000);
    expect(told.at(-1)).toBe('active 3');
    await change('4', 'd');
    await change('5'); // nobody says what it was
    await world.clock.elapse(5000);
    expect(told.at(-1)).toBe('active 5');
  });

  it('keep to maxOutstanding NOTIFYs at once', async () => {
    const { world, b, subscribe, change } = await setUp({ limits: { maxOutstanding: 2 } }, { minInterval: 0 });
    for (let count = 0; count < 5; count++) await subscribe();
    world.network.silence('192.0.2.1');
    await change('two');
    expect(b.sent('NOTIFY')).toHaveLength(7);
    world.network.restore('192.0.2.1');
    await world.clock.elapse(2000);
    expect(new Set(b.sent('NOTIFY').slice(5).map(({ callId }) => callId)).size).toBe(5);
  });

  it('report a package that fails; the NOTIFY owed for a SUBSCRIBE goes without state', async () => {
    const { b, subscribe, told } = await setUp({}, { fullState: () => { throw new Error('no state'); } });
    await subscribe();
    expect([told, b.errors.map(({ message }) => message)]).toEqual([['active'], ['no state']]);
  });
});

describe('entity tags (RFC 5839)', () => {
  it('suppress the NOTIFY of a refresh with 204, and the body of a first one (§6.2, §6.3)', async () => {
    const { world, a, b, subscribe, told, subscriber } = await setUp();
    const subscription = await subscribe({ expires: 600 });
    const { etag } = subscription;
    expect(etag).toMatch(/^\w+$/);
    subscription.refresh();
    await world.clock.settle();
    expect([a.lines().at(-1), b.sent('NOTIFY').length, told]).toEqual(['in 204 SUBSCRIBE', 1, ['active one']]);
    const polled = subscriber.fetch(bob, { event: 'text', suppressIfMatch: etag });
    await world.clock.settle();
    expect(await polled.then((one) => [one.body, one.etag])).toEqual([undefined, etag]);
  });

  it('let a state pass that is another one, and every state after it', async () => {
    const { world, subscribe, told, change } = await setUp();
    const subscription = await subscribe({ suppressIfMatch: 'old' });
    await world.clock.elapse(1000);
    subscription.refresh();
    await world.clock.elapse(1000);
    await change('two');
    expect(told).toEqual(['active one', 'active two']);
  });

  it('are those a package gives, where the octets differ though the state does not', async () => {
    let number = 0;
    const numbered = (): { contentType: string; body: Uint8Array; etag: string } => ({ contentType: 'text/plain', body: octets(`no. ${++number}`), etag: 'same' });
    const { world, a, b, subscribe } = await setUp({}, { fullState: numbered });
    const subscription = await subscribe({ expires: 600 });
    expect(subscription.etag).toBe('same');
    subscription.refresh();
    await world.clock.settle();
    expect([a.lines().at(-1), b.sent('NOTIFY').length]).toEqual(['in 204 SUBSCRIBE', 1]);
  });

  it('with * keep every state back, but not that the subscription is over', async () => {
    const { world, b, subscribe, told, change, notifier } = await setUp();
    await subscribe({ suppressIfMatch: '*' });
    await world.clock.elapse(1000);
    await change('two');
    await world.clock.elapse(1000);
    for (const one of notifier.subscriptions('text', RESOURCE)) notifier.end(one, 'noresource');
    await world.clock.settle();
    expect(told).toEqual(['active', 'terminated noresource', 'ended EVENTS_TERMINATED']);
    expect(b.sent('NOTIFY')[0]?.headers.get('SIP-ETag')).toMatch(/^\w+$/);
  });
});

describe('a restart', () => {
  it('goes on with the subscriptions of a snapshot, CSeq and versions rising', async () => {
    const { world, a, b, texts, notifier, subscribe, told } = await setUp();
    await subscribe({ expires: 600 });
    await world.clock.elapse(100_000);
    const kept = JSON.stringify(notifier.snapshot());
    b.ua.close();
    await b.endpoint.close();
    const again = await world.agent('bob', '192.0.2.2');
    const restored = new Notifier({ agent: again.ua, packages: [textPackage(texts)] });
    texts.set(RESOURCE, 'two');
    restored.restore(JSON.parse(kept) as ReturnType<Notifier['snapshot']>);
    await world.clock.settle();
    expect([told, restored.size]).toEqual([['active one', 'active two'], 1]);
    expect(again.sent('NOTIFY')[0]?.headers.get('Subscription-State')).toBe('active;expires=500');
    expect(() => restored.restore([{ ...restored.snapshot()[0]!, package: 'gone' }])).toThrow(expect.objectContaining({ code: 'EVENTS_BAD_SNAPSHOT' }) as Error);
    await world.clock.elapse(500_000);
    expect([a.errors, restored.size, again.received('SUBSCRIBE').length]).toEqual([[], 1, 1]);
  });

  it.each([[false, 10_000], [true, 0]])('with exact %s the numbers go on %i behind those of the snapshot', async (exact, skipped) => {
    const { world, b, notifier, subscribe } = await setUp();
    await subscribe({ expires: 600 });
    const [kept] = notifier.snapshot();
    b.ua.close();
    await b.endpoint.close();
    const again = await world.agent('bob', '192.0.2.2');
    const versions: number[] = [];
    const fullState: EventPackage['fullState'] = (_resource, { version }) => {
      versions.push(version);
      return { contentType: 'text/plain', body: octets('two') };
    };
    new Notifier({ agent: again.ua, packages: [textPackage(new Map(), { fullState })] }).restore([kept!], { exact });
    await world.clock.settle();
    expect(versions).toEqual([1 + skipped]);
    expect(again.sent('NOTIFY').map(({ cseq }) => cseq?.number)).toEqual([(kept?.dialog.localSeq ?? 0) + skipped + 1]);
  });
});
