import type { ProtocolError } from '@simple-im/grammar';
import { Outbound, type Flow, type OutboundEvent } from '@simple-im/sip';
import { FEATURES, type ClientCore } from './core.js';
import { imError } from './errors.js';
import { registrationFailure } from './failures.js';

/**
 * `lost`: the registration holds no longer, or cannot be refreshed, and is tried again by itself. `failed`: nothing happens
 * until `register` is called again.
 */
export type RegistrationState = 'unregistered' | 'registering' | 'registered' | 'lost' | 'failed';

export interface RegistrationEvent {
  readonly state: RegistrationState;
  /** Seconds the registrar granted; with `registered`. */
  readonly expires?: number;
  /** With `lost` and `failed`. */
  readonly error?: ProtocolError;
  /** Milliseconds until the next attempt, 0 when it is made at once; with `lost`. */
  readonly retryIn?: number;
}

/** The binding of our address of record to this client, kept up until it is given up (RFC 5626 with one flow). */
export class Registration {
  onEvent: (event: RegistrationEvent) => void = () => {};
  readonly #core: ClientCore;
  readonly #outbound: Outbound;
  #state: RegistrationState = 'unregistered';
  /** The machine runs; it tells when it has ended. */
  #running = false;
  #underWay: Promise<void> | undefined;
  #outcome: { resolve(): void; reject(error: ProtocolError): void } | undefined;
  #ended: (() => void) | undefined;

  constructor(core: ClientCore) {
    this.#core = core;
    const { aor, retry = {}, expires, udpKeepAlive } = core.options;
    this.#outbound = new Outbound({
      endpoint: core.endpoint,
      aor,
      registrar: core.registrar,
      proxies: [core.proxy.place],
      instance: core.instance,
      credentials: core.credentials,
      hash: core.platform.hash,
      expires,
      times: {
        ...(retry.base === undefined ? {} : { baseAllFailed: retry.base }),
        ...(retry.most === undefined ? {} : { most: retry.most }),
      },
      udp: udpKeepAlive,
      contactParams: FEATURES,
      userAgent: core.userAgent,
      onEvent: (event) => this.#told(event),
    });
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /**
   * Registers now. Rejects with IM_REGISTRATION_REFUSED, IM_CREDENTIALS_REFUSED, IM_REGISTRAR_UNREACHABLE, IM_CERTIFICATE_REFUSED,
   * IM_CLOSED.
   */
  register(): Promise<void> {
    this.#underWay ??= this.#register().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  /** Takes the binding away (RFC 3261 §10.2.2); resolves once the registrar has said so, or cannot. */
  async unregister(): Promise<void> {
    if (!this.#running) return;
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    this.#outbound.stop();
    await ended;
  }

  flowClosed(flow: Flow, error: Error | undefined): void {
    this.#outbound.flowClosed(flow, error);
  }

  /** Whether a loss is made good by itself. */
  get #holds(): boolean {
    return this.#state === 'registered' || this.#state === 'lost';
  }

  async #register(): Promise<void> {
    if (!this.#holds) this.#enter({ state: 'registering' });
    try {
      await this.#core.start();
    } catch (cause) {
      const error = registrationFailure(cause as ProtocolError);
      if (!this.#holds) this.#enter({ state: 'failed', error });
      throw error;
    }
    await new Promise<void>((resolve, reject) => {
      this.#outcome = { resolve, reject };
      this.#running = true;
      this.#outbound.start();
    });
  }

  #told(event: OutboundEvent): void {
    if (event.state === 'registered') this.#registered(event);
    else if (event.state === 'ended') this.#stopped();
    else this.#failed(event, registrationFailure(this.#core.reasonFor(event.error as ProtocolError)));
  }

  #registered({ flow, expires, gruus, serviceRoutes, outbound }: OutboundEvent): void {
    const { ua, endpoint, options } = this.#core;
    ua.serviceRoute = serviceRoutes ?? [];
    ua.contactUri = gruus?.public;
    this.#core.reachedOver(flow);
    const { udpKeepAlive } = options;
    // Asked for by our user, where the registrar says nothing of keepalives.
    if (flow?.reliable === false && outbound !== true && udpKeepAlive !== undefined) endpoint.keepAlive(flow, { udp: udpKeepAlive });
    this.#enter({ state: 'registered', ...(expires === undefined ? {} : { expires }) });
    this.#settle();
  }

  /** What fails at the first attempt is not tried again: somebody waits for the outcome. */
  #failed({ state, retryIn }: OutboundEvent, error: ProtocolError): void {
    this.#core.reachedOver(this.#outbound.flows[0]);
    if (state === 'lost' && this.#holds) {
      this.#enter({ state, error, retryIn: retryIn ?? 0 });
      if (retryIn !== undefined) this.#settle(error);
      return;
    }
    this.#enter({ state: 'failed', error });
    this.#outbound.stop();
    this.#settle(error);
  }

  #stopped(): void {
    this.#running = false;
    this.#core.reachedOver(undefined);
    if (this.#state !== 'failed') this.#enter({ state: 'unregistered' });
    this.#settle(imError('IM_CLOSED'));
    this.#ended?.();
  }

  #settle(error?: ProtocolError): void {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    if (error === undefined) outcome?.resolve();
    else outcome?.reject(error);
  }

  #enter(event: RegistrationEvent): void {
    this.#state = event.state;
    this.onEvent(event);
  }
}
