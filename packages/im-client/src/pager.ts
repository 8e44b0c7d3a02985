import { encodeCpim, isAnonymous, notificationTarget, type CpimMessage } from '@simple-im/cpim';
import { aorOf, formatNameAddr, Params, parseUri, ProtocolError } from '@simple-im/grammar';
import { buildRequest, encode, viaFor, type SipResponse, type UaRequest } from '@simple-im/sip';
import { AsyncQueue } from './async-queue.js';
import { contentOf, CPIM, unwrap, wrap, type Content, type ContentOptions } from './content.js';
import { SUPPORTED, type ClientCore } from './core.js';
import { imError } from './errors.js';
import { certificateRefused } from './failures.js';
import { senderOf, sipUriFor, type Sender } from './identity.js';
import { plainMessage, wrappedMessage, type ImMessage } from './message.js';
import type { Notifications } from './notifications.js';
import { Receipts } from './receipts.js';
import { SeenMessages } from './seen.js';
import { Turns } from './turns.js';

/** Octets of a MESSAGE request outside of a session (RFC 3428 §8). */
const MOST_OCTETS = 1300;

/** A message that was taken. */
export interface SentMessage {
  /** What notifications call it; in pager mode without `notify` the Call-ID, which nothing refers to. */
  readonly messageId: string;
  /** 200: it reached the recipient's device. 202: a server took it over and will try (RFC 3428 §7). */
  readonly status: number;
  /** The mode it went in. */
  readonly mode: 'pager' | 'large';
}

/** Messages without a session: SIP MESSAGE (RFC 3428). */
export class Pager {
  readonly queue: AsyncQueue<ImMessage>;
  /** Messages the user has, in whatever way they came. */
  readonly seen = new SeenMessages();
  readonly #core: ClientCore;
  readonly #notifications: Notifications;
  /** §8: one request at a time to each recipient. */
  readonly #turns: Turns;

  constructor(core: ClientCore, notifications: Notifications) {
    this.#core = core;
    this.#notifications = notifications;
    const { maxMessages, maxMessageOctets, maxWaiting } = core.limits;
    this.queue = new AsyncQueue({ maxItems: maxMessages, maxOctets: maxMessageOctets, octetsOf: ({ body }) => body.length });
    this.#turns = new Turns(maxWaiting);
    core.ua.handle('MESSAGE', (incoming) => this.#receive(incoming), { accept: [CPIM, ...core.acceptTypes], takesMerged: true });
  }

  /**
   * Runs a task once every earlier message to that recipient has its final response (§8). Rejects with IM_QUEUE_FULL, IM_CLOSED,
   * and as the task.
   */
  async inTurn<T>(to: string, task: () => Promise<T>): Promise<T> {
    const key = aorOf(parseUri(to));
    await this.#core.start();
    return this.#turns.take(key, async () => {
      if (this.#core.closed) throw imError('IM_CLOSED');
      return task();
    });
  }

  /** Sends in turn, which the caller keeps; throws IM_TOO_LARGE for a request of less than `reserve` octets below the limit. */
  async send(to: string, body: string | Uint8Array, options: ContentOptions, reserve: number): Promise<SentMessage> {
    const content = contentOf(body, options);
    const callId = this.#core.endpoint.newCallId();
    const wrapped = (options.notify ?? []).length === 0 ? undefined : wrap(this.#core, to, content, options);
    const { status } = await this.#deliver(to, wrapped ?? content, callId, reserve);
    return { messageId: wrapped?.messageId ?? callId, status, mode: 'pager' };
  }

  /** Sends a notification where it says (RFC 5438 §7.2.1), or to `sender` where that is no SIP address or not a real one. */
  async notify(notification: CpimMessage, sender: string): Promise<void> {
    const target = notificationTarget(notification);
    const named = target === undefined || isAnonymous(target) ? undefined : sipUriFor(target.uri);
    const to = named ?? sender;
    const content = { contentType: CPIM, body: encodeCpim(notification) };
    await this.inTurn(to, () => this.#deliver(to, content, this.#core.endpoint.newCallId(), 0));
  }

  async #deliver(to: string, content: Content, callId: string, reserve: number): Promise<SipResponse> {
    await this.#checkSize(to, content, callId, reserve);
    const response = await this.#request(to, content, callId);
    if (response.status < 300) return response;
    throw imError('IM_NOT_DELIVERED', { status: response.status, detail: `${response.status} ${response.reason}`, cause: response });
  }

  async #request(to: string, content: Content, callId: string): Promise<SipResponse> {
    try {
      return await this.#core.ua.request('MESSAGE', to, { ...content, callId, cseq: 1, headers: [this.#core.preference] });
    } catch (cause) {
      if (ProtocolError.is(cause) && cause.code === 'SIP_ENDPOINT_CLOSED') throw imError('IM_CLOSED', { cause });
      if (!ProtocolError.is(cause) || cause.fault !== 'remote') throw cause;
      const refused = certificateRefused(this.#core.reasonFor(cause));
      if (refused !== undefined) throw refused;
      throw imError('IM_NOT_DELIVERED', { cause, detail: cause.message, ...(cause.status === undefined ? {} : { status: cause.status }) });
    }
  }

  /** The request as it will leave, but for credentials, which the proxy takes off (RFC 3261 §22.3). */
  async #checkSize(to: string, content: Content, callId: string, reserve: number): Promise<void> {
    const { routes, options, endpoint, preference, userAgent } = this.#core;
    const flow = await this.#core.flow();
    const request = buildRequest({
      method: 'MESSAGE',
      uri: to,
      from: { uri: options.aor, displayName: options.displayName, params: Params.of({ tag: endpoint.newTag() }) },
      to: formatNameAddr({ uri: to }),
      callId,
      cseq: 1,
      routes: routes.map((route) => `<${route}>`),
      headers: [['Via', viaFor(flow, endpoint.newBranch())], preference, ['Supported', SUPPORTED.join(', ')], ['User-Agent', userAgent]],
      ...content,
    });
    const octets = encode(request).length;
    if (octets > MOST_OCTETS - reserve) throw imError('IM_TOO_LARGE', { detail: `${octets} octets` });
  }

  #receive(incoming: UaRequest): void {
    const { request, flow } = incoming;
    const sender = senderOf(request, flow, this.#core.proxyHost);
    const type = request.headers.get('Content-Type') ?? 'text/plain';
    const isTaken = request.contentType?.type === CPIM
      ? this.#receiveCpim(unwrap(request.body), sender, () => incoming.respond(200))
      : this.#receivePlain(sender, { contentType: type, body: request.body }, incoming);
    if (!isTaken) incoming.respond(480);
  }

  #receivePlain(sender: Sender, content: Content, incoming: UaRequest): boolean {
    const key = SeenMessages.byRequest(sender.uri, incoming.request);
    if (!this.seen.has(key) && !this.queue.push(plainMessage(sender, content))) return false;
    this.seen.add(key);
    incoming.respond(200);
    return true;
  }

  #receiveCpim(message: CpimMessage, sender: Sender, answer: () => void): boolean {
    const key = SeenMessages.byMessageId(sender.uri, message);
    if (this.seen.has(key)) {
      answer();
      return true;
    }
    const taken = this.#notifications.take(message, sender);
    if (taken === false) return false;
    const receipts = new Receipts(this.#core, message, (notification) => this.notify(notification, sender.uri));
    if (taken === undefined && !this.queue.push(wrappedMessage(this.#core, sender, message, receipts))) return false;
    this.seen.add(key);
    answer();
    if (taken === undefined) receipts.delivered();
    return true;
  }
}
