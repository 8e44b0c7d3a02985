import { utf8, utf8Text } from '@simple-im/grammar';
import { encodeCpim, type CpimMessage } from '../src/index.js';

/** A message of header lines, with a body of its own. */
export function octets(headers: readonly string[], entity: readonly string[] = ['Content-Type: text/plain'], body = 'Hi'): Uint8Array {
  return utf8([...headers, '', ...entity, '', body].join('\r\n'));
}

export const written = (message: CpimMessage): string => utf8Text(encodeCpim(message));
