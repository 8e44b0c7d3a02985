import { ClientRequest } from './client-request.js';
import { checkSecurity, isFlow } from './endpoint-checks.js';
import type { OutgoingRequest, ResponseHandlers, SendOptions } from './endpoint-types.js';
import { sipError } from './errors.js';
import type { Flow } from './flow.js';
import type { SipRequest } from './message.js';
import type { RequestTable } from './request-table.js';
import type { Target } from './resolve.js';
import type { PreparedRequest, TransactionLayer } from './transaction-layer.js';

export interface OutgoingRequestsOptions {
  readonly layer: TransactionLayer;
  readonly table: RequestTable;
  /** Octets of the largest request that goes over UDP. */
  readonly maxUdpRequest: number;
  flowTo(to: Target | Flow): Flow;
  now(): number;
  /** Something is to be sent. */
  called(): void;
}

/** Gives the requests of our user to client transactions, over TCP where they are too large for UDP (§18.1.1). */
export class OutgoingRequests {
  readonly #options: OutgoingRequestsOptions;

  constructor(options: OutgoingRequestsOptions) {
    this.#options = options;
  }

  /** {@link SipEndpoint.request} */
  request(request: SipRequest, to: Target | Flow, handlers: ResponseHandlers, options: SendOptions): OutgoingRequest {
    checkSecurity(request, to);
    const { layer, flowTo, maxUdpRequest, called } = this.#options;
    let prepared = layer.prepare(request, flowTo(to), options);
    let fallback: Target | undefined;
    if (to.transport === 'UDP' && prepared.bytes.length > maxUdpRequest) {
      if (!isFlow(to)) fallback = to;
      else if (options.congestionSafe === true) throw sipError('SIP_TOO_LARGE_FOR_UDP', { detail: `${prepared.bytes.length} octets` });
    }
    if (fallback !== undefined) {
      prepared = this.#prepareAgain(prepared.message, { transport: 'TCP', address: fallback.address }, options);
    }
    const outgoing = new ClientRequest(prepared, handlers, options, this.#cancel);
    outgoing.fallback = fallback;
    this.#start(outgoing);
    called();
    return outgoing;
  }

  /** §18.1.1: TCP did not connect, so what was only too large for UDP goes over UDP after all. */
  fallBack(flow: Flow): void {
    const { table, layer, now } = this.#options;
    for (const outgoing of table.outgoingOn(flow)) {
      if (outgoing.fallback === undefined) continue;
      // The old transaction fails later and finds nobody listening under its key.
      table.remove(outgoing);
      if (outgoing.options.congestionSafe === true) {
        table.guarded(() => outgoing.fail(sipError('SIP_TOO_LARGE_FOR_UDP')), flow);
        table.guarded(() => outgoing.terminated(), flow);
        continue;
      }
      outgoing.prepared = this.#prepareAgain(outgoing.request, outgoing.fallback, outgoing.options);
      outgoing.fallback = undefined;
      this.#start(outgoing);
      if (outgoing.cancelled !== undefined) layer.cancel(outgoing.key, now(), outgoing.cancelled.reason);
    }
  }

  /** Another way for a request that has our Via already. */
  #prepareAgain(request: SipRequest, to: Target, { branchSuffix, keep }: SendOptions): PreparedRequest {
    const copy = request.clone();
    copy.headers.removeFirst('Via');
    return this.#options.layer.prepare(copy, this.#options.flowTo(to), { branchSuffix, keep, handOver: true });
  }

  #start(outgoing: ClientRequest): void {
    const { layer, table, now } = this.#options;
    outgoing.key = layer.start(outgoing.prepared, now());
    table.add(outgoing);
  }

  readonly #cancel = (key: string, reason: string | undefined): void => {
    this.#options.layer.cancel(key, this.#options.now(), reason);
    this.#options.called();
  };
}
