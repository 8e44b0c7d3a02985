import { describe, expect, it } from 'vitest';
import { MAX_DEVICES } from '../../src/sip-core/target-set.js';
import { answer, coreWith, peerOf, type Call, type Peer, type TestCore } from './support.js';

/** A device of bob that answers with `status`, or 200. */
async function device(on: TestCore, parameters: string, status = 200): Promise<Peer> {
  const peer = await peerOf(on, 'bob');
  expect((await peer.register({ parameters })).status).toBe(200);
  peer.handle = (incoming) => {
    if (incoming.request.method !== 'CANCEL') answer(incoming, status);
  };
  return peer;
}

interface Tried {
  readonly status: number;
  readonly asked: readonly number[];
}

const got = (...peers: readonly Peer[]): number[] => peers.map(({ received }) => received.length);

async function message(on: TestCore, devices: readonly Peer[], headers: readonly (readonly [string, string])[], method = 'MESSAGE'): Promise<Tried> {
  const alice = await peerOf(on, 'alice');
  const { status } = await alice.call(method, 'sip:bob@example.com', { headers }).final;
  return { status, asked: got(...devices) };
}

describe('caller preferences (RFC 3841 §7.2)', () => {
  it('asks the device that matches before the one that does not, within one q (§7.2.4)', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';audio'), await device(on, ';+g.oma.sip-im')];
    const accept = [['Accept-Contact', '*;+g.oma.sip-im']] as const;
    expect(await message(on, devices, accept)).toEqual({ status: 200, asked: [0, 1] });
  });

  it('puts the callee\'s q before the caller\'s preference (§7.2.4)', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';audio;q=0.9'), await device(on, ';+g.oma.sip-im;q=0.1')];
    expect(await message(on, devices, [['Accept-Contact', '*;+g.oma.sip-im']])).toEqual({ status: 200, asked: [1, 0] });
  });

  it('goes on to the device that matches less when the one that matches refuses', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';audio'), await device(on, ';+g.oma.sip-im', 486)];
    expect(await message(on, devices, [['Accept-Contact', '*;+g.oma.sip-im']])).toEqual({ status: 200, asked: [1, 1] });
  });

  it('leaves out what does not match require and explicit: 480 when nobody is left (§7.2.4)', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';audio'), await device(on, ';audio=FALSE')];
    expect(await message(on, devices, [['Accept-Contact', '*;+g.oma.sip-im;require;explicit']])).toEqual({ status: 480, asked: [0, 0] });
    expect(await message(on, devices, [['Accept-Contact', '*;audio;require']])).toEqual({ status: 200, asked: [1, 0] });
  });

  it('leaves out what Reject-Contact names, and no device without features (§7.2.3)', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';automata'), await device(on, '')];
    expect(await message(on, devices, [['Reject-Contact', '*;automata']])).toEqual({ status: 200, asked: [0, 1] });
  });

  it('compares whole names: the tag of large messages is another one than that of the service', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';+g.oma.sip-im'), await device(on, ';+g.oma.sip-im;+g.oma.sip-im.large-message')];
    expect(await message(on, devices, [['Accept-Contact', '*;+g.oma.sip-im.large-message;require;explicit']])).toEqual({ status: 200, asked: [0, 1] });
  });

  it('implies that a device takes the method, unless that leaves nobody (§7.2.2, §7.2.4)', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';methods="INVITE,BYE"'), await device(on, ';methods="MESSAGE"')];
    expect(await message(on, devices, [])).toEqual({ status: 200, asked: [0, 1] });
    const deaf = await coreWith();
    const only = [await device(deaf, ';methods="INVITE,BYE"', 405)];
    expect(await message(deaf, only, [])).toEqual({ status: 405, asked: [1] });
  });

  it('asks devices at once that differ in nothing but what nobody asked for', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';methods="MESSAGE"'), await device(on, ''), await device(on, ';+g.oma.sip-im')];
    expect((await message(on, devices, [])).asked).toEqual([1, 1, 1]);
  });

  it('answers 400 to preferences that cannot be read', async () => {
    const on = await coreWith();
    expect((await message(on, [await device(on, '')], [['Accept-Contact', 'nonsense']])).status).toBe(400);
  });

  it('does nothing of the kind in somebody else\'s domain (§7.2)', async () => {
    const on = await coreWith();
    const there = await peerOf(on, 'dan');
    there.handle = (incoming) => answer(incoming, 200);
    const alice = await peerOf(on, 'alice');
    const headers = [['Accept-Contact', '*;+g.oma.sip-im;require;explicit']] as const;
    expect((await alice.call('MESSAGE', `sip:dan@${there.host}`, { headers }).final).status).toBe(200);
    expect(there.requests[0]?.headers.get('Accept-Contact')).toBe(headers[0][1]);
  });
});

describe('Request-Disposition (RFC 3841 §9.1)', () => {
  const asks = (directives: string): readonly (readonly [string, string])[] => [['Request-Disposition', directives]];

  it('no-fork: the best device alone, whatever it answers', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';q=0.9', 486), await device(on, ';q=0.5')];
    expect(await message(on, devices, asks('no-fork'))).toEqual({ status: 486, asked: [1, 0] });
  });

  it('sequential: one device after the other, also of the same q', async () => {
    const on = await coreWith();
    const devices = [await device(on, '', 486), await device(on, '', 200), await device(on, '', 486)];
    expect(await message(on, devices, asks('proxy, SEQUENTIAL'))).toEqual({ status: 200, asked: [1, 1, 0] });
  });

  it('parallel: all at once, also of another q', async () => {
    const on = await coreWith();
    const devices = [await device(on, ';q=0.9'), await device(on, ';q=0.1')];
    expect((await message(on, devices, asks('parallel'))).asked).toEqual([1, 1]);
  });

  it('no-cancel: the others ring on after a 200, and stop after a 603', async () => {
    for (const [status, ends] of [[200, false], [603, true]] as const) {
      const on = await coreWith();
      const [rings, other] = [await device(on, ''), await device(on, '')];
      let cancelled = false;
      rings.handle = (incoming) => {
        incoming.onCancelled = () => { cancelled = true; };
        answer(incoming, 180);
      };
      other.handle = (incoming) => answer(incoming, status, 'other', [['Contact', `<${other.contact}>`]]);
      const alice = await peerOf(on, 'alice');
      const call: Call = alice.call('INVITE', 'sip:bob@example.com', { headers: asks('no-cancel') });
      await on.clock.settle();
      expect([call.responses.some((response) => response.status === status), cancelled]).toEqual([!ends, ends]);
    }
  });

  it('passes over what it does not do, and what nobody knows', async () => {
    const on = await coreWith();
    expect((await message(on, [await device(on, '')], asks('redirect, recurse, queue, nonsense'))).status).toBe(200);
  });

  it(`tries ${MAX_DEVICES} devices at most`, async () => {
    const on = await coreWith();
    const devices: Peer[] = [];
    for (let n = 0; n < MAX_DEVICES + 2; n++) devices.push(await device(on, '', 486));
    const { asked } = await message(on, devices, []);
    expect(asked.reduce((sum, count) => sum + count)).toBe(MAX_DEVICES);
  });
});
