/* Registrations as the IM server watches them (3GPP TS 24.229 §5.7.1.1, RFC 3680), with our core and with cores that do otherwise. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseUri, uriEquals, utf8 } from '@simple-im/grammar';
import { SipEndpoint, type IncomingRequest, type SipRequest } from '@simple-im/sip';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import { ImServerOverSip } from '../../src/im-2/core-side.js';
import { answer, CORE, coreWith, Peer, peerOf, type TestCore } from '../sip-core/support.js';
import { IM, thirdParty, URI, watchingIm, type WatchingIm } from './watching.js';

const alice = 'sip:alice@example.com';
const bob = 'sip:bob@example.com';
const target = { transport: 'TCP', address: { host: IM, port: 5070 } } as const;
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Apart {
  readonly on: TestCore;
  readonly im: WatchingIm;
}

/** Our core, and the IM server in another process. */
async function apart(): Promise<Apart> {
  const on = await coreWith({ imServer: target, events: { isImServer: (uri) => uriEquals(uri, parseUri(URI)), notifyInterval: 5000 } });
  const { endpoint, core, own, clock, network } = on;
  const im2 = new ImServerOverSip({ endpoint, core, own, uri: URI, target, whenDown: 'refuse', pagerTimeout: 10_000, clock, random: new FakeRandom(3), log });
  core.attach(im2);
  endpoint.onRequest = (incoming) => im2.receiveFromWire(incoming);
  endpoint.onFlowClosed = (flow) => im2.flowClosed(flow);
  onTestFinished(() => im2.close());
  return { on, im: await watchingIm(clock, network) };
}

const tags = ';+sip.instance="<urn:uuid:1>";+g.oma.sip-im;+g.oma.sip-im.large-message';

describe('with our core', () => {
  it('a registered user is subscribed to, and every device is known with its feature tags', async () => {
    const { on, im } = await apart();
    const phone = await peerOf(on, 'alice', 'TCP');
    await phone.register({ parameters: tags });
    await on.clock.settle();
    expect(im.devices.get(alice)).toEqual([{ name: '<urn:uuid:1>', transport: 'TCP', expires: 600, featureTags: ['+g.oma.sip-im', '+g.oma.sip-im.large-message'] }]);
    expect([im.registrations.size, on.events.notifier.size]).toEqual([1, 1]);
  });

  it('changes come as partial state, for all devices and at the rate of the notifier (RFC 3680 §5.2)', async () => {
    const { on, im } = await apart();
    const [phone, tablet] = [await peerOf(on, 'alice', 'TCP'), await peerOf(on, 'alice')];
    await phone.register({ parameters: tags });
    await on.clock.settle();
    await tablet.register();
    await on.clock.elapse(5000);
    expect(im.devices.get(alice)?.map(({ name, transport }) => `${name} ${transport}`)).toEqual(['<urn:uuid:1> TCP', `${tablet.contact} UDP`]);
    await phone.register({ parameters: tags, expires: 0 });
    await on.clock.elapse(5000);
    expect(im.devices.get(alice)?.map(({ name }) => name)).toEqual([tablet.contact]);
    expect(on.events.notifier.size).toBe(1);
  });

  it('nobody is watched who is not registered any more', async () => {
    const { on, im } = await apart();
    const phone = await peerOf(on, 'alice');
    await phone.register();
    await on.clock.settle();
    await phone.register({ expires: 0 });
    await on.clock.elapse(6000);
    expect([im.registrations.size, on.events.notifier.size]).toEqual([0, 0]);
  });

  it('neither is one whose contacts expired', async () => {
    const { on, im } = await apart();
    await (await peerOf(on, 'alice')).register({ expires: 60 });
    await on.clock.elapse(70_000);
    expect([im.registrations.size, on.events.notifier.size, im.devices.get(alice)]).toEqual([0, 0, []]);
  });

  it('the subscription is refreshed for as long as somebody is registered', async () => {
    const { on, im } = await apart();
    const phone = await peerOf(on, 'alice');
    for (let hour = 0; hour < 10; hour++) {
      await phone.register({ expires: 3600 });
      await on.clock.elapse(1_800_000);
    }
    expect([im.registrations.size, on.events.notifier.size]).toEqual([1, 1]);
    const tablet = await peerOf(on, 'alice');
    await tablet.register();
    await on.clock.elapse(5000);
    expect(im.devices.get(alice)).toHaveLength(2);
  });

  it('an IM server that begins anew learns of every device, though the core tells it no more than who is registered', async () => {
    const { on, im } = await apart();
    await (await peerOf(on, 'alice', 'TCP')).register({ parameters: tags });
    await (await peerOf(on, 'bob')).register();
    await on.clock.settle();
    await im.close();
    await on.clock.elapse(1000);
    const next = await watchingIm(on.clock, on.network);
    await on.clock.elapse(60_000);
    expect([next.devices.get(alice)?.[0]?.featureTags, next.devices.get(bob)]).toMatchObject([['+g.oma.sip-im', '+g.oma.sip-im.large-message'], [{ transport: 'UDP' }]]);
  });
});

/** A core that a test plays, and the IM server. */
interface Played {
  readonly clock: FakeClock;
  readonly core: Peer;
  readonly im: WatchingIm;
}

async function played(maxWatched?: number): Promise<Played> {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  const endpoint = new SipEndpoint({ network: network.at(CORE), clock, random: new FakeRandom(9) });
  await endpoint.listenTcp({ host: CORE, port: 5060 });
  onTestFinished(() => endpoint.close());
  const core = new Peer('core', CORE, endpoint, target, `sip:core@${CORE}:5060;transport=tcp`);
  return { clock, core, im: await watchingIm(clock, network, maxWatched) };
}

/** Tells the IM server of a user; what it does then has arrived. */
async function tell({ core, clock }: Played, user: string, expires = 600): Promise<number> {
  const { status } = await core.send(thirdParty(user, expires)).final;
  await clock.settle();
  return status;
}

/** Accepts a SUBSCRIBE and gives what sends a NOTIFY in its dialog. */
function accepted(core: Peer, incoming: IncomingRequest): (state: string, version: number, contacts: string, kind?: 'full' | 'partial') => Promise<number> {
  const { request } = incoming;
  answer(incoming, 200, 'core-tag', [['Expires', '3600'], ['Contact', `<${core.contact}>`]]);
  let cseq = 0;
  return async (state, version, contacts, kind = 'full') => {
    const registered = contacts === '' ? 'terminated' : 'active';
    const body = `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="${version}" state="${kind}"><registration aor="${alice}" id="r" state="${registered}">${contacts}</registration></reginfo>`;
    const call = core.call('NOTIFY', request.contacts[0]?.uriText ?? '', {
      from: `${request.headers.get('To')};tag=core-tag`, to: request.headers.get('From') ?? '', callId: request.callId ?? '', cseq: (cseq += 1),
      headers: [['Event', 'reg'], ['Subscription-State', state], ['Contact', `<${core.contact}>`], ['SIP-ETag', `tag-${version}`]], contentType: 'application/reginfo+xml', body,
    });
    return (await call.final).status;
  };
}

const contact = (id: string, state = 'active'): string =>
  `<contact id="${id}" state="${state}" event="${state === 'active' ? 'registered' : 'unregistered'}"><uri>sip:${id}@10.2.2.2;transport=ws</uri></contact>`;
const namesOf = (im: WatchingIm): readonly string[] | undefined => im.devices.get(alice)?.map(({ name }) => name.slice(4, name.indexOf('@')));

describe('the SUBSCRIBE', () => {
  it('goes to the core in the name by which the core calls us, asserted as a trusted peer does (RFC 3325 §5)', async () => {
    const stage = await played();
    const { core } = stage;
    expect(await tell(stage, alice)).toBe(200);
    const [subscribe] = core.requests;
    expect([subscribe?.method, subscribe?.uri, subscribe?.from?.uriText, subscribe?.headers.get('P-Asserted-Identity')]).toEqual(['SUBSCRIBE', alice, URI, `<${URI}>`]);
    expect([subscribe?.headers.get('Event'), subscribe?.headers.get('Accept')]).toEqual(['reg', 'application/reginfo+xml']);
    expect(subscribe?.headers.list('Route')).toEqual([`<sip:${CORE}:5060;transport=tcp;lr>`]);
  });

  it('is sent once for a user, and not for one who is not registered any more', async () => {
    const stage = await played();
    const { core } = stage;
    await tell(stage, alice);
    await tell(stage, alice);
    await tell(stage, bob, 0);
    expect(core.requests.map(({ method }) => method)).toEqual(['SUBSCRIBE']);
  });

  it.each([405, 489, 501])('answered %i is not tried for anybody for ten minutes: third-party REGISTER is all there is', async (status) => {
    const stage = await played();
    const { clock, core, im } = stage;
    core.handle = (incoming) => answer(incoming, status);
    await tell(stage, alice);
    expect(await tell(stage, bob)).toBe(200);
    expect([core.requests.length, im.registrations.size, im.logged]).toEqual([1, 0, ['the core has no registration events']]);
    await clock.elapse(600_000);
    await tell(stage, bob);
    expect(core.requests).toHaveLength(2);
  });

  it('answered 403 is tried again when the user registers again, and concerns no other', async () => {
    const stage = await played();
    const { core, im } = stage;
    core.handle = (incoming) => answer(incoming, 403);
    await tell(stage, alice);
    expect(im.registrations.size).toBe(0);
    await tell(stage, bob);
    await tell(stage, alice);
    expect(core.requests).toHaveLength(3);
  });

  it('is not sent for more users than may be watched', async () => {
    const stage = await played(1);
    const { core, im } = stage;
    await tell(stage, alice);
    expect(await tell(stage, bob)).toBe(200);
    expect([core.requests.length, im.registrations.size]).toEqual([1, 1]);
  });

  it('waits while 64 others have no answer', async () => {
    const stage = await played(1000);
    const { clock, core } = stage;
    const waiting: IncomingRequest[] = [];
    core.handle = (incoming) => waiting.push(incoming);
    for (let user = 0; user < 100; user++) await tell(stage, `sip:user${user}@example.com`);
    await clock.settle();
    expect(core.requests).toHaveLength(64);
    for (const incoming of waiting.splice(0)) answer(incoming, 403);
    await clock.settle();
    expect(core.requests).toHaveLength(100);
  });

  it('follows at once when the core tells again without saying why: it may have forgotten us', async () => {
    const stage = await played();
    const { clock, core } = stage;
    let notify: ReturnType<typeof accepted> | undefined;
    core.handle = (incoming) => {
      if (core.requests.length === 1) notify = accepted(core, incoming);
      else answer(incoming, 481);
    };
    await tell(stage, alice);
    await notify?.('active;expires=3600', 0, contact('a'));
    await tell(stage, alice);
    await clock.elapse(3000);
    expect(core.requests.map(({ toTag }) => toTag === undefined)).toEqual([true, false, true]);
  });
});

describe('versions (RFC 3680 §5)', () => {
  async function subscribed(): Promise<Played & { readonly notify: ReturnType<typeof accepted> }> {
    const on = await played();
    let notify: ReturnType<typeof accepted> | undefined;
    on.core.handle = (incoming) => {
      if (incoming.request.toTag === undefined) notify = accepted(on.core, incoming);
      else answer(incoming, 200, undefined, [['Expires', '3600'], ['Contact', `<${on.core.contact}>`]]);
    };
    await tell(on, alice);
    return { ...on, notify: notify as ReturnType<typeof accepted> };
  }
  const refreshes = (core: Peer): readonly SipRequest[] => core.requests.filter(({ toTag }) => toTag !== undefined);

  it('a partial document is laid over what is known, and one that is too old is not', async () => {
    const { im, notify, core } = await subscribed();
    expect(await notify('active;expires=3600', 3, contact('a') + contact('b'))).toBe(200);
    await notify('active;expires=3600', 4, contact('a', 'terminated') + contact('c'), 'partial');
    expect(namesOf(im)).toEqual(['b', 'c']);
    await notify('active;expires=3600', 4, contact('d'), 'partial');
    await notify('active;expires=3600', 2, contact('d'));
    expect(namesOf(im)).toEqual(['b', 'c']);
    expect(refreshes(core)).toEqual([]);
  });

  it('after a gap the whole state is asked for, without the tag that would keep it from being sent', async () => {
    const { im, notify, core } = await subscribed();
    await notify('active;expires=3600', 0, contact('a'));
    await notify('active;expires=3600', 2, contact('c'), 'partial');
    expect(refreshes(core).map(({ headers }) => headers.has('Suppress-If-Match'))).toEqual([false]);
    await notify('active;expires=3600', 3, contact('b') + contact('c'));
    expect(namesOf(im)).toEqual(['b', 'c']);
    expect(refreshes(core)).toHaveLength(1);
  });

  it('begin anew with a new subscription (§5.1)', async () => {
    const { clock, im, notify, core } = await subscribed();
    await notify('active;expires=3600', 7, contact('a'));
    let again: ReturnType<typeof accepted> | undefined;
    core.handle = (incoming) => { again = accepted(core, incoming); };
    await notify('terminated;reason=deactivated', 8, contact('a'));
    await clock.elapse(3000);
    await again?.('active;expires=3600', 0, contact('b'));
    expect([namesOf(im), im.registrations.size]).toEqual([['b'], 1]);
  });

  it('a document that cannot be read changes nothing, and is not asked for again', async () => {
    const { im, notify, core } = await subscribed();
    await notify('active;expires=3600', 0, contact('a'));
    expect(await notify('active;expires=3600', 1, '<contact>')).toBe(200);
    expect([namesOf(im), refreshes(core).length]).toEqual([['a'], 0]);
  });

  it('a NOTIFY of a stranger is refused', async () => {
    const { clock, im, core } = await subscribed();
    const stranger = thirdParty(alice, 600);
    stranger.method = 'NOTIFY';
    stranger.uri = `sip:im-server.registrations@${IM}:5070;transport=tcp`;
    stranger.body = utf8('');
    stranger.headers.set('CSeq', '1 NOTIFY');
    stranger.headers.set('Event', 'reg');
    stranger.headers.set('Subscription-State', 'active');
    stranger.headers.set('Contact', '<sip:x@10.9.9.9>');
    expect((await core.send(stranger).final).status).toBe(481);
    await clock.settle();
    expect(im.devices.size).toBe(0);
  });
});
