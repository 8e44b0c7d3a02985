import { ProtocolError } from '@simple-im/grammar';
import type { ContentOptions } from './content.js';
import type { ClientCore } from './core.js';
import { imError } from './errors.js';
import type { Pager, SentMessage } from './pager.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/**
 * `pager`: a SIP MESSAGE, 1300 octets at most (RFC 3428 §8). `large`: a session for this one message (Large Message Mode,
 * docs/profile.md). `auto`: the first where it fits with room to grow, else the second.
 */
export type SendMode = 'auto' | 'pager' | 'large';

export interface SendOptions extends ContentOptions {
  /** Default `auto`. */
  readonly mode?: SendMode | undefined;
}

/** Milliseconds for the answer to the INVITE: no user is asked, so that a server which has said 100 and nothing since was started anew. */
const SETUP_TIME = 60_000;
/** Milliseconds the report on a large message may take once the next hop has all of it. */
const REPORT_TIME = 30_000;

/** Messages without a session that the user sees: in which mode each goes. */
export class Messenger {
  readonly #core: ClientCore;
  readonly #pager: Pager;
  readonly #sessions: Sessions;

  constructor(core: ClientCore, pager: Pager, sessions: Sessions) {
    this.#core = core;
    this.#pager = pager;
    this.#sessions = sessions;
  }

  send(to: string, body: string | Uint8Array, options: SendOptions): Promise<SentMessage> {
    const { mode = 'auto' } = options;
    return this.#pager.inTurn(to, async () => {
      if (mode === 'large') return this.#sendLarge(to, body, options);
      if (mode === 'pager') return this.#pager.send(to, body, options, 0);
      try {
        return await this.#pager.send(to, body, options, this.#core.limits.pagerReserve);
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        return this.#sendLarge(to, body, options);
      }
    });
  }

  async #sendLarge(to: string, body: string | Uint8Array, options: SendOptions): Promise<SentMessage> {
    try {
      const session = await this.#invite(to);
      const { messageId, reported } = await session.sendAndLeave(body, options, REPORT_TIME);
      return { messageId, status: reported ? 200 : 202, mode: 'large' };
    } catch (cause) {
      if (!ProtocolError.is(cause) || (cause.fault !== 'remote' && cause.code !== 'IM_SESSION_ENDED')) throw cause;
      const { status, message: detail } = cause;
      throw imError('IM_NOT_DELIVERED', { cause: cause.cause ?? cause, detail, ...(status === undefined ? {} : { status }) });
    }
  }

  async #invite(to: string): Promise<Session> {
    const patience = new AbortController();
    const timer = this.#core.platform.clock.setTimer(SETUP_TIME, () => patience.abort());
    try {
      return await this.#sessions.invite(to, { signal: patience.signal }, this.#core.largeMessagePreference);
    } finally {
      timer.cancel();
    }
  }
}

/**
 * Here, or for a server on the way that has only UDP left (513). No second try after any other refusal: a user who is away
 * or does not want it (480, 488), or has no use for the type (415), is not asked twice for one message.
 */
function isTooLarge(error: unknown): boolean {
  if (!ProtocolError.is(error)) return false;
  return error.code === 'IM_TOO_LARGE' || (error.code === 'IM_NOT_DELIVERED' && error.status === 513);
}
