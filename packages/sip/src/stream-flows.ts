import { formatAddress } from '@simple-im/transport';
import type { Address, Random } from '@simple-im/transport';
import type { ProtocolError } from '@simple-im/grammar';
import { ConnectionIndex } from './connection-index.js';
import type { Dialer } from './dialer.js';
import type { EndpointLimits } from './endpoint-types.js';
import { sipError } from './errors.js';
import { randomHex } from './flow.js';
import type { TransportName } from './flow.js';
import type { Link } from './link.js';
import type { SipMessage } from './message.js';
import type { Target } from './resolve.js';
import { StreamFlow } from './stream-flow.js';
import { QueuedTimer, TimerQueue } from './timer-queue.js';

export interface StreamFlowsOptions {
  readonly dialer: Dialer;
  readonly random: Random;
  readonly limits: EndpointLimits;
  now(): number;
  message(message: SipMessage, flow: StreamFlow): void;
  pong(flow: StreamFlow): void;
  refused(flow: StreamFlow, error: ProtocolError): void;
  closed(flow: StreamFlow, error?: Error): void;
}

/** How a new connection appears to those who use it. */
export interface NewConnection {
  readonly transport: TransportName;
  readonly remote: Address;
  /** For our Via. */
  readonly sentBy: string;
  readonly alias?: boolean;
}

/** The connections of an endpoint: found by id and by target, bounded in number and idle time. */
export class StreamFlows {
  readonly #options: StreamFlowsOptions;
  readonly #flows = new Map<string, StreamFlow>();
  readonly #index = new ConnectionIndex();
  readonly #idle = new TimerQueue<StreamFlow, 'idle'>();
  readonly #idleTimers = new Map<StreamFlow, QueuedTimer<StreamFlow, 'idle'>>();
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

  /** An open connection that serves the target, or one that is being opened (§18.1.1). */
  to(target: Target): StreamFlow | undefined {
    return this.#index.find(target);
  }

  /** A connection somebody opened to us. Throws SIP_TOO_MANY_CONNECTIONS; then the caller gets rid of it. */
  accept(link: Link, as: NewConnection): StreamFlow {
    this.#checkRoom(as.remote);
    const flow = this.#add(as);
    this.#index.accepted(flow);
    flow.connect(link);
    return flow;
  }

  /** Opens a connection; the flow may be used at once. Throws SIP_TOO_MANY_CONNECTIONS, SIP_UNSUPPORTED_TRANSPORT. */
  open(target: Target, as: Omit<NewConnection, 'transport' | 'remote'>): StreamFlow {
    this.#checkRoom(target.address);
    const dialled = this.#options.dialer.dial(target);
    const flow = this.#add({ transport: target.transport, remote: target.address, ...as });
    this.#index.opened(flow, target);
    dialled.then(
      (link) => flow.connect(link),
      (error: unknown) => flow.close(error as Error),
    );
    return flow;
  }

  /** The peer offered `alias` with that port (RFC 5923 §8.2). */
  alias(flow: StreamFlow, port: number): void {
    if (!flow.closed) this.#index.alias(flow, port);
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

  #checkRoom(remote: Address): void {
    if (this.#flows.size >= this.#options.limits.maxConnections) throw sipError('SIP_TOO_MANY_CONNECTIONS', { detail: formatAddress(remote) });
  }

  #add({ transport, remote, sentBy, alias = false }: NewConnection): StreamFlow {
    this.#count += 1;
    const flow = new StreamFlow({
      id: `${transport}/${this.#instance}/${this.#count}`,
      transport,
      remote,
      sentBy,
      alias,
      maxPendingOutput: this.#options.limits.maxPendingOutput,
      handlers: {
        message: (message, from) => this.#options.message(message, from),
        pong: (from) => this.#options.pong(from),
        refused: (from, error) => this.#options.refused(from, error),
        active: (active) => this.#touch(active),
        closed: (gone, error) => this.#remove(gone, error),
      },
    });
    this.#flows.set(flow.id, flow);
    this.#touch(flow);
    return flow;
  }

  #touch(flow: StreamFlow): void {
    const timer = this.#idleTimers.get(flow) ?? new QueuedTimer(flow, 'idle' as const, undefined);
    this.#idle.stop(timer);
    this.#idle.start(timer, this.#options.limits.idleTimeout, this.#options.now());
    this.#idleTimers.set(flow, timer);
  }

  #remove(flow: StreamFlow, error: Error | undefined): void {
    this.#flows.delete(flow.id);
    this.#index.delete(flow);
    const running = this.#idleTimers.get(flow);
    if (running !== undefined) this.#idle.stop(running);
    this.#idleTimers.delete(flow);
    this.#options.closed(flow, error);
  }
}
