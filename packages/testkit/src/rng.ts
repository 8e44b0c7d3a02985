import type { Random } from '@simple-im/transport';
import { FakeRandom } from '@simple-im/transport/fake';

/** Choices that repeat with the seed; a `Random` too. */
export interface Rng extends Random {
  /** An integer from 0 to before `below`. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** Ascending offsets that cut `length` octets into pieces of 1 to `most`. */
  cuts(length: number, most: number): number[];
}

export function rng(seed = 1): Rng {
  const random = new FakeRandom(seed);
  return {
    bytes: (length) => random.bytes(length),
    int: (below) => random.int(below),
    pick: (list) => {
      if (list.length === 0) throw new Error('Nothing to pick from');
      return list[random.int(list.length)];
    },
    cuts: (length, most) => {
      const cuts: number[] = [];
      for (let at = 1 + random.int(most); at < length; at += 1 + random.int(most)) cuts.push(at);
      return cuts;
    },
  };
}
