import type { PublicationClient } from '@simple-im/sip-events';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';

/** What the IM server should do for this user, as far as this device is concerned. What is left out is as if it were never said. */
export interface ServiceSettings {
  /** Nothing is to come in; senders are told that the user is away. */
  readonly barring?: boolean;
  /** `hold`: messages without a session are stored until they are fetched. */
  readonly deferral?: 'push' | 'hold';
  /** Which messages are kept in the conversation history. */
  readonly recording?: { readonly pager?: boolean; readonly large?: boolean; readonly session?: boolean };
}

/** Publishes service settings (docs/profile.md) and keeps them published while the client is there. */
export class PublishedSettings {
  readonly #core: ClientCore;
  #publication: PublicationClient | undefined;

  constructor(core: ClientCore) {
    this.#core = core;
  }

  async publish({ barring, deferral, recording }: ServiceSettings): Promise<void> {
    const core = this.#core;
    await core.start();
    // Loaded when they are needed: what writes XML is the largest part of a page that has this client.
    const [events, { buildImSettings, IM_SETTINGS_EVENT, IM_SETTINGS_MEDIA_TYPE }] =
      await Promise.all([import('@simple-im/sip-events'), import('@simple-im/sip-events/documents/im-settings')]);
    if (core.closed) throw imError('IM_CLOSED');
    this.#publication ??= new events.PublicationClient({
      agent: core.ua, uri: core.options.aor, event: IM_SETTINGS_EVENT, expires: WEEK, onFailure: (error) => core.report(error),
    });
    await this.#publication.publish(IM_SETTINGS_MEDIA_TYPE, buildImSettings({
      entities: [{
        id: core.instance,
        ...(barring === undefined ? {} : { incomingBarring: { active: barring } }),
        ...(deferral === undefined ? {} : { deferral: { mode: deferral } }),
        ...(recording === undefined ? {} : { recording }),
      }],
    }));
  }

  /** What was published goes on for its time: a phone that is switched off is still barred. */
  close(): void {
    this.#publication?.close();
  }
}

/** Seconds. */
const WEEK = 604_800;
