import { parseNameAddr, ProtocolError, uriEquals } from '@simple-im/grammar';
import type { Flow, SipResponse } from '@simple-im/sip';
import type { Timer } from '@simple-im/transport';
import { Backoff } from './backoff.js';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';

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
  /** Milliseconds until the next attempt; with `lost`. */
  readonly retryIn?: number;
}

/** Seconds; half of it passes between refreshes, which also keep a connection from being taken for idle. */
const EXPIRES = 600;
/** Milliseconds between refreshes over a connection, however long the registrar grants: the way back to us is the connection. */
const KEEP_OPEN = 300_000;
/** CSeq numbers one REGISTER may use up when its challenges are answered. */
const RETRIES = 10;

/** The binding of our address of record to this client (RFC 3261 §10.2), kept up until it is given up. */
export class Registration {
  onEvent: (event: RegistrationEvent) => void = () => {};
  readonly #core: ClientCore;
  readonly #backoff: Backoff;
  readonly #callId: string;
  #cseq = 1;
  #expires: number;
  #state: RegistrationState = 'unregistered';
  #flow: Flow | undefined;
  #timer: Timer | undefined;
  #underWay: Promise<void> | undefined;

  constructor(core: ClientCore) {
    this.#core = core;
    const { retry = {}, expires = EXPIRES } = core.options;
    this.#backoff = new Backoff(core.platform.random, retry);
    this.#callId = core.endpoint.newCallId();
    this.#expires = expires;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Registers now. Rejects with IM_REGISTRATION_REFUSED, IM_CREDENTIALS_REFUSED, IM_REGISTRAR_UNREACHABLE, IM_CLOSED. */
  register(): Promise<void> {
    return this.#once(() => this.#register());
  }

  /** Takes the binding away (§10.2.2). */
  async unregister(): Promise<void> {
    this.#timer?.cancel();
    await this.#underWay?.catch(() => undefined);
    this.#timer?.cancel();
    if (this.#state !== 'registered') return;
    this.#flow = undefined;
    await this.#send(0);
    this.#enter({ state: 'unregistered' });
  }

  /** A connection is gone: with it the way on which the server reaches us. */
  flowClosed(flow: Flow): void {
    // A REGISTER under way on that connection fails by itself.
    if (this.#underWay !== undefined || this.#state !== 'registered' || flow.id !== this.#flow?.id) return;
    this.#lost(imError('IM_REGISTRAR_UNREACHABLE', { detail: 'the connection was lost' }));
  }

  /** No more attempts. */
  stop(): void {
    this.#timer?.cancel();
    this.#flow = undefined;
  }

  /** One REGISTER at a time (§10.2). */
  #once(run: () => Promise<void>): Promise<void> {
    this.#underWay ??= run().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #register(): Promise<void> {
    try {
      await this.#attempt();
    } catch (error) {
      if (ProtocolError.is(error)) this.#enter({ state: 'failed', error });
      throw error;
    }
  }

  /** By itself, when it is time. */
  async #again(): Promise<void> {
    try {
      await this.#attempt();
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      if (isPassing(error)) this.#lost(error);
      else this.#enter({ state: 'failed', error });
    }
  }

  async #attempt(): Promise<void> {
    this.#timer?.cancel();
    // A refresh does not make a registration that holds doubtful.
    if (this.#state !== 'registered') this.#enter({ state: 'registering' });
    const granted = await this.#exchange();
    this.#backoff.reset();
    this.#enter({ state: 'registered', expires: granted });
    const half = granted * 500;
    this.#after(this.#flow?.reliable === true ? Math.min(half, KEEP_OPEN) : half);
  }

  /** Seconds granted. */
  async #exchange(): Promise<number> {
    let response = await this.#send(this.#expires);
    const least = response.minExpires;
    if (response.status === 423 && least !== undefined && least > this.#expires) {
      // §10.2.8: the registrar wants longer registrations; later ones ask for that at once.
      this.#expires = least;
      response = await this.#send(least);
    }
    if (response.status >= 300) throw refusal(response);
    this.#core.ua.serviceRoute = response.serviceRoutes.map(({ uriText }) => uriText);
    this.#flow = await this.#core.flow();
    return this.#granted(response, this.#flow);
  }

  async #send(expires: number): Promise<SipResponse> {
    const core = this.#core;
    try {
      const flow = await core.flow();
      const response = await core.ua.request('REGISTER', core.registrar, {
        to: core.options.aor,
        callId: this.#callId,
        cseq: this.#cseq,
        headers: [['Contact', core.contact(flow)], ['Expires', String(expires)], ['Supported', 'path']],
      });
      this.#cseq = (response.cseq?.number ?? this.#cseq) + 1;
      return response;
    } catch (cause) {
      this.#cseq += RETRIES;
      if (!ProtocolError.is(cause) || cause.code === 'IM_CLOSED') throw cause;
      if (cause.code === 'SIP_ENDPOINT_CLOSED') throw imError('IM_CLOSED', { cause });
      const { message: detail, status } = cause;
      throw imError('IM_REGISTRAR_UNREACHABLE', { cause, detail, ...(status === undefined ? {} : { status }) });
    }
  }

  /** §10.2.4: what the registrar says of our own Contact among all of the user. */
  #granted(response: SipResponse, flow: Flow): number {
    const own = parseNameAddr(this.#core.contact(flow)).uri;
    const bound = response.contacts.find((contact) => !contact.wildcardContact && uriEquals(contact.uri, own));
    return Math.max(1, bound?.expires ?? response.expires ?? this.#expires);
  }

  #lost(error: ProtocolError): void {
    this.#flow = undefined;
    const retryIn = this.#backoff.next(retryAfterOf(error));
    this.#enter({ state: 'lost', error, retryIn });
    this.#after(retryIn);
  }

  #after(delay: number): void {
    this.#timer?.cancel();
    if (this.#core.closed) return;
    this.#timer = this.#core.platform.clock.setTimer(delay, () => {
      this.#once(() => this.#again()).catch((error: unknown) => this.#core.report(error as Error));
    });
  }

  #enter(event: RegistrationEvent): void {
    this.#state = event.state;
    this.onEvent(event);
  }
}

function refusal(response: SipResponse): ProtocolError {
  const { status, reason } = response;
  const code = status === 401 || status === 407 ? 'IM_CREDENTIALS_REFUSED' : 'IM_REGISTRATION_REFUSED';
  return imError(code, { status, detail: `${status} ${reason}`, cause: response });
}

/** Whether the same REGISTER may be answered otherwise later: no answer, or a server that cannot just now (§21.5). */
function isPassing(error: ProtocolError): boolean {
  const { code, status = 0 } = error;
  return code === 'IM_REGISTRAR_UNREACHABLE' || (code === 'IM_REGISTRATION_REFUSED' && status >= 500 && status < 600);
}

/** Milliseconds the registrar asks us to wait (§20.33). */
function retryAfterOf(error: ProtocolError): number {
  const response = error.cause as Partial<SipResponse> | undefined;
  const text = response?.headers?.get('Retry-After') ?? '';
  return Number(/^\d{1,9}/.exec(text)?.[0] ?? 0) * 1000;
}
