/*
 * What is said in a session to a user who is away, one message after the other: on disk first, then the MSRP 200 (004, 5.3.2.3.2). A body
 * goes to the disk while it arrives.
 */
import type { CpimMessage } from '@simple-im/cpim';
import { concatBytes } from '@simple-im/grammar';
import { serverError } from '../../errors.js';
import type { Admission, StoredMessage } from '../../internal-ports.js';
import type { ArrivingMessage, SessionDeferral, SessionParties } from '../../session-ports.js';
import type { Custody } from '../custody.js';
import { BEGINNING, type DeferredMessages, type IntakeItem } from '../deferred-messages.js';
import { cpimHead, facts } from '../disposition.js';
import { isOurs, type Responsibility } from '../responsibility.js';

export interface SessionMessagesOptions {
  readonly messages: Pick<DeferredMessages, 'take'>;
  readonly custody: Pick<Custody, 'store' | 'refused'>;
  readonly responsibility: Responsibility;
  readonly admission: Admission;
}

export class SessionMessages implements SessionDeferral {
  readonly #options: SessionMessagesOptions;

  constructor(options: SessionMessagesOptions) {
    this.#options = options;
  }

  isFor(recipient: string, mode: SessionParties['mode']): boolean {
    return isOurs(this.#options.responsibility, { kind: 'message', mode, recipient });
  }

  /**
   * Rejects with IM_NOT_ADMITTED, IM_QUOTA, IM_STORE_FULL and IM_STORE_FAILED, or with what the body rejects with, such as
   * MSRP_MESSAGE_ABORTED; nothing is stored then.
   */
  async take(parties: SessionParties, message: ArrivingMessage): Promise<StoredMessage | undefined> {
    const { messages } = this.#options;
    const { contentType, body } = message;
    const start = await readUpTo(BEGINNING, body);
    const cpim = cpimHead(contentType, start.bytes);
    if (isComposing(contentType, cpim)) return discard(body);
    if (!parties.admitted && facts(cpim).kind === 'message') await this.#admit(parties);
    const item = { ...itemOf(parties, message), beginning: start.bytes.subarray(0, BEGINNING) };
    const { recipient, id } = start.ended
      ? await messages.take({ ...item, body: start.bytes, size: start.bytes.length })
      : await this.#upload(item, start.bytes, body);
    return { recipient, id };
  }

  async waiting(messages: readonly StoredMessage[]): Promise<readonly StoredMessage[]> {
    const { store } = this.#options.custody;
    const found = await Promise.all(messages.map(({ recipient, id }) => store.find(recipient, id)));
    return found.filter((item) => item !== undefined && !item.fetched && !item.held).map((item) => item as StoredMessage);
  }

  /** Whoever has a session may say what they like in it; a reply to what was stored begins one. */
  async #admit({ sender, recipient, mode }: SessionParties): Promise<void> {
    const answer = await this.#options.admission.admit({ sender, recipient, mode });
    if (!answer.admitted) throw serverError('IM_NOT_ADMITTED', { status: answer.status });
  }

  /** The disk sets the pace: nothing is read before what was read is written. */
  async #upload(item: Omit<IntakeItem, 'body' | 'upload' | 'size'>, beginning: Uint8Array, body: AsyncIterator<Uint8Array>): ReturnType<DeferredMessages['take']> {
    const { messages, custody } = this.#options;
    const upload = await this.#orRefused(custody.store.upload(item.head.recipient));
    let size = 0;
    try {
      for (let piece = { done: false, value: beginning } as IteratorResult<Uint8Array>; piece.done !== true; piece = await body.next()) {
        await this.#orRefused(upload.write(piece.value));
        size += piece.value.length;
      }
      return await messages.take({ ...item, upload: upload.id, size });
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  async #orRefused<T>(written: Promise<T>): Promise<T> {
    try {
      return await written;
    } catch (error) {
      this.#options.custody.refused(error);
      throw error;
    }
  }
}

function itemOf(
  { mode, recipient, sender, from, to, headers, attempted }: SessionParties, { contentType, contentDisposition }: ArrivingMessage,
): Omit<IntakeItem, 'body' | 'upload' | 'size' | 'beginning'> {
  const disposition = contentDisposition === undefined ? [] : [['Content-Disposition', contentDisposition] as const];
  const head = { mode, recipient, sender, from, to, contentType, headers: [...headers, ...disposition], expiresAt: undefined, held: false };
  return { head, attempted };
}

/** More than `octets`, or all there is. */
async function readUpTo(octets: number, body: AsyncIterator<Uint8Array>): Promise<{ readonly bytes: Uint8Array; readonly ended: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (!ended && length <= octets) {
    const piece = await body.next();
    ended = piece.done === true;
    if (piece.done === true) break;
    pieces.push(piece.value);
    length += piece.value.length;
  }
  return { bytes: concatBytes(pieces), ended };
}

async function discard(body: AsyncIterator<Uint8Array>): Promise<undefined> {
  for (let piece = await body.next(); piece.done !== true; piece = await body.next());
}

const IS_COMPOSING = 'application/im-iscomposing+xml';

/** That somebody was writing is of no use later (RFC 3994). */
function isComposing(contentType: string, cpim: CpimMessage | undefined): boolean {
  return (cpim?.mediaType ?? contentType.split(';', 1)[0]?.trim().toLowerCase()) === IS_COMPOSING;
}
