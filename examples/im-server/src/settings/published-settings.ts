/*
 * Service settings (004: "publication of IM Client provided service settings"): devices publish them (RFC 3903) over IM-2, the IM server
 * obeys them from the next request on.
 */
import { aorOf, ProtocolError } from '@simple-im/grammar';
import type { Hash } from '@simple-im/digest';
import { respondTo, SipEndpoint, UserAgent, type SipRequest } from '@simple-im/sip';
import { EventStateCompositor, type Publication, type PublicationVerdict } from '@simple-im/sip-events';
import { IM_SETTINGS_EVENT, IM_SETTINGS_MEDIA_TYPE, parseImSettings, type SettingsEntity } from '@simple-im/sip-events/documents/im-settings';
import type { Clock, Random } from '@simple-im/transport';
import { ExchangeRequest } from '../exchange-request.js';
import { defaultSettings, type ServiceSettings, type Settings } from '../internal-ports.js';
import type { Log } from '../observe/ports.js';
import type { Im2Request } from '../reference-points.js';
import type { SettingsStore } from './store.js';

export interface PublishedSettingsOptions {
  readonly domain: string;
  readonly store: SettingsStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
}

/** Octets of a document. */
const MAX_BODY = 16_384;
/** Seconds: a week unless the device says otherwise, a month at most, so that barring outlives a phone that is switched off. */
const DEFAULT_EXPIRES = 604_800;
const MAX_EXPIRES = 2_592_000;

export class PublishedSettings implements Settings {
  readonly #options: PublishedSettingsOptions;
  readonly #endpoint: SipEndpoint;
  readonly #compositor: EventStateCompositor;
  /** Of users who have published something; the compositor bounds them. */
  readonly #settings = new Map<string, ServiceSettings>();
  /** Requests of which the answer waits until the settings are in force. */
  readonly #exchanges = new WeakMap<SipRequest, Im2Request>();

  constructor(options: PublishedSettingsOptions) {
    this.#options = options;
    const { domain, clock, random, hash, store, log } = options;
    this.#endpoint = new SipEndpoint({ clock, random, onError: (error) => log.error({ err: error }, 'service settings could not be taken') });
    this.#compositor = new EventStateCompositor({
      agent: new UserAgent({ endpoint: this.#endpoint, aor: `sip:${domain}`, hash }),
      packages: [{ name: IM_SETTINGS_EVENT, contentTypes: [IM_SETTINGS_MEDIA_TYPE], defaultExpires: DEFAULT_EXPIRES }],
      store,
      limits: { maxBody: MAX_BODY, maxExpires: MAX_EXPIRES },
      policy: ({ resource, request }) => this.#verdict(resource, request),
      onChange: (_event, user) => void this.#evaluate(user).catch((error: unknown) => log.error({ err: error }, 'service settings could not be read')),
    });
  }

  of(user: string): ServiceSettings {
    return this.#settings.get(user) ?? defaultSettings;
  }

  /** Takes up what was published before a restart. */
  async load(): Promise<void> {
    await this.#compositor.load();
    const users = new Set<string>();
    for await (const { resource } of this.#options.store.all()) users.add(resource);
    for (const user of users) await this.#evaluate(user);
  }

  /** A PUBLISH over IM-2. What it says holds when the answer leaves. */
  receive(exchange: Im2Request): void {
    const { request } = exchange;
    this.#exchanges.set(request, exchange);
    this.#endpoint.onRequest(new ExchangeRequest(request, (response) => {
      if (response.status >= 300) return exchange.respond(response);
      this.#evaluate(aorOf(request.parsedUri)).then(() => exchange.respond(response), (error: unknown) => {
        this.#options.log.error({ err: error }, 'service settings could not be read');
        exchange.respond(respondTo(request, 500));
      });
    }));
  }

  close(): void {
    this.#compositor.close();
  }

  /** Users publish for themselves, and what is to be obeyed has to be understood. */
  #verdict(user: string, request: SipRequest): PublicationVerdict {
    const exchange = this.#exchanges.get(request);
    if (exchange?.sessionCase !== 'originating' || exchange.servedUser !== user) return { status: 403 };
    if (request.body.length > MAX_BODY || request.body.length === 0 || request.contentType?.type !== IM_SETTINGS_MEDIA_TYPE) return 'allowed';
    return entitiesIn(request.body) === undefined ? { status: 400 } : 'allowed';
  }

  async #evaluate(user: string): Promise<void> {
    const published = (await this.#compositor.publications(IM_SETTINGS_EVENT, user)).flatMap(({ body }: Publication) => entitiesIn(body) ?? []);
    // A device that has started anew has lost the tag of what it published before: the last it said counts.
    const entities = new Map(published.map((entity) => [entity.id, entity]));
    if (entities.size === 0) this.#settings.delete(user);
    else this.#settings.set(user, together([...entities.values()]));
  }
}

/** Undefined for a document that cannot be read. */
function entitiesIn(body: Uint8Array): readonly SettingsEntity[] | undefined {
  try {
    return parseImSettings(body).entities;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

/** What any device of the user asks for is done: a user who bars messages on one means all. */
function together(entities: readonly SettingsEntity[]): ServiceSettings {
  const records = (mode: 'pager' | 'large' | 'session'): boolean => entities.some(({ recording }) => recording?.[mode] === true);
  return {
    barred: entities.some(({ incomingBarring }) => incomingBarring?.active === true),
    holdPager: entities.some(({ deferral }) => deferral?.mode === 'hold'),
    record: { pager: records('pager'), large: records('large'), session: records('session') },
  };
}
