import { ProtocolError } from '@simple-im/grammar';
import type { Random } from '@simple-im/transport';
import { sipError } from './errors.js';
import { Fifo } from './fifo.js';
import type { Flow } from './flow.js';
import { gruusOf, instanceOf } from './gruu.js';
import type { Gruus } from './gruu.js';
import { between } from './jitter.js';
import type { SipResponse } from './message.js';
import { outboundTable } from './outbound-table.js';
import type { OutboundAction, OutboundInput, OutboundState } from './outbound-table.js';

/** RFC 5626 §4.5, in milliseconds. */
export interface OutboundTimes {
  /** The longest wait before another attempt. Default 1,800,000. */
  readonly most: number;
  /** The first one, when every flow has failed. Default 30,000. */
  readonly baseAllFailed: number;
  /** When at least one works. Default 90,000. */
  readonly base: number;
}

export const DEFAULT_OUTBOUND_TIMES: OutboundTimes = { most: 1_800_000, baseAllFailed: 30_000, base: 90_000 };

/** Milliseconds between refreshes over a connection that is not kept alive. */
const UNKEPT_REFRESH = 300_000;

export interface OutboundEvent {
  readonly regId: number;
  /**
   * `lost`: it holds no longer, or cannot be refreshed, and is tried again by itself. `failed`: nothing happens until it is
   * started again. `ended`: given up by us.
   */
  readonly state: 'registered' | 'lost' | 'failed' | 'ended';
  /** With `registered`, as all up to `serviceRoutes`. */
  readonly flow?: Flow | undefined;
  /** Seconds granted. */
  readonly expires?: number | undefined;
  /** Whether the registrar and the edge proxy support outbound (§4.2.1); else the binding is one as of RFC 3261. */
  readonly outbound?: boolean | undefined;
  readonly gruus?: Gruus | undefined;
  /** URIs (RFC 3608). */
  readonly serviceRoutes?: readonly string[] | undefined;
  /** With `lost` and `failed`. Its cause is the response, if there was one. */
  readonly error?: ProtocolError | undefined;
  /** Milliseconds until the next attempt, with `lost`; absent when it is made at once. */
  readonly retryIn?: number | undefined;
}

/** What to do. Outcomes of `register` come back with its `attempt`. */
export type OutboundCommand =
  | { readonly do: 'register'; readonly attempt: number; readonly flow: Flow | undefined; readonly expires: number; readonly outbound: boolean }
  | { readonly do: 'keep alive'; readonly flow: Flow; readonly interval: number | undefined }
  | { readonly do: 'stop keeping alive'; readonly flow: Flow }
  | { readonly do: 'tell'; readonly event: OutboundEvent };

export interface OutboundFlowOptions {
  readonly regId: number;
  /** A URN, the same at every start (§4.1). */
  readonly instance: string;
  readonly random: Random;
  /** Seconds to ask for. */
  readonly expires: number;
  readonly times: OutboundTimes;
  /** Whether another flow of the set works just now. */
  othersWork(): boolean;
}

/** One registration over one flow: the machine of {@link outboundTable}, without IO; `now` in milliseconds. */
export class OutboundFlow {
  readonly #options: OutboundFlowOptions;
  readonly #commands = new Fifo<OutboundCommand>();
  #state: OutboundState = outboundTable.initial.next;
  #flow: Flow | undefined;
  #expires: number;
  /** Asked for; false after a 439. */
  #outbound = true;
  /** Answered with, and kept alive for that. */
  #kept = false;
  #answered = false;
  #failures = 0;
  #attempt = 0;
  #timer: { readonly due: number; readonly input: OutboundInput } | undefined;
  #response: SipResponse | undefined;
  #error: ProtocolError | undefined;
  #retryIn: number | undefined;

  constructor(options: OutboundFlowOptions) {
    this.#options = options;
    this.#expires = options.expires;
  }

  get state(): OutboundState {
    return this.#state;
  }

  /** The flow the registration holds on. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  /** Registers now, also when an attempt was to be made later. */
  start(now: number): void {
    this.#input('start', now);
  }

  /** Takes the binding away. */
  stop(now: number): void {
    this.#input('stop', now);
  }

  /** The final response to a REGISTER, challenges aside, and the flow it came over. */
  response(attempt: number, response: SipResponse, flow: Flow, now: number): void {
    if (attempt !== this.#attempt) return;
    this.#response = response;
    const input = this.#inputOf(response);
    if (input === '2xx') this.#flow = flow;
    else this.#error = sipError('SIP_REGISTRATION_REFUSED', { status: response.status, detail: `${response.status} ${response.reason}`, cause: response });
    this.#input(input, now);
  }

  /** No response. */
  failed(attempt: number, error: ProtocolError, now: number): void {
    if (attempt !== this.#attempt) return;
    this.#response = undefined;
    this.#error = error;
    this.#input('temporary failure', now);
  }

  /** A flow is gone or dead. */
  flowClosed(flow: Flow, error: ProtocolError | undefined, now: number): void {
    if (flow.id !== this.#flow?.id) return;
    this.#response = undefined;
    this.#error = error ?? sipError('SIP_TRANSPORT', { detail: 'the connection was closed' });
    // §4.5: where keepalives are in use, one of them must have been answered.
    this.#input(this.#kept && !this.#answered ? 'flow failed early' : 'flow failed', now);
  }

  /** A keepalive was answered. */
  answered(): void {
    this.#answered = true;
  }

  deadline(): number | undefined {
    return this.#timer?.due;
  }

  wake(now: number): void {
    const timer = this.#timer;
    if (timer === undefined || timer.due > now) return;
    this.#timer = undefined;
    this.#input(timer.input, now);
  }

  next(): OutboundCommand | undefined {
    return this.#commands.shift();
  }

  #inputOf(response: SipResponse): OutboundInput {
    const { status } = response;
    if (status < 300) return '2xx';
    if (status === 423) return (readOr(() => response.minExpires, 0) ?? 0) > this.#expires ? '423' : 'permanent failure';
    if (status === 439) return this.#outbound ? '439' : 'permanent failure';
    // 430 (§11.5) should never come here; where it does, somebody has lost the flow, and a new one helps.
    const temporary = status === 408 || status === 430 || status === 480 || (status >= 500 && status < 600);
    return temporary ? 'temporary failure' : 'permanent failure';
  }

  #input(input: OutboundInput, now: number): void {
    const row = outboundTable.states[this.#state]?.[input];
    if (row === undefined) return;
    this.#state = row.next;
    for (const action of row.actions) this.#run(action, now);
  }

  #run(action: OutboundAction, now: number): void {
    switch (action) {
      case 'send REGISTER': return this.#register(this.#expires);
      case 'send removal': return this.#register(0);
      case 'keep alive': return this.#keepAlive();
      case 'forget flow': return this.#forgetFlow();
      case 'start refresh': return this.#after(this.#untilRefresh(), 'timer refresh', now);
      case 'start retry': return this.#retry(now);
      case 'stop timer': return void (this.#timer = undefined);
      case 'count failure': return void (this.#failures += 1);
      case 'forget failures': return void (this.#failures = 0);
      case 'without outbound': return void (this.#outbound = false);
      case 'longer expiry': return void (this.#expires = this.#response?.minExpires ?? this.#expires);
      case 'tell registered': return this.#tellRegistered();
      case 'tell lost': return this.#tell({ state: 'lost', error: this.#error, retryIn: this.#timer === undefined ? undefined : this.#retryIn });
      case 'tell failed': return this.#tell({ state: 'failed', error: this.#error });
      case 'tell ended': return this.#tell({ state: 'ended' });
    }
  }

  /** Every attempt but a refresh takes a new flow. */
  #register(expires: number): void {
    this.#attempt += 1;
    this.#commands.push({ do: 'register', attempt: this.#attempt, flow: this.#flow, expires, outbound: this.#outbound });
  }

  /** §4.4: only a server that said so answers keepalives. A refresh begins a new interval, maybe another one, or ends them. */
  #keepAlive(): void {
    const seconds = this.#response === undefined ? undefined : this.#keepAliveSeconds(this.#response);
    if (seconds === undefined) return this.#stopKeepingAlive();
    if (this.#flow === undefined) return;
    this.#kept = true;
    this.#commands.push({ do: 'keep alive', flow: this.#flow, interval: seconds === 0 ? undefined : seconds * 1000 });
  }

  /** Flow-Timer of a server with outbound, else `keep` of our Via (RFC 6223 §5); 0: as we like. Undefined: it takes none. */
  #keepAliveSeconds(response: SipResponse): number | undefined {
    const named = this.#supported(response) ? response.headers.get('Flow-Timer') ?? '0' : readOr(() => response.via, undefined)?.params.get('keep');
    if (named === undefined || named === '') return undefined;
    return Number(/^\d{1,6}$/.exec(named)?.[0] ?? 0);
  }

  #stopKeepingAlive(): void {
    if (this.#flow !== undefined && this.#kept) this.#commands.push({ do: 'stop keeping alive', flow: this.#flow });
    this.#kept = false;
  }

  #forgetFlow(): void {
    this.#stopKeepingAlive();
    this.#flow = undefined;
    this.#answered = false;
  }

  /** W = min (max-time, (base-time * (2 ^ consecutive-failures))), of which 50 to 100 % pass; longer if the server asks for it. */
  #retry(now: number): void {
    const { times, random, othersWork } = this.#options;
    const base = othersWork() ? times.base : times.baseAllFailed;
    const most = Math.min(times.most, base * 2 ** Math.min(this.#failures, 32));
    const asked = Number(/^\d{1,6}/.exec(this.#response?.headers.get('Retry-After') ?? '')?.[0] ?? 0) * 1000;
    this.#retryIn = Math.max(between(random, most / 2, most), Math.min(asked, times.most));
    this.#after(this.#retryIn, 'timer retry', now);
  }

  /** Half of what was granted; sooner over a connection that nothing else keeps from being closed as idle. */
  #untilRefresh(): number {
    const half = this.#granted() * 500;
    return this.#flow?.reliable === true && !this.#kept ? Math.min(half, UNKEPT_REFRESH) : half;
  }

  #after(delay: number, input: OutboundInput, now: number): void {
    this.#timer = { due: now + delay, input };
  }

  /** §4.2.1: the option tag in Require says that the registrar and every edge proxy took part. */
  #supported(response: SipResponse): boolean {
    return this.#outbound && response.headers.list('Require').some((tag) => tag.toLowerCase() === 'outbound');
  }

  /** Seconds, at least 1 (RFC 3261 §10.2.4). */
  #granted(): number {
    const response = this.#response;
    if (response === undefined) return this.#expires;
    const { instance, regId } = this.#options;
    const contacts = readOr(() => response.contacts, []);
    const ours = contacts.filter((contact) => instanceOf(contact) === instance);
    // A registrar that knows no instances may leave them out; the only binding is ours all the same.
    const only = contacts.length === 1 ? contacts[0] : undefined;
    const bound = ours.find((contact) => contact.params.get('reg-id') === String(regId)) ?? ours[0] ?? only;
    return Math.max(1, bound?.expires ?? readOr(() => response.expires, undefined) ?? this.#expires);
  }

  #tellRegistered(): void {
    const response = this.#response;
    if (response === undefined) return;
    const { instance, regId } = this.#options;
    this.#tell({
      state: 'registered',
      flow: this.#flow,
      expires: this.#granted(),
      outbound: this.#supported(response),
      gruus: readOr(() => gruusOf(response, instance, regId), { public: undefined, temporary: undefined }),
      serviceRoutes: readOr(() => response.serviceRoutes.map(({ uriText }) => uriText), []),
    });
  }

  #tell(event: Omit<OutboundEvent, 'regId'>): void {
    this.#commands.push({ do: 'tell', event: { regId: this.#options.regId, ...event } });
  }
}

/** What a response says, or the fallback if that part of it cannot be read: the registration holds all the same. */
function readOr<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch (error) {
    if (ProtocolError.is(error)) return fallback;
    throw error;
  }
}
