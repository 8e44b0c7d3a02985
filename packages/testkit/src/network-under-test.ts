import { deepEqual, fail, ok } from 'node:assert/strict';
import { ProtocolError } from '@simple-im/grammar';
import type { Network } from '@simple-im/transport';

export interface NetworkUnderTest {
  readonly network: Network;
  /** A numeric address of this machine: `127.0.0.1` or `::1`. */
  readonly host: string;
}

export interface NetworkCase {
  readonly name: string;
  run(subject: NetworkUnderTest): Promise<void>;
}

/** Asserts that the promise rejects with this code, and that the message says `about`. */
export async function rejectsWith(promise: Promise<unknown>, code: string, about: string): Promise<void> {
  const outcome = await promise.then(() => undefined, (error: unknown) => error);
  isError(outcome, code, about);
}

export function isError(error: unknown, code: string, about: string): void {
  if (!ProtocolError.is(error)) fail(`expected ${code}, got ${String(error)}`);
  deepEqual(error.code, code);
  ok(error.message.includes(about), `${error.message} should name ${about}`);
}

export function octets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
