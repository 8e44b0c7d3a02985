import { ProtocolError } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import { isWebSocket } from './connection-index.js';
import type { Flow } from './flow.js';
import type { SipMessage } from './message.js';
import type { Target } from './resolve.js';
import { StreamFlow } from './stream-flow.js';
import type { Transmission } from './transaction-event.js';
import type { Via } from './via.js';

export interface ResponseFailoverOptions {
  /** The places that sent-by names. */
  locate(via: Via): AsyncIterable<Target>;
  /** The flow to a place. Throws SIP_... */
  flowTo(target: Target): Flow;
  /** False when it cannot be sent. */
  send(flow: Flow, bytes: Uint8Array, message: SipMessage): boolean;
  /** There is no way, or none is left. */
  gaveUp(out: Transmission, error: Error | undefined): void;
}

/** A response on its way to one of several places. */
interface Attempt {
  readonly out: Transmission;
  readonly flow: Flow;
  /** Behind the first failure. */
  places: AsyncIterator<Target> | undefined;
  readonly tried: Set<string>;
}

/**
 * Responses whose way back is lost: the connection that their request came on is gone, and the address it came from takes none. They go
 * to the places that sent-by of the Via names, one after the other (RFC 3261 §18.2.2, RFC 3263 §5).
 */
export class ResponseFailover {
  readonly #options: ResponseFailoverOptions;
  /** Handed to connections that are being opened. */
  readonly #opening = new Map<string, Attempt[]>();

  constructor(options: ResponseFailoverOptions) {
    this.#options = options;
  }

  /** A response was handed to `flow`, or to none. False where nothing is left to be tried: it cannot be sent. */
  follow(out: Transmission, flow: Flow | undefined): boolean {
    if (flow !== undefined && !isOpening(flow)) return true;
    const attempt = { out, flow: flow ?? out.flow, places: undefined, tried: new Set<string>() };
    if (flow !== undefined) this.#watch(attempt);
    else if (out.message.via === undefined || isWebSocket(out.flow.transport)) return false;
    else void this.#next(attempt, undefined);
    return true;
  }

  /** A connection is gone; what it was opened for goes elsewhere if it never was there. */
  flowLost(flow: StreamFlow, error: Error | undefined): void {
    const attempts = this.#opening.get(flow.id) ?? [];
    this.#opening.delete(flow.id);
    if (!flow.connected) for (const attempt of attempts) void this.#next(attempt, error);
  }

  #watch(attempt: Attempt): void {
    const { flow } = attempt;
    attempt.tried.add(placeOf(flow.transport, flow.remote));
    this.#forgetConnected();
    if (!isOpening(flow)) return;
    const others = this.#opening.get(flow.id);
    if (others === undefined) this.#opening.set(flow.id, [attempt]);
    else others.push(attempt);
  }

  async #next(attempt: Attempt, failure: Error | undefined): Promise<void> {
    const { out, tried } = attempt;
    let error = failure;
    try {
      attempt.places ??= this.#options.locate(out.message.via as Via)[Symbol.asyncIterator]();
      for (let place = await attempt.places.next(); place.done !== true; place = await attempt.places.next()) {
        const { transport, address } = place.value;
        if (tried.has(placeOf(transport, address))) continue;
        const flow = this.#options.flowTo(place.value);
        if (!this.#options.send(flow, out.bytes, out.message)) continue;
        return this.#watch({ ...attempt, flow });
      }
    } catch (cause) {
      if (!ProtocolError.is(cause)) throw cause;
      error ??= cause;
    }
    this.#options.gaveUp(out, error);
  }

  #forgetConnected(): void {
    for (const [id, [first]] of this.#opening) if (first !== undefined && !isOpening(first.flow)) this.#opening.delete(id);
  }
}

function isOpening(flow: Flow): boolean {
  return flow instanceof StreamFlow && !flow.connected;
}

function placeOf(transport: string, address: Target['address']): string {
  return `${transport} ${formatAddress(address)}`;
}
