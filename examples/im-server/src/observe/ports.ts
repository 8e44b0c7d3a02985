/*
 * What every entity may say about itself. No field of a log line, label of a metric or line of a trace ever holds a
 * credential or a message body.
 */
import type { CounterName, GaugeName } from './metric-names.js';

export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The names are in metric-names.ts. */
export interface Metrics {
  count(name: CounterName, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: GaugeName, value: number, labels?: Readonly<Record<string, string>>): void;
}
