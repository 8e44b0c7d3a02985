/*
 * Pushing one MESSAGE (RFC 3428) for each item: what was stored goes out again as it was, and a repeat looks like the first time.
 */
import { concatBytes, formatNameAddr, ProtocolError } from '@simple-im/grammar';
import { buildRequest, newTag, type SipRequest } from '@simple-im/sip';
import type { Clock, Random } from '@simple-im/transport';
import type { Im2Core } from '../reference-points.js';
import { isUndelivered } from '../undelivered.js';
import type { Push, PushOutcome, Run, RunEnd } from './push.js';
import { isRequestName } from './request-name.js';
import { domainOf } from './responsibility.js';
import type { DeferredItem } from './store.js';

export interface MessagePushOptions {
  readonly core: Im2Core;
  readonly domain: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** By which a client knows a message without a Message-ID that its sender's own request brought it before (docs/profile.md). */
const ORIGINAL_REQUEST = 'Original-Request';
/** The core forgot that it handed something to us: it was started anew (docs/profile.md, "IM-2 on the wire"). */
const NO_SUCH_WAY = 481;

export class MessagePush implements Push {
  readonly #options: MessagePushOptions;

  constructor(options: MessagePushOptions) {
    this.#options = options;
  }

  async push(run: Run): Promise<RunEnd> {
    for (let item = await run.next(); item !== undefined; item = await run.next()) {
      const body = await bodyOf(run, item);
      if (body === undefined) continue;
      const outcome = await this.#send(item, body);
      if (outcome === 'away') return 'away';
      await run.settle(item, outcome);
    }
    return 'done';
  }

  #send(item: DeferredItem, body: Uint8Array): Promise<PushOutcome | 'away'> {
    return new Promise((resolve) => {
      this.#options.core.request(this.#messageOf(item, body), undefined, {
        response: ({ status }) => { if (status >= 200) resolve(outcomeOf(status)); },
        failed: () => resolve('away'),
      });
    });
  }

  /**
   * Call-ID and CSeq: those of one message however often it is tried, so that a client which knows it shows it once. The number grows with
   * time, also over a restart.
   */
  #messageOf(item: DeferredItem, body: Uint8Array): SipRequest {
    const { domain, random, clock } = this.#options;
    const isLocal = domainOf(item.recipient) === domain;
    return buildRequest({
      method: 'MESSAGE',
      uri: item.recipient,
      from: `${item.from};tag=${newTag(random)}`,
      to: item.to,
      callId: `${item.id}@${domain}`,
      cseq: 1 + Math.max(0, Math.floor((clock.date().getTime() - item.receivedAt) / 1000)),
      headers: [
        ['Date', new Date(item.receivedAt).toUTCString()],
        ...(item.sender === undefined ? [] : [['P-Asserted-Identity', formatNameAddr({ uri: item.sender })] as const]),
        // The services of the recipient have been passed, and one device at a time is asked (RFC 3841 §9.1).
        ...(isLocal ? [['P-Served-User', `<${item.recipient}>;sescase=term`] as const] : []),
        ['Request-Disposition', 'fork, sequential'],
        ...(isRequestName(item.messageId) ? [[ORIGINAL_REQUEST, item.messageId] as const] : []),
        ...item.headers,
      ],
      contentType: item.contentType,
      body,
    });
  }
}

/** 202 is somebody else's promise (RFC 3428 §7), and as good. */
function outcomeOf(status: number): PushOutcome | 'away' {
  if (status < 300) return { result: 'taken' };
  return isUndelivered(status) || status === NO_SUCH_WAY ? 'away' : { result: 'refused', status };
}

/** Undefined when it has expired or was removed by its recipient in the meantime. */
async function bodyOf(run: Run, item: DeferredItem): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of run.read(item)) pieces.push(piece);
  } catch (error) {
    if (!ProtocolError.is(error) || error.code !== 'IM_ITEM_GONE') throw error;
    return undefined;
  }
  return concatBytes(pieces);
}
