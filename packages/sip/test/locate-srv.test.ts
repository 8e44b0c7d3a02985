import { FakeRandom } from '@simple-im/transport/fake';
import type { SrvRecord } from '@simple-im/transport';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { srvOrder } from '../src/locate-srv.js';

const record = (priority: number, weight: number, target: string): SrvRecord => ({ priority, weight, target, port: 5060 });
const anyRecord = fc.record({
  priority: fc.nat(3), weight: fc.oneof(fc.constant(0), fc.nat(65_535)), port: fc.nat(65_535),
    target: fc.stringMatching(/^[a-c]{1,2}\.example$/),
});

/** How often each target comes at a place of the order. */
function shares(records: readonly SrvRecord[], place: number, draws = 20_000): Map<string, number> {
  const random = new FakeRandom(7);
  const count = new Map<string, number>();
  for (let i = 0; i < draws; i++) {
    const { target } = srvOrder(records, random)[place] as SrvRecord;
    count.set(target, (count.get(target) ?? 0) + 1 / draws);
  }
  return count;
}

describe('the order of SRV records (RFC 2782, usage rules)', () => {
  it('holds every record once, by priority', () => {
    fc.assert(fc.property(fc.array(anyRecord, { maxLength: 12 }), fc.integer(), (records, seed) => {
      const ordered = srvOrder(records, new FakeRandom(seed));
      expect(ordered.map((one) => one.priority)).toEqual(records.map((one) => one.priority).toSorted((a, b) => a - b));
      expect(new Set(ordered)).toEqual(new Set(records));
    }));
  });

  it('depends on the records and the random octets alone (RFC 3263 §4.4)', () => {
    const shuffled = fc.array(anyRecord, { maxLength: 8 }).chain((records) => fc.tuple(
      fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length }), fc.integer(),
    ));
    fc.assert(fc.property(shuffled, ([records, others, seed]) => {
      expect(srvOrder(others, new FakeRandom(seed))).toEqual(srvOrder(records, new FakeRandom(seed)));
    }));
  });

  it('draws in proportion to the weights, and the next from what is left', () => {
    const records = [record(1, 10, 'a'), record(1, 30, 'b'), record(1, 60, 'c')];
    const first = shares(records, 0);
    expect(first.get('a')).toBeCloseTo(0.1, 1.7);
    expect(first.get('b')).toBeCloseTo(0.3, 1.7);
    expect(first.get('c')).toBeCloseTo(0.6, 1.7);
    // Second: 0.1 * 30/90 + 0.6 * 30/40 for b, and so on.
    const second = shares(records, 1);
    expect(second.get('a')).toBeCloseTo(0.3 * (10 / 70) + 0.6 * (10 / 40), 1.7);
    expect(second.get('b')).toBeCloseTo(0.1 * (30 / 90) + 0.6 * (30 / 40), 1.7);
  });

  it('puts a weight of 0 first hardly ever beside others, and as often as any among its like', () => {
    expect(shares([record(1, 0, 'zero'), record(1, 1, 'one')], 0).get('one')).toBeGreaterThan(0.999);
    const zeros = shares([record(1, 0, 'a'), record(1, 0, 'b'), record(1, 0, 'c')], 0);
    for (const share of zeros.values()) expect(share).toBeCloseTo(1 / 3, 1.7);
  });

  it('can put a weight of 0 first', () => {
    const [first] = srvOrder([record(1, 9, 'nine'), record(1, 0, 'zero')], { bytes: (length) => new Uint8Array(length) });
    expect(first?.target).toBe('zero');
  });
});
