import { deepStrictEqual } from 'node:assert/strict';
import { ProtocolError } from '@simple-im/grammar';

const STALE_OCTET = 0xdb;

type Answer<T> = { readonly value: T } | { readonly code: string; readonly error: ProtocolError };

/**
 * Runs a decoder on the input whole, cut in two at every octet, and octet by octet; asserts that all give the same
 * answer, and returns it. `run` gets the pieces in order and returns whatever should not depend on the cuts (join body
 * events first). A piece of a cut input is lent until the next one is taken, then it is overwritten: a decoder that keeps
 * octets without a copy shows. Instead of a value, every run may throw a ProtocolError with the same code, which is thrown on.
 */
export function everySplit<T>(input: Uint8Array, run: (pieces: Iterable<Uint8Array>) => T): T {
  const whole = answer(run, [new Uint8Array(input)]);
  for (let cut = 1; cut < input.length; cut++) compare(answer(run, pieces(input, [cut])), whole, `cut at ${cut}`);
  const everywhere = Array.from({ length: Math.max(0, input.length - 1) }, (_, i) => i + 1);
  compare(answer(run, pieces(input, everywhere)), whole, 'octet by octet');
  if ('error' in whole) throw whole.error;
  return whole.value;
}

/** Copies of the parts of `input` between ascending offsets; each is overwritten when the next one is taken. */
export function* pieces(input: Uint8Array, cuts: readonly number[]): Generator<Uint8Array, void> {
  let from = 0;
  for (const to of [...cuts, input.length]) {
    const piece = new Uint8Array(input.subarray(from, to));
    from = to;
    yield piece;
    piece.fill(STALE_OCTET);
  }
}

function answer<T>(run: (pieces: Iterable<Uint8Array>) => T, input: Iterable<Uint8Array>): Answer<T> {
  try {
    return { value: run(input) };
  } catch (error) {
    if (ProtocolError.is(error)) return { code: error.code, error };
    throw error;
  }
}

function compare<T>(found: Answer<T>, whole: Answer<T>, how: string): void {
  const [actual, expected] = [found, whole].map((side) => 'error' in side ? { code: side.code } : side);
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    throw new Error(`${how}, the answer differs from that to the whole input: ${(error as Error).message}`, { cause: error });
  }
}
