import { describe, expect, it } from 'vitest';
import type { DialogUsage, UaDialog, UaRequest } from '@simple-im/sip';
import { Subscriber } from '../src/index.js';
import type { SubscribeOptions, SubscriptionEvent } from '../src/index.js';
import { World, bob, octets, textOf } from './world.js';

/** A notifier that does as the test says. */
class Puppet implements DialogUsage {
  readonly received: UaRequest[] = [];
  /** What to answer a SUBSCRIBE within the dialog. */
  answer: (incoming: UaRequest) => void = (incoming) => incoming.respond(200, { headers: [['Expires', '600']] });
  dialog: UaDialog | undefined;

  owns(): boolean {
    return true;
  }

  receive(incoming: UaRequest): void {
    this.received.push(incoming);
    this.answer(incoming);
  }

  ended(): void {
    this.dialog = undefined;
  }

  notify(state: string, more: [string, string][] = [], body?: string): Promise<number> {
    const headers: [string, string][] = [['Event', 'text'], ['Subscription-State', state], ...more];
    const content = body === undefined ? {} : { contentType: 'text/plain', body: octets(body) };
    return (this.dialog as UaDialog).request('NOTIFY', { headers, ...content, usage: this }).then(({ status }) => status, () => 0);
  }
}

async function setUp(answer: (incoming: UaRequest, puppet: Puppet, count: number) => void | Promise<void>) {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2');
  const puppets: Puppet[] = [];
  b.ua.handle('SUBSCRIBE', (incoming) => {
    const puppet = new Puppet();
    puppets.push(puppet);
    return answer(incoming, puppet, puppets.length);
  });
  const subscriber = new Subscriber({ agent: a.ua });
  const events: SubscriptionEvent[] = [];
  const subscribe = (options: Partial<SubscribeOptions> = {}) => {
    const subscription = subscriber.subscribe(bob, { event: 'text', ...options });
    subscription.onEvent = (event) => events.push(event);
    return subscription;
  };
  /** `active one`, `waiting 2000`, `ended EVENTS_REJECTED 403`. */
  const told = (): string[] => events.map((event) => {
    if (event.type === 'notification') return [event.state, textOf(event.body)].filter((part) => part !== undefined).join(' ');
    if (event.type === 'waiting') return `waiting ${event.retryIn}`;
    return ['ended', event.error?.code, event.error?.status].filter((part) => part !== undefined).join(' ');
  });
  return { world, a, b, puppets, subscriber, subscribe, events, told };
}

function accept(incoming: UaRequest, puppet: Puppet): void {
  puppet.dialog = incoming.establish(puppet);
  incoming.respond(200, { headers: [['Expires', '600']] });
}

/** Accepts and sends the first NOTIFY. */
async function accepts(state = 'active;expires=600', more: [string, string][] = []) {
  const one = await setUp((incoming, puppet) => {
    accept(incoming, puppet);
    void puppet.notify(state, more, 'one');
  });
  const subscription = one.subscribe();
  await one.world.clock.settle();
  return { ...one, subscription, puppet: one.puppets[0] as Puppet };
}

describe('subscribing (RFC 6665 §4.1.2)', () => {
  it('sends Event, Expires, Accept and the body, and is active with the first NOTIFY (§4.1.2.1)', async () => {
    const { world, b, subscribe, told } = await setUp((incoming, puppet) => {
      accept(incoming, puppet);
      void puppet.notify('active;expires=600', [], 'one');
    });
    const subscription = subscribe({ id: '7', from: 'sip:desk@example.com', accept: ['text/plain'], contentType: 'application/simple-filter+xml', body: octets('<f/>') });
    await world.clock.settle();
    const [sent] = b.received('SUBSCRIBE');
    expect(sent?.from?.uriText).toBe('sip:desk@example.com');
    expect([sent?.headers.get('Event'), sent?.expires, sent?.headers.get('Accept')]).toEqual(['text;id=7', 3600, 'text/plain']);
    expect(textOf(sent?.body)).toBe('<f/>');
    // The NOTIFY had no id: another subscription's (§8.2.1).
    expect(told()).toEqual([]);
    expect(subscription.state).toBe('notify_wait');
  });

  it('takes a NOTIFY that comes before the 2xx (§4.1.2.4)', async () => {
    const { world, a, subscribe, told } = await setUp(async (incoming, puppet) => {
      puppet.dialog = incoming.establish(puppet);
      await puppet.notify('active;expires=600', [], 'early');
      incoming.respond(200, { headers: [['Expires', '600']] });
    });
    const subscription = subscribe();
    await world.clock.settle();
    expect(a.lines()).toEqual(['out SUBSCRIBE', 'in NOTIFY', 'out 200 NOTIFY', 'in 200 SUBSCRIBE']);
    expect([told(), subscription.state]).toEqual([['active early'], 'active']);
  });

  it('fails when no NOTIFY comes before Timer N, and answers a later one 481 (§4.1.2.4)', async () => {
    const { world, b, puppets, subscribe, told } = await setUp(accept);
    subscribe({ retry: false });
    await world.clock.elapse(31_999);
    expect(told()).toEqual([]);
    await world.clock.elapse(1);
    expect(told()).toEqual(['ended EVENTS_NO_NOTIFY 408']);
    const late = (puppets[0] as Puppet).notify('active;expires=600');
    await world.clock.settle();
    expect(await late).toBe(481);
    expect(b.ua.dialogs).toHaveLength(1);
    expect(world.clock.timers).toBeLessThan(4);
  });

  it.each([403, 404, 406, 489, 603])('ends with a %i, which is not tried again (§4.1.2.1)', async (status) => {
    const { world, a, subscribe, told } = await setUp((incoming) => incoming.respond(status));
    subscribe();
    await world.clock.elapse(1_000_000);
    expect(told()).toEqual([`ended EVENTS_REJECTED ${status}`]);
    expect(a.sent('SUBSCRIBE')).toHaveLength(1);
  });

  it('asks again with Min-Expires after a 423 (RFC 3261 §20.23)', async () => {
    const { world, b, subscribe } = await setUp((incoming, _puppet, count) =>
      incoming.respond(count === 1 ? 423 : 403, { headers: [['Min-Expires', '1800']] }));
    subscribe({ expires: 60 });
    await world.clock.settle();
    expect(b.received('SUBSCRIBE').map(({ expires }) => expires)).toEqual([60, 1800]);
  });

  it('comes back after Retry-After of a 503, ever later without one', async () => {
    const { world, a, subscribe, told } = await setUp((incoming, _puppet, count) => incoming.respond(503, { headers: count === 1 ? [['Retry-After', '30']] : [] }));
    const subscription = subscribe();
    await world.clock.elapse(30_000);
    expect(a.sent('SUBSCRIBE')).toHaveLength(2);
    await world.clock.elapse(13_000);
    expect(told()).toEqual(['waiting 30000', 'waiting 4000', 'waiting 8000', 'waiting 16000']);
    // Call-ID and tag are new each time (§4.1.2.2).
    expect(new Set(a.sent('SUBSCRIBE').map(({ callId }) => callId)).size).toBe(4);
    void subscription.unsubscribe();
    await world.clock.elapse(100_000);
    expect(told().at(-1)).toBe('ended');
  });
});

describe('keeping a subscription (RFC 6665 §4.1.2.2)', () => {
  it('is refreshed before it expires, earlier or later, in its dialog', async () => {
    const { world, puppet } = await accepts();
    // 600 s: at 80 % to 100 % of what leaves 32 s to spare.
    await world.clock.elapse(454_000);
    expect(puppet.received).toHaveLength(0);
    await world.clock.elapse(114_000);
    expect(puppet.received.map(({ request }) => [request.method, request.headers.get('Event'), request.expires])).toEqual([['SUBSCRIBE', 'text', 3600]]);
  });

  it('takes the time from the 2xx when the NOTIFY has none (RFC 3265 peers)', async () => {
    const { world, puppet } = await accepts('active');
    await world.clock.elapse(568_000);
    expect(puppet.received).toHaveLength(1);
  });

  it('is shortened by a NOTIFY (§4.1.3)', async () => {
    const { world, puppet } = await accepts();
    void puppet.notify('active;expires=100');
    await world.clock.elapse(68_000);
    expect(puppet.received).toHaveLength(1);
  });

  it('ends when no NOTIFY follows a refresh before Timer N, and subscribes anew', async () => {
    const { world, puppets, subscription, told } = await accepts();
    subscription.refresh();
    await world.clock.elapse(32_000);
    expect(told()).toEqual(['active one', 'waiting 0', 'active one']);
    expect(puppets).toHaveLength(2);
    expect(subscription.state).toBe('active');
  });

  it('asks for the state unless it is the one we have, or for the whole of it after a loss (RFC 5839 §5.2)', async () => {
    const { world, subscription, puppet } = await accepts('active;expires=600', [['SIP-ETag', 'a1']]);
    subscription.refresh();
    await world.clock.settle();
    subscription.refresh({ whole: true });
    await world.clock.settle();
    expect(puppet.received.map(({ request }) => request.headers.get('Suppress-If-Match'))).toEqual(['a1', undefined]);
  });

  it.each([404, 405, 410, 481, 489, 501, 604])('is over when a refresh is answered %i', async (status) => {
    const { world, a, subscription, puppet } = await accepts();
    puppet.answer = (incoming) => incoming.respond(status);
    subscription.refresh();
    await world.clock.settle();
    expect(['terminated', 'notify_wait', 'active']).toContain(subscription.state);
    expect(a.ua.dialogs.every((dialog) => dialog.dialog.remoteTag !== puppet.dialog?.dialog.localTag)).toBe(true);
  });

  it('lives on until it expires when a refresh fails otherwise', async () => {
    const { world, subscription, puppet, told } = await accepts();
    puppet.answer = (incoming) => incoming.respond(500);
    subscription.refresh();
    await world.clock.settle();
    expect([subscription.state, told()]).toEqual(['active', ['active one']]);
    await world.clock.elapse(299_000);
    expect(puppet.received).toHaveLength(1);
    await world.clock.elapse(2000);
    expect(puppet.received).toHaveLength(2);
    await world.clock.elapse(300_000);
    expect(told().slice(0, 2)).toEqual(['active one', 'waiting 0']);
  });

  it('unsubscribes with Expires 0 and waits for the last NOTIFY (§4.1.2.3)', async () => {
    const { world, a, subscriber, subscription, puppet, told } = await accepts();
    let done = false;
    void subscription.unsubscribe().then(() => (done = true));
    await world.clock.settle();
    expect([puppet.received[0]?.request.expires, done]).toEqual([0, false]);
    void puppet.notify('terminated;reason=timeout');
    await world.clock.settle();
    expect([done, told(), a.ua.dialogs, subscriber.subscriptions]).toEqual([true, ['active one', 'terminated', 'ended'], [], []]);
  });

  it('unsubscribes as soon as it can when the first NOTIFY is still to come', async () => {
    const { world, puppets, subscribe } = await setUp(accept);
    const subscription = subscribe();
    await world.clock.settle();
    void subscription.unsubscribe();
    await world.clock.settle();
    expect(puppets[0]?.received).toHaveLength(0);
    void puppets[0]?.notify('pending;expires=600');
    await world.clock.settle();
    expect(puppets[0]?.received.map(({ request }) => request.expires)).toEqual([0]);
  });
});

describe('the reasons of Subscription-State: terminated (RFC 6665 §4.1.3)', () => {
  it.each([
    ['deactivated', 'waiting 0'], ['deactivated;retry-after=50', 'waiting 0'], ['probation', 'waiting 60000'], ['probation;retry-after=5', 'waiting 5000'],
    ['rejected', 'ended EVENTS_TERMINATED'], ['timeout', 'waiting 0'], ['giveup;retry-after=90', 'waiting 90000'],
    ['noresource', 'ended EVENTS_TERMINATED'], ['invariant;retry-after=31536000', 'ended EVENTS_TERMINATED'],
    ['unheard-of', 'waiting 60000'],
  ])('%s: %s', async (reason, then) => {
    const { world, told, puppet } = await accepts();
    const status = puppet.notify(`terminated;reason=${reason}`);
    await world.clock.settle();
    expect(await status).toBe(200);
    expect(told().slice(1, 3)).toEqual(['terminated', then]);
  });

  it('comes back ever later when it is deactivated again and again (§4.4.2)', async () => {
    const { world, told, subscribe } = await setUp((incoming, puppet) => {
      accept(incoming, puppet);
      void puppet.notify('terminated;reason=deactivated');
    });
    const subscription = subscribe();
    await world.clock.elapse(5000);
    expect(told().filter((one) => one.startsWith('waiting'))).toEqual(['waiting 2000', 'waiting 4000']);
    subscription.close();
    expect(told().at(-1)).toBe('ended EVENTS_CLOSED');
  });
});

describe('NOTIFY (RFC 6665 §4.1.3)', () => {
  it('is answered 400 without Subscription-State, 415 with a body not asked for, 500 out of order', async () => {
    const { world, subscribe, puppets } = await setUp((incoming, puppet) => {
      accept(incoming, puppet);
      void puppet.notify('active;expires=600');
    });
    subscribe({ accept: ['text/plain'] });
    await world.clock.settle();
    const dialog = puppets[0]?.dialog as UaDialog;
    const ask = async (headers: [string, string][], contentType?: string): Promise<number> => {
      const answer = dialog.request('NOTIFY', { headers: [['Event', 'text'], ...headers], contentType, body: contentType === undefined ? undefined : octets('x') });
      await world.clock.settle();
      return (await answer).status;
    };
    expect(await ask([])).toBe(400);
    expect(await ask([['Subscription-State', 'active;expires=x']])).toBe(400);
    expect(await ask([['Subscription-State', 'active']], 'image/png')).toBe(415);
    dialog.dialog.localSeq = 0;
    expect(await ask([['Subscription-State', 'active']])).toBe(500);
  });

  it('is answered 481 when it is nobody\'s, 489 when its package is nobody\'s', async () => {
    const { world, puppet } = await accepts();
    const ask = async (event: string): Promise<number> => {
      const answer = (puppet.dialog as UaDialog).request('NOTIFY', { headers: [['Event', event], ['Subscription-State', 'active']], usage: puppet });
      await world.clock.settle();
      return (await answer).status;
    };
    expect(await ask('other')).toBe(489);
    expect(await ask('text;id=1')).toBe(481);
  });

  it('of a second branch of a fork is refused, or makes a subscription of its own (§4.1.4)', async () => {
    for (const forks of ['refuse', 'accept'] as const) {
      const { world, subscribe, told } = await setUp((incoming, puppet) => {
        accept(incoming, puppet);
        void puppet.notify('active;expires=600', [], 'one');
      });
      const c = await world.agent('carol', '192.0.2.3');
      const subscription = subscribe({ forks });
      const forked: string[] = [];
      subscription.onFork = (fork) => (fork.onEvent = (event) => forked.push(event.type === 'notification' ? textOf(event.body) ?? '' : event.type));
      await world.clock.settle();
      // What Carol would know of the SUBSCRIBE had it reached her too.
      const { dialog } = subscription.dialog as UaDialog;
      const other = new Puppet();
      other.dialog = c.ua.restore({
        ...dialog.parts(), localTag: 'carol', remoteTag: dialog.localTag, localUri: bob, remoteUri: dialog.localUri,
        remoteTarget: 'sip:alice@192.0.2.1', localSeq: 1, remoteSeq: 1, isUac: false,
      }, other);
      const status = other.notify('active;expires=600', [], 'two');
      await world.clock.settle();
      expect([await status, forked, told()]).toEqual(forks === 'accept' ? [200, ['two'], ['active one']] : [481, [], ['active one']]);
    }
  });

  it('can be read with for await', async () => {
    const { world, puppet, subscription } = await accepts();
    const read: string[] = [];
    void (async () => {
      for await (const event of subscription) read.push(event.type === 'notification' ? textOf(event.body) ?? '' : event.type);
    })();
    await world.clock.settle();
    for (const text of ['two', 'three']) void puppet.notify('active;expires=600', [], text);
    await world.clock.settle();
    expect(read).toEqual(['two', 'three']);
    subscription.close();
    await world.clock.settle();
    expect(read).toEqual(['two', 'three', 'ended']);
  });

  it('ends the subscription when more than maxQueued of them wait for a reader', async () => {
    const { world, puppets, subscribe, told } = await setUp((incoming, puppet) => {
      accept(incoming, puppet);
      void puppet.notify('active;expires=600');
    });
    const subscription = subscribe({ maxQueued: 2 });
    const reader = subscription[Symbol.asyncIterator]();
    const first = reader.next();
    await world.clock.settle();
    expect((await first).value).toMatchObject({ type: 'notification' });
    for (let count = 0; count < 3; count++) {
      void puppets[0]?.notify('active;expires=600');
      await world.clock.settle();
    }
    expect(told().at(-1)).toBe('ended EVENTS_READER_TOO_SLOW');
  });
});

describe('several subscriptions in one dialog (RFC 6665 §4.5.2)', () => {
  it('are told apart by id, and the dialog lives as long as one of them', async () => {
    const { world, a, b, subscriber, puppet, subscription, told } = await accepts();
    const dialog = subscription.dialog as UaDialog;
    const second = new Puppet();
    puppet.answer = (incoming) => {
      second.dialog = puppet.dialog;
      incoming.respond(200, { headers: [['Expires', '600']] });
      void puppet.dialog?.request('NOTIFY', { headers: [['Event', 'text;id=2'], ['Subscription-State', 'active;expires=600']], usage: puppet });
    };
    expect(() => subscriber.subscribe(bob, { event: 'text', dialog })).toThrow(expect.objectContaining({ code: 'EVENTS_SUBSCRIPTION_IN_DIALOG' }) as Error);
    const other = subscriber.subscribe(bob, { event: 'text', id: '2', dialog });
    await world.clock.settle();
    expect([other.state, told()]).toEqual(['active', ['active one']]);
    expect(a.sent('SUBSCRIBE')[1]?.headers.get('Event')).toBe('text;id=2');
    void puppet.notify('terminated;reason=rejected');
    await world.clock.settle();
    expect([a.ua.dialogs.length, other.state, subscription.state]).toEqual([1, 'active', 'terminated']);
    other.close();
    expect([a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([0, 1]);
  });
});

describe('fetching (RFC 6665 §4.4.3) and entity tags (RFC 5839)', () => {
  it('resolves with the state of the one NOTIFY', async () => {
    const { world, a, subscriber } = await setUp((incoming, puppet) => {
      accept(incoming, puppet);
      void puppet.notify('terminated;reason=timeout', [['SIP-ETag', 'e1']], 'now');
    });
    const fetched = subscriber.fetch(bob, { event: 'text' });
    await world.clock.settle();
    expect(await fetched.then(({ body, etag }) => [textOf(body), etag])).toEqual(['now', 'e1']);
    expect([a.sent('SUBSCRIBE')[0]?.expires, a.ua.dialogs, subscriber.subscriptions]).toEqual([0, [], []]);
  });

  it('rejects when there is nothing to be had', async () => {
    const { world, subscriber } = await setUp((incoming) => incoming.respond(404));
    const fetched = subscriber.fetch(bob, { event: 'text' }).catch((error: { code: string; status: number }) => [error.code, error.status]);
    await world.clock.settle();
    expect(await fetched).toEqual(['EVENTS_REJECTED', 404]);
  });

  it('refreshes with the tag of the last state, and a 204 is enough (§5.6)', async () => {
    const { world, subscription, puppet, told } = await accepts('active;expires=600', [['SIP-ETag', 'e1']]);
    puppet.answer = (incoming) => incoming.respond(204, { headers: [['Expires', '900']] });
    subscription.refresh();
    await world.clock.elapse(40_000);
    expect(puppet.received[0]?.request.headers.get('Suppress-If-Match')).toBe('e1');
    expect([told(), subscription.state]).toEqual([['active one'], 'active']);
    const gone = subscription.unsubscribe();
    await world.clock.settle();
    await gone; // §5.7: the 204 concludes it
    expect(subscription.state).toBe('terminated');
  });

  it('goes on without a condition when one is answered 412', async () => {
    const { world, subscription, puppet } = await accepts('active;expires=600', [['SIP-ETag', 'e1']]);
    puppet.answer = (incoming) => incoming.respond(incoming.request.headers.has('Suppress-If-Match') ? 412 : 200);
    subscription.refresh();
    await world.clock.settle();
    expect(puppet.received.map(({ request }) => request.headers.get('Suppress-If-Match'))).toEqual(['e1', undefined]);
  });
});
