/* The IM client and the server, over every transport. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { ImClient, type ImPlatform } from '@simple-im/im-client';
import { clientOptions, fetchProvisioning, type Fetch } from '@simple-im/im-client/provisioning';
import { certificates } from '@simple-im/testkit';
import type { Address, TlsConnectOptions } from '@simple-im/transport';
import { FakeResolver } from '@simple-im/transport/fake';
import { nodeHash, nodeNetwork, nodePlatform, nodeRandom, nodeTls } from '@simple-im/transport/node';
import type { RunningServer } from '../../src/index.js';
import { allTransports, LOOPBACK, serverAlone, serverWithAll } from '../support.js';
import { KINDS, type Kind } from './talker.js';

const passwords: Readonly<Record<string, string>> = { alice: 'wonderland', bob: 'builder' };
/** The name in the certificate leads here. */
const resolver = new FakeResolver({ 'example.com': [LOOPBACK] });

/** What a browser has. */
const page: ImPlatform = { webSockets: nodePlatform.webSockets, clock: nodePlatform.clock, random: nodeRandom, hash: nodeHash };

function proxyOf({ ready }: RunningServer, kind: Kind): string {
  if (kind === 'ws' || kind === 'wss') return ready[kind]?.[0] ?? '';
  const port = ready.sip.find((text) => text.startsWith(`${kind}:`))?.split(':').at(-1);
  return kind === 'tls' ? `sip:example.com:${port};transport=tls` : `sip:${LOOPBACK}:${port};transport=tcp`;
}

interface Watched {
  readonly client: ImClient;
  /** Transports that were used, by protocol. */
  transports(protocol: 'sip' | 'msrp'): string[];
}

async function clientOf(server: RunningServer, name: string, kind: Kind): Promise<Watched> {
  const wire: (readonly [string, string])[] = [];
  const client = new ImClient({
    platform: kind === 'ws' || kind === 'wss' ? page : { ...nodePlatform, resolver }, trusted: certificates.root, proxy: proxyOf(server, kind),
    aor: `sip:${name}@example.com`, ...(passwords[name] === undefined ? {} : { password: passwords[name] }),
    trace: ({ protocol, transport }) => void wire.push([protocol, transport]),
  });
  onTestFinished(() => client.close());
  await client.register();
  return { client, transports: (protocol) => [...new Set(wire.filter(([of]) => of === protocol).map(([, transport]) => transport))] };
}

async function next<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new Error('there are no more');
}

describe.each(KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const)))('a client over %s and one over %s', (from, to) => {
  it('exchange a message with its notification, and a session both ways, each over its own transport', async () => {
    const server = await serverWithAll();
    const [alice, bob] = [await clientOf(server, 'alice', from), await clientOf(server, 'bob', to)];
    await alice.client.send('sip:bob@example.com', 'Hello', { mode: 'pager', notify: ['delivered'] });
    expect((await next(bob.client.messages)).text).toBe('Hello');
    expect((await next(alice.client.notifications)).status).toBe('delivered');
    const inviting = alice.client.invite('sip:bob@example.com');
    const [theirs, ours] = await Promise.all([next(bob.client.invitations).then((invitation) => invitation.accept()), inviting]);
    await Promise.all([ours.send('one'), theirs.send('two')]);
    expect([(await next(theirs.messages)).text, (await next(ours.messages)).text]).toEqual(['one', 'two']);
    await ours.leave();
    await theirs.ended;
    for (const [{ transports }, kind] of [[alice, from], [bob, to]] as const) {
      expect([transports('sip'), transports('msrp')]).toEqual([[kind.toUpperCase()], [kind.toUpperCase()]]);
    }
  });
});

/** As if the name server knew `example.com`, for what asks the system. */
const named: ImPlatform = {
  ...nodePlatform, resolver,
  network: { ...nodeNetwork, connectTcp: (remote: Address, options) => nodeNetwork.connectTcp(here(remote), options), bindUdp: (local, handlers) => nodeNetwork.bindUdp(local, handlers), listenTcp: (local, accept) => nodeNetwork.listenTcp(local, accept) },
  tls: {
    listenTls: (local, options, accept) => nodeTls.listenTls(local, options, accept),
    connectTls: (remote: Address, options: TlsConnectOptions = {}) => nodeTls.connectTls(here(remote), { serverName: remote.host, ...options }),
  },
};

function here({ port }: Address): Address {
  return { host: LOOPBACK, port };
}

it.each([['TLS', named], ['WebSocket', page]] as const)('clients that know only URL, user name and password find each other over %s', async (_, platform) => {
  const server = await serverAlone(allTransports(platform === page ? [] : ['--advertise', 'example.com']));
  const clientFrom = async (username: string, password: string): Promise<ImClient> => {
    const url = `http://${server.ready.http}/provisioning`;
    const document = await fetchProvisioning(url, { username, password, fetch: fetch as unknown as Fetch, hash: nodeHash, random: nodeRandom });
    const client = new ImClient({ trusted: certificates.root, ...clientOptions(document, platform) });
    onTestFinished(() => client.close());
    await client.register();
    return client;
  };
  const [alice, bob] = [await clientFrom('alice', 'wonderland'), await clientFrom('bob', 'builder')];
  await alice.send('sip:bob@example.com', 'found you');
  expect((await next(bob.messages)).text).toBe('found you');
  const [ours, theirs] = await Promise.all([alice.invite('sip:bob@example.com'), next(bob.invitations).then((invitation) => invitation.accept())]);
  await ours.send('and you');
  expect((await next(theirs.messages)).text).toBe('and you');
  await ours.leave();
});
