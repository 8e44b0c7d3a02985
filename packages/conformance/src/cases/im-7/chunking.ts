import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { session } from '../preconditions.js';
import { chunk, ident, received, send, worksStill, type ChunkChoice } from './frames.js';

interface SentChunk extends ChunkChoice {
  readonly body: string;
}

/** A case that sends the chunks of one message and expects its octets in their places. */
function carries(chunks: readonly SentChunk[], expected: string): ConformanceCase['run'] {
  return async (context) => {
    const { callerMedia, calleeMedia } = await session(context);
    const messageId = ident();
    const tids = chunks.map(({ body, ...choice }) => callerMedia.send(send, chunk(body, { ...choice, messageId })));
    const { body, first } = await received(calleeMedia);
    equal('the message', body, expected);
    if (first.header('Message-ID') !== messageId) context.note('the target gives messages a Message-ID of its own');
    for (const tid of tids) await callerMedia.expectResponse(tid, 200);
  };
}

export const chunkingCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc4975/7.1.1/two-chunks',
    clause: 'RFC 4975 §7.1.1',
    level: 'SHALL',
    asks: 'Every chunk of a message has the Message-ID of the message and says where its octets stand in it.',
    does: 'Sends a message in two chunks, the first ended by "+", the second by "$"; expects one Message-ID and each octet in its place.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: carries([{ body: 'Hello', range: '1-5/10', flag: '+' }, { body: ' you.', range: '6-10/10' }], 'Hello you.'),
  },
  {
    id: 'IM-7/rfc4975/7.1.1/total-unknown',
    clause: 'RFC 4975 §7.1.1, §7.3.1',
    level: 'SHALL',
    asks: 'The end of a chunk and the size of its message may be "*"; the chunk that ends with "$" settles both.',
    does: 'Sends chunks of 3,000 and 700 octets with "*" for both; expects each octet in its place.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: carries(
      [{ body: 'a'.repeat(3000), range: '1-*/*', flag: '+' }, { body: 'b'.repeat(700), range: '3001-*/*' }],
      'a'.repeat(3000) + 'b'.repeat(700),
    ),
  },
  {
    id: 'IM-7/rfc4975/7.3.1/chunks-out-of-order',
    clause: 'RFC 4975 §7.3.1',
    level: 'SHALL',
    asks: 'Chunks are put where their Byte-Range says: the one with "$" may come before others.',
    does: 'Sends the second half of a message, ended by "$", and then the first, ended by "+"; expects each octet in its place.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: carries([{ body: ' you.', range: '6-10/10' }, { body: 'Hello', range: '1-5/10', flag: '+' }], 'Hello you.'),
  },
  {
    id: 'IM-7/rfc4975/7.3.1/chunks-overlap',
    clause: 'RFC 4975 §7.3.1',
    level: 'SHOULD',
    asks: 'Of octets that came twice the later ones count.',
    does: 'Sends two chunks that overlap by two octets and differ there; expects those of the second.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: carries([{ body: 'Hellxx', range: '1-6/10', flag: '+' }, { body: 'o you.', range: '5-10/10' }], 'Hello you.'),
  },
  {
    id: 'IM-7/rfc4975/7.1/aborted-message',
    clause: 'RFC 4975 §7.1',
    level: 'SHALL',
    asks: 'A message its sender gave up with "#" is given up towards the receiver too, and never ended as if it were whole.',
    does: 'Sends a chunk, the next one ended by "#", and another message; of the first one the receiver gets nothing, or "#" in the end.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const messageId = ident();
      const tids = [
        callerMedia.send(send, chunk('Hello', { range: '1-5/15', flag: '+', messageId })),
        callerMedia.send(send, chunk(' you', { range: '6-*/15', flag: '#', messageId })),
      ];
      for (const tid of tids) await callerMedia.expectResponse(tid, 200);
      const next = callerMedia.send(send, chunk('another'));
      let flag: string | undefined;
      for (;;) {
        const frame = await calleeMedia.expectRequest('SEND');
        if (frame.body === 'another') break;
        check(frame.flag !== '$', 'a message that was given up arrived as a whole one');
        flag = frame.flag;
      }
      check(flag === undefined || flag === '#', 'the receiver was not told that the message was given up');
      await callerMedia.expectResponse(next, 200);
      await worksStill(calleeMedia, callerMedia);
    },
  },
];
