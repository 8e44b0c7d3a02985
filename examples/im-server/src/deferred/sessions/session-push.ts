/*
 * Delivery in sessions (docs/profile.md): large messages, messages of sessions, and notifications. One INVITE for each run, an MSRP SEND for
 * each item, which is removed once the device has answered all of it.
 */
import { ProtocolError } from '@simple-im/grammar';
import type { Log } from '../../observe/ports.js';
import type { DeliverySession, OutgoingContent, SessionInvitation, SessionInviter } from '../../session-ports.js';
import { isUndelivered } from '../../undelivered.js';
import type { Push, PushOutcome, Run, RunEnd } from '../push.js';
import type { DeferredItem } from '../store.js';

export interface SessionPushOptions {
  readonly sessions: SessionInviter;
  readonly log: Log;
}

export class SessionPush implements Push {
  readonly #options: SessionPushOptions;

  constructor(options: SessionPushOptions) {
    this.#options = options;
  }

  push(run: Run): Promise<RunEnd> {
    return new PushedRun(run, this.#options).push();
  }
}

/** Octets of a notification that may go between messages of others. */
const SHORT = 65_536;
/** Busy, given up while it rang, busy everywhere: what was not taken now may be taken later. */
const NOT_NOW = [486, 487, 600];
/** In MSRP: nobody answered, the session is over, or lives on another connection. */
const INTERRUPTED = [408, 481, 506];

/** One run. */
class PushedRun {
  readonly #run: Run;
  readonly #options: SessionPushOptions;
  #session: DeliverySession | undefined;
  /** What the session is for. */
  #purpose: SessionInvitation['purpose'] | undefined;
  /** The user refused such a session: so are the messages that were to come in it. */
  #refused: number | undefined;
  #settled = 0;

  constructor(run: Run, options: SessionPushOptions) {
    this.#run = run;
    this.#options = options;
  }

  async push(): Promise<RunEnd> {
    try {
      for (let item = await this.#run.next(); item !== undefined; item = await this.#run.next()) {
        const outcome = await this.#outcome(item);
        if (outcome === 'gone') continue;
        if (typeof outcome === 'string') return outcome;
        await this.#run.settle(item, outcome);
        this.#settled += 1;
      }
      return 'done';
    } finally {
      await this.#session?.finish();
    }
  }

  /** Of one item; or how the run ends before it; or that somebody else has removed it. */
  async #outcome(item: DeferredItem): Promise<PushOutcome | 'away' | 'unsupported' | 'gone'> {
    if (await this.#told(item)) return { result: 'taken' };
    const end = await this.#begin(item);
    if (end !== undefined) return end;
    if (this.#refused !== undefined) return { result: 'refused', status: this.#refused };
    try {
      await this.#session?.send(contentOf(item, this.#run));
      return { result: 'taken' };
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      if (error.code === 'IM_ITEM_GONE') return 'gone';
      if (error.code === 'IM_SESSION_GONE' || error.code === 'MSRP_SESSION_CLOSED') return 'away';
      if (error.code !== 'IM_DOWNSTREAM_REFUSED') throw error;
      const { status = 400 } = error;
      return INTERRUPTED.includes(status) ? 'away' : { result: 'refused', status };
    }
  }

  /** A notification goes into the session that it is about while that lives; whatever keeps it from that, another one is tried. */
  async #told(item: DeferredItem): Promise<boolean> {
    const { kind, sender, recipient, size } = item;
    if (kind !== 'notification' || sender === undefined || size > SHORT) return false;
    const live = this.#options.sessions.live(recipient, sender);
    if (live === undefined) return false;
    try {
      await live.send(contentOf(item, this.#run));
      return true;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      return false;
    }
  }

  /** Sees to it that there is a session for the item, or a refusal of one; returns what ends the run instead. */
  async #begin(item: DeferredItem): Promise<'away' | 'unsupported' | undefined> {
    const purpose = purposeOf(item);
    if (purpose === this.#purpose) return undefined;
    await this.#session?.finish();
    this.#session = undefined;
    this.#refused = undefined;
    this.#purpose = purpose;
    try {
      this.#session = await this.#options.sessions.invite(invitationFor(item, purpose));
      return undefined;
    } catch (error) {
      if (!ProtocolError.is(error)) throw error;
      const { status = 500 } = error;
      this.#options.log.info({ recipient: item.recipient, purpose, status }, 'a session for delivery was not taken');
      if (isUndelivered(status) || NOT_NOW.includes(status)) return 'away';
      if (purpose === 'notification' && this.#settled === 0) return 'unsupported';
      this.#refused = status;
      return undefined;
    }
  }
}

function purposeOf({ kind, mode }: DeferredItem): SessionInvitation['purpose'] {
  if (kind === 'notification') return 'notification';
  return mode === 'large' ? 'large-message' : 'message';
}

/** What belongs to the MSRP message and not to the session. */
const OF_THE_MESSAGE = ['content-disposition'];

function invitationFor({ recipient, sender, from, to, headers }: DeferredItem, purpose: SessionInvitation['purpose']): SessionInvitation {
  const own = purpose === 'notification' ? [] : headers.filter(([name]) => !OF_THE_MESSAGE.includes(name.toLowerCase()));
  return { recipient, sender: purpose === 'notification' ? undefined : sender, from, to, purpose, headers: own };
}

function contentOf(item: DeferredItem, run: Run): OutgoingContent {
  const { contentType, size, headers } = item;
  const contentDisposition = headers.find(([name]) => name.toLowerCase() === 'content-disposition')?.[1];
  return { messageId: messageIdOf(item), contentType, contentDisposition, size, body: run.read(item) };
}

/** The same on every repeat, and no other item's, whatever its sender called it; an `ident` (RFC 4975 §9) has no underscores. */
function messageIdOf({ id }: DeferredItem): string {
  return `d${id.replaceAll('_', '.')}`;
}
