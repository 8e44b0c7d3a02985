/*
 * A whole message on its way to the user of a leg, through the leg's writer: from somebody who is not in the session.
 */
import { concatBytes, type ProtocolError } from '@simple-im/grammar';
import { encodeHead, MsrpDecoder, randomIdent, type MsrpHead } from '@simple-im/msrp';
import { acceptsType, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { Random } from '@simple-im/transport';
import { serverError } from '../errors.js';
import type { OutgoingContent } from '../session-ports.js';
import type { ChunkOrigin, ChunkSink, ReportedRange } from './chunk-sink.js';
import type { ChunkWriter } from './chunk-writer.js';

/** So long that nobody who knows a body can have guessed it (RFC 4975 §7.1). */
const ID_LENGTH = 32;

/** One message. */
export class MessageWriter implements ChunkOrigin {
  readonly #content: OutgoingContent;
  readonly #head: MsrpHead;
  readonly #settled: Promise<void>;
  #settle!: { readonly taken: () => void; readonly failed: (error: ProtocolError) => void };
  #resumed: (() => void) | undefined;

  constructor(content: OutgoingContent, random: Random) {
    this.#content = content;
    this.#head = headOf(content, randomIdent(random, ID_LENGTH));
    this.#settled = new Promise((taken, failed) => {
      this.#settle = { taken, failed };
    });
    // Who sends looks at it once all has left.
    this.#settled.catch(() => undefined);
  }

  /** Resolves when the peer has answered all of it with 200. Rejects with IM_DOWNSTREAM_REFUSED or IM_SESSION_GONE, or what `body` rejects with. */
  async send(writer: ChunkSink): Promise<void> {
    writer.begin(this.#head, this);
    try {
      for await (const piece of this.#content.body) if (!writer.body(piece)) await this.#room();
    } catch (error) {
      writer.lost();
      throw error;
    }
    writer.end('$');
    await this.#settled;
  }

  /** The same between the chunks of somebody else; the body is short. */
  async insert(writer: ChunkWriter): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#content.body) pieces.push(piece);
    writer.insert(this.#head, concatBytes(pieces), this);
    await this.#settled;
  }

  /** The session is over. */
  gone(): void {
    this.#settle.failed(serverError('IM_SESSION_GONE'));
    this.resume();
  }

  resume(): void {
    this.#resumed?.();
    this.#resumed = undefined;
  }

  reportFailure(_head: MsrpHead, _range: ReportedRange, status: number, comment: string | undefined): void {
    this.#settle.failed(serverError('IM_DOWNSTREAM_REFUSED', { status, ...(comment === undefined ? {} : { detail: comment }) }));
  }

  taken(): void {
    this.#settle.taken();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#resumed = resolve;
    });
  }
}

/** Throws IM_DOWNSTREAM_REFUSED, as the user would refuse who has described a session so (RFC 4975 §8.6). */
export function refuseUnlessWanted(
  { acceptTypes, acceptWrappedTypes, maxSize = Infinity }: Pick<MsrpMedia, 'acceptTypes' | 'acceptWrappedTypes' | 'maxSize'>,
  { size, contentType }: Pick<OutgoingContent, 'size' | 'contentType'>,
): void {
  if (size > maxSize) throw serverError('IM_DOWNSTREAM_REFUSED', { status: 413, detail: 'a=max-size' });
  if (!acceptsType(acceptTypes, acceptWrappedTypes, contentType)) throw serverError('IM_DOWNSTREAM_REFUSED', { status: 415, detail: 'a=accept-types' });
}

/** As if it had arrived; the paths are for whoever writes it on. */
function headOf({ messageId, contentType, contentDisposition, size }: OutgoingContent, transactionId: string): MsrpHead {
  const nowhere = ['msrp://server.invalid/none;tcp'];
  const decoder = new MsrpDecoder();
  decoder.receive(encodeHead({
    transactionId, method: 'SEND', toPath: nowhere, fromPath: nowhere, body: true,
    fields: [
      ['Message-ID', messageId],
      ['Byte-Range', `1-${size === 0 ? 0 : '*'}/${size}`],
      ...(contentDisposition === undefined ? [] : [['Content-Disposition', contentDisposition] as const]),
      ['Content-Type', contentType],
    ],
  }));
  const event = decoder.next();
  if (event?.type !== 'head') throw serverError('IM_DOWNSTREAM_REFUSED', { status: 415, detail: 'it cannot be written' });
  return event.head;
}
