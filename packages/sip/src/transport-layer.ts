import { ProtocolError } from '@simple-im/grammar';
import { formatAddress } from '@simple-im/transport';
import type { Address, ByteConnection, Clock, MessageConnection, Network, Random, TlsNetwork, WebSocketNetwork } from '@simple-im/transport';
import { isWebSocket } from './connection-index.js';
import { readDatagram } from './decoder.js';
import { Dialer } from './dialer.js';
import { encode } from './encoder.js';
import type { EndpointLimits, ListenOptions, ListenTlsOptions, TlsClientOptions, TraceEvent, WebSocketOptions } from './endpoint-types.js';
import { sipError } from './errors.js';
import { randomHex } from './flow.js';
import type { Flow } from './flow.js';
import { KeepAlives } from './keep-alive.js';
import type { KeepAliveOptions } from './keep-alive.js';
import type { DecoderOptions } from './limits.js';
import { ByteLink, MessageLink } from './link.js';
import { Listeners } from './listeners.js';
import { SipRequest } from './message.js';
import type { SipMessage } from './message.js';
import type { Target } from './resolve.js';
import { defaultPort, responseAddress, withoutBrackets } from './response-routing.js';
import { StreamFlow } from './stream-flow.js';
import { StreamFlows } from './stream-flows.js';
import { bindingResponse, decodeStun, isStun } from './stun.js';
import type { Transmission } from './transaction-event.js';
import { UdpFlow, UdpFlows, idPrefixOf } from './udp-flows.js';
import type { UdpSocket } from './udp-flows.js';

export interface TransportLayerOptions {
  readonly network: Network | undefined;
  readonly tls: TlsNetwork | undefined;
  readonly tlsClient: TlsClientOptions;
  readonly webSockets: WebSocketNetwork | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: EndpointLimits;
  readonly liberal: boolean;
  readonly trace: ((event: TraceEvent) => void) | undefined;
  message(message: SipMessage, flow: Flow): void;
  /**
   * What was sent over the flow may not have arrived; `error` says why if the flow did not end in order. `gone`: nothing
   * more goes over it, which a UDP socket whose datagram was refused does not say.
   */
  lost(flow: Flow, error: Error | undefined, gone: boolean): void;
  /** Something went wrong that ends no flow. */
  problem(error: Error, flow: Flow | undefined): void;
  /** A timer may have to be set. */
  changed(): void;
}

/** The transport layer of RFC 3261 §18 over UDP, TCP, TLS and WebSockets: messages in and out, flows, keepalives, limits. */
export class TransportLayer {
  readonly #options: TransportLayerOptions;
  readonly #decoder: DecoderOptions;
  readonly #udp = new UdpFlows();
  readonly #streams: StreamFlows;
  readonly #listeners: Listeners;
  readonly #keepAlives: KeepAlives;

  constructor(options: TransportLayerOptions) {
    this.#options = options;
    this.#decoder = { limits: options.limits, liberal: options.liberal };
    this.#listeners = new Listeners(`${randomHex(options.random, 6)}.invalid`);
    const { network, tls, tlsClient, webSockets, clock, random, limits } = options;
    this.#streams = new StreamFlows({
      dialer: new Dialer({ network, tls, webSockets, trusted: tlsClient.trusted, identity: tlsClient.identity, limits, decoder: this.#decoder }),
      random,
      limits,
      now: () => clock.now(),
      message: (message, flow) => this.#receiveFromStream(message, flow),
      pong: (flow) => this.#keepAlives.pong(flow),
      refused: (flow, error) => options.problem(error, flow),
      closed: (flow, error) => {
        this.#keepAlives.stop(flow);
        options.lost(flow, error, true);
      },
    });
    this.#keepAlives = new KeepAlives({
      clock,
      random,
      send: (flow, bytes) => this.#sendOctets(flow, bytes),
      failed: (flow, error) => this.#dead(flow, error),
    });
  }

  get connections(): number {
    return this.#streams.size;
  }

  async listenUdp(address: Address, options: ListenOptions): Promise<Address> {
    const { network } = this.#options;
    if (network === undefined) throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: 'UDP' });
    // A datagram may be told before we know the socket it came to; nothing can be answered then.
    const bound: { udp?: UdpSocket } = {};
    const socket = await network.bindUdp(address, {
      datagram: (bytes, from) => {
        if (bound.udp !== undefined) this.#receiveDatagram(bytes, new UdpFlow(bound.udp, from));
      },
      error: (error, to) => {
        if (bound.udp !== undefined && to !== undefined) this.#options.lost(new UdpFlow(bound.udp, to), error, false);
        else this.#options.problem(error, undefined);
      },
    });
    const { local } = socket;
    bound.udp = { socket, local, sentBy: this.#listeners.sentBy(local, options.advertise), idPrefix: idPrefixOf(local) };
    this.#udp.add(bound.udp);
    return socket.local;
  }

  async listenTcp(address: Address, { advertise }: ListenOptions): Promise<Address> {
    const { network } = this.#options;
    if (network === undefined) throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: 'TCP' });
    return this.#listeners.add('TCP', advertise, (sentBy) => network.listenTcp(address, (connection) => this.#accept('TCP', connection, sentBy())));
  }

  async listenTls(address: Address, { advertise, identity, trusted }: ListenTlsOptions): Promise<Address> {
    const { tls } = this.#options;
    if (tls === undefined) throw sipError('SIP_UNSUPPORTED_TRANSPORT', { detail: 'TLS' });
    return this.#listeners.add('TLS', advertise, (sentBy) => (
      tls.listenTls(address, { identity, trusted }, (connection) => this.#accept('TLS', connection, sentBy()))
    ));
  }

  /** A WebSocket that a client opened to us (RFC 7118 §4). Closes it and throws SIP_SUBPROTOCOL, SIP_TOO_MANY_CONNECTIONS. */
  acceptWebSocket(connection: MessageConnection, { advertise }: WebSocketOptions): Flow {
    try {
      if (connection.protocol.toLowerCase() !== 'sip') throw sipError('SIP_SUBPROTOCOL', { detail: connection.protocol });
      const transport = connection.secure ? 'WSS' : 'WS';
      const remote = connection.remote ?? { host: '0.0.0.0', port: 0 };
      const sentBy = this.#listeners.sentBy(connection.local, advertise);
      return this.#streams.accept(new MessageLink(connection, this.#decoder), { transport, remote, sentBy });
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      this.#options.changed();
    }
  }

  /** The flow for a target. Throws SIP_NO_SOCKET, SIP_TOO_MANY_CONNECTIONS, SIP_UNSUPPORTED_TRANSPORT. */
  flowTo(to: Target): Flow {
    const { transport } = to;
    if (to.flow !== undefined) return to.flow;
    if (transport === 'UDP') {
      const flow = this.#udp.to(to.address);
      if (flow === undefined) throw sipError('SIP_NO_SOCKET', { detail: formatAddress(to.address) });
      return flow;
    }
    const open = this.#streams.to(to);
    if (open !== undefined) return open;
    // RFC 5923 §8.1: only who can be called at its sent-by, and shows a certificate, has a name a peer can keep.
    const alias = transport === 'TLS' && this.#options.tlsClient.identity !== undefined && this.#listeners.has('TLS');
    return this.#streams.open(to, { sentBy: this.#listeners.sentByOf(transport), alias });
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
   * that connection, or a new one if it is gone. Undefined when the Via names no numeric address, and for a WebSocket,
   * whose client cannot be called (RFC 7118 §5.3).
   */
  responseFlow({ flow, message: response, direct = false }: Pick<Transmission, 'flow' | 'message' | 'direct'>): Flow | undefined {
    if (flow instanceof UdpFlow) {
      if (direct) return flow;
      const { via } = response;
      const address = via === undefined ? undefined : responseAddress(via, 'UDP');
      return address === undefined ? undefined : new UdpFlow(flow.udp, address);
    }
    if (this.#streams.get(flow.id) !== undefined) return flow;
    const { via } = response;
    if (via === undefined || isWebSocket(flow.transport)) return undefined;
    const address = responseAddress(via, flow.transport);
    return address === undefined ? undefined : this.flowTo({ transport: flow.transport, address, serverName: withoutBrackets(via.host) });
  }

  keepAlive(flow: Flow, options: KeepAliveOptions): void {
    if (!flow.reliable || this.#streams.get(flow.id) !== undefined) this.#keepAlives.start(flow, options);
  }

  stopKeepAlive(flow: Flow): void {
    this.#keepAlives.stop(flow);
  }

  deadline(): number | undefined {
    return this.#streams.deadline();
  }

  wake(now: number): void {
    this.#streams.wake(now);
  }

  async close(): Promise<void> {
    this.#keepAlives.stopAll();
    this.#streams.closeAll();
    await Promise.all([this.#udp.closeAll(), this.#listeners.close()]);
  }

  #accept(transport: 'TCP' | 'TLS', connection: ByteConnection, sentBy: string): void {
    try {
      this.#streams.accept(new ByteLink(connection, this.#decoder), { transport, remote: connection.remote, sentBy });
    } catch (error) {
      connection.destroy();
      this.#options.problem(error as Error, undefined);
    }
    this.#options.changed();
  }

  #receiveDatagram(bytes: Uint8Array, flow: UdpFlow): void {
    if (isStun(bytes)) {
      this.#receiveStun(bytes, flow);
      return;
    }
    let message: SipMessage;
    try {
      message = readDatagram(bytes, this.#options.limits, this.#options.liberal);
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

  /** RFC 5626 §8: keepalives of clients are answered, and ours are answers to wait for. */
  #receiveStun(bytes: Uint8Array, flow: UdpFlow): void {
    const message = decodeStun(bytes);
    if (message?.kind === 'request') {
      const response = bindingResponse(bytes, flow.remote);
      if (response !== undefined) this.#sendOctets(flow, response);
    } else if (message !== undefined) {
      this.#keepAlives.stun(flow, message);
    }
  }

  #receiveFromStream(message: SipMessage, flow: StreamFlow): void {
    this.#options.trace?.({ direction: 'in', flow, message, get bytes() { return encode(message); } });
    if (flow.identities.length > 0 && message instanceof SipRequest) this.#noteAlias(message, flow);
    this.#options.message(keepable(message), flow);
  }

  /** RFC 5923 §8.2. A Via that cannot be read is refused later. */
  #noteAlias(request: SipRequest, flow: StreamFlow): void {
    try {
      const { via } = request;
      if (via?.params.has('alias') === true) this.#streams.alias(flow, via.port ?? defaultPort('TLS'));
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
    }
  }

  #sendOctets(flow: Flow, bytes: Uint8Array): void {
    if (flow instanceof UdpFlow) flow.udp.socket.send(bytes, flow.remote);
    else this.#streams.get(flow.id)?.write(bytes);
    this.#options.changed();
  }

  #dead(flow: Flow, error: Error): void {
    if (flow instanceof StreamFlow) flow.close(error);
    else this.#options.lost(flow, error, true);
  }
}

/** The octets are the driver's or the decoder's again after the call, but whoever gets a message may keep it. */
function keepable(message: SipMessage): SipMessage {
  if (message.body.length > 0) message.body = message.body.slice();
  return message;
}
