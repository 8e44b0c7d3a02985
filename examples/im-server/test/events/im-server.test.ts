/* The IM server as a watcher, in a process of its own (docs/profile.md, "IM-2 on the wire"). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseUri, uriEquals } from '@simple-im/grammar';
import { SipEndpoint } from '@simple-im/sip';
import { FakeRandom } from '@simple-im/transport/fake';
import { ImServerOverSip } from '../../src/im-2/core-side.js';
import { answer, CORE, coreWith, Peer, type TestCore } from '../sip-core/support.js';

const alice = 'sip:alice@example.com';
const IM = '10.1.200.1';
const URI = `sip:im-server@${IM}:5070;transport=tcp`;
const target = { transport: 'TCP', address: { host: IM, port: 5070 } } as const;

async function apart(): Promise<TestCore> {
  const isImServer: (uri: ReturnType<typeof parseUri>) => boolean = (uri) => uriEquals(uri, parseUri(URI));
  const on = await coreWith({ mode: 'digest', imServer: target, events: { isImServer } });
  const { endpoint, core, own, clock } = on;
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const im2 = new ImServerOverSip({ endpoint, core, own, uri: URI, target, whenDown: 'refuse', pagerTimeout: 10_000, clock, random: new FakeRandom(3), log });
  core.attach(im2);
  endpoint.onRequest = (incoming) => im2.receiveFromWire(incoming);
  onTestFinished(() => im2.close());
  return on;
}

/** A peer that subscribes as the IM server, from `host`. */
async function subscribed(on: TestCore, host: string): Promise<{ readonly peer: Peer; readonly status: number }> {
  const endpoint = new SipEndpoint({ network: on.network.at(host), clock: on.clock, random: new FakeRandom(78) });
  await endpoint.listenTcp({ host, port: 5070 });
  onTestFinished(() => endpoint.close());
  const peer = new Peer('im', host, endpoint, { transport: 'TCP', address: { host: CORE, port: 5060 } }, URI);
  peer.handle = (incoming) => answer(incoming, 200);
  const call = peer.call('SUBSCRIBE', alice, {
    from: `<${URI}>;tag=im`, headers: [['Event', 'reg'], ['Contact', `<sip:im-server@${host}:5070;transport=tcp>`], ['P-Asserted-Identity', `<${URI}>`]],
  });
  const { status } = await call.final;
  await on.clock.settle();
  return { peer, status };
}

describe('an IM server in another process', () => {
  it('may watch the registrations of every user', async () => {
    const { peer, status } = await subscribed(await apart(), IM);
    expect(status).toBe(200);
    expect(peer.requests.map(({ method }) => method)).toEqual(['NOTIFY']);
  });

  it('is known by where it is: nobody else may say to be it', async () => {
    const on = await apart();
    const { status } = await subscribed(on, '10.1.200.2');
    expect(status).toBe(403);
    expect(on.events.notifier.size).toBe(0);
  });
});
