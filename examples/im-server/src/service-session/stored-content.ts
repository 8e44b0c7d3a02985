/*
 * A stored message as it is fetched (docs/profile.md, "Retrieval of stored messages"): message/cpim (RFC 3862) that says which one it is
 * and whom the server took it from. Only the head is made or changed; the body passes piece by piece.
 */
import {
  addHeader, decodeCpim, encodeCpimHead, escapeText, formatAddress, makeCpim, removeHeaders, type CpimAddress, type CpimMessage, type NewHeader,
} from '@simple-im/cpim';
import { concatBytes, parseNameAddr, ProtocolError } from '@simple-im/grammar';
import { headerOf, textOf } from './entry-texts.js';

export const CPIM = 'message/cpim';
/** Of the headers that are the server's word. */
export const DEFERRED_HEADERS = 'urn:simple-im:deferred';

/** What is known of a message that is stored. Texts of SIP headers are byte strings. */
export interface StoredContent {
  readonly id: string;
  /** As the core asserted; undefined for a stranger or somebody who stays anonymous. */
  readonly sender: string | undefined;
  /** From and To as name-addr. */
  readonly from: string;
  readonly to: string;
  readonly contentType: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** Octets of the body. */
  readonly size: number;
}

export interface CpimContent {
  /** Octets. */
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The octets of a body in which its head is looked for. */
const BEGINNING = 65_536;
/** What belongs to the body of a MESSAGE and not to the request. */
const OF_THE_BODY = ['Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-ID', 'Content-Transfer-Encoding'];

/** Reads the beginning of `body`. Rejects as `body` does. */
export async function asCpim(item: StoredContent, body: AsyncIterable<Uint8Array>): Promise<CpimContent> {
  const rest = body[Symbol.asyncIterator]();
  const beginning = await readBeginning(rest);
  const given = cpimIn(item.contentType, beginning);
  const message = labelled(given ?? wrapping(item), item);
  const head = encodeCpimHead(message);
  const content = given?.body ?? beginning;
  return { size: head.length + content.length + item.size - beginning.length, body: joined([head, content], rest) };
}

/** Undefined for what is no CPIM, or cannot be read as such. */
function cpimIn(contentType: string, beginning: Uint8Array): CpimMessage | undefined {
  if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== CPIM) return undefined;
  return orUndefined(() => decodeCpim(beginning, { liberal: true }));
}

/** The body will be the content. */
function wrapping({ from, to, receivedAt, contentType, headers }: StoredContent): CpimMessage {
  const subject = headerOf(headers, 'Subject');
  const entityHeaders = OF_THE_BODY.flatMap((name) => {
    const value = headerOf(headers, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return makeCpim({
    from: addressOf(from), to: addressOf(to), dateTime: receivedAt,
    ...(subject === undefined ? {} : { subjects: [{ text: textOf(subject) }] }),
    contentType, entityHeaders: Object.fromEntries(entityHeaders), body: new Uint8Array(0),
  });
}

/** What anybody else has written in our name goes. */
function labelled(message: CpimMessage, { id, sender }: StoredContent): CpimMessage {
  const own: NewHeader[] = [
    { namespace: DEFERRED_HEADERS, name: 'Item', value: escapeText(id) },
    ...(sender === undefined ? [] : [{ namespace: DEFERRED_HEADERS, name: 'Sender', value: formatAddress({ uri: sender }) }]),
  ];
  const cleaned = ['Item', 'Sender'].reduce((rest, name) => removeHeaders(rest, { namespace: DEFERRED_HEADERS, name }), message);
  return own.reduce((labelling, header) => addHeader(labelling, header), cleaned);
}

/** The address that a SIP header names; somebody anonymous where there is none that CPIM can hold. */
function addressOf(text: string): CpimAddress {
  const anonymous = { uri: 'sip:anonymous@anonymous.invalid' };
  return orUndefined(() => {
    const { displayName, uriText } = parseNameAddr(text);
    const address = { uri: uriText, ...(displayName === undefined ? {} : { name: textOf(displayName) }) };
    formatAddress(address);
    return address;
  }) ?? anonymous;
}

async function readBeginning(body: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length < BEGINNING) {
    const piece = await body.next();
    if (piece.done === true) break;
    pieces.push(piece.value);
    length += piece.value.length;
  }
  return pieces.length === 1 ? pieces[0] as Uint8Array : concatBytes(pieces);
}

async function* joined(beginning: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  for (const piece of beginning) if (piece.length > 0) yield piece;
  for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) yield piece.value;
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}
