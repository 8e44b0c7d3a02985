import { ProtocolError } from '@simple-im/grammar';
import type { UaInvite } from '@simple-im/sip';
import { imError } from './errors.js';
import { certificateRefused } from './failures.js';
import type { Sender } from './identity.js';
import type { Session } from './session.js';

/** Somebody asks for a session. */
export class Invitation {
  /** URI of who asks, as the network asserts it, else as they say. */
  readonly from: string;
  readonly fromName: string | undefined;
  /** Whether the network asserted `from` (RFC 3325). */
  readonly asserted: boolean;
  readonly subject: string | undefined;
  readonly #invite: UaInvite;
  readonly #establish: () => Promise<Session>;
  readonly #answered: () => void;
  #session: Promise<Session> | undefined;

  /** For the client. `establish` accepts; `answered`: the invitation waits no longer. */
  constructor(invite: UaInvite, sender: Sender, establish: () => Promise<Session>, answered: () => void) {
    this.from = sender.uri;
    this.fromName = sender.name;
    this.asserted = sender.asserted;
    this.subject = invite.request.headers.get('Subject');
    this.#invite = invite;
    this.#establish = establish;
    this.#answered = answered;
  }

  /** False once it was accepted, refused, or withdrawn by who asked. */
  get waiting(): boolean {
    return !this.#invite.answered && this.#session === undefined;
  }

  /** Begins the session; a second call gives the same one. Rejects with IM_INVITATION_OVER, IM_SESSION_FAILED. */
  accept(): Promise<Session> {
    if (this.#session === undefined) {
      if (this.#invite.answered) return Promise.reject(imError('IM_INVITATION_OVER'));
      this.#session = this.#establish();
      this.#answered();
    }
    return this.#session;
  }

  /** `status`: 400 to 699. By default 603: the user does not want it, on no device (RFC 3261 §21.6.2). Throws IM_INVITATION_OVER. */
  refuse(status = 603): void {
    if (!this.waiting) throw imError('IM_INVITATION_OVER');
    this.#invite.respond(status);
    this.#answered();
  }
}

/** What went wrong between the answer and the session. */
export function setupFailure(error: unknown): unknown {
  if (!ProtocolError.is(error) || error.code.startsWith('IM_')) return error;
  return certificateRefused(error) ?? imError('IM_SESSION_FAILED', { cause: error, detail: error.message });
}
