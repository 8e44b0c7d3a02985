/*
 * IM-2 over SIP, the core's side (ISC in 3GPP TS 24.229 §5.4.3): to the core this is the IM server, on the wire it is the S-CSCF of
 * an application server that is another process.
 */
import { parseNameAddr, parseUri, uriEquals, type ProtocolError } from '@simple-im/grammar';
import {
  respondTo, type Flow, type IncomingRequest, type SipEndpoint, type SipRequest, type SipResponse, type Target,
} from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Log } from '../observe/ports.js';
import type { Im2Core, Im2Handlers, Im2Outgoing, Im2Request, Im2Server } from '../reference-points.js';
import { ToldRegistrations } from './told-registrations.js';
import { forwardable, noAnswer, ServiceHop, tagged } from './service-hop.js';
import { newOriginalDialog, originalDialogUser, readOriginalDialog, routeToImServer, writeServed } from './wire.js';

/** What this side asks of the core besides IM-2. */
export interface RoutingCore extends Im2Core {
  isHandedOver(originalDialog: string): boolean;
  bypass(request: SipRequest, originalDialog: string, handlers: Im2Handlers): Im2Outgoing;
  receive(incoming: IncomingRequest): void;
}

/** URIs of the core. */
export interface CoreUris {
  uri(user: string, transport: string, parameters?: string): string;
  isOurs(uri: SipRequest['parsedUri']): boolean;
}

export interface ImServerOverSipOptions {
  readonly endpoint: SipEndpoint;
  readonly core: RoutingCore;
  readonly own: CoreUris;
  /** Of the IM server, as configured, and where it leads. */
  readonly uri: string;
  readonly target: Target;
  /** What becomes of a request when the IM server is not there: refused, or served without it (default handling in TS 24.229). */
  readonly whenDown: 'refuse' | 'bypass';
  /** Milliseconds the core takes until it answers a request that is not an INVITE. */
  readonly pagerTimeout: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Milliseconds that a request takes over IM-2 and back, beyond what the recipient takes. */
const DETOUR = 2000;

export class ImServerOverSip implements Im2Server {
  readonly #options: ImServerOverSipOptions;
  readonly #registrations: ToldRegistrations;
  /** By which requests of the IM server's own come; whoever knows it was told by us. */
  readonly #ownDialog: string;

  constructor(options: ImServerOverSipOptions) {
    this.#options = options;
    const { endpoint, clock, random, log, uri, target, own } = options;
    this.#ownDialog = newOriginalDialog(random);
    const contact = own.uri(originalDialogUser(this.#ownDialog), target.transport, ';lr');
    this.#registrations = new ToldRegistrations({ endpoint, clock, random, log, uri, target, contact });
  }

  // From the core

  receive(exchange: Im2Request): void {
    if (exchange.request.method === 'REGISTER') return this.#register(exchange);
    const copy = forwardable(exchange.request);
    if (copy === undefined) return exchange.respond(respondTo(exchange.request, 483));
    this.#address(copy, exchange);
    const { endpoint, clock, target, pagerTimeout } = this.#options;
    const hop: ServiceHop = new ServiceHop(copy, {
      response: (response) => exchange.respond(response),
      lost: (error, heard) => this.#lost(exchange, error, heard),
    }, { endpoint, clock, patience: pagerTimeout + DETOUR });
    exchange.onCancelled = () => hop.cancel();
    hop.send(target);
  }

  /** An ACK to a 2xx comes to the IM server by its Contact, like every request in a dialog: this one names a URI of ours. */
  ack(_request: SipRequest): void {
    this.#options.log.debug({}, 'an ACK for the IM server was addressed to the core');
  }

  // From the wire

  /** A request from outside: handed back by the IM server, or what the core knows how to treat. */
  receiveFromWire(incoming: IncomingRequest): void {
    const { core } = this.#options;
    const originalDialog = this.#originalDialogOf(incoming.request);
    if (originalDialog === undefined && this.#isOfImServer(incoming)) this.#passOn(incoming, undefined);
    else if (originalDialog === undefined) core.receive(incoming);
    else if (originalDialog === this.#ownDialog) this.#ofItsOwn(incoming);
    else if (core.isHandedOver(originalDialog)) this.#handedBack(incoming, originalDialog);
    // Answered meanwhile, or never handed over.
    else incoming.respond(this.#tagged(respondTo(incoming.request, 481)));
  }

  flowClosed(flow: Flow): void {
    const { host, port } = this.#options.target.address;
    // It may have ended, and then knows nobody any more when it comes back.
    if (flow.remote.host === host && flow.remote.port === port) this.#registrations.tellAgain();
  }

  close(): void {
    this.#registrations.close();
  }

  #register(exchange: Im2Request): void {
    this.#registrations.tell(exchange.request);
    exchange.respond(respondTo(exchange.request, 200));
  }

  /** Route to the IM server and from there to us; a request without a session case finds the IM server by its address. */
  #address(copy: SipRequest, { sessionCase, servedUser, originalDialog }: Im2Request): void {
    const { own, uri, target } = this.#options;
    if (sessionCase === undefined || servedUser === undefined || originalDialog === undefined) return copy.headers.delete('Route');
    copy.headers.prepend('Route', `<${own.uri(originalDialogUser(originalDialog), target.transport, ';lr')}>`);
    copy.headers.prepend('Route', routeToImServer(uri, sessionCase));
    writeServed(copy, sessionCase, servedUser);
  }

  #originalDialogOf(request: SipRequest): string | undefined {
    const route = request.routes[0]?.uri;
    if (route === undefined || (route.scheme !== 'sip' && route.scheme !== 'sips')) return undefined;
    const originalDialog = readOriginalDialog(route.user);
    return originalDialog !== undefined && this.#options.own.isOurs(route) ? originalDialog : undefined;
  }

  #handedBack(incoming: IncomingRequest, originalDialog: string): void {
    const { request } = incoming;
    request.headers.removeFirst('Route');
    request.headers.delete('P-Served-User');
    this.#passOn(incoming, originalDialog);
  }

  /** Its P-Served-User stays: it says whose services have been passed. */
  #ofItsOwn(incoming: IncomingRequest): void {
    incoming.request.headers.removeFirst('Route');
    this.#passOn(incoming, undefined);
  }

  /** Begins something of the IM server's own: it says so, over a connection from where the IM server is. */
  #isOfImServer({ request, flow }: IncomingRequest): boolean {
    const { uri, target } = this.#options;
    if (request.toTag !== undefined || !flow.reliable || flow.remote.host !== target.address.host) return false;
    const [asserted] = request.headers.list('P-Asserted-Identity');
    return asserted !== undefined && uriEquals(parseNameAddr(asserted).uri, parseUri(uri));
  }

  #passOn(incoming: IncomingRequest, originalDialog: string | undefined): void {
    const { request } = incoming;
    const outgoing = this.#options.core.request(request, originalDialog, {
      response: (response) => incoming.respond(this.#tagged(response)),
      failed: (error) => incoming.respond(this.#tagged(noAnswer(request, error))),
    });
    incoming.onCancelled = () => outgoing.cancel();
  }

  #lost(exchange: Im2Request, error: ProtocolError | undefined, heard: boolean): void {
    const { request, sessionCase, originalDialog } = exchange;
    const { whenDown, core, log } = this.#options;
    log.warn({ code: error?.code ?? 'SIP_TIMEOUT', method: request.method, sessionCase }, 'the IM server did not answer');
    // What the IM server may have acted on is not done once more.
    const isUntouched = !heard && error?.code === 'SIP_TRANSPORT';
    if (whenDown === 'refuse' || !isUntouched || originalDialog === undefined) return exchange.respond(noAnswer(request, error));
    const outgoing = core.bypass(request, originalDialog, {
      response: (response) => exchange.respond(response),
      failed: (failure) => exchange.respond(noAnswer(request, failure)),
    });
    exchange.onCancelled = () => outgoing.cancel();
  }

  #tagged(response: SipResponse): SipResponse {
    return tagged(response, () => this.#options.endpoint.newTag());
  }
}
