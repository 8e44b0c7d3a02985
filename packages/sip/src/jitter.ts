import type { Random } from '@simple-im/transport';

/** A number between the two, evenly spread, so that many clients do not act all at once. */
export function between(random: Random, low: number, high: number): number {
  const [first = 0, second = 0] = random.bytes(2);
  return low + ((high - low) * (first * 256 + second)) / 65_535;
}
