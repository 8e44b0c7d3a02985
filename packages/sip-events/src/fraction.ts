import type { Random } from '@simple-im/transport';

/** A number from 0 to below 1. */
export function fraction(random: Random): number {
  let number = 0;
  for (const octet of random.bytes(4)) number = (number + octet) / 256;
  return number;
}
