import { FakeClock } from '@simple-im/transport/fake';
import { describe, expect, it } from 'vitest';

describe('FakeClock', () => {
  it('stands still until told to advance, and its date moves with it', () => {
    const clock = new FakeClock({ date: new Date('2030-01-01T00:00:00Z') });
    expect(clock.now()).toBe(0);
    clock.advance(1500);
    expect(clock.now()).toBe(1500);
    expect(clock.date().toISOString()).toBe('2030-01-01T00:00:01.500Z');
  });

  it('fires timers in the order of their times, and those due together in the order they were set', () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    for (const [name, delay] of [['c', 30], ['a', 10], ['b', 20], ['b2', 20]] as const) {
      clock.setTimer(delay, () => fired.push(`${name}@${clock.now()}`));
    }
    clock.advance(20);
    expect(fired).toEqual(['a@10', 'b@20', 'b2@20']);
    expect(clock.timers).toBe(1);
    expect(clock.untilNext).toBe(10);
  });

  it('fires timers set by timers when they become due within the same advance', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      if (fired.length < 3) clock.setTimer(5, again);
    };
    clock.setTimer(5, again);
    clock.advance(100);
    expect(fired).toEqual([5, 10, 15]);
  });

  it('does not fire a cancelled timer, and cancelling a fired one is harmless', () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const cancelled = clock.setTimer(1, () => fired.push('cancelled'));
    const kept = clock.setTimer(1, () => fired.push('kept'));
    cancelled.cancel();
    clock.advance(1);
    kept.cancel();
    expect(fired).toEqual(['kept']);
  });

  it('settles chains of promises of any length without time', async () => {
    const clock = new FakeClock();
    let steps = 0;
    const chain = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) {
        await undefined;
        steps++;
      }
    };
    void chain();
    await clock.settle();
    expect(steps).toBe(1000);
    expect(clock.now()).toBe(0);
  });

  it('elapse lets a promise set its next timer at the time of the one before', async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const wait = (delay: number): Promise<void> => new Promise((resolve) => { clock.setTimer(delay, resolve); });
    const run = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await wait(100);
        times.push(clock.now());
      }
    };
    void run();
    await clock.elapse(1000);
    expect(times).toEqual([100, 200, 300]);
    expect(clock.now()).toBe(1000);
  });
});
