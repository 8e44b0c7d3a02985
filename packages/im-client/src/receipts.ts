import { asksFor, type CpimMessage } from '@simple-im/cpim';
import { ProtocolError } from '@simple-im/grammar';
import { newMessageId } from './content.js';
import type { ClientCore } from './core.js';

type Kind = 'delivery' | 'display';

/** Milliseconds after which a notification that did not get through is sent again, doubled each time, and how often. */
const FIRST_RETRY = 1_000;
const RETRIES = 10;

/** The notifications one received message asks for: at most one of each kind, none that was not asked for (RFC 5438 §7.2.1). */
export class Receipts {
  readonly #core: ClientCore;
  readonly #message: CpimMessage;
  readonly #send: (notification: CpimMessage) => Promise<void>;
  /** Made once: sent again it has the same Message-ID, by which the sender of the message is told once. */
  readonly #made = new Map<Kind, Promise<CpimMessage>>();
  #shown: Promise<void> | undefined;

  constructor(core: ClientCore, message: CpimMessage, send: (notification: CpimMessage) => Promise<void>) {
    this.#core = core;
    this.#message = message;
    this.#send = send;
  }

  /** Says that the message has arrived, several times while no server takes that; what goes wrong is reported, since nobody waits for it. */
  delivered(): void {
    if (asksFor(this.#message, 'positive-delivery')) void this.#deliver(RETRIES, FIRST_RETRY);
  }

  /** Says that the message was shown. Called again after it was rejected it tries again. */
  displayed(): Promise<void> {
    if (!asksFor(this.#message, 'display')) return Promise.resolve();
    this.#shown ??= this.#notify('display').catch((error: unknown) => {
      this.#shown = undefined;
      throw error;
    });
    return this.#shown;
  }

  async #deliver(retries: number, delay: number): Promise<void> {
    try {
      await this.#notify('delivery');
    } catch (error) {
      this.#core.report(error as Error);
      if (retries === 0 || this.#core.closed || !isTemporary(error)) return;
      this.#core.platform.clock.setTimer(delay, () => void this.#deliver(retries - 1, 2 * delay));
    }
  }

  async #notify(kind: Kind): Promise<void> {
    const made = this.#made.get(kind) ?? this.#make(kind);
    this.#made.set(kind, made);
    await this.#send(await made);
  }

  async #make(kind: Kind): Promise<CpimMessage> {
    const core = this.#core;
    // Loaded when it is needed: what writes XML is the largest part of a page that has this client.
    const { notificationFor } = await import('@simple-im/cpim/imdn');
    return notificationFor(this.#message, {
      role: 'recipient',
      kind,
      status: kind === 'delivery' ? 'delivered' : 'displayed',
      from: core.address,
      dateTime: core.date(),
      messageId: newMessageId(core),
      recipientUri: this.#message.to[0]?.uri ?? core.options.aor,
    });
  }
}

/** The server could not be reached, or cannot now: no refusal of what was said. */
function isTemporary(error: unknown): boolean {
  if (!ProtocolError.is(error) || error.code !== 'IM_NOT_DELIVERED') return false;
  const { status } = error;
  return status === undefined || status === 408 || status === 480 || (status >= 500 && status < 600 && status !== 501 && status !== 513);
}
