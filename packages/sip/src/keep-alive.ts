import { formatAddress } from '@simple-im/transport';
import type { Clock, Random, Timer } from '@simple-im/transport';
import { sipError } from './errors.js';
import type { Flow } from './flow.js';
import { between } from './jitter.js';
import { bindingRequest, hex } from './stun.js';
import type { StunMessage } from './stun.js';

export interface KeepAliveOptions {
  /**
   * Milliseconds between two keepalives at most; each time 80 to 100 % of it pass. A server names it in Flow-Timer (in
   * seconds). Default: 95,000 to 120,000 over connections (§4.4.1), 24,000 to 29,000 over UDP (§4.4.2).
   */
  readonly interval?: number | undefined;
  /**
   * Over UDP: `stun` is what the standard says, for peers known to support it; `crlf` sends CRLF CRLF, as many clients do,
   * which keeps the way through a NAT open but has no answer and so finds no dead flow. Default `stun`.
   */
  readonly udp?: 'stun' | 'crlf' | undefined;
  /** Called for every answer. The first one makes a flow count as successful (§4.5). */
  readonly answered?: (() => void) | undefined;
}

export interface KeepAlivesOptions {
  readonly clock: Clock;
  readonly random: Random;
  send(flow: Flow, bytes: Uint8Array): void;
  /** The flow is dead: SIP_KEEPALIVE_UNANSWERED, SIP_ADDRESS_CHANGED. It is not kept alive any more. */
  failed(flow: Flow, error: Error): void;
}

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);
/** Milliseconds for a pong (RFC 5626 §4.4.1). */
const PONG_TIME = 10_000;
/** Milliseconds between keepalives when nobody names any: §4.4.1, §4.4.2. */
const CONNECTION_INTERVAL = { least: 95_000, most: 120_000 };
const UDP_INTERVAL = { least: 24_000, most: 29_000 };
/** RFC 5389 §7.2.1: milliseconds before the first retransmission, how often it is sent, and how many times RTO pass after the last. */
const RTO = 500;
const TRANSMISSIONS = 7;
const LAST_WAIT = 16 * RTO;

interface Kept {
  readonly flow: Flow;
  readonly options: KeepAliveOptions;
  timer: Timer | undefined;
  /** The STUN transaction under way, as hex digits. */
  transaction: string | undefined;
  waiting: boolean;
  /** Where the server saw us. */
  mapped: string | undefined;
}

/** The keepalives of a client (RFC 5626 §4.4): pings on flows, and which of them are dead. */
export class KeepAlives {
  readonly #options: KeepAlivesOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: KeepAlivesOptions) {
    this.#options = options;
  }

  /** Begins; the first keepalive goes out after the first interval. Called again it changes the interval. */
  start(flow: Flow, options: KeepAliveOptions): void {
    const mapped = this.#kept.get(flow.id)?.mapped;
    this.stop(flow);
    const kept: Kept = { flow, options, timer: undefined, transaction: undefined, waiting: false, mapped };
    this.#kept.set(flow.id, kept);
    this.#pause(kept);
  }

  stop(flow: Flow): void {
    this.#kept.get(flow.id)?.timer?.cancel();
    this.#kept.delete(flow.id);
  }

  stopAll(): void {
    for (const { flow } of [...this.#kept.values()]) this.stop(flow);
  }

  /** A CRLF came on a connection. */
  pong(flow: Flow): void {
    const kept = this.#kept.get(flow.id);
    if (kept?.waiting === true) this.#answered(kept);
  }

  /** A STUN response or error response came from the peer of a UDP flow. */
  stun(flow: Flow, message: StunMessage): void {
    const kept = this.#kept.get(flow.id);
    if (kept?.waiting !== true || kept.transaction !== message.transaction) return;
    const { mapped } = message;
    if (message.kind !== 'response' || mapped === undefined) {
      this.#fail(kept, sipError('SIP_KEEPALIVE_UNANSWERED', { detail: 'STUN error response' }));
      return;
    }
    const seen = formatAddress(mapped);
    if (kept.mapped !== undefined && kept.mapped !== seen) {
      this.#fail(kept, sipError('SIP_ADDRESS_CHANGED', { detail: `${kept.mapped}, now ${seen}` }));
      return;
    }
    kept.mapped = seen;
    this.#answered(kept);
  }

  #answered(kept: Kept): void {
    kept.waiting = false;
    this.#pause(kept);
    kept.options.answered?.();
  }

  /** Until the next keepalive. */
  #pause(kept: Kept): void {
    const { flow, options: { interval } } = kept;
    const usual = flow.reliable ? CONNECTION_INTERVAL : UDP_INTERVAL;
    const { least, most } = interval === undefined ? usual : { least: 0.8 * interval, most: interval };
    this.#after(kept, between(this.#options.random, least, most), () => this.#ping(kept));
  }

  #ping(kept: Kept): void {
    const { flow, options } = kept;
    if (!flow.reliable && options.udp === 'crlf') {
      this.#pause(kept);
      this.#options.send(flow, PING);
      return;
    }
    kept.waiting = true;
    if (flow.reliable) {
      this.#after(kept, PONG_TIME, () => this.#fail(kept, sipError('SIP_KEEPALIVE_UNANSWERED', { detail: formatAddress(flow.remote) })));
      this.#options.send(flow, PING);
    } else {
      const request = bindingRequest(this.#options.random.bytes(12));
      kept.transaction = hex(request.subarray(8));
      this.#bind(kept, request, 1);
    }
  }

  /** Sends a Binding request for the nth time. */
  #bind(kept: Kept, request: Uint8Array, nth: number): void {
    if (nth < TRANSMISSIONS) this.#after(kept, RTO * 2 ** (nth - 1), () => this.#bind(kept, request, nth + 1));
    else this.#after(kept, LAST_WAIT, () => this.#fail(kept, sipError('SIP_KEEPALIVE_UNANSWERED', { detail: formatAddress(kept.flow.remote) })));
    this.#options.send(kept.flow, request);
  }

  #fail(kept: Kept, error: Error): void {
    this.stop(kept.flow);
    this.#options.failed(kept.flow, error);
  }

  #after(kept: Kept, delay: number, then: () => void): void {
    kept.timer?.cancel();
    kept.timer = this.#options.clock.setTimer(delay, then);
  }
}
