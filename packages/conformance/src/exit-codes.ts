import { ProtocolError } from '@simple-im/grammar';

/** What the program ends with. */
export const exitCodes = {
  /** Everything that counts passed. */
  conforming: 0,
  /** A case that counts failed or was inconclusive, or a known failure is out of date. */
  failed: 1,
  /** A wrong command line or file, or nothing selected. */
  usage: 2,
  /** The target cannot be talked to, or the harness itself failed. */
  unreachable: 3,
} as const;

/** The exit code for what a run threw. */
export function exitCodeOf(error: unknown): number {
  const usage = ProtocolError.is(error) && ['CONFORMANCE_USAGE', 'CONFORMANCE_NOTHING_SELECTED'].includes(error.code);
  return usage ? exitCodes.usage : exitCodes.unreachable;
}
