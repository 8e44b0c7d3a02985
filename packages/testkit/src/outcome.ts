import { ProtocolError } from '@simple-im/grammar';

export type Outcome<T> = { readonly value: T } | { readonly error: ProtocolError };

/** The only two answers hostile input may get; any other exception is a defect and is thrown on. */
export function valueOrProtocolError<T>(run: () => T): Outcome<T> {
  try {
    return { value: run() };
  } catch (error) {
    if (ProtocolError.is(error)) return { error };
    throw error;
  }
}
