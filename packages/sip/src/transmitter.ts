import type { Clock } from '@simple-im/transport';
import type { Flow } from './flow.js';
import { SipRequest } from './message.js';
import type { Transmission } from './transaction-event.js';
import type { TransactionLayer } from './transaction-layer.js';
import type { TransportLayer } from './transport-layer.js';

/** Takes what the transaction layer wants sent to the transport layer, and tells it what could not be (§17.1.4, §17.2.4). */
export class Transmitter {
  readonly #layer: TransactionLayer;
  readonly #transport: TransportLayer;
  readonly #clock: Clock;
  readonly #report: (error: Error, flow: Flow) => void;
  #closed = false;

  constructor(layer: TransactionLayer, transport: TransportLayer, clock: Clock, report: (error: Error, flow: Flow) => void) {
    this.#layer = layer;
    this.#transport = transport;
    this.#clock = clock;
    this.#report = report;
  }

  sendAll(): void {
    for (let out = this.#layer.transmit(); out !== undefined; out = this.#layer.transmit()) this.send(out);
  }

  send(out: Transmission): void {
    if (this.#closed || this.#sent(out)) return;
    if (out.side !== undefined && out.key !== undefined) this.#layer.sendFailed(out.side, out.key, this.#clock.now());
  }

  /** Sends nothing any more. */
  close(): void {
    this.#closed = true;
  }

  /** False when there is no way: the flow is gone, or no new one can be opened. */
  #sent(out: Transmission): boolean {
    try {
      const flow = out.message instanceof SipRequest ? out.flow : this.#transport.responseFlow(out);
      return flow !== undefined && this.#transport.send(flow, out.bytes, out.message);
    } catch (error) {
      this.#report(error as Error, out.flow);
      return false;
    }
  }
}
