import { strictUtf8Text } from '@simple-im/grammar';
import type { Address, ByteConnection, MessageConnection } from '@simple-im/transport';
import { sipIdentities } from './certificate-identity.js';
import type { DecoderOptions } from './limits.js';
import type { SipMessage } from './message.js';
import { MessageFraming } from './message-framing.js';
import { SipStreamDecoder } from './stream-decoder.js';

/** How messages are found in what a connection brings. */
export interface Framing {
  receive(bytes: Uint8Array): void;
  next(): SipMessage | 'ping' | 'pong' | undefined;
}

export interface LinkHandlers {
  received(bytes: Uint8Array): void;
  closed(error?: Error): void;
}

/** What a flow needs of a connection, be it one of octets or one of messages. */
export interface Link {
  /** Undefined where the system does not tell: a WebSocket in a browser. */
  readonly local: Address | undefined;
  /** SIP domains of the peer's certificate, if it leads to a trusted root. */
  readonly identities: readonly string[];
  readonly framing: Framing;
  /** What cannot be read ends the connection, since nobody knows where the next message begins. */
  readonly endsWithBadMessage: boolean;
  readonly pending: number;
  attach(handlers: LinkHandlers): void;
  /** Sends one message or keepalive. */
  write(bytes: Uint8Array): void;
  /** Sends several together. */
  writeAll(messages: readonly Uint8Array[]): void;
  end(): void;
  destroy(): void;
}

/** Octets that wait for the end of the turn. */
const MOST_CORKED = 65_536;

/** TCP or TLS. */
export class ByteLink implements Link {
  readonly endsWithBadMessage = true;
  readonly framing: Framing;
  readonly identities: readonly string[];
  readonly #connection: ByteConnection;
  #corked = false;

  constructor(connection: ByteConnection, decoder: DecoderOptions) {
    this.#connection = connection;
    this.framing = new SipStreamDecoder(decoder);
    const { peerCertificate } = connection;
    this.identities = peerCertificate?.authorized === true ? sipIdentities(peerCertificate) : [];
  }

  get local(): Address {
    return this.#connection.local;
  }

  get pending(): number {
    return this.#connection.pending;
  }

  attach(handlers: LinkHandlers): void {
    this.#connection.attach({ data: (bytes) => handlers.received(bytes), closed: (error) => handlers.closed(error) });
  }

  /** What is written while the messages of one read are handled leaves together. */
  write(bytes: Uint8Array): void {
    this.#cork();
    this.#connection.write(bytes);
    // What the system could take must not count as what the peer does not read.
    if (this.#connection.pending >= MOST_CORKED) this.#uncork();
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#connection.cork();
    void Promise.resolve().then(() => this.#uncork());
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#connection.uncork();
  }

  writeAll(messages: readonly Uint8Array[]): void {
    for (const bytes of messages) this.write(bytes);
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

/** WS or WSS: each SIP message in a WebSocket message of its own (RFC 7118 §5). */
export class MessageLink implements Link {
  readonly endsWithBadMessage = false;
  readonly framing: Framing;
  readonly identities: readonly string[] = [];
  readonly #connection: MessageConnection;

  constructor(connection: MessageConnection, decoder: DecoderOptions) {
    this.#connection = connection;
    this.framing = new MessageFraming(decoder);
  }

  get local(): Address | undefined {
    return this.#connection.local;
  }

  get pending(): number {
    return this.#connection.pending;
  }

  attach(handlers: LinkHandlers): void {
    this.#connection.attach({ message: (bytes) => handlers.received(bytes), closed: (error) => handlers.closed(error) });
  }

  /** As text, which browsers read more easily; what is not UTF-8 must go as a binary message (RFC 7118 §4.2). */
  write(bytes: Uint8Array): void {
    this.#connection.write(bytes, { text: strictUtf8Text(bytes) !== undefined });
  }

  writeAll(messages: readonly Uint8Array[]): void {
    for (const bytes of messages) this.write(bytes);
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }
}
