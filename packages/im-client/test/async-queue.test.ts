import { describe, expect, it } from 'vitest';
import { AsyncQueue } from '../src/async-queue.js';
import { Turns } from '../src/turns.js';

describe('AsyncQueue', () => {
  it('keeps what comes before anybody asks, up to its bounds', async () => {
    const queue = new AsyncQueue<string>({ maxItems: 3, maxOctets: 4, octetsOf: ({ length }) => length });
    expect(['a', 'bb', 'cc', 'd', 'e'].map((item) => queue.push(item))).toEqual([true, true, false, true, false]);
    queue.end();
    const all: string[] = [];
    for await (const item of queue) all.push(item);
    expect(all).toEqual(['a', 'bb', 'd']);
  });

  it('gives each item to one of several loops, and wakes them all at the end', async () => {
    const queue = new AsyncQueue<number>({ maxItems: 1 });
    const loops = [[], [], []].map(async (seen: number[]) => {
      for await (const item of queue) seen.push(item);
      return seen;
    });
    await Promise.resolve();
    for (const item of [1, 2, 3]) expect(queue.push(item)).toBe(true);
    queue.end();
    expect((await Promise.all(loops)).flat().sort()).toEqual([1, 2, 3]);
    expect(queue.push(4)).toBe(false);
  });

  it('loses nothing when a loop ends while it waits', async () => {
    const queue = new AsyncQueue<number>({ maxItems: 1 });
    const iterator = queue[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    queue.push(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await queue[Symbol.asyncIterator]().next()).toEqual({ done: false, value: 1 });
  });

  it('takes all of several items or none', () => {
    const queue = new AsyncQueue<number>({ maxItems: 2 });
    queue.push(1);
    expect([queue.pushAll([2, 3]), queue.size, queue.pushAll([2]), queue.size]).toEqual([false, 1, true, 2]);
  });

  it('gives room back for what is removed', () => {
    const queue = new AsyncQueue<string>({ maxItems: 9, maxOctets: 3, octetsOf: ({ length }) => length });
    queue.push('abc');
    queue.remove('abc');
    queue.remove('never there');
    expect(queue.push('def')).toBe(true);
  });
});

describe('Turns', () => {
  it('runs tasks of one key in order and forgets the key after the last', async () => {
    const turns = new Turns(5);
    const order: string[] = [];
    const task = (name: string, fails = false) => async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
    await Promise.allSettled([turns.take('k', task('a', true)), turns.take('k', task('b'))]);
    await turns.take('k', task('c'));
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });
});
