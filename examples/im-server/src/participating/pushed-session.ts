/*
 * A session that the IM server begins with a user in the name of somebody else, to deliver what was stored (docs/profile.md): a leg
 * without a second one, until the sender's own takes its place.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { MsrpMedia } from '@simple-im/msrp/sdp';
import { buildRequest, newTag, type SipRequest, type SipResponse } from '@simple-im/sip';
import type { Timer } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { ArrivingMessage, DeliverySession, OutgoingContent, SessionInvitation } from '../session-ports.js';
import type { Im2Request } from '../reference-points.js';
import type { MediaTransport } from '../media/media.js';
import type { ChunkSink } from './chunk-sink.js';
import type { ChunkWriter } from './chunk-writer.js';
import { Drain } from './drain.js';
import { Goodbyes } from './goodbyes.js';
import type { ImSessionOptions } from './im-session.js';
import { receiveInDialog, type RoutedSession } from './in-dialog.js';
import { InvitingLeg } from './inviting-leg.js';
import { LegRefresh } from './leg-refresh.js';
import { answeredMedia, offeredTransport, tlsTowards } from './leg-transport.js';
import { MessageEnd } from './message-end.js';
import { MessageWriter, refuseUnlessWanted } from './message-writer.js';
import { OwnDescription } from './own-description.js';
import { RelayLeg } from './relay-leg.js';
import { featureOf } from './services.js';

export interface PushedSessionOptions extends ImSessionOptions {
  readonly domain: string;
  readonly invitation: SessionInvitation;
  /** What the sender can take, where they are still in a session of theirs. */
  readonly offer?: MsrpMedia;
  /** How the user registered (`TLS`, `WSS` ...). */
  readonly calleeTransport: string | undefined;
  /** The leg's name in our Contact URI. */
  readonly name: string;
  /** Takes what the user says while nobody else is in the session. */
  take(message: ArrivingMessage): Promise<void>;
  /** It is over, or never came about. `left`: the user said BYE. */
  over(left: boolean): void;
}

/** Milliseconds for the user to connect, and for what they have to say to what was delivered: notifications of delivery. */
const BIND_WAIT = 60_000;
const LINGER = 1_000;

export class PushedSession implements RoutedSession, DeliverySession {
  readonly #options: PushedSessionOptions;
  readonly #transport: MediaTransport;
  readonly #media: RelayLeg;
  readonly #replies: MessageEnd;
  readonly #description: OwnDescription;
  readonly #refresh: LegRefresh;
  readonly #inviting: InvitingLeg;
  readonly #goodbyes: Goodbyes;
  readonly #offer: MsrpMedia;
  readonly #begun: Promise<void>;
  #settle!: { readonly bound: () => void; readonly failed: (error: ProtocolError) => void };
  #answer: MsrpMedia | undefined;
  #sending: MessageWriter | undefined;
  #timer: Timer | undefined;
  #drain: Drain | undefined;
  #ended = false;

  /** Throws SIP_... where the headers of the invitation cannot be written. */
  constructor(options: PushedSessionOptions) {
    const { core, media, clock, random, metrics, log, maxMessageSize: maxSize, invitation, calleeTransport, name } = options;
    this.#options = options;
    this.#goodbyes = new Goodbyes(core);
    this.#offer = options.offer ?? ANYTHING;
    this.#transport = offeredTransport(calleeTransport, media);
    this.#media = new RelayLeg({
      clock, random, metrics, maxSize,
      createSession: (sink) => media.createSession(invitation.recipient, sink, this.#transport),
      lost: () => this.#end(false),
    });
    const { session } = this.#media;
    this.#replies = new MessageEnd({ session, random, maxSize, take: (message) => options.take(message), idle: () => {} });
    this.#media.deliverTo(this.#replies);
    this.#description = new OwnDescription(session.uri, random, { fingerprint: media.fingerprint, maxSize });
    const contact = core.contactUri(name);
    this.#refresh = new LegRefresh({
      core, clock, random, contact,
      description: this.#description,
      dialog: () => this.#inviting.dialog,
      others: () => this.#offer,
      path: () => this.#media.remotePath,
      isInviting: () => false,
      over: () => this.#end(false),
      problem: (error) => log.info({ err: error }, 'a session could not be refreshed'),
    });
    this.#begun = new Promise((bound, failed) => {
      this.#settle = { bound, failed };
    });
    try {
      this.#inviting = new InvitingLeg(core, inviteFor(options), contact, { contentType: 'application/sdp', body: this.#description.offer(this.#offer) }, random, {
        refresh: this.#refresh,
        progress: () => {},
        accepted: (response) => this.#accepted(response),
        refused: (status) => this.#fail(status),
        failed: (status) => this.#fail(status),
      });
    } catch (error) {
      media.release(session);
      throw error;
    }
  }

  /** Resolves when the user is there. Rejects with IM_INVITE_REFUSED, which has the status of SIP. */
  async start(): Promise<void> {
    this.#inviting.start(undefined);
    await this.#begun;
  }

  /** What leaves for the user. */
  get writer(): ChunkWriter {
    return this.#media.writer;
  }

  /** Where what the user says goes from now on; undefined: to whoever stands in for who is not there. */
  deliverTo(sink: ChunkSink | undefined): void {
    this.#media.deliverTo(sink ?? this.#replies);
  }

  async send(content: OutgoingContent): Promise<void> {
    if (this.#ended) throw serverError('IM_SESSION_GONE');
    refuseUnlessWanted(this.#answer ?? NOTHING, content);
    this.#sending = new MessageWriter(content, this.#options.random);
    try {
      await this.#sending.send(this.#media.writer);
    } finally {
      this.#sending = undefined;
    }
  }

  /** BYE, once the user had time to say that messages were delivered. */
  async finish(): Promise<void> {
    if (this.#ended || this.#drain !== undefined) return;
    const { clock } = this.#options;
    const outstanding = (): number => this.#media.writer.outstanding + (this.#replies.busy ? 1 : 0);
    const drain = new Drain(clock, outstanding, () => this.#end(false));
    this.#drain = drain;
    this.#timer = clock.setTimer(LINGER, () => drain.start());
  }

  receive(_side: string, exchange: Im2Request): void {
    receiveInDialog(exchange, {
      dialog: this.#inviting.dialog,
      refresh: this.#refresh,
      ended: (dialog) => {
        dialog.bye();
        this.#end(true);
      },
    });
  }

  acknowledged(_side: string, ack: SipRequest): void {
    this.#refresh.acknowledged(ack);
  }

  async end(): Promise<void> {
    this.#fail(503);
    await this.#goodbyes.answered();
  }

  #accepted(response: SipResponse): void {
    if (this.#ended) return this.#goodbyes.say(this.#inviting.dialog);
    try {
      const { media, clock } = this.#options;
      const { answer, weConnect } = answeredMedia(response.body, this.#transport, media);
      this.#answer = answer;
      this.#description.connects = weConnect;
      this.#timer = clock.setTimer(BIND_WAIT, () => this.#fail(480));
      const tls = this.#transport === 'tls' ? tlsTowards(answer) : undefined;
      this.#media.bind(answer.path, weConnect, tls === undefined ? {} : { tls }).then(() => this.#bound(), () => this.#fail(480));
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      this.#options.log.info({ err: error }, 'the answer of the invited user cannot be used');
      this.#fail(488);
    }
  }

  #bound(): void {
    this.#timer?.cancel();
    this.#options.metrics.count('im_sessions_total');
    this.#settle.bound();
  }

  #fail(status: number): void {
    this.#settle.failed(serverError('IM_INVITE_REFUSED', { status }));
    this.#end(false);
  }

  #end(left: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const { media, over } = this.#options;
    this.#settle.failed(serverError('IM_INVITE_REFUSED', { status: 480 }));
    this.#timer?.cancel();
    this.#drain?.stop();
    this.#refresh.stop();
    this.#sending?.gone();
    this.#inviting.cancel();
    this.#goodbyes.say(this.#inviting.dialog);
    this.#replies.close(serverError('IM_SESSION_GONE'));
    media.release(this.#media.session);
    over(left);
  }
}

/** Where nobody's device has said what it takes. */
export const ANYTHING: MsrpMedia = {
  address: { host: '', port: 0 }, secure: false, path: [], acceptTypes: ['*'], direction: 'sendrecv', attributes: [],
};

const NOTHING: MsrpMedia = { ...ANYTHING, acceptTypes: [] };

/** What the INVITE says; InvitingLeg makes a dialog of it. */
function inviteFor({ invitation, domain, random }: PushedSessionOptions): SipRequest {
  const { recipient, sender = ANONYMOUS, from, purpose, headers } = invitation;
  const to = purpose === 'notification' ? `<${recipient}>` : invitation.to;
  const server = `<sip:${STORE_AND_FORWARD}@${domain}>`;
  return buildRequest({
    method: 'INVITE', uri: recipient, from: `${purpose === 'notification' ? server : from};tag=${newTag(random)}`, to, callId: newTag(random), cseq: 1,
    headers: [
      ...headers,
      // Who wrote it; that it was stored, and by whom it is vouched for (docs/profile.md).
      ...(purpose === 'notification' ? [] : [['Referred-By', `<${sender}>`] as const]),
      ['P-Asserted-Identity', server],
      ...(hostOf(recipient) === domain ? [['P-Served-User', `<${recipient}>;sescase=term`] as const] : []),
      // One device after the other, until one takes it (RFC 3841 §9.1).
      ['Request-Disposition', 'fork, sequential'],
      ['Accept-Contact', `*;${featureOf(purpose === 'large-message' ? 'large' : 'session')}`],
    ],
  });
}

function hostOf(aor: string): string {
  return aor.slice(aor.lastIndexOf('@') + 1);
}

/** The user part by which clients of RCS know store and forward. */
const STORE_AND_FORWARD = 'rcse-standfw';
const ANONYMOUS = 'sip:anonymous@anonymous.invalid';
