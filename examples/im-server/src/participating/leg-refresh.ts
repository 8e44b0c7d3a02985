/*
 * What keeps one leg of a session up: re-INVITE and UPDATE of its user (RFC 3261 §14.2, RFC 3311 §5.2) and the session timer
 * (RFC 4028), which has us send such requests where the user does not.
 */
import { ProtocolError } from '@simple-im/grammar';
import { parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import {
  glareDelay, respondTo, SessionRefresh, type BodyOptions, type Dialog, type SipMessage, type SipRequest, type SipResponse,
} from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Im2Core, Im2Request } from '../reference-points.js';
import { RepeatedAnswer } from './answer.js';
import { ALLOW } from './invited-leg.js';
import type { OwnDescription } from './own-description.js';

/** Seconds; what RFC 4028 §4 recommends. */
const INTERVAL = 1800;

export interface LegRefreshOptions {
  readonly core: Im2Core;
  readonly clock: Clock;
  readonly random: Random;
  /** The URI of our Contact. */
  readonly contact: string;
  readonly description: OwnDescription;
  /** The dialog with the user, once there is one. */
  dialog(): Dialog | undefined;
  /** What the other user described, once that is known. */
  others(): MsrpMedia | undefined;
  /** The path that the user described. */
  path(): readonly string[] | undefined;
  /** The INVITE that made the leg awaits its ACK. */
  isInviting(): boolean;
  /** Nobody refreshed in time, the user knows the dialog no more, or did not acknowledge our 200: the session is to end. */
  over(): void;
  problem(error: Error): void;
}

export class LegRefresh {
  readonly #options: LegRefreshOptions;
  readonly #refresh: SessionRefresh;
  /** Methods that the user allows, from the last message that said so. */
  #allows: readonly string[] = [];
  /** The 200 to a re-INVITE that awaits its ACK. */
  #answer: RepeatedAnswer | undefined;
  /** A re-INVITE of ours has no final response. */
  #outgoing = false;
  #stopped = false;

  constructor(options: LegRefreshOptions) {
    const { clock, random, description } = options;
    this.#options = options;
    this.#refresh = new SessionRefresh({
      clock,
      peerAllows: (method) => this.#allows.includes(method),
      request: (method, body) => this.#send(method, body),
      glareDelay: () => glareDelay(options.dialog()?.isUac === true, random),
      expired: () => options.over(),
      problem: (error) => options.problem(error),
    }, {
      interval: INTERVAL,
      description: () => ({ contentType: 'application/sdp', body: description.offer(options.others() as MsrpMedia) }),
    });
  }

  /** What a request of ours says of the session timer (RFC 4028 §7.1, §7.4). */
  requestFields(): readonly (readonly [string, string])[] {
    return [['Supported', 'timer'], ...this.#refresh.timer.requestFields()];
  }

  /** Whether the INVITE is worth another try, with what `requestFields` gives now: the user wants a longer interval (RFC 4028 §7.3). */
  refused(response: SipResponse): boolean {
    return this.#refresh.timer.refused(response);
  }

  /** The user's 2xx to a request of ours. */
  answered(request: SipRequest, response: SipResponse): void {
    this.#heard(response);
    this.#refresh.answered(request, response);
  }

  /** Our 2xx to the user, which gets the fields of the session timer (RFC 4028 §9). */
  answering(request: SipRequest, response: SipResponse): void {
    this.#heard(request);
    this.#refresh.answer(request, response);
  }

  /** A re-INVITE or an UPDATE. One that changes nothing is a refresh (RFC 3261 §14.2); moving a session's media is not supported. */
  receive(exchange: Im2Request, dialog: Dialog): void {
    const { request } = exchange;
    const isInvite = request.method === 'INVITE';
    const respond = (status: number, headers: readonly (readonly [string, string])[] = []): void =>
      exchange.respond(respondTo(request, status, { headers }));
    if (this.#outgoing && (isInvite || request.body.length > 0)) return respond(491);
    if (isInvite && (this.#answer?.awaitsAck === true || this.#options.isInviting())) return respond(500, [['Retry-After', '1']]);
    const tooShort = this.#refresh.timer.tooShort(request);
    if (tooShort !== undefined) return respond(422, tooShort);
    const body = isInvite || request.body.length > 0 ? this.#described(request) : { body: new Uint8Array(0) };
    if (body === undefined) return respond(488);
    dialog.refresh(request);
    const response = respondTo(request, 200, { headers: [this.#contact, ['Allow', ALLOW], ['Supported', 'timer']], ...body });
    this.answering(request, response);
    if (!isInvite) return exchange.respond(response);
    const { clock } = this.#options;
    this.#answer = new RepeatedAnswer(clock, (again) => exchange.respond(again), response, () => this.#options.over());
  }

  acknowledged(ack: SipRequest): void {
    this.#answer?.acknowledged(ack);
  }

  /** The session is over. */
  stop(): void {
    this.#stopped = true;
    this.#refresh.stop();
    this.#answer?.stop();
  }

  get #contact(): readonly [string, string] {
    return ['Contact', `<${this.#options.contact}>;+g.oma.sip-im`];
  }

  #heard(message: SipMessage): void {
    if (message.headers.has('Allow')) this.#allows = message.allow();
  }

  /** Our answer to the user's offer, or our offer where there is none; undefined if another session is asked for. */
  #described({ body }: SipRequest): BodyOptions | undefined {
    const { description, others } = this.#options;
    const theirs = others();
    if (theirs === undefined) return undefined;
    const contentType = 'application/sdp';
    if (body.length === 0) return { contentType, body: description.offer(theirs) };
    const offered = this.#unmoved(body);
    return offered === undefined ? undefined : { contentType, body: description.answer(body, offered, theirs) };
  }

  /** What the user describes, if its media stay where they are. */
  #unmoved(body: Uint8Array): MsrpMedia | undefined {
    try {
      const described = parseMsrpSdp(body);
      return described.path.join(' ') === this.#options.path()?.join(' ') ? described : undefined;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return undefined;
    }
  }

  /** A session refresh request of ours (RFC 4028 §7.4). */
  #send(method: 'UPDATE' | 'INVITE', options: BodyOptions): Promise<SipResponse> {
    const { core } = this.#options;
    const dialog = this.#options.dialog() as Dialog;
    const headers = [this.#contact, ['Allow', ALLOW] as const, ...this.requestFields()];
    const request = dialog.request(method, { ...options, headers });
    const isInvite = method === 'INVITE';
    // RFC 3261 §14.1: not while one of the user's is under way. It waits as if the user had said so.
    if (isInvite && this.#answer?.awaitsAck === true) return Promise.resolve(respondTo(request, 491));
    this.#outgoing = isInvite;
    return new Promise((resolve, reject) => {
      core.request(request, undefined, {
        response: (response) => {
          if (response.status < 200) return;
          this.#outgoing = false;
          if (isInvite && response.status < 300) core.ack(dialog.ack(request));
          this.#follow(dialog, request, response);
          resolve(response);
        },
        failed: (error) => {
          this.#outgoing = false;
          if (error.status === 408) this.#options.over();
          reject(error);
        },
      });
    });
  }

  #follow(dialog: Dialog, request: SipRequest, response: SipResponse): void {
    const { status } = response;
    if (this.#stopped) return;
    // RFC 3261 §12.2.1.2, RFC 4028 §10: the user does not know the dialog, or is not there.
    if (status === 481 || status === 408) return this.#options.over();
    if (status >= 300) return void this.refused(response);
    dialog.refresh(response);
    this.answered(request, response);
    if (request.method === 'INVITE' && this.#unmoved(response.body) === undefined) this.#options.over();
  }
}
