import { formatAddress } from '@simple-im/transport';
import type { Address, ByteConnection, Network, Random } from '@simple-im/transport';
import type { EndpointLimits } from './endpoint-types.js';
import { sipError } from './errors.js';
import { randomHex } from './flow.js';
import type { DecoderOptions } from './limits.js';
import type { SipMessage } from './message.js';
import { StreamFlow } from './stream-flow.js';
import { TimerQueue } from './timer-queue.js';
import type { QueuedTimer } from './timer-queue.js';

export interface StreamFlowsOptions {
  readonly network: Network;
  readonly random: Random;
  readonly limits: EndpointLimits;
  readonly decoder: DecoderOptions;
  now(): number;
  message(message: SipMessage, flow: StreamFlow): void;
  closed(flow: StreamFlow, error?: Error): void;
}

/** The TCP connections of an endpoint: found by id and by remote address, bounded in number and idle time. */
export class StreamFlows {
  readonly #options: StreamFlowsOptions;
  readonly #flows = new Map<string, StreamFlow>();
  readonly #byRemote = new Map<string, StreamFlow>();
  readonly #idle = new TimerQueue<StreamFlow>();
  readonly #idleTimers = new Map<StreamFlow, QueuedTimer<StreamFlow>>();
  /** Makes ids differ from those of an endpoint that ran before, so that a stored id never names a stranger's connection. */
  readonly #instance: string;
  #count = 0;

  constructor(options: StreamFlowsOptions) {
    this.#options = options;
    this.#instance = randomHex(options.random, 6);
  }

  get size(): number {
    return this.#flows.size;
  }

  get(id: string): StreamFlow | undefined {
    return this.#flows.get(id);
  }

  /** An open connection to `remote`, or one that is being opened (§18.1.1). */
  to(remote: Address): StreamFlow | undefined {
    return this.#byRemote.get(formatAddress(remote));
  }

  /** A connection somebody opened to us. Closed at once when there are too many; then the error is returned. */
  accept(connection: ByteConnection, sentBy: string): Error | undefined {
    if (this.#flows.size >= this.#options.limits.maxConnections) {
      connection.destroy();
      return sipError('SIP_TOO_MANY_CONNECTIONS', { detail: formatAddress(connection.remote) });
    }
    this.#add(connection.remote, sentBy).connect(connection);
    return undefined;
  }

  /** Opens a connection; the flow may be used at once. Throws SIP_TOO_MANY_CONNECTIONS. */
  open(remote: Address, sentBy: string): StreamFlow {
    if (this.#flows.size >= this.#options.limits.maxConnections) {
      throw sipError('SIP_TOO_MANY_CONNECTIONS', { detail: formatAddress(remote) });
    }
    const flow = this.#add(remote, sentBy);
    this.#options.network.connectTcp(remote, { timeout: this.#options.limits.connectTimeout }).then(
      (connection) => flow.connect(connection),
      (error: unknown) => flow.close(error as Error),
    );
    return flow;
  }

  /** When `wake` is to be called next. */
  deadline(): number | undefined {
    return this.#idle.deadline();
  }

  /** Closes connections that were idle for too long. */
  wake(now: number): void {
    for (let timer = this.#idle.take(now); timer !== undefined; timer = this.#idle.take(now)) timer.owner.end();
  }

  closeAll(): void {
    for (const flow of [...this.#flows.values()]) flow.end();
  }

  #add(remote: Address, sentBy: string): StreamFlow {
    this.#count += 1;
    const flow = new StreamFlow({
      id: `TCP/${this.#instance}/${this.#count}`,
      transport: 'TCP',
      remote,
      sentBy,
      decoder: this.#options.decoder,
      maxPendingOutput: this.#options.limits.maxPendingOutput,
      handlers: {
        message: (message, from) => this.#options.message(message, from),
        active: (active) => this.#touch(active),
        closed: (gone, error) => this.#remove(gone, error),
      },
    });
    this.#flows.set(flow.id, flow);
    this.#byRemote.set(formatAddress(remote), flow);
    this.#touch(flow);
    return flow;
  }

  #touch(flow: StreamFlow): void {
    const running = this.#idleTimers.get(flow);
    if (running !== undefined) this.#idle.stop(running);
    this.#idleTimers.set(flow, this.#idle.start(flow, this.#options.limits.idleTimeout, this.#options.now()));
  }

  #remove(flow: StreamFlow, error: Error | undefined): void {
    this.#flows.delete(flow.id);
    const key = formatAddress(flow.remote);
    if (this.#byRemote.get(key) === flow) this.#byRemote.delete(key);
    const running = this.#idleTimers.get(flow);
    if (running !== undefined) this.#idle.stop(running);
    this.#idleTimers.delete(flow);
    this.#options.closed(flow, error);
  }
}
