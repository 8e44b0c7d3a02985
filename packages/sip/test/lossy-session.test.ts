import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatagramFate } from '@simple-im/transport/fake';
import { World } from './helpers.js';
import { bob, EXTENSIONS, sdp } from './session-helpers.js';

/** Any fate for the first datagrams, then a network that works. */
const trouble = fc.array(fc.constantFrom<DatagramFate>('deliver', 'drop', 'duplicate', 'late'), { maxLength: 12 });

async function troubled(fate: readonly DatagramFate[]) {
  const world = new World({ fate: ({ index }) => fate[index] ?? 'deliver' });
  return { world, a: await world.agent('alice', '192.0.2.1', EXTENSIONS), b: await world.agent('bob', '192.0.2.2', EXTENSIONS) };
}

describe('over a network that drops, duplicates and reorders', () => {
  it('reliable provisional responses come once and in order, and the call ends on both sides or on none (RFC 3262)', async () => {
    await fc.assert(fc.asyncProperty(trouble, async (fate) => {
      const { world, a, b } = await troubled(fate);
      b.ua.handle('INVITE', (incoming) => {
        incoming.respond(183, { reliable: true, ...sdp('answer') });
        incoming.respond(180, { reliable: true });
        incoming.accept().catch(() => {});
      });
      const invite = a.ua.invite(bob, sdp('offer'));
      const seen: number[] = [];
      invite.onProvisional = ({ status }) => seen.push(status);
      invite.answered.then(() => invite.ack(), () => {});
      await world.clock.elapse(200_000);
      expect([[], [183], [183, 180]]).toContainEqual(seen);
      const states = [a, b].map(({ ua }) => ua.dialogs.map(({ dialog }) => dialog.state).join());
      expect(['confirmed confirmed', ' ']).toContain(states.join(' '));
      if (fate.length < 6) expect(states).toEqual(['confirmed', 'confirmed']);
      expect([a.endpoint.load.transactions, b.endpoint.load.transactions]).toEqual([0, 0]);
    }), { numRuns: 50 });
  });

  it('a REFER is reported on in order, its end at last (RFC 3515)', async () => {
    await fc.assert(fc.asyncProperty(trouble, async (fate) => {
      const { world, a, b } = await troubled(fate);
      b.ua.handle('REFER', (refer) => {
        const notifier = refer.accept();
        notifier.notify(180);
        notifier.notify(200);
      });
      const referral = a.ua.refer(bob, 'sip:carol@192.0.2.3');
      const seen: number[] = [];
      const read = (async () => {
        for await (const { status } of referral) seen.push(status);
      })();
      await world.clock.elapse(400_000);
      await read;
      expect(seen).toEqual([...seen].toSorted((one, other) => one - other));
      if (fate.length < 6) expect(seen).toEqual([100, 180, 200]);
      expect([a.ua.dialogs.length, b.ua.dialogs.length, world.clock.timers]).toEqual([0, 0, 0]);
    }), { numRuns: 50 });
  });
});
