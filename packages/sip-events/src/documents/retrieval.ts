/**
 * Requests for what an IM server keeps for a user, and its answers, `application/vnd.simple-im.retrieval+xml`: deferred messages and
 * conversation history. No standard has this document. It is exchanged in an MSRP session with the service's URI.
 */
import { documentError } from './errors.js';
import { any, attribute, child } from './codec/fields.js';
import { readDocument, writeDocument, type DocumentType } from './codec/document.js';
import { record, required, type ElementType } from './codec/record.js';
import { anyUri, boolean, dateTime, oneOf, string, token, unsignedLong } from './codec/values.js';
import type { DocumentReadOptions } from './options.js';

export type { DocumentReadOptions } from './options.js';

/** The media type of retrieval. */
export const RETRIEVAL_MEDIA_TYPE = 'application/vnd.simple-im.retrieval+xml';
/** The namespace of retrieval. */
export const RETRIEVAL_NAMESPACE = 'urn:simple-im:retrieval';

/** One request or one answer; exactly one of the properties besides `id` is there. */
export interface Retrieval {
  /** Of a request; its answer has the same. */
  readonly id: string;
  /** Asks for a page of what is there, oldest first. */
  readonly list?: ListRequest;
  /** Asks for messages themselves: one by `item`, else all; each comes as message/cpim. */
  readonly fetch?: ItemRequest;
  /** Asks to delete: one by `item`, a `conversation`, else all. */
  readonly delete?: ItemRequest;
  /** History: whether a conversation is recorded from now on. */
  readonly record?: RecordRequest;
  /** The answer to `list`. */
  readonly page?: RetrievalPage;
  /** The answer to everything else, once it has been done. */
  readonly done?: { readonly count: number };
  /** The answer to what could not be done. */
  readonly error?: RetrievalError;
}

export interface ListRequest {
  /** Sequence number of the last entry seen; 0, the default, for the first page. */
  readonly after?: number;
  /** Entries at most; the server may give fewer. */
  readonly max?: number;
  /** History: the entries of this conversation; without it the conversations. */
  readonly conversation?: string;
}

export interface ItemRequest {
  readonly item?: string;
  readonly conversation?: string;
}

export interface RecordRequest {
  readonly conversation: string;
  readonly active: boolean;
}

export interface RetrievalPage {
  readonly entries: readonly RetrievalEntry[];
  /** There are more: ask for those after this one. */
  readonly next?: number;
}

/** What is known of a message or a conversation without its content. */
export interface RetrievalEntry {
  readonly id: string;
  /** Grows from entry to entry; never given twice. */
  readonly sequence: number;
  readonly mode: 'pager' | 'large' | 'session';
  /** URIs. */
  readonly from?: string;
  readonly to?: string;
  readonly subject?: string;
  /** When the server took it, RFC 3339; of a conversation when it began. */
  readonly received: string;
  /** A conversation's end; a deferred message's expiry. */
  readonly until?: string;
  readonly contentType?: string;
  /** Octets. */
  readonly size: number;
  /** A deferred message that was fetched before. */
  readonly fetched?: boolean;
  /** How many messages a conversation has. */
  readonly messages?: number;
}

export interface RetrievalError {
  /** `not-found`, `bad-request`, `refused`, `failed`. */
  readonly code: 'not-found' | 'bad-request' | 'refused' | 'failed';
  /** For a person. */
  readonly reason?: string;
}

const entry = record<RetrievalEntry>({
  id: required(attribute('id', token), 'id'),
  sequence: required(attribute('sequence', unsignedLong), 'sequence'),
  mode: required(attribute('mode', oneOf<RetrievalEntry['mode']>(['pager', 'large', 'session'])), 'mode'),
  from: attribute('from', anyUri),
  to: attribute('to', anyUri),
  subject: attribute('subject', string),
  received: required(attribute('received', dateTime), 'received'),
  until: attribute('until', dateTime),
  contentType: attribute('content-type', string),
  size: required(attribute('size', unsignedLong), 'size'),
  fetched: attribute('fetched', boolean),
  messages: attribute('messages', unsignedLong),
});

const item: ElementType<ItemRequest> = record<ItemRequest>({ item: attribute('item', token), conversation: attribute('conversation', token) });

const document: DocumentType<Retrieval> = {
  ns: RETRIEVAL_NAMESPACE,
  root: 'retrieval',
  type: record<Retrieval>({
    id: required(attribute('id', token), 'id'),
    list: child(RETRIEVAL_NAMESPACE, 'list', record<ListRequest>({
      after: attribute('after', unsignedLong),
      max: attribute('max', unsignedLong),
      conversation: attribute('conversation', token),
    })),
    fetch: child(RETRIEVAL_NAMESPACE, 'fetch', item),
    delete: child(RETRIEVAL_NAMESPACE, 'delete', item),
    record: child(RETRIEVAL_NAMESPACE, 'record', record<RecordRequest>({
      conversation: required(attribute('conversation', token), 'conversation'),
      active: required(attribute('active', boolean), 'active'),
    })),
    page: child(RETRIEVAL_NAMESPACE, 'page', record<RetrievalPage>({
      entries: any(RETRIEVAL_NAMESPACE, 'entry', entry, ({ id }) => id),
      next: attribute('next', unsignedLong),
    })),
    done: child(RETRIEVAL_NAMESPACE, 'done', record<NonNullable<Retrieval['done']>>({ count: required(attribute('count', unsignedLong), 'count') })),
    error: child(RETRIEVAL_NAMESPACE, 'error', record<RetrievalError>({
      code: required(attribute('code', oneOf<RetrievalError['code']>(['not-found', 'bad-request', 'refused', 'failed'])), 'code'),
      reason: attribute('reason', string),
    })),
  }),
};

/**
 * Reads a request or an answer.
 * @throws ProtocolError `EVENT_DOCUMENT_...`, such as EVENT_DOCUMENT_MISSING where it asks for nothing, or `XML_...` of `@simple-im/xml`
 */
export function parseRetrieval(bytes: Uint8Array, options: DocumentReadOptions = {}): Retrieval {
  const retrieval = readDocument(document, bytes, options);
  const { id: _id, ...one } = retrieval;
  const count = Object.keys(one).length;
  if (count === 0) throw documentError('EVENT_DOCUMENT_MISSING', { detail: 'list, fetch, delete, record, page, done or error' });
  if (count > 1) throw documentError('EVENT_DOCUMENT_REPEATED', { detail: Object.keys(one).join(', ') });
  return retrieval;
}

/** Writes a request or an answer. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildRetrieval(retrieval: Retrieval): Uint8Array {
  return writeDocument(document, retrieval);
}
