import { describe, expect, it } from 'vitest';
import { buildRequest, failureReach } from '../src/index.js';
import type { DialogUsage, SipRequest, UaDialog, UaRequest } from '../src/index.js';
import { World } from './helpers.js';

const bob = 'sip:bob@192.0.2.2';
const ACTIVE: [string, string][] = [['Event', 'test'], ['Subscription-State', 'active;expires=60']];

/** A usage that takes every NOTIFY and SUBSCRIBE with its Event, and remembers what came. */
class Usage implements DialogUsage {
  readonly event: string;
  readonly received: string[] = [];
  dialog: UaDialog | undefined;

  constructor(event = 'test') {
    this.event = event;
  }

  owns(request: SipRequest): boolean {
    return request.headers.get('Event') === this.event;
  }

  receive(incoming: UaRequest): void {
    this.received.push(incoming.request.method);
    incoming.respond(200);
  }

  ended(end: string): void {
    this.received.push(end);
  }
}

async function pair() {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2');
  return { world, a, b };
}

/** Alice's subscription at Bob; the NOTIFY leaves before the 2xx if `early`. */
async function subscribed({ early = false } = {}) {
  const both = await pair();
  const theirs = new Usage();
  const ours = new Usage();
  const order: string[] = [];
  both.b.ua.handle('SUBSCRIBE', async (incoming) => {
    theirs.dialog = incoming.establish(theirs);
    if (!early) incoming.respond(200);
    const answer = theirs.dialog.request('NOTIFY', { headers: ACTIVE, usage: theirs });
    if (early) await answer.then(() => incoming.respond(200));
  });
  const opening = both.a.ua.open('SUBSCRIBE', bob, (notify) => {
    order.push('NOTIFY');
    ours.dialog = notify.establish(ours);
    notify.respond(200);
  }, { headers: [['Event', 'test']] });
  const response = opening.response.then((one) => order.push(String(one.status)));
  await both.world.clock.settle();
  await response;
  return { ...both, opening, ours, theirs, order, dialog: ours.dialog as UaDialog, peer: theirs.dialog as UaDialog };
}

/** A session from Alice to Bob. */
async function session() {
  const both = await pair();
  let theirs: UaDialog | undefined;
  both.b.ua.handle('INVITE', async (incoming) => {
    theirs = await incoming.accept();
  });
  const invite = both.a.ua.invite(bob);
  await both.world.clock.settle();
  const { dialog } = await invite.answered;
  invite.ack();
  await both.world.clock.settle();
  return { ...both, ours: dialog, theirs: theirs as UaDialog };
}

describe('a dialog made by a subscription (RFC 6665 §4.4.1)', () => {
  it.each([[true, ['NOTIFY', '200']], [false, ['200', 'NOTIFY']]])('is made by the NOTIFY, before or after the 2xx (§4.1.2.4)', async (early, order) => {
    const made = await subscribed({ early });
    expect(made.order).toEqual(order);
    expect(made.dialog.dialog.remoteTag).toBe(made.peer.dialog.localTag);
    expect(made.dialog.dialog.isUac).toBe(true);
    expect(made.dialog.dialog.remoteTarget).toBe('sip:bob@192.0.2.2:5060');
  });

  it('carries later requests of both sides, with rising CSeq numbers', async () => {
    const { world, ours, theirs, dialog, peer, a } = await subscribed();
    const refresh = dialog.request('SUBSCRIBE', { headers: [['Event', 'test']], usage: ours });
    const notify = peer.request('NOTIFY', { headers: ACTIVE, usage: theirs });
    await world.clock.settle();
    expect([(await refresh).status, (await notify).status]).toEqual([200, 200]);
    expect([ours.received, theirs.received]).toEqual([['NOTIFY'], ['SUBSCRIBE']]);
    const sent = a.wire.filter(({ direction, message }) => direction === 'out' && message !== undefined && 'method' in message);
    expect(sent.map(({ message }) => message?.cseq?.number)).toEqual([1, 2]);
  });

  it('tells handlers what became of a request that `send` sent: each answer, a timeout, and SIP_DIALOG_ENDED at once', async () => {
    const { world, ours, theirs, peer } = await subscribed();
    const told: (number | string)[] = [];
    const notify = (): void => peer.send('NOTIFY', { headers: ACTIVE, usage: theirs }, {
      answered: ({ status }) => told.push(status),
      failed: ({ code }) => told.push(code),
    });
    notify();
    expect(told).toEqual([]);
    await world.clock.settle();
    world.network.silence('192.0.2.1');
    notify();
    await world.clock.elapse(32_000);
    expect([told, ours.received]).toEqual([[200, 'SIP_TIMEOUT'], ['NOTIFY']]);
    peer.detach(theirs);
    expect(notify).toThrow(expect.objectContaining({ code: 'SIP_DIALOG_ENDED' }));
  });

  it('sends where its remote target is now, over the same socket while it is an address (§12.2.1.1)', async () => {
    const { world, b, theirs, peer } = await subscribed();
    const flows: string[] = [];
    for (const target of ['sip:alice@192.0.2.1', 'sip:alice@192.0.2.1;transport=tcp', 'sip:alice@192.0.2.1']) {
      peer.dialog.remoteTarget = target;
      const answer = peer.request('NOTIFY', { headers: ACTIVE, usage: theirs });
      await world.clock.settle();
      expect((await answer).status).toBe(200);
      const sent = b.wire.filter(({ direction, message }) => direction === 'out' && message?.cseq?.method === 'NOTIFY' && 'method' in message);
      flows.push(sent.at(-1)?.flow.transport ?? 'none');
    }
    expect(flows).toEqual(['UDP', 'TCP', 'UDP']);
  });

  it('is one for each branch of a fork, until the opening is closed (§4.1.4)', async () => {
    const { world, a, b, opening, dialog } = await subscribed();
    const target = await b.endpoint.resolve('sip:alice@192.0.2.1');
    const notify = (tag: string): Promise<number> => new Promise((resolve, reject) => {
      const request = buildRequest({
        method: 'NOTIFY', uri: 'sip:alice@192.0.2.1', from: `<${bob}>;tag=${tag}`, to: `<sip:alice@example.com>;tag=${dialog.dialog.localTag}`,
        callId: dialog.dialog.callId, cseq: 1, headers: [...ACTIVE, ['Contact', `<sip:${tag}@192.0.2.2>`]],
      });
      b.endpoint.request(request, target, { response: (response) => resolve(response.status), failed: reject });
    });
    const fork = notify('fork');
    await world.clock.settle();
    expect(await fork).toBe(200);
    expect(a.ua.dialogs.map((one) => one.dialog.remoteTag)).toContain('fork');
    expect(a.ua.dialogs).toHaveLength(2);
    opening.close();
    const late = notify('late');
    await world.clock.settle();
    expect(await late).toBe(481);
  });

  it('takes its remote target from SUBSCRIBE, NOTIFY and the 2xx to them (RFC 5057 §5.4)', async () => {
    const { world, ours, theirs, dialog, peer } = await subscribed();
    const notify = peer.request('NOTIFY', { headers: [...ACTIVE, ['Contact', '<sip:moved@192.0.2.2>']], usage: theirs });
    await world.clock.settle();
    await notify;
    expect(dialog.dialog.remoteTarget).toBe('sip:moved@192.0.2.2');
    const refresh = dialog.request('SUBSCRIBE', { headers: [['Event', 'test'], ['Contact', '<sip:new@192.0.2.1>']], usage: ours });
    await world.clock.settle();
    await refresh;
    expect(peer.dialog.remoteTarget).toBe('sip:new@192.0.2.1');
    // The 2xx named the Contact that Bob's user agent makes for itself.
    expect(dialog.dialog.remoteTarget).toBe('sip:bob@192.0.2.2:5060');
  });

  it('is over with its last usage; a BYE in it is answered 481 (RFC 5057 §5.3, §5.5)', async () => {
    const { world, a, b, theirs, dialog, peer } = await subscribed();
    const second = new Usage('other');
    peer.attach(second);
    peer.detach(theirs);
    expect(b.ua.dialogs).toEqual([peer]);
    const bye = buildRequest({
      method: 'BYE', uri: dialog.dialog.remoteTarget, from: `<a:b>;tag=${dialog.dialog.localTag}`, to: `<a:b>;tag=${dialog.dialog.remoteTag}`,
      callId: dialog.dialog.callId, cseq: 9,
    });
    const seen: number[] = [];
    a.endpoint.request(bye, await a.endpoint.resolve(bob), { response: (r) => seen.push(r.status), failed: () => seen.push(0) });
    await world.clock.settle();
    expect(seen).toEqual([481]);
    peer.detach(second);
    expect(b.ua.dialogs).toEqual([]);
    await expect(peer.request('NOTIFY', { usage: second })).rejects.toMatchObject({ code: 'SIP_DIALOG_ENDED' });
  });

  it('can be taken up by another user agent from plain data', async () => {
    const { world, b, ours, theirs, peer } = await subscribed();
    const parts = JSON.parse(JSON.stringify(peer.dialog.parts())) as ReturnType<typeof peer.dialog.parts>;
    peer.detach(theirs);
    const notify = b.ua.restore(parts, theirs).request('NOTIFY', { headers: ACTIVE, usage: theirs });
    await world.clock.settle();
    expect((await notify).status).toBe(200);
    expect(ours.received).toEqual(['NOTIFY']);
  });
});

describe('a dialog shared by a session and a subscription (RFC 5057)', () => {
  it('outlives the BYE of the session, and the subscription outlives the other way round (§5.5)', async () => {
    const { world, a, b, ours, theirs } = await session();
    const [near, far] = [new Usage(), new Usage()];
    ours.attach(near);
    theirs.attach(far);
    const bye = ours.bye();
    await world.clock.settle();
    expect((await bye).status).toBe(200);
    expect([a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([1, 1]);
    const notify = theirs.request('NOTIFY', { headers: ACTIVE, usage: far });
    await world.clock.settle();
    expect((await notify).status).toBe(200);
    await expect(ours.bye()).rejects.toMatchObject({ code: 'SIP_DIALOG_ENDED' });
    ours.detach(near);
    expect(a.ua.dialogs).toEqual([]);
  });

  it.each([[481, 1, []], [489, 1, []], [500, 1, []], [404, 0, ['lost']], [482, 0, ['lost']]])(
    'survives a %i to a NOTIFY or is destroyed with all its usages (§5.1)', async (status, dialogs, ended) => {
      const { world, a, b, ours, theirs } = await session();
      ours.handle('NOTIFY', (incoming) => incoming.respond(status));
      const usage = new Usage();
      theirs.attach(usage);
      const ends: string[] = [];
      theirs.onTerminated = (end) => ends.push(end);
      const notify = theirs.request('NOTIFY', { headers: ACTIVE, usage });
      await world.clock.settle();
      expect((await notify).status).toBe(status);
      expect([b.ua.dialogs.length, a.ua.dialogs.length]).toEqual([dialogs, dialogs]);
      expect([usage.received, ends]).toEqual([ended, ended]);
    });

  it('survives the timeout of a NOTIFY, but its session does not survive that of an INFO (§5.2)', async () => {
    const { world, b, theirs } = await session();
    const usage = new Usage();
    theirs.attach(usage);
    world.network.silence('192.0.2.1');
    const notify = theirs.request('NOTIFY', { headers: ACTIVE, usage }).catch((error: { code: string }) => error.code);
    await world.clock.elapse(33_000);
    expect(await notify).toBe('SIP_TIMEOUT');
    let ended = '';
    theirs.onTerminated = (end) => (ended = end);
    const info = theirs.request('INFO').catch((error: { code: string }) => error.code);
    await world.clock.elapse(33_000);
    expect(await info).toBe('SIP_TIMEOUT');
    expect(ended).toBe('lost');
    expect(b.ua.dialogs).toEqual([theirs]);
  });

  it('reaches as far as the tables of §5.1 say', () => {
    const reach = Object.fromEntries([400, 404, 405, 408, 410, 480, 481, 482, 483, 489, 500, 501, 502, 503, 603, 604].map((status) => [status, failureReach(status)]));
    expect(Object.keys(reach).filter((status) => reach[status] === 'usage')).toEqual(['405', '480', '481', '489', '501']);
    expect(Object.keys(reach).filter((status) => reach[status] === 'dialog')).toEqual(['404', '410', '482', '483', '502', '604']);
  });
});
