/*
 * Requests for what is kept for a user, read, carried out and answered (docs/profile.md, "Retrieval of stored messages"): the same for
 * deferred messages and for conversation history.
 */
import { ProtocolError } from '@simple-im/grammar';
import {
  buildRetrieval, parseRetrieval, RETRIEVAL_MEDIA_TYPE, type ItemRequest, type ListRequest, type RecordRequest, type Retrieval, type RetrievalError,
  type RetrievalPage,
} from '@simple-im/sip-events/documents/retrieval';
import { serverError } from '../errors.js';
import type { Log } from '../observe/ports.js';
import type { RetrievalService, RetrievedContent } from '../session-ports.js';
import { asCpim, CPIM, type StoredContent } from './stored-content.js';

/** What is kept for users. Whatever `user` is not the owner of is as if it were not there: IM_NOT_FOUND. */
export interface RetrievalSource<Item extends StoredContent = StoredContent> {
  list(user: string, request: ListRequest): Promise<RetrievalPage>;
  /** The messages asked for, in order. */
  items(user: string, request: ItemRequest): AsyncIterable<Item>;
  /** Throws IM_ITEM_GONE when it is not there any more. */
  read(item: Item): AsyncIterable<Uint8Array>;
  /** The user has it. */
  fetched(user: string, item: Item): Promise<void>;
  /** Resolves with how many there were. */
  delete(user: string, request: ItemRequest): Promise<number>;
  record(user: string, request: RecordRequest): Promise<void>;
}

/** Entries of a page at most. */
export const MAX_PAGE = 100;

type Answer = Omit<Retrieval, 'id'>;

export class DocumentService<Item extends StoredContent> implements RetrievalService {
  readonly #source: RetrievalSource<Item>;
  readonly #log: Log;

  constructor(source: RetrievalSource<Item>, log: Log) {
    this.#source = source;
    this.#log = log;
  }

  async *answer(user: string, document: Uint8Array): AsyncIterable<RetrievedContent> {
    const request = requestIn(document);
    // Who cannot be told by the id of the request is told without.
    if (request === undefined) return yield answerOf('', { error: { code: 'bad-request', reason: 'The request cannot be read' } });
    const { id, fetch } = request;
    if (fetch === undefined) return yield answerOf(id, await this.#orError(() => this.#carryOut(user, request)));
    const count = { taken: 0, refused: undefined as number | undefined, failed: undefined as unknown };
    try {
      for await (const item of this.#source.items(user, fetch)) {
        const content = await this.#contentOf(user, item, count);
        if (content === undefined) continue;
        yield content;
        if (count.failed !== undefined) throw count.failed;
      }
    } catch (error) {
      return yield answerOf(id, { error: this.#errorOf(error) });
    }
    const isRefused = fetch.item !== undefined && count.taken === 0;
    yield answerOf(id, isRefused ? { error: refusedBy(count.refused) } : { done: { count: count.taken } });
  }

  async #carryOut(user: string, { list, delete: remove, record }: Retrieval): Promise<Answer> {
    if (list !== undefined) return { page: await this.#source.list(user, { ...list, max: Math.min(list.max ?? MAX_PAGE, MAX_PAGE) }) };
    if (remove !== undefined) return { done: { count: await this.#source.delete(user, remove) } };
    if (record === undefined) return { error: { code: 'bad-request', reason: 'This is no request' } };
    await this.#source.record(user, record);
    return { done: { count: 1 } };
  }

  /** Undefined for what was removed at this moment. */
  async #contentOf(user: string, item: Item, count: { taken: number; refused: number | undefined; failed: unknown }): Promise<RetrievedContent | undefined> {
    try {
      const { size, body } = await asCpim(item, this.#source.read(item));
      return {
        contentType: CPIM, size, body,
        taken: async () => {
          try {
            await this.#source.fetched(user, item);
            count.taken += 1;
          } catch (error) {
            count.failed = error;
          }
        },
        refused: (status) => { count.refused = status; },
      };
    } catch (error) {
      if (!ProtocolError.is(error) || error.code !== 'IM_ITEM_GONE') throw error;
      return undefined;
    }
  }

  async #orError(carryOut: () => Promise<Answer>): Promise<Answer> {
    try {
      return await carryOut();
    } catch (error) {
      return { error: this.#errorOf(error) };
    }
  }

  /** Why it could not be done; what is our own fault goes to the log, and no word of it to the user. */
  #errorOf(error: unknown): RetrievalError {
    const code = ProtocolError.is(error) ? CODES[error.code] : undefined;
    if (code !== undefined) return { code, reason: (error as ProtocolError).message };
    this.#log.error({ err: error }, 'a request for stored messages failed');
    return { code: 'failed' };
  }
}

const CODES: Readonly<Record<string, RetrievalError['code']>> = { IM_NOT_FOUND: 'not-found', IM_REQUEST_REFUSED: 'refused' };

/** Of one message alone; of several the count says that some are lacking. */
function refusedBy(status: number | undefined): RetrievalError {
  if (status === undefined || status === 404) return { code: 'not-found', reason: serverError('IM_NOT_FOUND').message };
  return { code: 'refused', reason: `The message was refused by the one who asked for it: ${status}` };
}

function requestIn(document: Uint8Array): Retrieval | undefined {
  try {
    return parseRetrieval(document);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

function answerOf(id: string, answer: Answer): RetrievedContent {
  const body = buildRetrieval({ ...answer, id });
  return {
    contentType: RETRIEVAL_MEDIA_TYPE,
    size: body.length,
    body: (async function* () { yield body; })(),
    taken: async () => {},
    refused: () => {},
  };
}
