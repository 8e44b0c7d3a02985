import type { Address, ByteConnection } from '@simple-im/transport';
import { sipError } from './errors.js';
import type { Flow, TransportName } from './flow.js';
import type { DecoderOptions } from './limits.js';
import type { SipMessage } from './message.js';
import { SipStreamDecoder } from './stream-decoder.js';

const PONG = new Uint8Array([0x0d, 0x0a]);

export interface StreamFlowHandlers {
  message(message: SipMessage, flow: StreamFlow): void;
  /** A whole message or a keepalive came, or something was sent. */
  active(flow: StreamFlow): void;
  /** Called once; `error` is absent when the connection ended in order. */
  closed(flow: StreamFlow, error?: Error): void;
}

export interface StreamFlowOptions {
  readonly id: string;
  readonly transport: TransportName;
  readonly remote: Address;
  readonly sentBy: string;
  readonly decoder: DecoderOptions;
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
  readonly #options: StreamFlowOptions;
  readonly #decoder: SipStreamDecoder;
  #connection: ByteConnection | undefined;
  #waiting: Uint8Array[] = [];
  #waitingOctets = 0;
  #closed = false;

  constructor(options: StreamFlowOptions) {
    this.id = options.id;
    this.transport = options.transport;
    this.remote = options.remote;
    this.sentBy = options.sentBy;
    this.#options = options;
    this.#decoder = new SipStreamDecoder(options.decoder);
  }

  /** Known once connected; before that the unspecified address. */
  get local(): Address {
    return this.#connection?.local ?? { host: '0.0.0.0', port: 0 };
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes over the connection, sends what waited, and starts to read. */
  connect(connection: ByteConnection): void {
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#connection = connection;
    connection.attach({ data: (bytes) => this.#receive(bytes), closed: (error) => this.close(error) });
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingOctets = 0;
    connection.cork();
    for (const bytes of waiting) this.write(bytes);
    connection.uncork();
  }

  /** Sends octets. False when the flow is closed, or gets closed now because its peer does not read. */
  write(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    const pending = (this.#connection?.pending ?? this.#waitingOctets) + bytes.length;
    if (pending > this.#options.maxPendingOutput) {
      this.close(sipError('SIP_PEER_DOES_NOT_READ', { detail: `${pending} octets` }));
      return false;
    }
    if (this.#connection === undefined) {
      this.#waiting.push(bytes);
      this.#waitingOctets += bytes.length;
    } else {
      this.#connection.write(bytes);
    }
    this.#options.handlers.active(this);
    return true;
  }

  /** Ends in order: what is pending is sent. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection?.end();
    this.#options.handlers.closed(this);
  }

  /** Ends at once. */
  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#connection?.destroy();
    this.#options.handlers.closed(this, error);
  }

  #receive(bytes: Uint8Array): void {
    this.#decoder.receive(bytes);
    try {
      this.#takeMessages();
    } catch (error) {
      this.close(error as Error);
    }
  }

  #takeMessages(): void {
    for (let item = this.#decoder.next(); item !== undefined && !this.#closed; item = this.#decoder.next()) {
      this.#options.handlers.active(this);
      // RFC 5626 §4.4.1: a double CRLF is answered with one CRLF.
      if (item === 'ping') this.write(PONG);
      else if (item !== 'pong') this.#options.handlers.message(item, this);
    }
  }
}
