import { ProtocolError } from '@simple-im/grammar';
import type { Timer } from '@simple-im/transport';
import type { BodyOptions } from './build.js';
import type { DialogUsage } from './dialog-usage.js';
import type { SipRequest } from './message.js';
import { responseOf, type OutgoingInvite } from './outgoing-invite.js';
import { referEventId } from './refer-event.js';
import { referNotifierTable, type ReferNotifierAction, type ReferNotifierInput, type ReferNotifierState } from './refer-table.js';
import { formatSipfrag } from './sipfrag.js';
import type { UaCore } from './ua-core.js';
import type { UaDialog } from './ua-dialog.js';
import type { UaRequest } from './ua-request.js';

/** Tells who sent a REFER how far the request has come that it asked for (RFC 3515 §2.4.4). */
export class ReferNotifier implements DialogUsage {
  readonly #core: UaCore;
  readonly #id: number | undefined;
  #state: ReferNotifierState = referNotifierTable.initial.next;
  #dialog: UaDialog | undefined;
  #seconds: number;
  #expiresAt = 0;
  #expiry: Timer | undefined;
  #body: Uint8Array = formatSipfrag({ status: 100 });
  /** One NOTIFY after the other, so that none overtakes another. */
  #sending: Promise<void> = Promise.resolve();

  /** For {@link UaRefer}. `id`: the CSeq number of a REFER within a dialog (§2.4.6). */
  constructor(core: UaCore, id: number | undefined, seconds: number) {
    this.#core = core;
    this.#id = id;
    this.#seconds = seconds;
  }

  /** Whether reports still go out: not when the peer wants none (RFC 4488), or after the last. */
  get active(): boolean {
    return this.#state === 'active';
  }

  /**
   * Reports a status, 100 to 699; from 200 on it is the last. Does nothing when nobody wants to know any more. Throws SIP_UNSAFE_FIELD.
   */
  notify(status: number, reason?: string): void {
    const body = formatSipfrag(reason === undefined ? { status } : { status, reason });
    if (!this.active) return;
    this.#body = body;
    this.#receive(status >= 200 ? 'final' : 'progress');
  }

  /** Reports on the INVITE that the REFER asked for: the status of each provisional response, then how it ended. */
  follow(invite: OutgoingInvite): void {
    const others = invite.onProvisional;
    invite.onProvisional = (response, dialog, reliable) => {
      this.notify(response.status, response.reason);
      others?.(response, dialog, reliable);
    };
    invite.answered.then(
      ({ response }) => this.notify(response.status, response.reason),
      (error: unknown) => {
        const refusal = ProtocolError.is(error) ? responseOf(error) : undefined;
        this.notify(refusal?.status ?? (ProtocolError.is(error) ? (error.status ?? 503) : 500));
      },
    ).catch((error: unknown) => this.#core.endpoint.report(error as Error));
  }

  /** For {@link UaRefer}: the REFER was accepted, in or with this dialog. */
  start(dialog: UaDialog): void {
    this.#dialog = dialog;
    this.#receive('accept');
  }

  owns(request: SipRequest): boolean {
    return request.method === 'SUBSCRIBE' && referEventId(request) === (this.#id ?? null);
  }

  /** A refresh, or with `Expires: 0` the end (§2.4.4). */
  receive(incoming: UaRequest): void {
    const asked = incoming.request.expires ?? this.#seconds;
    const seconds = Math.min(asked, this.#seconds);
    incoming.respond(200, { headers: [['Expires', String(seconds)]] });
    this.#seconds = Math.max(seconds, 1);
    this.#receive(seconds === 0 ? 'unsubscribed' : 'refreshed');
  }

  ended(): void {
    this.#dialog = undefined;
    this.#receive('dialog over');
  }

  #receive(input: ReferNotifierInput): void {
    const row = referNotifierTable.states[this.#state]?.[input];
    if (row === undefined) return;
    this.#state = row.next;
    for (const action of row.actions) this.#act(action);
  }

  #act(action: ReferNotifierAction): void {
    const { clock } = this.#core.endpoint;
    if (action === 'start expiry') {
      this.#expiry?.cancel();
      this.#expiresAt = clock.now() + this.#seconds * 1000;
      this.#expiry = clock.setTimer(this.#seconds * 1000, () => this.#receive('expired'));
    } else if (action === 'notify active') {
      this.#send(`active;expires=${Math.ceil((this.#expiresAt - clock.now()) / 1000)}`);
    } else if (action === 'notify noresource') {
      this.#send('terminated;reason=noresource');
    } else if (action === 'notify timeout') {
      this.#send('terminated;reason=timeout');
    } else {
      this.#expiry?.cancel();
      // The last NOTIFY still goes in the dialog.
      this.#sending = this.#sending.then(() => this.#dialog?.detach(this));
    }
  }

  #send(state: string): void {
    const dialog = this.#dialog;
    if (dialog === undefined) return;
    const headers: [string, string][] = [
      ['Event', this.#id === undefined ? 'refer' : `refer;id=${this.#id}`], ['Subscription-State', state],
    ];
    const notify: BodyOptions = { headers, contentType: 'message/sipfrag', body: this.#body };
    this.#sending = this.#sending.then(async () => {
      try {
        const { status } = await dialog.request('NOTIFY', { ...notify, usage: this });
        if (status >= 300) this.#receive('rejected');
      } catch (error) {
        // The dialog is over, or the peer does not answer: there is nobody to tell.
        this.#receive('rejected');
        this.#core.endpoint.report(error as Error);
      }
    });
  }
}
