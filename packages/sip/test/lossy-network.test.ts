import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatagramFate } from '@simple-im/transport/fake';
import { World } from './helpers.js';

const bob = 'sip:bob@192.0.2.2';
const fates: DatagramFate[] = ['deliver', 'drop', 'duplicate', 'late'];

/**
 * Any fate for the first datagrams, then a network that works. Sixteen can ruin all 11 transmissions of a MESSAGE or the 7
 * of an INVITE, but not also the 11 of the BYE that follows a 2xx without ACK.
 */
const trouble = fc.array(fc.constantFrom(...fates), { maxLength: 16 });

async function troubled(fate: readonly DatagramFate[]) {
  const world = new World({ fate: ({ index }) => fate[index] ?? 'deliver' });
  return { world, a: await world.agent('alice', '192.0.2.1'), b: await world.agent('bob', '192.0.2.2') };
}

describe('over a network that drops, duplicates and reorders', () => {
  it('a MESSAGE is handled once and its sender told once (RFC 3261 §17)', async () => {
    await fc.assert(fc.asyncProperty(trouble, async (fate) => {
      const { world, a, b } = await troubled(fate);
      let handled = 0;
      b.ua.handle('MESSAGE', (incoming) => {
        handled += 1;
        incoming.respond(202);
      });
      const outcome = a.ua.request('MESSAGE', bob).then((response) => response.status, (error: { code: string }) => error.code);
      await world.clock.elapse(80_000);
      expect(handled).toBeLessThanOrEqual(1);
      // Of 11 transmissions at least one gets through, and its response or a repeated one.
      if (fate.length < 10) expect([handled, await outcome]).toEqual([1, 202]);
      else expect([202, 'SIP_TIMEOUT']).toContain(await outcome);
      expect([a.endpoint.load.transactions, b.endpoint.load.transactions]).toEqual([0, 0]);
    }), { numRuns: 60 });
  });

  it('an INVITE ends in a dialog on both sides or on none (RFC 3261 §13, RFC 6026)', async () => {
    await fc.assert(fc.asyncProperty(trouble, fc.boolean(), async (fate, ring) => {
      const { world, a, b } = await troubled(fate);
      let invited = 0;
      b.ua.handle('INVITE', (incoming) => {
        invited += 1;
        if (ring) incoming.respond(180);
        incoming.accept().catch(() => {});
      });
      const invite = a.ua.invite(bob);
      invite.answered.then(() => invite.ack(), () => {});
      await world.clock.elapse(150_000);
      expect(invited).toBeLessThanOrEqual(1);
      const states = [a, b].map(({ ua }) => ua.dialogs.map(({ dialog }) => dialog.state).join());
      expect(['confirmed confirmed', ' ']).toContain(states.join(' '));
      if (fate.length < 7) expect(states).toEqual(['confirmed', 'confirmed']);
      expect([a.endpoint.load.transactions, b.endpoint.load.transactions]).toEqual([0, 0]);
    }), { numRuns: 60 });
  });

  it('a failed INVITE leaves nothing, however the ACK fares', async () => {
    await fc.assert(fc.asyncProperty(trouble, async (fate) => {
      const { world, a, b } = await troubled(fate);
      b.ua.handle('INVITE', (incoming) => incoming.respond(486));
      const outcome = a.ua.invite(bob).answered.catch((error: { code: string }) => error.code);
      await world.clock.elapse(150_000);
      expect(['SIP_REJECTED', 'SIP_TIMEOUT']).toContain(await outcome);
      expect([a.endpoint.load.transactions, b.endpoint.load.transactions, a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([0, 0, 0, 0]);
    }), { numRuns: 60 });
  });
});
