/* The queue behind `expired` (RFC 3680 §4.7.1). */
import { describe, expect, it } from 'vitest';
import { FakeClock } from '@simple-im/transport/fake';
import { BindingExpiry } from '../../src/sip-core/binding-expiry.js';
import type { Binding, Bindings, LocationStore } from '../../src/sip-core/location.js';
import { MemoryLocationStore } from '../../src/store/memory/location.js';

function binding(contact: string, expiresAt: number): Binding {
  return { contact, parameters: '', q: 1, expiresAt, callId: 'c', cseq: 1, path: [] };
}

class CountingStore extends MemoryLocationStore implements LocationStore {
  fails = 0;
  underWay = 0;
  most = 0;

  override async load(aor: string): Promise<Bindings> {
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    await Promise.resolve();
    this.underWay -= 1;
    if (this.fails-- > 0) throw new Error('disk');
    return super.load(aor);
  }
}

function setUp() {
  const clock = new FakeClock();
  const start = clock.date().getTime();
  const location = new CountingStore();
  const errors: string[] = [];
  const told: string[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: (_fields: object, message: string) => errors.push(message) };
  const expiry = new BindingExpiry({
    location, clock, log,
    onChanges: (aor, changes, left) => told.push(`${aor} ${changes.map(({ event, binding: { contact } }) => `${event} ${contact}`).join()} ${left.length}`),
  });
  const add = async (aor: string, ...seconds: number[]): Promise<void> => {
    const bindings = seconds.map((after) => binding(`sip:${after}@h`, start + after * 1000));
    await location.save(aor, 0, bindings);
    expiry.follow(aor, bindings);
  };
  return { clock, start, location, expiry, add, errors, told };
}

describe('expiry of bindings', () => {
  it('is noticed contact by contact, with one timer for everybody', async () => {
    const { clock, expiry, add, told } = setUp();
    await add('a', 30, 10);
    await add('b', 20);
    await add('c', 5);
    expect([clock.timers, clock.untilNext, expiry.size]).toEqual([1, 5000, 3]);
    await clock.elapse(30_000);
    await clock.settle();
    expect(told).toEqual(['c expired sip:5@h 0', 'a expired sip:10@h 1', 'b expired sip:20@h 0', 'a expired sip:30@h 0']);
    expect([clock.timers, expiry.size]).toEqual([0, 0]);
  });

  it('is not told of what was refreshed meanwhile', async () => {
    const { clock, start, location, expiry, add, told } = setUp();
    await add('a', 10);
    const { version } = await location.load('a');
    const later = [binding('sip:10@h', start + 60_000)];
    await location.save('a', version, later);
    await clock.elapse(11_000);
    expect([told, expiry.size]).toEqual([[], 1]);
    expiry.follow('a', later);
    await clock.elapse(50_000);
    await clock.settle();
    expect(told).toEqual(['a expired sip:10@h 0']);
  });

  it('of a thousand at once asks the store for some at a time', async () => {
    const { clock, add, location, told } = setUp();
    for (let user = 0; user < 1000; user++) await add(`u${user}`, 10);
    await clock.elapse(10_000);
    await clock.settle();
    expect(told).toHaveLength(1000);
    expect(location.most).toBeLessThanOrEqual(64);
  });

  it('is tried again a second later when the store fails', async () => {
    const { clock, add, location, told, errors } = setUp();
    await add('a', 10);
    location.fails = 2;
    await clock.elapse(10_500);
    expect([told, errors.length]).toEqual([[], 1]);
    await clock.elapse(2000);
    await clock.settle();
    expect([told.length, errors.length]).toEqual([1, 2]);
  });

  it('leaves no timer behind when it is closed', async () => {
    const { clock, expiry, add } = setUp();
    await add('a', 10);
    expiry.close();
    expect([clock.timers, expiry.size]).toEqual([0, 0]);
  });
});
