import type { Socket } from 'node:net';
import { setTimeout, clearTimeout } from 'node:timers';
import { formatAddress } from '../address.js';
import { transportError } from '../errors.js';
import type { Address, ByteConnection, ConnectionHandlers, PeerCertificate } from '../ports.js';
import { systemError } from './system-error.js';

export interface NodeConnectionOptions {
  readonly secure: boolean;
  /** Milliseconds an ended connection waits, as in `NodeNetworkOptions`. */
  readonly linger: number;
  readonly peerCertificate?: PeerCertificate | undefined;
}

/** Undefined when the peer has reset the connection before it could be handed over: the system then knows no address. */
export function connectionOf(socket: Socket, options: NodeConnectionOptions): NodeConnection | undefined {
  const local = addressOf(socket.localAddress, socket.localPort);
  const remote = addressOf(socket.remoteAddress, socket.remotePort);
  if (local !== undefined && remote !== undefined) return new NodeConnection(socket, local, remote, options);
  socket.destroy();
  return undefined;
}

export function addressOf(host: string | undefined, port: number | undefined): Address | undefined {
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** A connected socket (of TLS: after the handshake), made with `allowHalfOpen` and not read from yet. */
export class NodeConnection implements ByteConnection {
  readonly local: Address;
  readonly remote: Address;
  readonly secure: boolean;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly #socket: Socket;
  readonly #linger: number;
  #handlers: ConnectionHandlers | undefined;
  #held = false;
  #ending = false;
  #gone = false;
  #error: Error | undefined;

  constructor(socket: Socket, local: Address, remote: Address, options: NodeConnectionOptions) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
    this.secure = options.secure;
    this.peerCertificate = options.peerCertificate;
    this.#linger = options.linger;
    socket.on('error', (error) => {
      this.#error ??= systemError(error, formatAddress(remote));
      // That of TLS stays open after a broken record.
      socket.destroy();
    });
    // The peer has ended its side: send what is pending and end ours, since no protocol here talks to half a connection.
    socket.on('end', () => this.end());
    socket.on('close', () => this.#close());
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  attach(handlers: ConnectionHandlers): void {
    if (this.#handlers !== undefined) {
      this.#handlers = handlers;
      return;
    }
    this.#handlers = handlers;
    if (this.#gone) {
      queueMicrotask(() => this.#tellClosed());
      return;
    }
    this.#socket.on('data', (bytes) => {
      if (!this.#socket.destroyed) this.#handlers?.data(bytes);
    });
    this.#socket.on('drain', () => {
      if (!this.#ending && !this.#socket.destroyed) this.#handlers?.drain?.();
    });
    if (!this.#held) this.#socket.resume();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || this.#socket.destroyed) return false;
    return this.#socket.write(bytes);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  pause(): void {
    this.#held = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#held = false;
    if (this.#handlers !== undefined) this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    if (this.#ending || socket.destroyed) return;
    this.#ending = true;
    socket.setTimeout(this.#linger, () => {
      this.#error ??= transportError('TRANSPORT_TIMEOUT', { detail: `${formatAddress(this.remote)} does not take what is pending` });
      socket.destroy();
    });
    socket.end(() => {
      socket.setTimeout(0);
      if (socket.destroyed) return;
      const timer = setTimeout(() => socket.destroy(), this.#linger).unref();
      socket.once('close', () => clearTimeout(timer));
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #close(): void {
    this.#gone = true;
    if (this.#handlers !== undefined) this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#error === undefined) this.#handlers?.closed();
    else this.#handlers?.closed(this.#error);
  }
}
