import type { Subscriber } from '@simple-im/sip-events';
import type { MessageSummary } from '@simple-im/sip-events/documents/message-summary';
import type { ClientCore } from './core.js';

/** Messages that are stored for this user (RFC 3842). */
export class MessageWaiting {
  readonly #core: ClientCore;
  #subscriber: Subscriber | undefined;

  constructor(core: ClientCore) {
    this.#core = core;
  }

  async *watch(): AsyncGenerator<MessageSummary, void, undefined> {
    const core = this.#core;
    await core.start();
    // Loaded when they are needed: not every page shows how much waits.
    const [events, { MESSAGE_SUMMARY_MEDIA_TYPE, parseMessageSummary }] =
      await Promise.all([import('@simple-im/sip-events'), import('@simple-im/sip-events/documents/message-summary')]);
    this.#subscriber ??= new events.Subscriber({ agent: core.ua });
    const subscription = this.#subscriber.subscribe(core.options.aor, { event: 'message-summary', accept: [MESSAGE_SUMMARY_MEDIA_TYPE] });
    try {
      for await (const event of subscription) {
        if (event.type === 'ended' && event.error !== undefined) throw event.error;
        if (event.type === 'notification' && event.body !== undefined) yield parseMessageSummary(event.body);
      }
    } finally {
      subscription.unsubscribe();
    }
  }

  close(): void {
    this.#subscriber?.close();
  }
}
