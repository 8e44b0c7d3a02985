import { expect, it } from 'vitest';
import type { FakeClock } from '@simple-im/transport/fake';
import { OutboxFeed } from '../../src/charging/outbox-feed.js';
import type { ChargingEvent } from '../../src/internal-ports.js';
import { silentLog } from '../../src/observe/log.js';
import { stage, undelivered } from './stage.js';

function feedOf(report: (events: readonly ChargingEvent[]) => Promise<void>): { readonly on: ReturnType<typeof stage>; readonly feed: OutboxFeed; readonly clock: FakeClock } {
  const on = stage();
  const feed = new OutboxFeed({ store: on.store, topic: 'charging', charging: { report }, clock: on.clock, log: silentLog });
  on.custody.listen({ noted: () => feed.wake() });
  return { on, feed, clock: on.clock };
}

it('reports in order, and each event once where it is taken', async () => {
  const told: string[] = [];
  const { on, clock } = feedOf(async (events) => void told.push(...events.map(({ size }) => String(size))));
  for (let size = 1; size <= 250; size++) await on.messages.accept(undelivered('x'.repeat(size)));
  await clock.settle();
  expect(told).toEqual(Array.from({ length: 250 }, (_, index) => String(index + 1)));
  expect(await on.charged()).toEqual([]);
});

it('repeats what was not taken, later and later, and asks nobody in between', async () => {
  let tries = 0;
  const { on, clock } = feedOf(async () => {
    tries++;
    if (tries < 3) throw new Error('not now');
  });
  await on.messages.accept(undelivered('one'));
  await on.messages.accept(undelivered('two'));
  await clock.settle();
  expect(tries).toBe(1);
  await clock.elapse(1000);
  await clock.settle();
  expect([tries, (await on.charged()).length]).toEqual([2, 2]);
  await clock.elapse(2000);
  await clock.settle();
  expect([tries, await on.charged()]).toEqual([3, []]);
});

it('is told nothing after the end, and what is left stays for the next start', async () => {
  const told: ChargingEvent[] = [];
  const { on, feed } = feedOf(async (events) => void told.push(...events));
  feed.close();
  await on.messages.accept(undelivered('one'));
  await on.clock.settle();
  expect([told, (await on.charged()).length]).toEqual([[], 1]);
});
