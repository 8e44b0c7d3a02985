/* The way of NOTIFYs: RFC 3261 §12, §16; RFC 5626 §5.3. */
import { describe, expect, it } from 'vitest';
import { answer, CORE, peerOf } from '../sip-core/support.js';
import { anotherOn, watching } from './fake.js';

const alice = 'sip:alice@example.com';
const REG = [['Event', 'reg'], ['Expires', '600']] as const;

describe('a NOTIFY', () => {
  it('goes over the connection the SUBSCRIBE came over, wherever the Contact leads', async () => {
    const { watcher } = await watching('alice', {}, 'TCP');
    await watcher.subscribe(alice, REG);
    const notify = await watcher.notify(0);
    expect(notify.uri).toBe('sip:alice@client.invalid;transport=tcp');
    expect(notify.vias).toHaveLength(1);
    expect(notify.via?.transport).toBe('TCP');
    // Our own Route is taken away before it leaves.
    expect(notify.routes).toEqual([]);
  });

  it('goes where a datagram came from when its Contact is elsewhere, as behind a NAT (RFC 3581)', async () => {
    const { on, peer, watcher } = await watching();
    watcher.ua.contactUri = 'sip:alice@192.168.7.7:5060';
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    expect(peer.host).not.toBe('192.168.7.7');
    expect(on.events.notifier.size).toBe(1);
  });

  it('passes the proxies between us that asked for it, in their order (RFC 3261 §12.1.1)', async () => {
    const { on, peer } = await watching();
    const edge = await peerOf(on, 'edge');
    edge.handle = (incoming) => answer(incoming, 200);
    const route = `<sip:${edge.host}:5060;lr>`;
    const call = edge.call('SUBSCRIBE', alice, {
      from: `<${alice}>;tag=a`, headers: [...REG, ['Contact', `<${peer.contact}>`], ['Record-Route', route]],
    });
    expect((await call.final).headers.list('Record-Route').at(-1)).toBe(route);
    await on.clock.settle();
    const [notify] = edge.requests;
    expect(notify?.headers.list('Route')).toEqual([route]);
    expect(notify?.uri).toBe(peer.contact);
  });

  it('names a Contact to which refreshes come back, also past our Record-Route', async () => {
    const { on, peer, watcher } = await watching();
    await watcher.subscribe(alice, REG);
    const notify = await watcher.notify(0);
    const contact = notify.contacts[0]?.uriText ?? '';
    const to = notify.headers.get('From') ?? '';
    const from = notify.headers.get('To') ?? '';
    const call = peer.call('SUBSCRIBE', contact, { from, to, callId: notify.callId ?? '', cseq: 99, headers: [...REG, ['Contact', `<${peer.contact}>`]] });
    expect((await call.final).status).toBe(200);
    expect(on.events.notifier.size).toBe(1);
  });
});

describe.each([['UDP', 'udp'], ['TCP', 'tcp']] as const)('over %s', (transport, parameter) => {
  it('every NOTIFY has the Record-Route of the SUBSCRIBE, so that a watcher may build the dialog from it (RFC 6665 §4.3, §4.4.1)', async () => {
    const { watcher, on } = await watching('alice', {}, transport);
    const response = await watcher.subscribe(alice, REG);
    const [first, ...others] = (await watcher.notify(0)).headers.list('Record-Route');
    expect([first, ...others]).toEqual(response.headers.list('Record-Route'));
    expect(first).toContain(`;transport=${parameter};lr`);
    // The user agent has its route set from the NOTIFY.
    expect(watcher.dialog?.dialog.routeSet.map((uri) => `<${uri}>`)).toEqual([first]);
    expect((await watcher.refresh(REG)).status).toBe(200);
    expect((await watcher.notify(1)).headers.list('Record-Route')).toEqual([first]);
    expect(on.events.notifier.size).toBe(1);
  });

  it('our Contact is one for the transport of the SUBSCRIBE: in its 2xx, in that to a refresh and in NOTIFY (RFC 3261 §8.1.1.8, §12.1.1)', async () => {
    const { watcher } = await watching('alice', {}, transport);
    const contact = `<sip:event-notifier@${CORE}:5060;transport=${parameter}>`;
    expect((await watcher.subscribe(alice, REG)).headers.get('Contact')).toBe(contact);
    expect((await watcher.notify(0)).headers.get('Contact')).toBe(contact);
    expect((await watcher.refresh(REG)).headers.get('Contact')).toBe(contact);
  });
});

it('a NOTIFY passes the proxies between us with our Record-Route below theirs (RFC 6665 §4.3)', async () => {
  const { on, peer } = await watching();
  const edge = await peerOf(on, 'edge');
  edge.handle = (incoming) => answer(incoming, 200);
  const call = edge.call('SUBSCRIBE', alice, {
    from: `<${alice}>;tag=a`, headers: [...REG, ['Contact', `<${peer.contact}>`], ['Record-Route', `<sip:${edge.host}:5060;lr>`]],
  });
  const [ours] = (await call.final).headers.list('Record-Route');
  await on.clock.settle();
  expect(edge.requests[0]?.headers.list('Record-Route')).toEqual([ours]);
});

describe('a flow that is gone (RFC 5626 §5.3)', () => {
  it('does not end the subscription: after a refresh over a new one the NOTIFYs go there', async () => {
    const { on, watcher } = await watching('alice', {}, 'TCP');
    const { peer: device } = await anotherOn(on, 'alice');
    await watcher.subscribe(alice, REG);
    await watcher.notify(0);
    on.network.cut();
    await device.register();
    await on.clock.elapse(6000);
    expect(watcher.seen).toHaveLength(1);
    expect(on.events.notifier.size).toBe(1);
    expect((await watcher.refresh(REG)).status).toBe(200);
    expect((await watcher.regInfo(1)).registrations[0]?.contacts).toMatchObject([{ uri: device.contact }]);
  });
});
