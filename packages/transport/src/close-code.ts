import { transportError } from './errors.js';

/** Close codes that end a connection in order: done, going away, none given (RFC 6455 §7.4.1). */
const IN_ORDER = [1000, 1001, 1005];

/** What `closed` is told of the peer's close code; undefined when it ended in order. */
export function closeError(code: number, where: string): Error | undefined {
  if (IN_ORDER.includes(code)) return undefined;
  const detail = `${where} (close code ${code})`;
  return transportError(code === 1009 ? 'TRANSPORT_MESSAGE_TOO_LARGE' : 'TRANSPORT_CLOSED', { detail });
}
