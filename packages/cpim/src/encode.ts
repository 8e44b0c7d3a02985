import { bytesOf, concatBytes } from '@simple-im/grammar';
import type { CpimMessage } from './message.js';

/** The octets before the body: to be sent first, then `message.body`, which is thus not copied. */
export function encodeCpimHead({ headers, entityHeaders }: CpimMessage): Uint8Array {
  let head = '';
  for (const { line } of headers) head += `${line}\r\n`;
  head += '\r\n';
  for (const { line } of entityHeaders) head += `${line}\r\n`;
  return bytesOf(`${head}\r\n`);
}

/** The whole message in one array. Headers stand in their order, each as it came. */
export function encodeCpim(message: CpimMessage): Uint8Array {
  return concatBytes([encodeCpimHead(message), message.body]);
}
