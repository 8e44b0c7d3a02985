/*
 * What an operator does to bindings (RFC 3680 §4.7.1): makes one, lets one expire sooner, takes one away.
 */
import { parseUri, uriEquals } from '@simple-im/grammar';
import type { Clock } from '@simple-im/transport';
import { changesOf, contactId, tracked, type ContactListener, type Removal } from './contact-events.js';
import type { Binding, LocationStore } from './location.js';

export interface RegistrationAdministrationOptions {
  readonly location: LocationStore;
  readonly clock: Clock;
  readonly onChanges: ContactListener;
}

/** Why a contact is taken away: it shall register again, at once or after a while, or never more. */
export type AdministrativeRemoval =
  | { readonly event: 'deactivated' | 'rejected' }
  /** Seconds. */
  | { readonly event: 'probation'; readonly retryAfter: number };

export class RegistrationAdministration {
  readonly #options: RegistrationAdministrationOptions;

  constructor(options: RegistrationAdministrationOptions) {
    this.#options = options;
  }

  /** Binds a contact, which is reached by its URI. `expires` in seconds; `parameters` as in Contact, such as `;+g.oma.sip-im`. */
  create(aor: string, contact: string, { expires, parameters = '' }: { readonly expires: number; readonly parameters?: string }): Promise<boolean> {
    return this.#change(aor, (bindings, now) => {
      if (find(bindings, contact) !== undefined) return undefined;
      const made = { contact, parameters, q: 1, expiresAt: now + expires * 1000, callId: `created.${now}`, cseq: 0, path: [] };
      return [...bindings, { ...tracked(made, undefined, now), event: 'created' }];
    });
  }

  /** The contact expires in `expires` seconds, if that is sooner, so that it registers again. */
  shorten(aor: string, contact: string, expires: number): Promise<boolean> {
    return this.#change(aor, (bindings, now) => {
      const binding = find(bindings, contact);
      const expiresAt = now + expires * 1000;
      if (binding === undefined || binding.expiresAt <= expiresAt) return undefined;
      return bindings.map((one) => (one === binding ? { ...one, id: contactId(one), expiresAt, event: 'shortened' } : one));
    });
  }

  remove(aor: string, contact: string, removal: AdministrativeRemoval): Promise<boolean> {
    return this.#change(aor, (bindings) => {
      const binding = find(bindings, contact);
      return binding === undefined ? undefined : bindings.filter((one) => one !== binding);
    }, removal);
  }

  /** Resolves false when there is nothing to change. */
  async #change(
    aor: string, next: (active: readonly Binding[], now: number) => readonly Binding[] | undefined, removal?: Removal,
  ): Promise<boolean> {
    const { location, clock, onChanges } = this.#options;
    for (;;) {
      const now = clock.date().getTime();
      const { version, bindings } = await location.load(aor);
      const after = next(bindings.filter((binding) => binding.expiresAt > now), now);
      if (after === undefined) return false;
      // Somebody else's change came in between: look again.
      if (!(await location.save(aor, version, after))) continue;
      onChanges(aor, changesOf(bindings, after, now, removal), after);
      return true;
    }
  }
}

function find(bindings: readonly Binding[], contact: string): Binding | undefined {
  return bindings.find((binding) => uriEquals(parseUri(binding.contact), parseUri(contact)));
}
