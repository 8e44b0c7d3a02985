import { destination, pino } from 'pino';
import type { Log } from './ports.js';

/** Fields that hold credentials or bodies by some mistake never reach the log. */
const REDACTED = ['password', 'ha1', 'authorization', 'body', '*.password', '*.ha1', '*.authorization', '*.body'];

/** Structured lines on standard error. */
export function openLog(level: 'debug' | 'info' | 'warn' | 'error'): Log {
  return pino({ level, base: null, redact: { paths: REDACTED, censor: '[redacted]' } }, destination({ fd: 2, sync: true }));
}

/** A log that says nothing, for those who embed the server. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
