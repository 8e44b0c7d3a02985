import { ProtocolError } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import type { Address, Clock, Listener, Network, Random } from '@simple-im/transport';
import { decodeDatagram } from './decoder.js';
import { encode } from './encoder.js';
import type { EndpointLimits, ListenOptions, TraceEvent } from './endpoint-types.js';
import { sipError } from './errors.js';
import { randomHex } from './flow.js';
import type { Flow } from './flow.js';
import type { DecoderOptions } from './limits.js';
import type { SipMessage } from './message.js';
import type { Target } from './resolve.js';
import { responseAddress } from './response-routing.js';
import type { StreamFlow } from './stream-flow.js';
import { StreamFlows } from './stream-flows.js';
import { UdpFlow, UdpFlows } from './udp-flows.js';
import type { UdpSocket } from './udp-flows.js';

export interface TransportLayerOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: EndpointLimits;
  readonly liberal: boolean;
  readonly trace: ((event: TraceEvent) => void) | undefined;
  message(message: SipMessage, flow: Flow): void;
  /** Nothing more goes over the flow; `error` says why if it did not end in order. */
  lost(flow: Flow, error: Error | undefined): void;
  /** Something went wrong that ends no flow. */
  problem(error: Error, flow: Flow | undefined): void;
  /** A timer may have to be set. */
  changed(): void;
}

/** The transport layer of RFC 3261 §18 over UDP and TCP: messages in and out, flows, keepalives, limits. */
export class TransportLayer {
  readonly #options: TransportLayerOptions;
  readonly #decoder: DecoderOptions;
  readonly #udp = new UdpFlows();
  readonly #streams: StreamFlows;
  readonly #listeners: { readonly listener: Listener; readonly sentBy: string }[] = [];
  /** What our Via says where no address of ours is known; responses come by `received`, `rport` or the connection. */
  readonly #nameless: string;

  constructor(options: TransportLayerOptions) {
    this.#options = options;
    this.#decoder = { limits: options.limits, liberal: options.liberal };
    this.#nameless = `${randomHex(options.random, 6)}.invalid`;
    this.#streams = new StreamFlows({
      network: options.network,
      random: options.random,
      limits: options.limits,
      decoder: this.#decoder,
      now: () => options.clock.now(),
      message: (message, flow) => this.#receiveFromStream(message, flow),
      closed: (flow, error) => options.lost(flow, error),
    });
  }

  get connections(): number {
    return this.#streams.size;
  }

  async listenUdp(address: Address, options: ListenOptions): Promise<Address> {
    // A datagram may be told before we know the socket it came to; nothing can be answered then.
    const bound: { udp?: UdpSocket } = {};
    const socket = await this.#options.network.bindUdp(address, {
      datagram: (bytes, from) => {
        if (bound.udp !== undefined) this.#receiveDatagram(bytes, new UdpFlow(bound.udp, from));
      },
      error: (error, to) => {
        if (bound.udp !== undefined && to !== undefined) this.#options.lost(new UdpFlow(bound.udp, to), error);
        else this.#options.problem(error, undefined);
      },
    });
    bound.udp = { socket, local: socket.local, sentBy: this.#sentBy(socket.local, options.advertise) };
    this.#udp.add(bound.udp);
    return socket.local;
  }

  async listenTcp(address: Address, options: ListenOptions): Promise<Address> {
    let sentBy = this.#nameless;
    const listener = await this.#options.network.listenTcp(address, (connection) => {
      const refused = this.#streams.accept(connection, sentBy);
      if (refused !== undefined) this.#options.problem(refused, undefined);
      this.#options.changed();
    });
    sentBy = this.#sentBy(listener.local, options.advertise);
    this.#listeners.push({ listener, sentBy });
    return listener.local;
  }

  /** The UDP socket of the target's address family; an open TCP connection to it (§18.1.1), else a new one, usable at once. */
  flowTo(to: Target): Flow {
    if (to.transport === 'TCP') return this.#streams.to(to.address) ?? this.#streams.open(to.address, this.#streamSentBy());
    const flow = this.#udp.to(to.address);
    if (flow === undefined) throw sipError('SIP_NO_SOCKET', { detail: formatAddress(to.address) });
    return flow;
  }

  flow(id: string): Flow | undefined {
    return this.#streams.get(id) ?? this.#udp.get(id);
  }

  /** Sends a message over a flow. False when the flow is closed, or just was because its peer does not read. */
  send(flow: Flow, bytes: Uint8Array, message: SipMessage): boolean {
    if (flow instanceof UdpFlow) {
      this.#options.trace?.({ direction: 'out', flow, bytes, message });
      flow.udp.socket.send(bytes, flow.remote);
      return true;
    }
    const stream = this.#streams.get(flow.id);
    if (stream === undefined || !stream.write(bytes)) return false;
    this.#options.trace?.({ direction: 'out', flow, bytes, message });
    return true;
  }

  /**
   * The flow a response takes (§18.2.2): over UDP the same socket, to the address its top Via names; over a connection
   * that connection, or a new one if it is gone. Undefined when the Via names no numeric address.
   */
  responseFlow(flow: Flow, response: SipMessage): Flow | undefined {
    const via = response.via;
    if (flow instanceof UdpFlow) {
      const address = via === undefined ? undefined : responseAddress(via, 'UDP');
      return address === undefined ? undefined : new UdpFlow(flow.udp, address);
    }
    if (this.#streams.get(flow.id) !== undefined) return flow;
    const address = via === undefined ? undefined : responseAddress(via, flow.transport);
    return address === undefined ? undefined : this.flowTo({ transport: 'TCP', address });
  }

  deadline(): number | undefined {
    return this.#streams.deadline();
  }

  wake(now: number): void {
    this.#streams.wake(now);
  }

  async close(): Promise<void> {
    this.#streams.closeAll();
    await Promise.all([this.#udp.closeAll(), ...this.#listeners.map(({ listener }) => listener.close())]);
  }

  #receiveDatagram(bytes: Uint8Array, flow: UdpFlow): void {
    let message: SipMessage;
    try {
      message = decodeDatagram(bytes, this.#decoder);
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#options.trace?.({ direction: 'in', flow, bytes });
      // Keepalives of CRLF over UDP are in no standard, but many clients send them.
      if (error.code !== 'SIP_NO_MESSAGE') this.#options.problem(error, flow);
      return;
    }
    this.#options.trace?.({ direction: 'in', flow, bytes, message });
    this.#options.message(keepable(message), flow);
  }

  #receiveFromStream(message: SipMessage, flow: StreamFlow): void {
    if (this.#options.trace !== undefined) this.#options.trace({ direction: 'in', flow, bytes: encode(message), message });
    this.#options.message(keepable(message), flow);
  }

  /** §18.1.1: a server may open a connection to the sent-by of our Via, so it names a listener if there is one. */
  #streamSentBy(): string {
    return this.#listeners[0]?.sentBy ?? this.#nameless;
  }

  #sentBy(local: Address, advertise: string | undefined): string {
    if (advertise !== undefined) return /:\d+$/.test(advertise) ? advertise : `${advertise}:${local.port}`;
    return local.host === '0.0.0.0' || local.host === '::' ? this.#nameless : formatAddress(local);
  }
}

/** The octets are the driver's or the decoder's again after the call, but whoever gets a message may keep it. */
function keepable(message: SipMessage): SipMessage {
  if (message.body.length > 0) message.body = message.body.slice();
  return message;
}
