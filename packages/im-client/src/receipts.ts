import { asksFor, type CpimMessage } from '@simple-im/cpim';
import { newMessageId } from './content.js';
import type { ClientCore } from './core.js';

/** The notifications one received message asks for: at most one of each kind, none that was not asked for (RFC 5438 §7.2.1). */
export class Receipts {
  readonly #core: ClientCore;
  readonly #message: CpimMessage;
  readonly #send: (notification: CpimMessage) => Promise<void>;
  #shown: Promise<void> | undefined;

  constructor(core: ClientCore, message: CpimMessage, send: (notification: CpimMessage) => Promise<void>) {
    this.#core = core;
    this.#message = message;
    this.#send = send;
  }

  /** Says that the message has arrived; what goes wrong is reported, since nobody waits for it. */
  delivered(): void {
    if (!asksFor(this.#message, 'positive-delivery')) return;
    this.#notify('delivery', 'delivered').catch((error: unknown) => this.#core.report(error as Error));
  }

  /** Says that the message was shown. */
  displayed(): Promise<void> {
    if (!asksFor(this.#message, 'display')) return Promise.resolve();
    this.#shown ??= this.#notify('display', 'displayed');
    return this.#shown;
  }

  async #notify(kind: 'delivery' | 'display', status: 'delivered' | 'displayed'): Promise<void> {
    const core = this.#core;
    // Loaded when it is needed: what writes XML is the largest part of a page that has this client.
    const { notificationFor } = await import('@simple-im/cpim/imdn');
    await this.#send(notificationFor(this.#message, {
      role: 'recipient',
      kind,
      status,
      from: core.address,
      dateTime: core.date(),
      messageId: newMessageId(core),
      recipientUri: this.#message.to[0]?.uri ?? core.options.aor,
    }));
  }
}
