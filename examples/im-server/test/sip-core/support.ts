/* The core alone on a fake network and a fake clock, a stand-in for the IM server, and peers that say what a test tells them to. */
import { onTestFinished } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { buildRequest, respondTo, SipEndpoint, type Flow, type IncomingRequest, type OutgoingRequest, type SipRequest, type SipResponse, type Target } from '@simple-im/sip';
import type { Resolver } from '@simple-im/transport';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { NoMessageAccounts, type MessageAccounts } from '../../src/internal-ports.js';
import type { Log } from '../../src/observe/ports.js';
import { IM_SERVER, type Im2Request, type Im2Server } from '../../src/reference-points.js';
import { Authentication, type Credential } from '../../src/sip-core/authentication.js';
import { SipCore } from '../../src/sip-core/core.js';
import { Events, type EventsOptions } from '../../src/sip-core/events.js';
import { Forwarder } from '../../src/sip-core/forwarder.js';
import { Gruus } from '../../src/sip-core/gruus.js';
import { OwnAddresses } from '../../src/sip-core/own-addresses.js';
import { Registrar, registrarLimits } from '../../src/sip-core/registrar.js';
import { Tokens } from '../../src/sip-core/tokens.js';
import { MemoryLocationStore } from '../../src/store/memory/location.js';
import { MemorySubscriptionStore } from '../../src/store/memory/subscriptions.js';

export const CORE = '10.0.0.1';
export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const uncounted = { count: () => {}, gauge: () => {} };

/** Hands everything back, unless a test says otherwise. */
export class StandInIm implements Im2Server {
  readonly received: Im2Request[] = [];
  readonly acks: SipRequest[] = [];
  core: SipCore | undefined;
  handle: (exchange: Im2Request) => void = (exchange) => this.handBack(exchange);

  receive(exchange: Im2Request): void {
    this.received.push(exchange);
    if (exchange.request.method === 'REGISTER') exchange.respond(respondTo(exchange.request, 200));
    else this.handle(exchange);
  }

  ack(request: SipRequest): void {
    this.acks.push(request);
  }

  handBack(exchange: Im2Request): void {
    const outgoing = this.core?.request(exchange.request, exchange.originalDialog, {
      response: (response) => exchange.respond(response),
      failed: () => exchange.respond(respondTo(exchange.request, 480)),
    });
    exchange.onCancelled = () => outgoing?.cancel();
  }

  /** The third-party registrations so far. */
  get registrations(): readonly SipRequest[] {
    return this.received.map(({ request }) => request).filter(({ method }) => method === 'REGISTER');
  }
}

export interface TestCore {
  readonly core: SipCore;
  readonly im: StandInIm;
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly location: MemoryLocationStore;
  readonly endpoint: SipEndpoint;
  readonly own: OwnAddresses;
  readonly events: Events;
  readonly accounts: MessageAccounts;
}

export interface TestCoreOptions {
  readonly mode?: 'digest' | 'none';
  readonly users?: ReadonlyMap<string, Credential>;
  readonly pagerTimeout?: number;
  /** Of devices, where the IM server answers in time. */
  readonly patience?: number;
  readonly resolver?: Resolver;
  /** Where the IM server is, if it is another process. */
  readonly imServer?: Target;
  readonly events?: Partial<EventsOptions>;
}

const someUsers: ReadonlyMap<string, Credential> = new Map(['alice', 'bob', 'carol'].map((name) => [name, { aor: `sip:${name}@example.com`, secret: { password: `${name}'s` } }]));

export async function coreWith(
  { mode = 'none', users = someUsers, pagerTimeout = 10_000, patience, imServer, resolver, events: eventOptions }: TestCoreOptions = {},
): Promise<TestCore> {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock });
  const random = new FakeRandom(7);
  const own = new OwnAddresses('example.com', [{ transport: 'UDP', host: CORE, port: 5060 }, { transport: 'TCP', host: CORE, port: 5060 }]);
  const endpoint = new SipEndpoint({ network: network.at(CORE), clock, random, ...(resolver === undefined ? {} : { resolver }) });
  await endpoint.listenUdp({ host: CORE, port: 5060 });
  await endpoint.listenTcp({ host: CORE, port: 5060 });
  const key = new Uint8Array(32).fill(1);
  const tokens = new Tokens(key, 'node1');
  const gruus = new Gruus(key, own);
  const location = new MemoryLocationStore();
  const common = { own, clock, random, log: quiet, metrics: uncounted };
  const forwarder = new Forwarder({ ...common, endpoint, tokens, pagerTimeout, patience, imServer });
  const accounts = new NoMessageAccounts();
  const events = new Events({
    ...common, endpoint, tokens, gruus, forwarder, location, accounts, hash: nodeHash, notifyInterval: 5000, store: new MemorySubscriptionStore(),
    isImServer: (uri) => own.isOurs(uri) && uri.user === IM_SERVER,
    limits: { maxSubscriptions: 100, maxPerUser: 100, maxPerWatcher: 100 }, ...eventOptions,
  });
  const core = new SipCore({
    ...common, node: 'node1', tokens, gruus, location, forwarder,
    events: events.notifier,
    registrar: new Registrar(location, gruus, registrarLimits, events.contactsChanged),
    authentication: new Authentication({ ...common, users, mode, algorithms: ['SHA-256', 'MD5'], hash: nodeHash, key, isNotifier: (request) => events.notifier.isSubscribedTo(request) }),
  });
  const im = new StandInIm();
  im.core = core;
  core.attach(im);
  endpoint.onRequest = (incoming) => core.receive(incoming);
  endpoint.onAck = (request, flow) => core.receiveAck(request, flow);
  onTestFinished(() => endpoint.close());
  return { core, im, clock, network, location, endpoint, own, events, accounts };
}

export interface CallOptions {
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly maxForwards?: number;
  readonly routes?: readonly string[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly contentType?: string;
  readonly body?: string;
  readonly over?: Target | Flow;
}

export interface Call {
  readonly request: SipRequest;
  readonly outgoing: OutgoingRequest;
  /** Everything that came, provisional responses too. */
  readonly responses: SipResponse[];
  /** The first final response; rejects with the error when none came. */
  readonly final: Promise<SipResponse>;
}

/** One machine with one address; what it gets waits in `received` or goes to `handle`. */
export class Peer {
  readonly name: string;
  readonly host: string;
  readonly endpoint: SipEndpoint;
  readonly target: Target;
  readonly contact: string;
  readonly received: IncomingRequest[] = [];
  readonly acks: SipRequest[] = [];
  handle: (incoming: IncomingRequest) => void = () => {};
  #count = 0;

  constructor(name: string, host: string, endpoint: SipEndpoint, target: Target, contact: string) {
    this.name = name;
    this.host = host;
    this.endpoint = endpoint;
    this.target = target;
    this.contact = contact;
    endpoint.onRequest = (incoming) => {
      this.received.push(incoming);
      this.handle(incoming);
    };
    endpoint.onAck = (request) => this.acks.push(request);
  }

  get requests(): readonly SipRequest[] {
    return this.received.map(({ request }) => request);
  }

  build(method: string, uri: string, options: CallOptions = {}): SipRequest {
    this.#count++;
    return buildRequest({
      method, uri,
      from: options.from ?? `<sip:${this.name}@example.com>;tag=${this.name}-${this.#count}`,
      to: options.to ?? `<${uri}>`,
      callId: options.callId ?? `${this.name}-call-${this.#count}`,
      cseq: options.cseq ?? this.#count,
      ...(options.maxForwards === undefined ? {} : { maxForwards: options.maxForwards }),
      routes: options.routes ?? [],
      headers: options.headers ?? [],
      ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
      ...(options.body === undefined ? {} : { body: utf8(options.body) }),
    });
  }

  call(method: string, uri: string, options: CallOptions = {}): Call {
    return this.send(this.build(method, uri, options), options.over);
  }

  send(request: SipRequest, over: Target | Flow = this.target): Call {
    const responses: SipResponse[] = [];
    let outgoing: OutgoingRequest | undefined;
    const final = new Promise<SipResponse>((resolve, reject) => {
      outgoing = this.endpoint.request(request, over, {
        response: (response) => {
          responses.push(response);
          if (response.status >= 200) resolve(response);
        },
        failed: reject,
      });
    });
    final.catch(() => {});
    return { request, outgoing: outgoing as OutgoingRequest, responses, final };
  }

  async register(options: { readonly contact?: string; readonly parameters?: string; readonly expires?: number; readonly headers?: readonly (readonly [string, string])[] } = {}): Promise<SipResponse> {
    const { contact = this.contact, parameters = '', expires = 600, headers = [] } = options;
    return this.call('REGISTER', 'sip:example.com', {
      to: `<sip:${this.name}@example.com>`,
      headers: [['Contact', `<${contact}>${parameters}`], ['Expires', String(expires)], ...headers],
    }).final;
  }
}

let hosts = 1;

/** A peer on a host of its own; over TCP its Contact is a name that leads nowhere, so that only its connection reaches it. */
export async function peerOf(on: TestCore, name: string, transport: 'UDP' | 'TCP' = 'UDP'): Promise<Peer> {
  const host = `10.1.0.${(hosts = (hosts % 250) + 1)}`;
  const endpoint = new SipEndpoint({ network: on.network.at(host), clock: on.clock, random: new FakeRandom(100 + hosts) });
  await endpoint.listenUdp({ host, port: 5060 });
  onTestFinished(() => endpoint.close());
  const contact = transport === 'UDP' ? `sip:${name}@${host}:5060` : `sip:${name}@client.invalid;transport=tcp`;
  return new Peer(name, host, endpoint, { transport, address: { host: CORE, port: 5060 } }, contact);
}

/** Answers with a status, a tag and a Contact, and keeps Record-Route where a dialog begins. */
export function answer(incoming: IncomingRequest, status: number, toTag = 'answer', headers: readonly (readonly [string, string])[] = []): void {
  incoming.respond(respondTo(incoming.request, status, { toTag, headers }));
}
