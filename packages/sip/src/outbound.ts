import type { Hash } from '@simple-im/digest';
import { ProtocolError, isSipUri, parseUri } from '@simple-im/grammar';
import { Alarm } from '@simple-im/transport';
import { Authenticator } from './authenticator.js';
import type { SipEndpoint } from './endpoint.js';
import { sipError } from './errors.js';
import type { Flow } from './flow.js';
import { DEFAULT_OUTBOUND_TIMES, OutboundFlow } from './outbound-flow.js';
import type { OutboundCommand, OutboundEvent, OutboundTimes } from './outbound-flow.js';
import { RegisterAttempt } from './register-attempt.js';
import type { Registration } from './register-attempt.js';
import type { Target } from './resolve.js';
import type { UserAgentCredentials } from './ua-options.js';

export interface OutboundOptions {
  readonly endpoint: SipEndpoint;
  /** The address of record. */
  readonly aor: string;
  /** The Request-URI of the REGISTER; by default the domain of the address of record. */
  readonly registrar?: string | undefined;
  /**
   * The outbound proxy set (§4.2.1): a flow goes to each of these URIs, one with `lr` as a route, or to a target, such as
   * the URL of a WebSocket. Their order gives the reg-ids, so it must be the same at every start. Default: the registrar.
   */
  readonly proxies?: readonly (string | Target)[] | undefined;
  /** Who this device is, a URN the same at every start: `urn:uuid:...` (§4.1). */
  readonly instance: string;
  readonly credentials?: UserAgentCredentials | undefined;
  readonly hash: Hash;
  /** Seconds to ask for; refreshed after half of what is granted. Default 600. */
  readonly expires?: number | undefined;
  readonly times?: Partial<OutboundTimes> | undefined;
  /** How flows over UDP are kept open; see KeepAliveOptions. Default `stun`. */
  readonly udp?: 'stun' | 'crlf' | undefined;
  /** More parameters of the Contact, as they are written: `;methods="MESSAGE"`. */
  readonly contactParams?: string | undefined;
  /** For User-Agent fields. */
  readonly userAgent?: string | undefined;
  readonly onEvent?: ((event: OutboundEvent) => void) | undefined;
}

/**
 * Registrations with outbound (RFC 5626): one flow to each proxy of the set, kept alive, and formed anew when it fails. The
 * owner of the endpoint's `onFlowClosed` calls `flowClosed`.
 */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #authenticator: Authenticator | undefined;
  readonly #registrations: readonly Registration[];
  readonly #alarm: Alarm;
  readonly #registrar: string;
  #running = false;

  constructor(options: OutboundOptions) {
    const { endpoint, credentials, hash, aor } = options;
    this.#options = options;
    this.#registrar = options.registrar ?? domainUriOf(aor);
    this.#authenticator = credentials === undefined ? undefined : new Authenticator(credentials, hash, endpoint.random);
    this.#alarm = new Alarm(endpoint.clock, () => {
      for (const { machine } of this.#registrations) machine.wake(endpoint.clock.now());
      this.#run();
    });
    this.#registrations = (options.proxies ?? [this.#registrar]).map((proxy, i) => this.#registration(proxy, i + 1));
  }

  /** The flows a registration holds on now. */
  get flows(): readonly Flow[] {
    return this.#registrations.flatMap(({ machine: { flow } }) => (flow === undefined ? [] : [flow]));
  }

  /** Registers over every flow now: at first, after `failed`, or when the network is back and a wait makes no sense. */
  start(): void {
    for (const { machine } of this.#registrations) machine.start(this.#now);
    this.#run();
  }

  /** Takes every binding away; each tells `ended`. */
  stop(): void {
    for (const { machine } of this.#registrations) machine.stop(this.#now);
    this.#run();
  }

  /** What the endpoint tells of a flow, whether it is one of ours or not. */
  flowClosed(flow: Flow, error?: Error): void {
    const reason = ProtocolError.is(error) ? error : undefined;
    for (const { machine } of this.#registrations) machine.flowClosed(flow, reason, this.#now);
    this.#run();
  }

  get #now(): number {
    return this.#options.endpoint.clock.now();
  }

  #registration(proxy: string | Target, regId: number): Registration {
    const { endpoint, instance, expires = 600, times } = this.#options;
    const machine = new OutboundFlow({
      regId,
      instance,
      random: endpoint.random,
      expires,
      times: { ...DEFAULT_OUTBOUND_TIMES, ...times },
      othersWork: () => this.#registrations.some((other) => other.regId !== regId && other.machine.flow !== undefined),
    });
    // §4.2.1: a Call-ID of its own for each.
    return { machine, regId, proxy, callId: endpoint.newCallId(), cseq: 0 };
  }

  /** Does what the machines want, also what they want in consequence. */
  #run(): void {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#do(...next);
    this.#running = false;
    const deadlines = this.#registrations.flatMap(({ machine }) => machine.deadline() ?? []);
    if (deadlines.length === 0) this.#alarm.cancel();
    else this.#alarm.set(Math.min(...deadlines));
  }

  #next(): [Registration, OutboundCommand] | undefined {
    for (const registration of this.#registrations) {
      const command = registration.machine.next();
      if (command !== undefined) return [registration, command];
    }
    return undefined;
  }

  #do(registration: Registration, command: OutboundCommand): void {
    const { endpoint, onEvent, udp } = this.#options;
    switch (command.do) {
      case 'register':
        new RegisterAttempt({
          registration, command, options: this.#options, registrar: this.#registrar, authenticator: this.#authenticator, done: () => this.#run(),
        }).send();
        break;
      case 'keep alive':
        endpoint.keepAlive(command.flow, { interval: command.interval, udp, answered: () => registration.machine.answered() });
        break;
      case 'stop keeping alive':
        endpoint.stopKeepAlive(command.flow);
        break;
      case 'tell':
        onEvent?.(command.event);
        break;
    }
  }
}

/** The Request-URI of a REGISTER has no user part (RFC 3261 §10.2). */
function domainUriOf(aor: string): string {
  const uri = parseUri(aor);
  if (!isSipUri(uri)) throw sipError('SIP_UNRESOLVED', { detail: uri.scheme });
  return `${uri.scheme}:${uri.host}${uri.port === undefined ? '' : `:${uri.port}`}`;
}
