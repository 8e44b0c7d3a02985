import { describe, expect, it } from 'vitest';
import { encode } from '@simple-im/sip';
import { answer, coreWith, peerOf, type Peer, type TestCore } from './support.js';

const LARGE = 'x'.repeat(1_200);

async function bobOver(on: TestCore, transport: 'UDP' | 'TCP', parameters = '', contact?: string): Promise<Peer> {
  const bob = await peerOf(on, 'bob', transport);
  await bob.register({ parameters, ...(contact === undefined ? {} : { contact }) });
  bob.handle = (incoming) => answer(incoming, 200);
  return bob;
}

async function message(on: TestCore, body = LARGE, uri = 'sip:bob@example.com'): Promise<number> {
  const alice = await peerOf(on, 'alice', 'TCP');
  return (await alice.call('MESSAGE', uri, { contentType: 'text/plain', body }).final).status;
}

describe('a MESSAGE above 1300 octets (RFC 3428 §8)', () => {
  it('is answered 513 where the recipient can be reached over UDP alone', async () => {
    const on = await coreWith();
    const bob = await bobOver(on, 'UDP');
    expect(await message(on)).toBe(513);
    expect(bob.received).toEqual([]);
  });

  it('is answered 513 at once for a recipient behind a NAT, whom no connection could reach (RFC 5626 §5.3)', async () => {
    const on = await coreWith();
    const bob = await bobOver(on, 'UDP', '', 'sip:bob@192.168.1.7:5060');
    expect([await message(on), on.clock.now(), bob.received.length]).toEqual([513, 0, 0]);
    expect(await message(on, 'short')).toBe(200);
  });

  it('goes over TCP to a recipient who takes connections though registered over UDP (RFC 3261 §18.1.1)', async () => {
    const on = await coreWith();
    const bob = await bobOver(on, 'UDP');
    await bob.endpoint.listenTcp({ host: bob.host, port: 5060 });
    expect(await message(on)).toBe(200);
    expect(bob.received[0]?.flow.transport).toBe('TCP');
  });

  it('goes over the flow of a recipient with a connection', async () => {
    const on = await coreWith();
    const bob = await bobOver(on, 'TCP');
    expect(await message(on, 'x'.repeat(20_000))).toBe(200);
    expect(bob.received).toHaveLength(1);
  });

  it('reaches the device with a connection, whatever the other one is like and whichever comes first', async () => {
    const on = await coreWith();
    const [udp, tcp] = [await bobOver(on, 'UDP', ';q=0.9'), await bobOver(on, 'TCP', ';q=0.1')];
    expect([await message(on), udp.received.length, tcp.received.length]).toEqual([200, 0, 1]);
  });

  it('is answered 513 rather than with silence, and as a busy device says (RFC 3261 §16.7 step 6)', async () => {
    for (const [status, expected] of [[486, 486], [0, 513]] as const) {
      const on = await coreWith({ pagerTimeout: 2_000 });
      const [tcp] = [await bobOver(on, 'TCP'), await bobOver(on, 'UDP')];
      tcp.handle = (incoming) => {
        if (status > 0) answer(incoming, status);
      };
      const answered = message(on);
      await on.clock.elapse(2_500);
      expect(await answered).toBe(expected);
    }
  });

  it('is answered 513 also when a silent firewall swallows the connection', async () => {
    const on = await coreWith({ pagerTimeout: 2_000 });
    const bob = await bobOver(on, 'UDP');
    on.network.silence(bob.host);
    const answered = message(on);
    await on.clock.elapse(2_500);
    expect(await answered).toBe(513);
  });

  it('is answered 513 towards another domain that has only UDP', async () => {
    const on = await coreWith();
    const there = await peerOf(on, 'dan');
    expect(await message(on, LARGE, `sip:dan@${there.host}`)).toBe(513);
    expect(there.received).toEqual([]);
  });

  it('counts the octets that we forward, with our Via, to the last one', async () => {
    const on = await coreWith();
    const bob = await bobOver(on, 'UDP');
    expect(await message(on, 'x')).toBe(200);
    const [forwarded] = bob.requests;
    if (forwarded === undefined) throw new Error('nothing came');
    // Two more digits in Content-Length, and the names and numbers of the next request are as long as those of this one.
    const room = 1_300 - encode(forwarded).length + received(bob) + 1 - 2;
    expect(await message(on, 'x'.repeat(room))).toBe(200);
    expect(await message(on, 'x'.repeat(room + 1))).toBe(513);
  });
});

/** Octets that the receiver's transport wrote into our Via (RFC 3261 §18.2.1, RFC 3581 §4). */
function received({ requests }: Peer): number {
  const [top = ''] = requests[0]?.headers.all('Via') ?? [];
  return (/;received=[^;]*/.exec(top)?.[0].length ?? 0) + (/;rport(=\d+)/.exec(top)?.[1]?.length ?? 0);
}
