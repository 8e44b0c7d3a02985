import type { Random } from '@simple-im/transport';

/** A refusal by the user agent itself (§8.2, §14.2): the status and the fields that go with it. */
export interface Refusal {
  readonly status: number;
  readonly headers?: [name: string, value: string][];
}

/** 500 with a Retry-After from 0 to 10 s (§14.2, RFC 3311 §5.2). */
export function retryLater(random: Random): Refusal {
  const [octet = 0] = random.bytes(1);
  return { status: 500, headers: [['Retry-After', String(octet % 11)]] };
}

/** Milliseconds to wait after a 491, in steps of 10 ms: 2.1 to 4 s for who made the Call-ID, else 0 to 2 s (§14.1, RFC 3311 §5.3). */
export function glareDelay(ownsCallId: boolean, random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  const number = high * 256 + low;
  return ownsCallId ? 2100 + (number % 191) * 10 : (number % 201) * 10;
}
