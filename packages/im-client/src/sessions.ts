import { ProtocolError } from '@simple-im/grammar';
import type { MessageSession } from '@simple-im/msrp';
import { connectionRole, negotiateSetup, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import { callerPreferences, type AnsweredInvite, type SipRequest, type UaDialog, type UaInvite } from '@simple-im/sip';
import { AsyncQueue } from './async-queue.js';
import { LARGE_MESSAGE_TAG, type ClientCore } from './core.js';
import { imError } from './errors.js';
import { certificateRefused } from './failures.js';
import { senderOf, type Sender } from './identity.js';
import { Invitation, setupFailure } from './invitation.js';
import { connectMedia, describe, kindOf, kindToOffer, type MediaKind } from './media-kind.js';
import { answerTo, newMedia, offerOf } from './media.js';
import type { Notifications } from './notifications.js';
import type { Pager } from './pager.js';
import type { ImMessage } from './message.js';
import { Session, type SessionParts } from './session.js';
import { answerRefreshes, sessionTimer } from './session-refresh.js';

const SDP = 'application/sdp';
/** Milliseconds somebody may take for a large message and its BYE. */
const LARGE_MESSAGE_TIME = 600_000;

export interface InviteOptions {
  /** Gives the invitation up: CANCEL, or BYE where it was just accepted. */
  readonly signal?: AbortSignal;
  /** The peer's device has told its user. */
  readonly onRinging?: () => void;
}

type JoinedParts = Omit<SessionParts, 'core' | 'pager' | 'notifications'>;

/** The sessions of a client, invited and inviting. */
export class Sessions {
  readonly queue: AsyncQueue<Invitation>;
  readonly #core: ClientCore;
  readonly #pager: Pager;
  readonly #notifications: Notifications;
  readonly #alive = new Set<Session>();
  /** Neither answered nor withdrawn, taken from the queue or not. */
  readonly #waiting = new Set<Invitation>();
  /** Sessions of Large Message Mode that were not over yet. */
  #large = 0;

  constructor(core: ClientCore, pager: Pager, notifications: Notifications) {
    this.#core = core;
    this.#pager = pager;
    this.#notifications = notifications;
    this.queue = new AsyncQueue({ maxItems: core.limits.maxInvitations });
    core.ua.handle('INVITE', (incoming) => this.#receive(incoming), { accept: [SDP] });
  }

  /** `preference`: the feature of the devices that should be asked. */
  async invite(to: string, { signal, onRinging }: InviteOptions, preference = this.#core.preference): Promise<Session> {
    const core = this.#core;
    const flow = await core.flow();
    const kind = kindToOffer(core, flow);
    const media = newMedia(core, kind);
    const body = offerOf(core, media);
    const invite = core.ua.invite(to, {
      contentType: SDP,
      body,
      sessionTimer: sessionTimer(core, body),
      headers: [['Contact', core.contact(flow)], preference],
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
    const peer = { uri: to, name: undefined, asserted: false };
    try {
      const { dialog, response } = answer;
      const join = (): Promise<Session> => this.#join({ peer, dialog, media, remote: answered(core, response.body, kind) }, body, signal);
      return await this.#orEnd(dialog, media, join);
    } catch (cause) {
      throw signal?.aborted === true ? imError('IM_CANCELLED', { cause }) : cause;
    }
  }

  /** Leaves every session and refuses whoever waits. */
  async close(): Promise<void> {
    for (const invitation of this.#waiting) invitation.refuse(480);
    this.queue.end();
    await Promise.all([...this.#alive].map((session) => session.leave()));
  }

  #receive(incoming: UaInvite): void {
    const core = this.#core;
    const { request, flow } = incoming;
    // An INVITE without offer asks us to listen, which we do not (RFC 4975 §8.5 with RFC 3261 §13.2.1).
    const offer = parseMsrpSdp(request.body);
    kindOf(core, offer);
    const { weConnect } = negotiateSetup(offer.setup, 'active');
    if (!weConnect) throw imError('IM_NO_COMMON_MEDIA', { detail: 'the peer wants to connect' });
    const sender = senderOf(request, flow, core.proxyHost);
    if (isLargeMessage(request)) return this.#receiveLarge(incoming, sender, offer);
    const accept = (): Promise<Session> => this.#accept(incoming, sender, offer);
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

  /** One message in a session of its own: it is taken at once and told like any other without a session. */
  #receiveLarge(incoming: UaInvite, sender: Sender, offer: MsrpMedia): void {
    const core = this.#core;
    if (this.#large >= core.limits.maxInvitations) {
      incoming.respond(486);
      return;
    }
    this.#large += 1;
    const whenOver = (): void => {
      this.#large -= 1;
    };
    this.#accept(incoming, sender, offer, this.#pager.queue).then(
      (session) => {
        const timer = core.platform.clock.setTimer(LARGE_MESSAGE_TIME, () => void session.leave());
        void session.ended.then(() => {
          timer.cancel();
          whenOver();
        });
      },
      (error: unknown) => {
        whenOver();
        core.report(error as Error);
      },
    );
  }

  async #accept(incoming: UaInvite, peer: Sender, remote: MsrpMedia, inbox?: AsyncQueue<ImMessage>): Promise<Session> {
    const core = this.#core;
    const media = newMedia(core, kindOf(core, remote));
    let body: Uint8Array;
    let dialog: UaDialog;
    try {
      body = answerTo(core, incoming.request.body, media);
      const headers: [string, string][] = [['Contact', core.contact(incoming.flow)]];
      dialog = await incoming.accept({ contentType: SDP, body, headers, sessionTimer: sessionTimer(core, body) });
    } catch (error) {
      media.close();
      throw setupFailure(error);
    }
    return this.#orEnd(dialog, media, () => this.#join({ peer, dialog, media, remote, inbox }, body));
  }

  /** `body`: what we described. */
  async #join(parts: JoinedParts, body: Uint8Array, signal?: AbortSignal): Promise<Session> {
    const { dialog, media, remote } = parts;
    answerRefreshes(this.#core, dialog, remote, body);
    await connectMedia(this.#core, media, remote, signal);
    if (dialog.dialog.state !== 'confirmed') throw imError('IM_SESSION_FAILED', { detail: 'the peer left' });
    const session = new Session({ core: this.#core, pager: this.#pager, notifications: this.#notifications, ...parts });
    this.#alive.add(session);
    void session.ended.then(() => this.#alive.delete(session));
    return session;
  }

  /** Takes the step, or ends the dialog that it was for. */
  async #orEnd(dialog: UaDialog, media: MessageSession, step: () => Promise<Session>): Promise<Session> {
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
