/*
 * The events the core notifies of, put together: registrations and stored messages, with the expiry of bindings.
 */
import type { MessageAccounts } from '../internal-ports.js';
import { BindingExpiry } from './binding-expiry.js';
import type { ContactListener } from './contact-events.js';
import { EventNotifier, type EventNotifierOptions } from './event-notifier.js';
import { MESSAGE_SUMMARY, messageSummary } from './message-summary.js';
import type { Binding } from './location.js';
import { RegistrationAdministration } from './registration-administration.js';
import { REGISTRATION_EVENTS, registrationEvents, type RegistrationEventsOptions } from './registration-events.js';

export interface EventsOptions extends Omit<EventNotifierOptions, 'packages'> {
  readonly accounts: MessageAccounts;
  /** Milliseconds between two NOTIFYs of registrations to one watcher. */
  readonly notifyInterval: number;
  readonly gruusOf?: RegistrationEventsOptions['gruusOf'];
}

export class Events {
  readonly notifier: EventNotifier;
  readonly #expiry: BindingExpiry;
  readonly #options: EventsOptions;

  constructor(options: EventsOptions) {
    this.#options = options;
    const { location, accounts, clock, log, notifyInterval: minInterval, gruusOf } = options;
    this.notifier = new EventNotifier({
      ...options, packages: [registrationEvents({ location, clock, minInterval, gruusOf }), messageSummary(accounts)],
    });
    this.#expiry = new BindingExpiry({ location, clock, log, onChanges: (...change) => this.#tell(...change) });
    accounts.onChanged = (user) => this.notifier.changed(MESSAGE_SUMMARY, user);
  }

  /** For whoever changes bindings. */
  readonly contactsChanged: ContactListener = (aor, changes, bindings) => {
    this.#expiry.follow(aor, bindings);
    this.#tell(aor, changes, bindings);
  };

  /** `onRegistered`: hears of a user for how many seconds there will be bindings, when that was changed here. */
  administration(onRegistered: (aor: string, seconds: number) => void): RegistrationAdministration {
    const { location, clock } = this.#options;
    return new RegistrationAdministration({
      location, clock,
      onChanges: (aor, changes, bindings) => {
        this.contactsChanged(aor, changes, bindings);
        onRegistered(aor, secondsLeft(bindings, clock.date().getTime()));
      },
    });
  }

  /** Takes up what outlived the process before; `registered`: users with bindings, and when their first one expires. */
  async restore(registered: readonly { readonly aor: string; readonly from: number }[]): Promise<void> {
    await this.notifier.restore();
    for (const { aor, from } of registered) this.#expiry.expect(aor, from);
  }

  async close(): Promise<void> {
    this.#expiry.close();
    await this.notifier.close();
  }

  #tell(aor: string, changes: Parameters<ContactListener>[1], _bindings: unknown): void {
    if (changes.length > 0) this.notifier.changed(REGISTRATION_EVENTS, aor, changes);
  }
}

function secondsLeft(bindings: readonly Binding[], now: number): number {
  return Math.ceil((Math.max(now, ...bindings.map((binding) => binding.expiresAt)) - now) / 1000);
}
