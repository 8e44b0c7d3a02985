import { byteString, bytesOf } from '@simple-im/grammar';
import { MsrpDecoder, type MsrpHead, type MsrpLimits, encodeEnd, encodeHead } from '../src/index.js';

export const ALICE = 'msrp://alicepc.example.com:7777/iau39soe2843z;tcp';
export const BOB = 'msrp://bob.example.com:8888/9di4eae923wzd;tcp';

/** A frame as the tests compare it; `refused` is the code of the error, `flag` is absent where the frame has not ended. */
export interface DecodedFrame {
  readonly head: MsrpHead;
  readonly refused?: string;
  body: string;
  flag?: string;
}

/** The frames of all pieces, with the events of each body joined. */
export function decode(pieces: Iterable<Uint8Array>, limits: Partial<MsrpLimits> = {}): DecodedFrame[] {
  const decoder = new MsrpDecoder({ limits });
  const frames: DecodedFrame[] = [];
  for (const piece of pieces) {
    decoder.receive(piece);
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      const last = frames.at(-1);
      if (event.type === 'head') frames.push({ head: event.head, body: '' });
      else if (event.type === 'refused') frames.push({ head: event.head, refused: event.error.code, body: '' });
      else if (last === undefined || last.flag !== undefined || last.refused !== undefined) throw new Error(`${event.type} without head`);
      else if (event.type === 'end') last.flag = event.flag;
      else if (event.offset !== last.body.length) throw new Error(`offset ${event.offset} after ${last.body.length} octets`);
      else last.body += byteString(event.bytes);
    }
  }
  return frames;
}

/** The same in a form that deep comparison sees into. */
export function plain(frames: readonly DecodedFrame[]): unknown[] {
  return frames.map(({ head, ...rest }) => ({ ...head, fields: head.fields, ...rest }));
}

/** A SEND from Alice to Bob as text. */
export function sendText(body: string, { id = 'd93kswow', flag = '$', range = '1-*/*' } = {}): string {
  const head = encodeHead({
    transactionId: id,
    method: 'SEND',
    toPath: [BOB],
    fromPath: [ALICE],
    fields: [['Message-ID', '12339sdqwer'], ['Byte-Range', range], ['Content-Type', 'text/plain']],
    body: true,
  });
  return byteString(head) + body + byteString(encodeEnd(id, flag as '$', true));
}

export function octets(text: string): Uint8Array {
  return bytesOf(text);
}
