import { afterEach, describe, expect, it } from 'vitest';
import { certificates } from '@simple-im/testkit';
import { FakeResolver } from '@simple-im/transport/fake';
import { nodePlatform, nodeWebSockets } from '@simple-im/transport/node';
import { ImClient, type ImClientOptions } from '../src/index.js';
import { startLoopback, type Loopback } from './loopback.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(): Promise<Loopback> {
  const loopback = await startLoopback();
  open.push(loopback);
  return loopback;
}

function client(user: string, options: Pick<ImClientOptions, 'proxy'> & Partial<ImClientOptions>): ImClient {
  const im = new ImClient({ platform: nodePlatform, aor: `sip:${user}@example.com`, password: 'wonderland', ...options });
  open.push(im);
  return im;
}

async function first<T>(stream: AsyncIterable<T>): Promise<T> {
  for await (const item of stream) return item;
  throw new Error('the stream has ended');
}

/** A message without a session, and one each way in a session: what arrived. */
async function converse(alice: ImClient, bob: ImClient): Promise<string[]> {
  await Promise.all([alice.register(), bob.register()]);
  await alice.send(bob.aor, 'Hello', { mode: 'pager' });
  const { text: hello } = await first(bob.messages);
  const inviting = alice.invite(bob.aor);
  const theirs = await (await first(bob.invitations)).accept();
  const ours = await inviting;
  await Promise.all([ours.send('one'), theirs.send('two')]);
  const [one, two] = [(await first(theirs.messages)).text, (await first(ours.messages)).text];
  await ours.leave();
  return [hello, one, two, (await theirs.ended).reason];
}

const conversation = ['Hello', 'one', 'two', 'peer left'];

describe('on real sockets', () => {
  it('two clients talk over TLS, with the root handed in', async () => {
    const { ports } = await start();
    // The sip URI in the certificate names this domain, and then its DNS names do not count (RFC 5922 §7.1).
    const proxy = `sips:example.com:${ports.sips}`;
    const transports = new Set<string>();
    const options = { proxy, trusted: certificates.root, platform: { ...nodePlatform, resolver: new FakeResolver({ 'example.com': ['127.0.0.1'] }) } };
    const alice = client('alice', { ...options, trace: ({ protocol, transport }) => transports.add(`${protocol} ${transport}`) });
    expect(await converse(alice, client('bob', options))).toEqual(conversation);
    expect([...transports]).toEqual(['sip TLS', 'msrp TLS']);
  });

  it('two clients talk over WebSockets alone, as pages do', async () => {
    const { web } = await start();
    const { clock, random, hash } = nodePlatform;
    const options = { proxy: `ws://${web}/sip`, platform: { webSockets: nodeWebSockets, clock, random, hash } };
    expect(await converse(client('alice', options), client('bob', options))).toEqual(conversation);
  });

  it.each([
    ['the root is not known', 'example.com', undefined],
    ['the root is another', 'example.com', certificates.otherRoot],
    ['the domain is another', 'localhost', certificates.root],
  ])('refuses the server when %s (IM_CERTIFICATE_REFUSED)', async (_, host, trusted) => {
    const { ports } = await start();
    const platform = { ...nodePlatform, resolver: new FakeResolver({ [host]: ['127.0.0.1'] }) };
    const alice = client('alice', { platform, proxy: `sip:${host}:${ports.sips};transport=tls`, trusted });
    await expect(alice.register()).rejects.toMatchObject({ code: 'IM_CERTIFICATE_REFUSED' });
  });
});
