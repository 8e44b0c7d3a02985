import { ProtocolError } from '@simple-im/grammar';
import type { MessageSession } from '@simple-im/msrp';
import { connectionRole, negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import { callerPreferences, type AnsweredInvite, type SipRequest, type UaDialog, type UaInvite } from '@simple-im/sip';
import { AsyncQueue } from './async-queue.js';
import { LARGE_MESSAGE_TAG, type ClientCore } from './core.js';
import { imError } from './errors.js';
import { certificateRefused } from './failures.js';
import { handoverOf } from './handover.js';
import { senderOf } from './identity.js';
import { Invitation, setupFailure } from './invitation.js';
import { INVITATION_TYPES, invitationBody, SDP, type InvitationBody } from './invitation-body.js';
import { connectMedia, describe, kindOf, kindToOffer, type MediaKind } from './media-kind.js';
import { answerTo, newMedia, offerOf } from './media.js';
import type { Notifications } from './notifications.js';
import type { Pager } from './pager.js';
import { Session, type SessionParts } from './session.js';
import { answerRefreshes, sessionTimer } from './session-refresh.js';
import { RETRIEVAL_MEDIA_TYPE, StoredMessages, type StoredMessagesOptions } from './stored-messages.js';

/** Milliseconds that a session nobody was asked about may take. */
const UNASKED_TIME = 600_000;

export interface InviteOptions {
  /** Gives the invitation up: CANCEL, or BYE where it was just accepted. */
  readonly signal?: AbortSignal;
  /** The peer's device has told its user. */
  readonly onRinging?: () => void;
}

type JoinedParts = Omit<SessionParts, 'core' | 'pager' | 'notifications'>;
/** What a session is made of once it was agreed upon. */
type Joined = Pick<SessionParts, 'dialog' | 'media' | 'remote'>;

/** The sessions of a client, invited and inviting. */
export class Sessions {
  readonly queue: AsyncQueue<Invitation>;
  readonly #core: ClientCore;
  readonly #pager: Pager;
  readonly #notifications: Notifications;
  readonly #alive = new Set<Session>();
  readonly #stored = new Set<StoredMessages>();
  /** Neither answered nor withdrawn, taken from the queue or not. */
  readonly #waiting = new Set<Invitation>();
  /** Sessions that nobody was asked about and that are not over yet. */
  #unasked = 0;

  constructor(core: ClientCore, pager: Pager, notifications: Notifications) {
    this.#core = core;
    this.#pager = pager;
    this.#notifications = notifications;
    this.queue = new AsyncQueue({ maxItems: core.limits.maxInvitations });
    core.ua.handle('INVITE', (incoming) => this.#receive(incoming), { accept: INVITATION_TYPES });
  }

  /** `preference`: the feature of the devices that should be asked. */
  invite(to: string, options: InviteOptions, preference = this.#core.preference): Promise<Session> {
    const peer = { uri: to, name: undefined, asserted: false };
    return this.#invite(to, options, preference, [], (joined) => this.#session({ peer, ...joined }));
  }

  /** A session with a service of the server (docs/profile.md). */
  stored(service: string, options: StoredMessagesOptions): Promise<StoredMessages> {
    return this.#invite(service, {}, this.#core.preference, [RETRIEVAL_MEDIA_TYPE], ({ dialog, media }) => {
      const stored = new StoredMessages(this.#core, this.#pager, { dialog, media }, options);
      this.#stored.add(stored);
      void stored.ended.then(() => this.#stored.delete(stored));
      return stored;
    });
  }

  /** Leaves every session and refuses whoever waits. */
  async close(): Promise<void> {
    for (const invitation of this.#waiting) invitation.refuse(480);
    this.queue.end();
    await Promise.all([...[...this.#alive].map((session) => session.leave()), ...[...this.#stored].map((stored) => stored.close())]);
  }

  async #invite<T>(
    to: string, { signal, onRinging }: InviteOptions, preference: readonly [string, string], types: readonly string[], make: (joined: Joined) => T,
  ): Promise<T> {
    const core = this.#core;
    const flow = await core.flow();
    const kind = kindToOffer(core, flow);
    const media = newMedia(core, kind, types);
    const body = offerOf(core, media, types);
    const invite = core.ua.invite(to, {
      contentType: SDP,
      body,
      sessionTimer: sessionTimer(core, body),
      headers: [['Contact', core.dialogContact(flow)], preference],
      signal,
    });
    invite.onProvisional = ({ status }) => {
      if (status === 180) onRinging?.();
    };
    let answer: AnsweredInvite;
    try {
      answer = await invite.answered;
    } catch (error) {
      media.close();
      throw inviteFailure(core, error);
    }
    invite.ack();
    try {
      const { dialog, response } = answer;
      return await this.#orEnd(dialog, media, async () => {
        const joined = { dialog, media, remote: answered(core, response.body, kind) };
        await this.#join(joined, body, signal);
        return make(joined);
      });
    } catch (cause) {
      throw signal?.aborted === true ? imError('IM_CANCELLED', { cause }) : cause;
    }
  }

  #receive(incoming: UaInvite): void {
    const core = this.#core;
    const { request, flow } = incoming;
    // An INVITE without offer asks us to listen, which we do not (RFC 4975 §8.5 with RFC 3261 §13.2.1).
    const invited = invitationBody(request);
    const offer = parseMsrpSdp(invited.sdp);
    kindOf(core, offer);
    const { weConnect } = negotiateSetup(offer.setup, 'active');
    if (!weConnect) throw imError('IM_NO_COMMON_MEDIA', { detail: 'the peer wants to connect' });
    const sender = senderOf(request, flow, core.proxyHost);
    const handover = handoverOf(request, sender, core.aor.host.toLowerCase());
    const about = { peer: handover?.sender ?? sender, isAnswerable: handover?.sender !== undefined };
    if (handover !== undefined || isLargeMessage(request)) return this.#takeAtOnce(incoming, offer, invited, about);
    const accept = (): Promise<Session> => this.#accept(incoming, offer, invited, { peer: sender });
    const invitation: Invitation = new Invitation(incoming, sender, accept, () => this.#waiting.delete(invitation));
    if (this.#waiting.size >= core.limits.maxInvitations || !this.queue.push(invitation)) {
      incoming.respond(486);
      return;
    }
    this.#waiting.add(invitation);
    incoming.onCancelled = () => {
      this.#waiting.delete(invitation);
      this.queue.remove(invitation);
    };
    if (core.options.autoAccept !== true) incoming.respond(180, { headers: [['Contact', core.contact(flow)]] });
    else invitation.accept().catch((error: unknown) => core.report(error as Error));
  }

  /** A session for one message, or for those that were stored: taken at once, and its messages are told like any others without a session. */
  #takeAtOnce(
    incoming: UaInvite, offer: MsrpMedia, invited: InvitationBody, { peer, isAnswerable }: Pick<JoinedParts, 'peer' | 'isAnswerable'>,
  ): void {
    const core = this.#core;
    if (this.#unasked >= core.limits.maxInvitations) {
      incoming.respond(486);
      return;
    }
    this.#unasked += 1;
    const over = (): void => {
      this.#unasked -= 1;
    };
    this.#accept(incoming, offer, invited, { peer, isAnswerable, inbox: this.#pager.queue }).then(
      (session) => {
        // Who has come on line while somebody writes goes on with them; that lasts as long as it lasts.
        const timer = isAnswerable === true ? undefined : core.platform.clock.setTimer(UNASKED_TIME, () => void session.leave());
        void session.ended.then(() => {
          timer?.cancel();
          over();
        });
      },
      (error: unknown) => {
        over();
        core.report(error as Error);
      },
    );
  }

  async #accept(
    incoming: UaInvite, remote: MsrpMedia, { sdp, message }: InvitationBody, about: Pick<JoinedParts, 'peer' | 'inbox' | 'isAnswerable'>,
  ): Promise<Session> {
    const core = this.#core;
    const media = newMedia(core, kindOf(core, remote));
    let body: Uint8Array;
    let dialog: UaDialog;
    try {
      body = answerTo(core, sdp, media);
      const headers: [string, string][] = [['Contact', core.contact(incoming.flow)]];
      dialog = await incoming.accept({ contentType: SDP, body, headers, sessionTimer: sessionTimer(core, body) });
    } catch (error) {
      media.close();
      throw setupFailure(error);
    }
    return this.#orEnd(dialog, media, async () => {
      await this.#join({ dialog, media, remote }, body);
      return this.#session({ ...about, message, dialog, media, remote });
    });
  }

  /** Connects the media. `body`: what we described. */
  async #join({ dialog, media, remote }: Joined, body: Uint8Array, signal?: AbortSignal): Promise<void> {
    answerRefreshes(this.#core, dialog, remote, body);
    await connectMedia(this.#core, media, remote, signal);
    if (dialog.dialog.state !== 'confirmed') throw imError('IM_SESSION_FAILED', { detail: 'the peer left' });
  }

  #session(parts: JoinedParts): Session {
    const session = new Session({ core: this.#core, pager: this.#pager, notifications: this.#notifications, ...parts });
    this.#alive.add(session);
    void session.ended.then(() => this.#alive.delete(session));
    return session;
  }

  /** Takes the step, or ends the dialog that it was for. */
  async #orEnd<T>(dialog: UaDialog, media: MessageSession, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      media.close();
      if (dialog.dialog.state === 'confirmed') dialog.bye().catch((failure: unknown) => this.#core.report(failure as Error));
      throw setupFailure(error);
    }
  }
}

/** A session for one message, as its sender names it in Accept-Contact (docs/profile.md). Throws SIP_BAD_HEADER. */
function isLargeMessage(request: SipRequest): boolean {
  return callerPreferences(request).accept.some(({ features }) => features.has(LARGE_MESSAGE_TAG));
}

/** What the peer answered to our offer to connect. */
function answered(core: ClientCore, body: Uint8Array, offered: MediaKind): MsrpMedia {
  try {
    const media = parseMsrpSdp(body);
    connectionRole('active', media.setup);
    const { secure, transport } = kindOf(core, media);
    if (secure === offered.secure && transport === offered.transport) return media;
    throw imError('IM_NO_COMMON_MEDIA', { detail: `${describe(offered)} was offered, ${describe({ secure, transport })} answered` });
  } catch (cause) {
    if (!ProtocolError.is(cause) || cause.code === 'IM_NO_COMMON_MEDIA') throw cause;
    throw imError('IM_NO_COMMON_MEDIA', { cause, detail: cause.message });
  }
}

/** Why an INVITE came to nothing. */
function inviteFailure(core: ClientCore, error: unknown): unknown {
  if (!ProtocolError.is(error)) return error;
  const refused = certificateRefused(core.reasonFor(error));
  if (refused !== undefined) return refused;
  if (error.code === 'SIP_ABORTED') return imError('IM_CANCELLED', { cause: error.cause });
  if (error.code === 'SIP_ENDPOINT_CLOSED') return imError('IM_CLOSED', { cause: error });
  const cause = error.code === 'SIP_REJECTED' ? error.cause : error;
  return imError('IM_REFUSED', { cause, detail: error.message, ...(error.status === undefined ? {} : { status: error.status }) });
}
