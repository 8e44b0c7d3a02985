import { ProtocolError } from '@simple-im/grammar';

/** The code of the ProtocolError that `run` throws, or `nothing thrown`. Any other exception is thrown on. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (ProtocolError.is(error)) return error.code;
    throw error;
  }
  return 'nothing thrown';
}
