import { describe, expect, it } from 'vitest';
import { respondTo } from '@simple-im/sip';
import { connected, FakeDeferral } from './absent.js';
import { accept, ALICE_PATH, BOB_PATH, invited, sdpOf, within, type Invited } from './core.js';
import type { Peer } from './support.js';

interface Talk extends Invited {
  readonly deferral: FakeDeferral;
  readonly alice: Peer;
  readonly bob: Peer;
}

/** Alice and Bob in a session, both connected. */
async function talk(deferral = new FakeDeferral()): Promise<Talk> {
  const up = await invited({ more: { sessionDeferral: deferral } });
  accept(up.toBob);
  up.participating.ack(within('alice', up, 'ACK', 1));
  await up.clock.settle();
  const alice = await connected(up, '192.0.2.11', ALICE_PATH, sdpOf(up.caller.last).path[0] ?? '');
  return { ...up, deferral, alice, bob: await connected(up, '192.0.2.12', BOB_PATH, sdpOf(up.toBob.request).path[0] ?? '') };
}

const bodies = ({ deferral }: Talk): string[] => deferral.taken.map(({ body }) => body);

describe('what was acknowledged in a session and not taken (RFC 4975 §7.2)', () => {
  it('is stored for the recipient whose connection is lost', async () => {
    const up = await talk();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'taken', flag: '$' });
    await up.clock.settle();
    up.bob.respond('chunk001', '200 OK');
    up.alice.send({ id: 'chunk002', messageId: 'mess0002', fields: ['Content-Disposition: render'], body: 'not taken', flag: '$' });
    await up.clock.settle();
    expect(up.alice.statuses).toEqual({ chunk001: 200, chunk002: 200 });
    up.bob.connection.destroy();
    await up.clock.elapse(6000);
    expect(bodies(up)).toEqual(['not taken']);
    expect(up.deferral.taken[0]?.parties).toMatchObject({ recipient: 'sip:bob@example.com', sender: 'sip:alice@example.com', attempted: true });
    expect(up.deferral.taken[0]?.message).toMatchObject({ contentType: 'text/plain', contentDisposition: 'render' });
  });

  it('is stored for the caller too, under the name of the callee', async () => {
    const up = await talk();
    up.bob.send({ id: 'chunk101', messageId: 'mess0101', body: 'answer', flag: '$' });
    await up.clock.settle();
    up.alice.connection.destroy();
    await up.clock.elapse(6000);
    expect(bodies(up)).toEqual(['answer']);
    expect(up.deferral.taken[0]?.parties).toMatchObject({
      recipient: 'sip:alice@example.com', sender: 'sip:bob@example.com', from: '<sip:bob@example.com>', to: '"Alice" <sip:alice@example.com>',
    });
  });

  it('is stored when its sender has left and the recipient takes nothing for five seconds', async () => {
    const up = await talk();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'last words', flag: '$' });
    await up.clock.settle();
    await up.receive(within('alice', up, 'BYE', 2));
    expect(bodies(up)).toEqual([]);
    await up.clock.elapse(6000);
    expect(bodies(up)).toEqual(['last words']);
    expect(up.metrics.values.get('msrp_octets_lost_total')).toBeUndefined();
  });

  it('is waited for by who stops the server', async () => {
    const up = await talk();
    up.deferral.commits = false;
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'last words', flag: '$' });
    await up.clock.settle();
    let closed = false;
    void up.participating.close().then(() => { closed = true; });
    await up.clock.settle();
    for (const { request, handlers } of up.core.of('BYE')) handlers.response(respondTo(request, 200));
    await up.clock.settle();
    expect([bodies(up), closed]).toEqual([['last words'], false]);
    up.deferral.taken[0]?.commit();
    await up.clock.settle();
    expect(closed).toBe(true);
  });

  it.each([
    ['the recipient was not to answer', { fields: ['Failure-Report: no'], body: 'x', flag: '$' }],
    ['it is longer than 65,536 octets', { body: 'x'.repeat(65_537), flag: '$' }],
    ['it was not complete', { range: '1-*/10', body: 'x', flag: '+' }],
    ['its sender gave it up', { range: '1-*/10', body: 'x', flag: '#' }],
  ] as const)('is not kept where %s', async (_what, chunk) => {
    const up = await talk();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', ...chunk });
    await up.clock.settle();
    up.bob.connection.destroy();
    await up.clock.elapse(6000);
    expect(bodies(up)).toEqual([]);
  });

  it('is not kept once its sender has been told that it failed (RFC 4975 §7.1.4)', async () => {
    const up = await talk();
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'refused', flag: '$' });
    await up.clock.settle();
    up.bob.respond('chunk001', '413 No');
    await up.clock.settle();
    expect(up.alice.reports).toHaveLength(1);
    up.bob.connection.destroy();
    await up.clock.elapse(6000);
    expect(bodies(up)).toEqual([]);
  });

  it('is counted as lost where nobody stores for the recipient', async () => {
    const deferral = new FakeDeferral();
    deferral.ours = false;
    const up = await talk(deferral);
    up.alice.send({ id: 'chunk001', messageId: 'mess0001', body: 'lost', flag: '$' });
    await up.clock.settle();
    up.bob.connection.destroy();
    await up.clock.elapse(6000);
    expect(up.metrics.values.get('msrp_octets_lost_total')).toBeGreaterThan(0);
  });
});
