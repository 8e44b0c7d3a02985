import { ProtocolError } from '@simple-im/grammar';
import type { Address } from '@simple-im/transport';
import { sipError } from './errors.js';
import type { Flow, TransportName } from './flow.js';
import type { Link } from './link.js';
import type { SipMessage } from './message.js';

const PONG = new Uint8Array([0x0d, 0x0a]);
const NOBODY: readonly string[] = [];

export interface StreamFlowHandlers {
  message(message: SipMessage, flow: StreamFlow): void;
  /** A single CRLF came, the answer to a ping of ours (RFC 5626 §4.4.1). */
  pong(flow: StreamFlow): void;
  /** A whole message or a keepalive came, or something was sent. */
  active(flow: StreamFlow): void;
  /** Something came that could not be read; the connection lives on. */
  refused(flow: StreamFlow, error: ProtocolError): void;
  /** Called once; `error` is absent when the connection ended in order. */
  closed(flow: StreamFlow, error?: Error): void;
}

export interface StreamFlowOptions {
  readonly id: string;
  readonly transport: TransportName;
  readonly remote: Address;
  readonly sentBy: string;
  readonly alias: boolean;
  /** Octets that may wait for the peer to read. */
  readonly maxPendingOutput: number;
  readonly handlers: StreamFlowHandlers;
}

/** A connection as a flow. It takes messages before it is connected, and keeps them for that moment. */
export class StreamFlow implements Flow {
  readonly id: string;
  readonly transport: TransportName;
  readonly reliable = true;
  readonly remote: Address;
  readonly sentBy: string;
  readonly alias: boolean;
  readonly #options: StreamFlowOptions;
  #link: Link | undefined;
  #waiting: Uint8Array[] = [];
  #waitingOctets = 0;
  #closed = false;

  constructor(options: StreamFlowOptions) {
    this.id = options.id;
    this.transport = options.transport;
    this.remote = options.remote;
    this.sentBy = options.sentBy;
    this.alias = options.alias;
    this.#options = options;
  }

  /** Known once connected; before that, and in a browser, the unspecified address. */
  get local(): Address {
    return this.#link?.local ?? { host: '0.0.0.0', port: 0 };
  }

  get identities(): readonly string[] {
    return this.#link?.identities ?? NOBODY;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes over the connection, sends what waited, and starts to read. */
  connect(link: Link): void {
    if (this.#closed) {
      link.destroy();
      return;
    }
    this.#link = link;
    link.attach({ received: (bytes) => this.#receive(link, bytes), closed: (error) => this.close(error) });
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingOctets = 0;
    if (waiting.length === 0) return;
    link.writeAll(waiting);
    this.#options.handlers.active(this);
  }

  /** Sends octets. False when the flow is closed, or gets closed now because its peer does not read. */
  write(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    const pending = (this.#link?.pending ?? this.#waitingOctets) + bytes.length;
    if (pending > this.#options.maxPendingOutput) {
      this.close(sipError('SIP_PEER_DOES_NOT_READ', { detail: `${pending} octets` }));
      return false;
    }
    if (this.#link === undefined) {
      this.#waiting.push(bytes);
      this.#waitingOctets += bytes.length;
    } else {
      this.#link.write(bytes);
    }
    this.#options.handlers.active(this);
    return true;
  }

  /** Ends in order: what is pending is sent. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#link?.end();
    this.#options.handlers.closed(this);
  }

  /** Ends at once. */
  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#link?.destroy();
    this.#options.handlers.closed(this, error);
  }

  #receive(link: Link, bytes: Uint8Array): void {
    if (this.#closed) return;
    link.framing.receive(bytes);
    try {
      this.#takeMessages(link);
    } catch (error) {
      if (link.endsWithBadMessage || !ProtocolError.is(error)) this.close(error as Error);
      else if (error.code !== 'SIP_NO_MESSAGE') this.#options.handlers.refused(this, error);
    }
  }

  #takeMessages(link: Link): void {
    const { handlers } = this.#options;
    for (let item = link.framing.next(); item !== undefined && !this.#closed; item = link.framing.next()) {
      handlers.active(this);
      // RFC 5626 §4.4.1: a double CRLF is answered with one CRLF.
      if (item === 'ping') this.write(PONG);
      else if (item === 'pong') handlers.pong(this);
      else handlers.message(item, this);
    }
  }
}
