import type { ProtocolError } from '@simple-im/grammar';
import { Alarm } from '@simple-im/transport';
import type { Address, ByteConnection, Clock, MessageConnection } from '@simple-im/transport';
import { MsrpConnection, type ConnectionLimits } from './connection.js';
import { msrpError } from './errors.js';
import type { MsrpLimits } from './limits.js';
import type { SessionRegistry } from './session-registry.js';
import { isMessageConnection, wireOf, type Wire } from './wire.js';

/** Octets on their way, for a log of the wire. `bytes` is valid until the call returns. */
export interface MsrpTrace {
  readonly direction: 'in' | 'out';
  readonly transport: 'TCP' | 'TLS' | 'WS' | 'WSS';
  readonly connection: { readonly local: Address; readonly remote: Address };
  readonly bytes: Uint8Array;
}

export interface ConnectionDriverOptions {
  readonly socket: ByteConnection | MessageConnection;
  readonly clock: Clock;
  readonly sessions: SessionRegistry;
  readonly limits?: Partial<MsrpLimits & ConnectionLimits>;
  readonly trace?: (event: MsrpTrace) => void;
  /** Sessions may have come or gone. */
  readonly changed: (driver: ConnectionDriver) => void;
}

/** Runs an {@link MsrpConnection} on a connection of the transport: octets in, octets out, time. */
export class ConnectionDriver {
  readonly msrp: MsrpConnection;
  readonly #socket: Wire;
  readonly #clock: Clock;
  readonly #trace: ((event: MsrpTrace) => void) | undefined;
  readonly #changed: (driver: ConnectionDriver) => void;
  readonly #whenClosed: (() => void)[] = [];
  #writable = true;
  #scheduled = false;
  #ending = false;
  #gone = false;
  /** A session was bound here. */
  #used = false;
  readonly #transport: MsrpTrace['transport'];
  readonly #alarm: Alarm;

  constructor({ socket: connection, clock, sessions, limits, trace, changed }: ConnectionDriverOptions) {
    const socket = wireOf(connection);
    const wholeFrames = isMessageConnection(connection);
    this.#socket = socket;
    this.#transport = transportOf(socket.secure, wholeFrames);
    this.#alarm = new Alarm(clock, () => {
      this.msrp.wake(clock.now());
      this.#pump();
    });
    this.#clock = clock;
    this.#trace = trace;
    this.#changed = changed;
    this.msrp = new MsrpConnection({
      sessions,
      now: clock.now(),
      ...(limits === undefined ? {} : { limits }),
      ready: () => this.#schedule(),
      flow: (reading) => (reading ? socket.resume() : socket.pause()),
      secure: socket.secure,
      wholeFrames,
    });
    socket.attach({
      data: (bytes) => {
        this.#trace?.({ direction: 'in', transport: this.#transport, connection: socket, bytes });
        this.msrp.receive(bytes, clock.now());
        this.#pump();
      },
      drain: () => {
        this.#writable = true;
        this.#pump();
      },
      closed: (error) => {
        this.#gone = true;
        this.#alarm.cancel();
        this.msrp.lost(this.#lossOf(error));
        for (const tell of this.#whenClosed.splice(0)) tell();
      },
    });
    this.#arm();
  }

  get used(): boolean {
    return this.#used;
  }

  /** Further sessions may be bound here. */
  get usable(): boolean {
    return !this.#ending && !this.#gone && this.msrp.failure === undefined;
  }

  whenClosed(tell: () => void): void {
    if (this.#gone) tell();
    else this.#whenClosed.push(tell);
  }

  /** Ends the connection once what waits is written. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#schedule();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #lossOf(error: Error | undefined): ProtocolError {
    return this.msrp.failure ?? msrpError('MSRP_CONNECTION_LOST', error === undefined ? {} : { detail: error.message, cause: error });
  }

  // Later, so that everything written in one turn leaves together.
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#gone) return;
    const now = this.#clock.now();
    this.#socket.cork();
    while (this.#writable) {
      const bytes = this.msrp.transmit(now);
      if (bytes === undefined) break;
      this.#trace?.({ direction: 'out', transport: this.#transport, connection: this.#socket, bytes });
      this.#writable = this.#socket.write(bytes, !this.msrp.midFrame);
    }
    this.#socket.uncork();
    if (this.msrp.bound.size > 0) this.#used = true;
    this.#changed(this);
    if (this.msrp.failure !== undefined || (this.#ending && this.msrp.idle)) this.#socket.end();
    this.#arm();
  }

  #arm(): void {
    if (!this.#ending && !this.#gone) this.#alarm.set(this.msrp.deadline());
  }
}

function transportOf(secure: boolean, wholeFrames: boolean): MsrpTrace['transport'] {
  if (wholeFrames) return secure ? 'WSS' : 'WS';
  return secure ? 'TLS' : 'TCP';
}
