/* SUBSCRIBE and what answers it: RFC 6665 §4.2.1 with the rules of RFC 3680. */
import { describe, expect, it } from 'vitest';
import { respondTo } from '@simple-im/sip';
import { addBinding } from './bindings.js';
import { anotherOn, watching } from './fake.js';

const alice = 'sip:alice@example.com';
const REG = [['Event', 'reg'], ['Expires', '600']] as const;

describe('who may watch registrations', () => {
  it('a user the own ones, over any spelling of the address (RFC 3680 §4.6)', async () => {
    const { watcher } = await watching();
    expect((await watcher.subscribe('sip:alice@EXAMPLE.com', REG)).status).toBe(200);
    expect((await watcher.regInfo(0)).registrations[0]?.aor).toBe(alice);
  });

  it('nobody else: 403, and no NOTIFY (RFC 3680 §4.6, RFC 6665 §4.2.1.3)', async () => {
    const { on, watcher } = await watching('bob');
    expect((await watcher.subscribe(alice, REG)).status).toBe(403);
    await on.clock.elapse(10_000);
    expect(watcher.seen).toEqual([]);
    expect(on.events.notifier.size).toBe(0);
  });

  it('not a stranger who says in P-Asserted-Identity to be the user (RFC 3325 §5)', async () => {
    const { on } = await watching();
    const { peer } = await anotherOn(on, 'mallory');
    const call = peer.call('SUBSCRIBE', alice, {
      from: '<sip:alice@elsewhere.example>;tag=1', headers: [...REG, ['Contact', '<sip:m@10.9.9.9>'], ['P-Asserted-Identity', `<${alice}>`]],
    });
    expect((await call.final).status).toBe(403);
  });

  it('the IM server everybody\'s, by its own identity over IM-2', async () => {
    const { on, peer } = await watching();
    on.im.handle = (exchange) => exchange.respond(respondTo(exchange.request, exchange.request.method === 'NOTIFY' ? 200 : 501));
    const imServer = on.core.contactUri('');
    const request = peer.build('SUBSCRIBE', alice, {
      from: `<${imServer}>;tag=im`, headers: [...REG, ['Contact', `<${imServer}>`], ['P-Asserted-Identity', `<${imServer}>`]],
    });
    const status = await new Promise<number>((resolve) => {
      on.core.request(request, undefined, { response: (response) => resolve(response.status), failed: () => resolve(0) });
    });
    expect(status).toBe(200);
    await on.clock.settle();
    expect(on.im.received.map(({ request: { method } }) => method)).toEqual(['NOTIFY']);
    expect(on.events.notifier.size).toBe(1);
  });

  it('not a user who says to be the IM server', async () => {
    const { on, peer } = await watching('bob');
    const imServer = on.core.contactUri('');
    const call = peer.call('SUBSCRIBE', alice, { headers: [...REG, ['Contact', `<${peer.contact}>`], ['P-Asserted-Identity', `<${imServer}>`]] });
    expect((await call.final).status).toBe(403);
    expect(on.events.notifier.size).toBe(0);
  });
});

describe('what is refused', () => {
  it.each([
    ['489 and Allow-Events: a package that is not here (RFC 6665 §7.2)', [['Event', 'dialog']], 489, ['Allow-Events', 'reg, message-summary']],
    ['489: no Event at all', [], 489, ['Allow-Events', 'reg, message-summary']],
    ['423 and Min-Expires: a subscription that is too short (RFC 6665 §4.2.1.1)', [['Event', 'reg'], ['Expires', '59']], 423, ['Min-Expires', '60']],
    ['406: registration information is not accepted (RFC 3680 §4.5)', [['Event', 'reg'], ['Accept', 'text/plain']], 406, undefined],
    ['400: an Event that cannot be read', [['Event', 'reg;;']], 400, undefined],
  ] as const)('%s', async (_name, headers, status, field) => {
    const { on, watcher } = await watching();
    const response = await watcher.subscribe(alice, headers);
    expect(response.status).toBe(status);
    if (field !== undefined) expect(response.headers.get(field[0])).toBe(field[1]);
    expect(on.events.notifier.size).toBe(0);
  });

  it('481: a refresh of what is not there (RFC 6665 §4.2.1.2)', async () => {
    const { on, peer, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    const dialog = watcher.dialog?.dialog;
    const to = `<${alice}>;tag=another`;
    const call = peer.call('SUBSCRIBE', dialog?.remoteTarget ?? '', { to, headers: [...REG, ['Contact', `<${peer.contact}>`]] });
    expect((await call.final).status).toBe(481);
    expect(on.events.notifier.size).toBe(1);
  });

  it('401: whoever has not said who it is (RFC 3680 §4.6, RFC 6665 §4.2.1.3)', async () => {
    const { on, watcher } = await watching('alice', { mode: 'digest' });
    expect((await watcher.subscribe(alice, REG)).status).toBe(401);
    expect(on.events.notifier.size).toBe(0);
  });

  it('nothing that is asked about another user in another package: that goes to the user (RFC 3261 §16)', async () => {
    const { on, watcher } = await watching();
    const bob = await anotherOn(on, 'bob');
    expect((await bob.peer.register()).status).toBe(200);
    bob.watcher.ua.handle('SUBSCRIBE', (incoming) => incoming.respond(486));
    expect((await watcher.subscribe('sip:bob@example.com', [['Event', 'dialog']])).status).toBe(486);
  });
});

describe('how long', () => {
  it('3761 seconds when the watcher does not say (RFC 3680 §4.4)', async () => {
    const { watcher } = await watching();
    expect((await watcher.subscribe(alice, [['Event', 'reg']])).headers.get('Expires')).toBe('3761');
  });

  it('a day at most', async () => {
    const { watcher } = await watching();
    expect((await watcher.subscribe(alice, [['Event', 'reg'], ['Expires', '1000000']])).headers.get('Expires')).toBe('86400');
  });

  it('until it expires, and then a last NOTIFY says so (RFC 6665 §4.2.2)', async () => {
    const { on, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await on.clock.elapse(600_000);
    expect((await watcher.notify(1)).headers.get('Subscription-State')).toBe('terminated;reason=timeout');
    await on.clock.settle();
    expect(on.events.notifier.size).toBe(0);
  });

  it('longer by a refresh, which is answered and followed by the whole state (RFC 6665 §4.2.1.4)', async () => {
    const { on, watcher } = await watching();
    await addBinding(on, alice, 'sip:alice@10.3.3.3');
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    await on.clock.elapse(500_000);
    const response = await watcher.refresh([['Event', 'reg'], ['Expires', '900']]);
    expect([response.status, response.headers.get('Expires')]).toEqual([200, '900']);
    expect((await watcher.notify(1)).headers.get('Subscription-State')).toBe('active;expires=900');
    expect(await watcher.regInfo(1)).toMatchObject({ version: 1, state: 'full', registrations: [{ contacts: [{ uri: 'sip:alice@10.3.3.3' }] }] });
  });

  it('without the contacts that have expired, also when nobody has noticed yet', async () => {
    const { on, watcher } = await watching();
    await addBinding(on, alice, 'sip:alice@10.3.3.3', 10);
    await on.clock.elapse(11_000);
    await watcher.subscribe(alice, REG);
    expect(await watcher.regInfo(0)).toMatchObject({ registrations: [{ state: 'init', contacts: [] }] });
  });

  it('not at all by Expires 0 outside of a dialog: one NOTIFY with the whole state (RFC 6665 §4.4.3)', async () => {
    const { on, watcher } = await watching();
    await addBinding(on, alice, 'sip:alice@10.3.3.3');
    expect((await watcher.subscribe(alice, [['Event', 'reg'], ['Expires', '0']])).status).toBe(200);
    expect((await watcher.notify(0)).headers.get('Subscription-State')).toMatch(/^terminated/);
    expect(await watcher.regInfo(0)).toMatchObject({ version: 0, state: 'full', registrations: [{ contacts: [{ event: 'registered' }] }] });
    await on.clock.settle();
    expect(on.events.notifier.size).toBe(0);
  });

  it('no longer after an unsubscribe (RFC 6665 §4.1.2.3)', async () => {
    const { on, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    expect((await watcher.refresh([['Event', 'reg'], ['Expires', '0']])).status).toBe(200);
    expect((await watcher.notify(1)).headers.get('Subscription-State')).toBe('terminated;reason=timeout');
    await on.clock.settle();
    expect(on.events.notifier.size).toBe(0);
  });
});

describe('a state the watcher has (RFC 5839)', () => {
  it('is not sent again: 204, and no NOTIFY (§6.3)', async () => {
    const { on, watcher } = await watching();
    await addBinding(on, alice, 'sip:alice@10.3.3.3');
    await watcher.subscribe(alice, REG);
    const etag = (await watcher.notify(0)).headers.get('SIP-ETag') ?? '';
    await on.clock.elapse(60_000);
    const response = await watcher.refresh([...REG, ['Suppress-If-Match', etag]]);
    expect(response.status).toBe(204);
    await on.clock.elapse(6000);
    expect(watcher.seen).toHaveLength(1);
  });

  it('is sent when it is another one', async () => {
    const { on, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    const etag = (await watcher.notify(0)).headers.get('SIP-ETag') ?? '';
    await addBinding(on, alice, 'sip:alice@10.3.3.3');
    expect((await watcher.refresh([...REG, ['Suppress-If-Match', etag]])).status).toBe(200);
    expect((await watcher.regInfo(1)).registrations[0]?.contacts).toHaveLength(1);
  });
});

describe('limits', () => {
  it('503 and Retry-After: more subscriptions than there may be', async () => {
    const { watcher } = await watching('alice', { events: { limits: { maxSubscriptions: 1, maxPerUser: 9, maxPerWatcher: 9 } } });
    await watcher.subscribe(alice, REG);
    const response = await watcher.subscribe(alice, REG);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '60']);
  });

  it.each([['to one user', { maxPerUser: 1 }], ['of one watcher', { maxPerWatcher: 1 }]])('403: more than there may be %s', async (_name, one) => {
    const { on, watcher } = await watching('alice', { events: { limits: { maxSubscriptions: 9, maxPerUser: 9, maxPerWatcher: 9, ...one } } });
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    expect((await watcher.subscribe(alice, REG)).status).toBe(403);
    await watcher.refresh([['Event', 'reg'], ['Expires', '0']]);
    await on.clock.settle();
    expect((await watcher.subscribe(alice, REG)).status).toBe(200);
  });
});
