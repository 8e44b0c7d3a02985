import type { Clock } from '@simple-im/transport';
import type { Flow } from './flow.js';
import type { Locator } from './locator.js';
import { SipRequest } from './message.js';
import { ResponseFailover } from './response-failover.js';
import type { StreamFlow } from './stream-flow.js';
import type { Transmission } from './transaction-event.js';
import type { TransactionLayer } from './transaction-layer.js';
import type { TransportLayer } from './transport-layer.js';

export interface TransmitterOptions {
  readonly layer: TransactionLayer;
  readonly transport: TransportLayer;
  readonly locator: Locator;
  readonly clock: Clock;
  /** Something was sent, or could not be, after `send` had returned. */
  changed(): void;
  report(error: Error, flow: Flow): void;
}

/** Takes what the transaction layer wants sent to the transport layer, and tells it what could not be (§17.1.4, §17.2.4). */
export class Transmitter {
  readonly #options: TransmitterOptions;
  readonly #failover: ResponseFailover;
  #closed = false;

  constructor(options: TransmitterOptions) {
    const { transport, locator, changed, report } = options;
    this.#options = options;
    this.#failover = new ResponseFailover({
      locate: (via) => locator.locateVia(via),
      flowTo: (target) => transport.flowTo(target),
      send: (flow, bytes, message) => {
        const isSent = !this.#closed && transport.send(flow, bytes, message);
        changed();
        return isSent;
      },
      gaveUp: (out, error) => {
        if (this.#closed) return;
        if (error !== undefined) report(error, out.flow);
        this.#failed(out);
        changed();
      },
    });
  }

  sendAll(): void {
    const { layer } = this.#options;
    for (let out = layer.transmit(); out !== undefined; out = layer.transmit()) this.send(out);
  }

  send(out: Transmission): void {
    if (this.#closed) return;
    const isSent = out.message instanceof SipRequest ? this.#sent(out, out.flow) : this.#answered(out);
    if (!isSent) this.#failed(out);
  }

  /** A connection is gone, or was never there. */
  flowLost(flow: StreamFlow, error: Error | undefined): void {
    this.#failover.flowLost(flow, error);
  }

  /** Sends nothing any more. */
  close(): void {
    this.#closed = true;
  }

  /** False when there is no way, nor will one be looked for. */
  #answered(out: Transmission): boolean {
    const flow = this.#responseFlow(out);
    // The connection of the request is the one that nothing has to be watched on.
    if (flow !== undefined && this.#sent(out, flow)) return flow === out.flow || this.#failover.follow(out, flow);
    return this.#failover.follow(out, undefined);
  }

  /** Undefined when the flow is gone, and no new one can be opened. */
  #responseFlow(out: Transmission): Flow | undefined {
    try {
      return this.#options.transport.responseFlow(out);
    } catch (error) {
      this.#options.report(error as Error, out.flow);
      return undefined;
    }
  }

  #sent({ bytes, message }: Transmission, flow: Flow): boolean {
    try {
      return this.#options.transport.send(flow, bytes, message);
    } catch (error) {
      this.#options.report(error as Error, flow);
      return false;
    }
  }

  #failed({ side, key }: Transmission): void {
    const { layer, clock } = this.#options;
    if (side !== undefined && key !== undefined) layer.sendFailed(side, key, clock.now());
  }
}
