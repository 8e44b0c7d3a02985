import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compositorTable, notifierTable, publicationTable, retryDelay, SubscriptionMachine, subscriptionTable } from '../src/index.js';
import type { SubscriptionInput } from '../src/index.js';
import { Agenda } from '../src/agenda.js';
import type { Dated } from '../src/agenda.js';

describe('state tables', () => {
  it.each([subscriptionTable, notifierTable, publicationTable, compositorTable])('$name: every next state exists', ({ initial, states }) => {
    const rows = Object.values<Readonly<Record<string, { readonly next: string }>>>(states);
    const next = rows.flatMap((row) => Object.values(row).map((transition) => transition.next));
    for (const state of [initial.next, ...next]) expect(Object.keys(states)).toContain(state);
  });
});

describe('the subscriber\'s machine (RFC 6665 §4.1.2)', () => {
  const inputs = [...new Set(Object.values(subscriptionTable.states).flatMap((rows) => Object.keys(rows)))].filter((input) => !input.startsWith('timer')) as SubscriptionInput[];

  it('always has a timer running until it is over, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...inputs), fc.nat(100_000), fc.option(fc.nat(5000), { nil: undefined }))), (events) => {
      const machine = new SubscriptionMachine({ T1: 500, expires: 600, retry: true, fraction: () => 0.5 });
      let now = 0;
      machine.start(now);
      for (const [input, pause, expires] of events) {
        now += pause;
        machine.wake(now);
        machine.receive(input, now, { expires, cause: { reason: 'deactivated' } });
        expect(machine.deadline() === undefined).toBe(machine.over);
      }
    }), { numRuns: 300 });
  });

  it('backs off: 2 s, 4 s, ... 10 min, and starts over once a subscription lasted', () => {
    expect([1, 2, 3, 20].map((failed) => retryDelay({ status: 503 }, failed))).toEqual([2000, 4000, 8000, 600_000]);
    expect(retryDelay({ reason: 'deactivated' }, 0)).toBe(0);
    expect(retryDelay({ reason: 'rejected' }, 0)).toBeUndefined();
    expect(retryDelay({ lost: 'timer N' }, 1)).toBe(2000);
  });
});

describe('the agenda', () => {
  it('gives every item once, in the order of time, wherever it was moved', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(20), fc.option(fc.nat(1000), { nil: undefined })), { maxLength: 200 }), (moves) => {
      const agenda = new Agenda<Dated & { name: number }>();
      const items = Array.from({ length: 21 }, (_, name) => ({ name, due: 0, place: -1 }));
      const wanted = new Map<number, number>();
      for (const [name, due] of moves) {
        agenda.set(items[name] as Dated & { name: number }, due);
        if (due === undefined) wanted.delete(name);
        else wanted.set(name, due);
      }
      const taken: number[] = [];
      for (let item = agenda.take(2000); item !== undefined; item = agenda.take(2000)) taken.push(item.due);
      expect(taken).toEqual([...wanted.values()].sort((a, b) => a - b));
      expect(agenda.size).toBe(0);
    }));
  });
});
