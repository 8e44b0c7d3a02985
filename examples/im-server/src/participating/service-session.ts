/*
 * A session with one of the IM server's own services: requests come as messages, and are answered one after the other. Nothing is read
 * from the disk before the user has taken what was read before it.
 */
import { concatBytes, ProtocolError } from '@simple-im/grammar';
import { randomIdent } from '@simple-im/msrp';
import { acceptsType, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { SipRequest } from '@simple-im/sip';
import { RETRIEVAL_MEDIA_TYPE } from '@simple-im/sip-events/documents/retrieval';
import type { Timer } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { Im2Request } from '../reference-points.js';
import type { ArrivingMessage, RetrievalService, RetrievedContent } from '../session-ports.js';
import { CallerEnd } from './caller-end.js';
import type { ImSessionOptions } from './im-session.js';
import type { RoutedSession } from './in-dialog.js';
import { MessageWriter, refuseUnlessWanted } from './message-writer.js';
import { ANYTHING } from './pushed-session.js';

export interface ServiceSessionOptions extends ImSessionOptions {
  readonly exchange: Im2Request;
  /** Canonical address-of-record, as the core asserted it. */
  readonly user: string;
  /** The leg's name in our Contact URI. */
  readonly name: string;
  readonly service: RetrievalService;
  over(): void;
}

/** Octets of a request. */
const MAX_REQUEST = 65_536;
/** Requests that may wait; im-client waits for each before the next unless it is told otherwise. */
const MAX_WAITING = 16;
/** Milliseconds in which nothing is asked and nothing moves. */
const IDLE = 600_000;
/** In MSRP: nobody answered, the session is over, or lives on another connection. */
const INTERRUPTED = [408, 481, 506];
const MESSAGE_ID_LENGTH = 32;
/** What the service takes. */
const REQUESTS: MsrpMedia = { ...ANYTHING, acceptTypes: [RETRIEVAL_MEDIA_TYPE] };

export class ServiceSession implements RoutedSession {
  readonly #options: ServiceSessionOptions;
  readonly #caller: CallerEnd;
  readonly #requests: Uint8Array[] = [];
  /** Requests that arrive or wait. */
  #waiting = 0;
  #answering = false;
  #sending: MessageWriter | undefined;
  #idle: Timer | undefined;
  #movedAt: number;

  /** Throws as CallerEnd does, and IM_MEDIA_TRANSPORT where the caller does not take answers. */
  constructor(options: ServiceSessionOptions) {
    const { user, clock, over } = options;
    this.#options = options;
    this.#movedAt = clock.now();
    this.#caller = new CallerEnd({
      ...options,
      maxMessageSize: MAX_REQUEST,
      caller: user,
      takes: REQUESTS,
      take: (message) => this.#take(message),
      idle: () => {},
      left: () => this.#caller.end(),
      ended: () => {
        this.#idle?.cancel();
        this.#sending?.gone();
      },
      over,
    });
    const { acceptTypes, acceptWrappedTypes } = this.#caller.offer;
    if (acceptsType(acceptTypes, acceptWrappedTypes, RETRIEVAL_MEDIA_TYPE)) return;
    options.media.release(this.#caller.media.session);
    throw serverError('IM_MEDIA_TRANSPORT', { detail: `a=accept-types lacks ${RETRIEVAL_MEDIA_TYPE}` });
  }

  start(): void {
    this.#caller.accept();
    this.#watch(IDLE);
  }

  receive(_side: string, exchange: Im2Request): void {
    this.#caller.receive(exchange);
  }

  acknowledged(_side: string, ack: SipRequest): void {
    this.#caller.acknowledged(ack);
  }

  async end(): Promise<void> {
    await this.#caller.close();
  }

  /** A request. What is too large or of another type has been refused. */
  async #take({ body }: ArrivingMessage): Promise<void> {
    if (this.#waiting >= MAX_WAITING) throw serverError('IM_TOO_MANY_REQUESTS');
    this.#waiting += 1;
    this.#move();
    try {
      this.#requests.push(await whole(body));
    } catch (error) {
      this.#waiting -= 1;
      throw error;
    }
    if (!this.#answering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    const { service, user, log } = this.#options;
    this.#answering = true;
    try {
      for (let request = this.#requests.shift(); request !== undefined && !this.#caller.isOver; request = this.#requests.shift()) {
        this.#waiting -= 1;
        for await (const content of service.answer(user, request)) await this.#send(content);
      }
    } catch (error) {
      if (!ProtocolError.is(error)) log.error({ err: error }, 'a service failed');
      else if (!this.#caller.isOver) log.info({ err: error }, 'a session with a service ends');
      this.#caller.end();
    } finally {
      this.#answering = false;
    }
  }

  /** Rejects when there is nobody to send to any more. */
  async #send(content: RetrievedContent): Promise<void> {
    const { random } = this.#options;
    const { contentType, size } = content;
    const messageId = randomIdent(random, MESSAGE_ID_LENGTH);
    try {
      if (this.#caller.isOver) throw serverError('IM_SESSION_GONE');
      refuseUnlessWanted(this.#caller.offer, content);
      this.#sending = new MessageWriter({ messageId, contentType, contentDisposition: undefined, size, body: this.#moving(content.body) }, random);
      await this.#sending.send(this.#caller.media.writer);
    } catch (error) {
      return content.refused(refusalOf(error));
    } finally {
      this.#sending = undefined;
      this.#move();
    }
    await content.taken();
  }

  async *#moving(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of body) {
      this.#move();
      yield piece;
    }
  }

  #move(): void {
    this.#movedAt = this.#options.clock.now();
  }

  /** One timer, which looks again later when something has moved. */
  #watch(delay: number): void {
    const { clock } = this.#options;
    this.#idle = clock.setTimer(delay, () => {
      const left = this.#movedAt + IDLE - clock.now();
      if (left > 0) this.#watch(left);
      else this.#caller.end();
    });
  }
}

/** The status with which a content was not taken, while the session goes on; else throws the error. */
function refusalOf(error: unknown): number {
  if (!ProtocolError.is(error)) throw error;
  const { code, status = 400 } = error;
  if (code === 'IM_ITEM_GONE') return 404;
  if (code !== 'IM_DOWNSTREAM_REFUSED') throw error;
  if (INTERRUPTED.includes(status)) throw error;
  return status;
}

async function whole(body: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let piece = await body.next(); piece.done !== true; piece = await body.next()) pieces.push(piece.value);
  return concatBytes(pieces);
}
