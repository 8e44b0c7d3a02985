/* A session whose one end leaves while the other has not read what was acknowledged (RFC 4975 §7.2). */
import { describe, expect, it } from 'vitest';
import { DRAIN_PATIENCE } from '../../src/participating/drain.js';
import { ALICE_PATH, BOB_PATH, established, sdpOf, within, type Invited } from './core.js';
import { Peer, textOf } from './support.js';

const TEXT = 'x'.repeat(50_000);

interface Talk {
  readonly up: Invited;
  readonly alice: Peer;
  readonly bob: Peer;
  byes(): string[];
}

async function talk(): Promise<Talk> {
  const up = await established({ wire: { window: 1_000, highWaterMark: 1_000 } });
  const connect = async (host: string, uri: string, to: string): Promise<Peer> => {
    const peer = new Peer(uri, to, await up.network.at(host).connectTcp({ host: '192.0.2.1', port: 2855 }));
    peer.sendEmpty('bind1234');
    await up.clock.settle();
    peer.frames.length = 0;
    return peer;
  };
  const bob = await connect('192.0.2.12', BOB_PATH, sdpOf(up.toBob.request).path[0] as string);
  const alice = await connect('192.0.2.11', ALICE_PATH, sdpOf(up.caller.last).path[0] as string);
  return { up, alice, bob, byes: () => up.core.of('BYE').map(({ request }) => request.uri) };
}

/** Alice sends 50,000 octets and has them acknowledged, while Bob reads nothing. */
async function acknowledged(fields: readonly string[] = []): Promise<Talk> {
  const scene = await talk();
  scene.bob.connection.pause();
  scene.alice.send({ id: 'long1234', range: '1-50000/50000', body: TEXT, flag: '$', fields });
  await scene.up.clock.settle();
  if (fields.length === 0) expect(scene.alice.statuses).toEqual({ long1234: 200 });
  expect(scene.bob.sends.length).toBeLessThan(2);
  return scene;
}

describe('a user who leaves (RFC 4975 §7.2)', () => {
  it('with BYE has delivered what was acknowledged: the other reads it, answers it, and then gets BYE', async () => {
    const { up, bob, byes } = await acknowledged();
    expect((await up.receive(within('alice', up, 'BYE', 2))).statuses).toEqual([200]);
    await up.clock.elapse(DRAIN_PATIENCE - 100);
    expect(byes()).toEqual([]);
    bob.connection.resume();
    await up.clock.elapse(200);
    expect([textOf(bob.sends[0]), bob.sends[0]?.flag]).toEqual([TEXT, '$']);
    expect(byes()).toEqual([]);
    bob.respond('long1234', '200 OK');
    await up.clock.elapse(100);
    expect(byes()).toEqual(['sip:bob@192.0.2.12']);
    expect(['im_sessions_active', 'msrp_sessions_active', 'msrp_octets_lost_total'].map((name) => up.metrics.values.get(name))).toEqual([0, 0, undefined]);
  });

  it('has delivered too what nobody answers (Failure-Report: no)', async () => {
    const { up, bob, byes } = await acknowledged(['Failure-Report: no']);
    await up.receive(within('alice', up, 'BYE', 2));
    bob.connection.resume();
    await up.clock.elapse(100);
    expect([textOf(bob.sends[0]), bob.sends[0]?.flag, byes()]).toEqual([TEXT, '$', ['sip:bob@192.0.2.12']]);
  });

  it('by losing the connection has delivered it all the same, and then both get BYE', async () => {
    const { up, alice, bob, byes } = await acknowledged();
    up.network.cut(alice.connection);
    await up.clock.settle();
    bob.connection.resume();
    await up.clock.settle();
    expect([textOf(bob.sends[0]), byes()]).toEqual([TEXT, []]);
    bob.respond('long1234', '200 OK');
    await up.clock.elapse(100);
    expect(byes().sort()).toEqual(['sip:alice@192.0.2.11', 'sip:bob@192.0.2.12']);
  });

  it('is waited for as long as something moves', async () => {
    const { up, bob, byes } = await acknowledged(['Failure-Report: no']);
    await up.receive(within('alice', up, 'BYE', 2));
    for (let turn = 0; turn < 5; turn++) {
      await up.clock.elapse(DRAIN_PATIENCE - 1_000);
      const before = bob.octets;
      // One look at the wire, and away again.
      bob.connection.resume();
      for (let step = 0; step < 10_000 && bob.octets < before + 4_000; step++) await Promise.resolve();
      bob.connection.pause();
      expect(byes()).toEqual([]);
    }
    bob.connection.resume();
    await up.clock.elapse(100);
    expect([textOf(bob.sends[0]), byes().length]).toEqual([TEXT, 1]);
  });

  it(`is not waited for when nothing moves for ${DRAIN_PATIENCE} ms: what was lost is counted`, async () => {
    const { up, byes } = await acknowledged();
    await up.receive(within('alice', up, 'BYE', 2));
    await up.clock.elapse(DRAIN_PATIENCE + 50);
    expect(byes()).toEqual(['sip:bob@192.0.2.12']);
    expect(up.metrics.values.get('msrp_octets_lost_total')).toBeGreaterThan(40_000);
    await up.clock.elapse(120_000);
    expect([byes().length, up.clock.timers]).toEqual([1, 0]);
  });

  it('is not waited for when the other leaves as well', async () => {
    const { up, byes } = await acknowledged();
    await up.receive(within('alice', up, 'BYE', 2));
    expect((await up.receive(within('bob', up, 'BYE', 2))).statuses).toEqual([200]);
    expect([byes(), up.metrics.values.get('im_sessions_active')]).toEqual([[], 0]);
    await up.clock.elapse(120_000);
    expect([byes(), up.clock.timers]).toEqual([[], 0]);
  });

  it('in the middle of a chunk ends it for the other with # (RFC 4975 §7.1)', async () => {
    const { up, alice, bob, byes } = await talk();
    alice.send({ id: 'half1234', body: 'half', fields: ['Failure-Report: no'] });
    await up.clock.settle();
    await up.receive(within('alice', up, 'BYE', 2));
    await up.clock.elapse(100);
    expect([textOf(bob.sends[0]), bob.sends[0]?.flag, byes().length]).toEqual(['half', '#', 1]);
  });
});
