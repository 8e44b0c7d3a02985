import { concatBytes, utf8 } from '@simple-im/grammar';
import { parseMsrpUri, type IncomingMessage, type MessageSession } from '@simple-im/msrp';
import { formatMsrpAnswer, formatMsrpOffer, type MediaToWrite, type SdpOrigin } from '@simple-im/msrp/sdp';
import type { MediaKind } from './media-kind.js';
import { CPIM, IMDN } from './content.js';
import type { ClientCore } from './core.js';

/** The port of who does not listen (RFC 4145 §4.1). */
const DISCARD = 9;

/** An MSRP session of ours, not connected yet. `more`: root types besides messages of users. */
export function newMedia(core: ClientCore, kind: MediaKind, more: readonly string[] = []): MessageSession {
  return core.msrp.createSession({
    ...kind,
    acceptTypes: [...rootTypes(core), ...more],
    acknowledge: 'accepted',
    limits: { maxSize: core.limits.maxSessionMessage },
  });
}

/** An offer to connect: this client listens nowhere (RFC 6135 §4.2.2). */
export function offerOf(core: ClientCore, media: MessageSession, more: readonly string[] = []): Uint8Array {
  return utf8(formatMsrpOffer(descriptionOf(core, media, more), originOf(core)));
}

/** The answer to an offer that leaves connecting to us. */
export function answerTo(core: ClientCore, offer: Uint8Array, media: MessageSession): Uint8Array {
  return utf8(formatMsrpAnswer(offer, descriptionOf(core, media, []), originOf(core)));
}

function descriptionOf(core: ClientCore, media: MessageSession, more: readonly string[]): MediaToWrite {
  const { host, secure } = parseMsrpUri(media.uri);
  return {
    address: { host, port: DISCARD },
    secure,
    path: [media.uri],
    acceptTypes: [...rootTypes(core), ...more],
    acceptWrappedTypes: [...core.acceptTypes, IMDN],
    maxSize: core.limits.maxSessionMessage,
    setup: 'active',
  };
}

function rootTypes(core: ClientCore): string[] {
  return [CPIM, ...core.acceptTypes];
}

function originOf(core: ClientCore): SdpOrigin {
  const octets = core.platform.random.bytes(4);
  return { sessionId: new DataView(octets.buffer, octets.byteOffset).getUint32(0), version: 1 };
}

/** Pieces asked for before they come. */
const AHEAD = 64;

/**
 * The whole body. Messages that arrive one behind the other are told in that order, however many pieces each has: with all
 * pieces asked for ahead, the promises settle in the order in which the pieces came.
 */
export function readWhole(message: IncomingMessage): Promise<Uint8Array> {
  const pieces = message[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    const ask = (): void => {
      pieces.next().then((result) => {
        if (result.done === true) {
          resolve(concatBytes(taken));
          return;
        }
        taken.push(result.value);
        ask();
      }, reject);
    };
    for (let asked = 0; asked < AHEAD; asked++) ask();
  });
}
