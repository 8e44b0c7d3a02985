/*
 * What every entity may say about itself. No field of a log line, label of a metric or line of a trace ever holds a
 * credential or a message body.
 */
import type { Address } from '@simple-im/transport';

export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Names end in `_total` for counters; labels have few values (never a user, an address or an identifier). */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

/** One message on the wire as the trace sees it: octets of a SIP message or of an MSRP frame. */
export interface WireEvent {
  readonly protocol: 'SIP' | 'MSRP';
  readonly direction: 'in' | 'out';
  readonly transport: string;
  readonly local: Address;
  readonly remote: Address;
  /** Valid until the call returns. */
  readonly bytes: Uint8Array;
}

export type Trace = (event: WireEvent) => void;
