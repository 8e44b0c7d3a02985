import { transportError } from '../errors.js';
import type { ByteConnection, Clock } from '../ports.js';
import { GreetedConnection } from './greeted-connection.js';

const LONGEST_LINE = 65_536;
const LINE_FEED = 0x0a;
const TIMEOUT = 10_000;

/** What a peer opened with, and the connection for what comes behind it. */
export interface Hello {
  readonly message: Readonly<Record<string, unknown>>;
  readonly connection: GreetedConnection;
}

export interface HelloOptions {
  /** Undefined where the caller bounds the time. */
  readonly clock: Clock | undefined;
  readonly where: string;
  readonly secure: boolean;
  /** The error when it is none, or the connection ends before. */
  readonly otherwise: 'TRANSPORT_TLS' | 'TRANSPORT_WEBSOCKET';
}

/** The fakes shake hands in lines of JSON: this writes one. */
export function sendHello(connection: ByteConnection, message: Readonly<Record<string, unknown>>): void {
  connection.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
}

/**
 * Reads the one of the peer. What is none, or ends before, or takes longer than 10 s on the fake clock, rejects, and the
 * connection is destroyed.
 */
export function readHello(connection: ByteConnection, options: HelloOptions): Promise<Hello> {
  const { clock, where, secure } = options;
  const noHandshake = (): Error => transportError(options.otherwise, { detail: `${where}: no handshake` });
  return new Promise((resolve, reject) => {
    const timer = clock?.setTimer(TIMEOUT, () => fail(transportError('TRANSPORT_TIMEOUT', { detail: `${where}: no handshake` })));
    let bytes = new Uint8Array(0);
    connection.attach({
      data: (piece) => {
        const joined = new Uint8Array(bytes.length + piece.length);
        joined.set(bytes);
        joined.set(piece, bytes.length);
        bytes = joined;
        const end = bytes.indexOf(LINE_FEED);
        if (bytes[0] !== 0x7b || (end === -1 && bytes.length > LONGEST_LINE)) return fail(noHandshake());
        if (end === -1) return;
        const message = parse(bytes.subarray(0, end));
        if (message === undefined) return fail(noHandshake());
        timer?.cancel();
        connection.pause();
        resolve({ message, connection: new GreetedConnection(connection, bytes.slice(end + 1), secure) });
      },
      closed: () => fail(noHandshake()),
    });

    function fail(error: Error): void {
      timer?.cancel();
      connection.destroy();
      reject(error);
    }
  });
}

function parse(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(line)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
