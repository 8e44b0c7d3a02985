import { destination, pino, type DestinationStream } from 'pino';
import type { Log } from './ports.js';

/** Fields that hold credentials or bodies by some mistake never reach the log. */
const SECRET = [
  'password', 'ha1', 'secret', 'body',
  'authorization', 'Authorization', '["proxy-authorization"]', '["Proxy-Authorization"]',
];
const REDACTED = SECRET.flatMap((name) => [name, name.startsWith('[') ? `*${name}` : `*.${name}`]);

/** Structured lines, on standard error unless told otherwise. */
export function openLog(level: 'debug' | 'info' | 'warn' | 'error', to: DestinationStream = destination({ fd: 2, sync: true })): Log {
  return pino({ level, base: null, redact: { paths: REDACTED, censor: '[redacted]' } }, to);
}

/** A log that says nothing, for those who embed the server. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
