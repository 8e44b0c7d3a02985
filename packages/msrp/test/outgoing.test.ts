import { describe, expect, it } from 'vitest';
import { byteString, bytesOf, utf8 } from '@simple-im/grammar';
import { decode, type DecodedFrame } from './frames.js';
import { RawPeer, outcome, sendToAlice } from './raw-peer.js';

const big = (size: number, letter = 'a'): Uint8Array => utf8(letter.repeat(size));
const shape = (frames: readonly DecodedFrame[]): unknown[] => frames.map(({ head, body, flag }) => [head.byteRange, body.length, flag]);

async function* pieces(...parts: (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('chunks of a message (RFC 4975 §7.1.1)', () => {
  it('sends up to 2048 octets with their exact range, more as one chunk that may be interrupted', () => {
    const peer = new RawPeer();
    for (const size of [0, 1, 2048, 2049, 100_000]) {
      peer.session.send({ contentType: 'text/plain', body: big(size) });
      expect(shape(peer.written())).toEqual([[{ start: 1, end: size > 2048 ? undefined : size, total: size }, size, '$']]);
    }
  });

  it('puts Content-Type last, and what else was asked for before it (RFC 4975 §7.1)', () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: utf8('x'), messageId: 'mine0001', successReport: true, failureReport: 'partial', fields: [['Content-Disposition', 'inline']] });
    expect(peer.written()[0]?.head.fields.slice(2)).toEqual([
      ['Message-ID', 'mine0001'], ['Byte-Range', '1-1/1'], ['Success-Report', 'yes'], ['Failure-Report', 'partial'], ['Content-Disposition', 'inline'], ['Content-Type', 'text/plain'],
    ]);
  });

  it('cuts at chunkSize where asked, each chunk with a transaction of its own', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: big(5000), chunkSize: 2048 });
    const frames = peer.written();
    expect(shape(frames)).toEqual([
      [{ start: 1, end: 2048, total: 5000 }, 2048, '+'], [{ start: 2049, end: 4096, total: 5000 }, 2048, '+'], [{ start: 4097, end: 5000, total: 5000 }, 904, '$'],
    ]);
    expect(new Set(frames.map(({ head }) => head.transactionId)).size).toBe(3);
    peer.answer(frames[2] as DecodedFrame, 200);
    peer.answer(frames[0] as DecodedFrame, 200);
    expect(await outcome(sent.accepted)).toBe('pending');
    peer.answer(frames[1] as DecodedFrame, 200);
    expect(await outcome(sent.accepted)).toBe('resolved');
    expect(peer.connection.deadline()).toBeUndefined();
  });

  it('makes way in a long chunk for a short message, and resumes at the next octet', () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: big(200_000), messageId: 'long0001' });
    const start = peer.octets(1);
    const piece = peer.octets(1);
    peer.session.send({ contentType: 'text/plain', body: utf8('now'), messageId: 'short001' });
    const frames = decode([bytesOf(start + piece + peer.octets())]);
    expect(frames.map(({ head, body, flag }) => [head.messageId, head.byteRange?.start, body.length, flag])).toEqual([
      ['long0001', 1, piece.length, '+'], ['short001', 1, 3, '$'], ['long0001', piece.length + 1, 200_000 - piece.length, '$'],
    ]);
  });

  it('makes way for responses and REPORTs', () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: big(200_000) });
    let text = peer.octets(1) + peer.octets(1);
    peer.receive(sendToAlice('hello', { fields: [['Success-Report', 'yes']] }));
    text += peer.octets();
    expect(decode([bytesOf(text)]).map(({ head, flag }) => [head.method ?? head.status, flag])).toEqual([['SEND', '+'], [200, '$'], ['REPORT', '$'], ['SEND', '$']]);
  });

  it('lets long messages of a session take turns of a fair share', () => {
    const peer = new RawPeer();
    for (const [letter, id] of [['a', 'long000a'], ['b', 'long000b'], ['c', 'long000c']] as const) peer.session.send({ contentType: 'text/plain', body: big(60_000, letter), messageId: id });
    const frames = peer.written();
    const sizes = new Map<string, number>();
    frames.forEach(({ head, body }, index) => {
      const id = head.messageId as string;
      sizes.set(id, (sizes.get(id) ?? 0) + body.length);
      if (index < 9) expect(id).toBe(['long000a', 'long000b', 'long000c'][index % 3]);
      expect(body.length).toBeLessThanOrEqual(24_576);
    });
    expect([...sizes.values()]).toEqual([60_000, 60_000, 60_000]);
  });

  it('never interrupts a chunk before 2048 octets', () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: big(10_000) });
    const head = peer.octets(1);
    peer.session.send({ contentType: 'text/plain', body: utf8('x') });
    const frames = decode([bytesOf(head + peer.octets())]);
    expect(frames[0]?.flag).toBe('+');
    expect(frames[0]?.body.length).toBeGreaterThanOrEqual(2048);
  });
});

describe('bodies that come piece by piece', () => {
  it('sends a body of unknown length with "*" until the "$" (RFC 4975 §7.1.1)', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: pieces(big(3000), utf8(''), big(10)) });
    expect(peer.written()).toEqual([]);
    await settle();
    let text = '';
    for (let i = 0; i < 5; i++) {
      text += peer.octets();
      await settle();
    }
    const all = decode([bytesOf(text)]);
    expect(shape(all)).toEqual([[{ start: 1, end: undefined, total: undefined }, 3010, '$']]);
    peer.answer(all[0] as DecodedFrame, 200);
    expect(await outcome(sent.accepted)).toBe('resolved');
  });

  it('sends many small pieces as one short chunk', async () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: pieces(...'hello'.split('').map(utf8)), size: 5 });
    await settle();
    expect(peer.written().map(({ head, body }) => [head.byteRange, body])).toEqual([[{ start: 1, end: 5, total: 5 }, 'hello']]);
  });

  it('gives the connection to others while its body does not come', async () => {
    let more: (value: Uint8Array) => void = () => undefined;
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield big(4000);
      yield await new Promise<Uint8Array>((resolve) => { more = resolve; });
    }
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: slow(), messageId: 'slow0001' });
    await settle();
    let text = peer.octets();
    peer.session.send({ contentType: 'text/plain', body: big(3000), messageId: 'other001' });
    text += peer.octets();
    await settle();
    more(big(2500));
    await settle();
    text += peer.octets();
    await settle();
    text += peer.octets();
    expect(decode([bytesOf(text)]).map(({ head, body, flag }) => [head.messageId, head.byteRange?.start, body.length, flag])).toEqual([
      ['slow0001', 1, 4000, '+'], ['other001', 1, 3000, '$'], ['slow0001', 4001, 2500, '$'],
    ]);
  });

  it('ends with "#" when the source fails or has another length than announced', async () => {
    for (const body of [pieces(big(3000), new Error('disk')), pieces(big(3000)), pieces(big(3000), big(7001))]) {
      const peer = new RawPeer();
      const sent = peer.session.send({ contentType: 'text/plain', body, size: 10_000 });
      let text = '';
      for (let i = 0; i < 4; i++) {
        await settle();
        text += peer.octets();
      }
      expect(await outcome(sent.accepted)).toBe('MSRP_BODY_FAILED');
      expect(decode([bytesOf(text)]).at(-1)?.flag).toBe('#');
    }
  });

  it('reads no further than is written', async () => {
    let asked = 0;
    const body: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: ++asked > 100, value: big(4096) }) }) };
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body });
    await settle();
    expect(asked).toBe(1);
  });
});

describe('giving up (RFC 4975 §7.1)', () => {
  it('ends the open chunk with "#" when the caller aborts', async () => {
    const peer = new RawPeer();
    const abort = new AbortController();
    const sent = peer.session.send({ contentType: 'text/plain', body: big(200_000), signal: abort.signal });
    let text = peer.octets(1) + peer.octets(1);
    abort.abort();
    text += peer.octets();
    expect(decode([bytesOf(text)]).map(({ flag }) => flag)).toEqual(['#']);
    expect(await outcome(sent.accepted)).toBe('MSRP_SEND_ABORTED');
  });

  it('sends nothing at all of a message aborted before its first chunk, and an empty "#" chunk between two', async () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: utf8('x'), signal: AbortSignal.abort() });
    expect(peer.written()).toEqual([]);
    const sent = peer.session.send({ contentType: 'text/plain', body: big(6000), chunkSize: 3000 });
    const first = decode([bytesOf([1, 2, 3].map(() => peer.octets(1)).join(''))]);
    expect(first.map(({ flag }) => flag)).toEqual(['+']);
    sent.abort();
    expect(shape(peer.written())).toEqual([[{ start: 3001, end: undefined, total: 6000 }, 0, '#']]);
  });

  it('stops a message in mid-chunk on 413 and keeps the session (RFC 4975 §10.5)', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: big(200_000) });
    const text = peer.octets(1) + peer.octets(1);
    const [open] = decode([bytesOf(text)]);
    peer.answer(open as DecodedFrame, 413);
    const [frame, ...rest] = decode([bytesOf(text + peer.octets())]);
    expect(frame?.flag).toBe('#');
    expect(rest).toEqual([]);
    await expect(sent.accepted).rejects.toMatchObject({ code: 'MSRP_REFUSED_BY_PEER', status: 413 });
    expect(peer.closedWith).toBe('open');
  });

  it('sends no more of a type that was answered 415 (RFC 4975 §10.6)', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'image/png', body: utf8('x') });
    peer.answer(peer.written()[0] as DecodedFrame, 415);
    await expect(sent.accepted).rejects.toMatchObject({ status: 415 });
    expect(() => peer.session.send({ contentType: 'image/png', body: utf8('x') })).toThrowError(expect.objectContaining({ code: 'MSRP_TYPE_NOT_OFFERED' }));
    peer.session.peerAcceptTypes = ['text/*'];
    expect(() => peer.session.send({ contentType: 'image/gif', body: utf8('x') })).toThrowError(expect.objectContaining({ code: 'MSRP_TYPE_NOT_OFFERED' }));
    peer.session.send({ contentType: 'text/plain', body: utf8('x') });
  });

  it('ends the session on 481 and 506 with all its messages (RFC 4975 §10.8, §10.10)', async () => {
    for (const status of [481, 506]) {
      const peer = new RawPeer();
      const first = peer.session.send({ contentType: 'text/plain', body: utf8('x') });
      const second = peer.session.send({ contentType: 'text/plain', body: utf8('y') });
      peer.answer(peer.written()[0] as DecodedFrame, status);
      expect(await outcome(first.accepted)).toBe('MSRP_REFUSED_BY_PEER');
      expect(await outcome(second.accepted)).toBe('MSRP_REFUSED_BY_PEER');
      expect(peer.closedWith).toMatchObject({ status });
    }
  });

  it('ends an open chunk with "#" when its session closes, so that others can go on', () => {
    const peer = new RawPeer();
    peer.session.send({ contentType: 'text/plain', body: big(200_000) });
    const text = peer.octets(1) + peer.octets(1);
    peer.session.close();
    expect(decode([bytesOf(text + peer.octets())]).map(({ flag }) => flag)).toEqual(['#']);
    expect(peer.closedWith).toBeUndefined();
  });
});

describe('waiting for responses (RFC 4975 §7.1.1)', () => {
  it('starts the 30 s when the last octet of the chunk has left', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: big(100_000) });
    peer.octets(1);
    peer.advance(40_000);
    peer.octets();
    peer.advance(29_999);
    expect(await outcome(sent.accepted)).toBe('pending');
    peer.advance(1);
    expect(await outcome(sent.accepted)).toBe('MSRP_RESPONSE_TIMEOUT');
  });

  it('does not count the time in which this side does not read', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: utf8('x') });
    const [frame] = peer.written();
    peer.connection.pause(peer);
    peer.advance(30_000);
    peer.connection.resume(peer);
    expect(await outcome(sent.accepted)).toBe('pending');
    peer.answer(frame as DecodedFrame, 200);
    expect(await outcome(sent.accepted)).toBe('resolved');
  });

  it('takes a 200 that comes before the chunk has ended', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: big(100_000) });
    const [open] = decode([bytesOf(peer.octets(1))]);
    peer.answer(open as DecodedFrame, 200);
    peer.octets();
    expect(await outcome(sent.accepted)).toBe('resolved');
  });

  it('forgets the oldest message that waits for a REPORT beyond its limit', async () => {
    const peer = new RawPeer({ limits: { maxRemembered: 2 } });
    const sent = [1, 2, 3].map(() => {
      const each = peer.session.send({ contentType: 'text/plain', body: utf8('x'), successReport: true, failureReport: 'no' });
      peer.written();
      return each;
    });
    expect(await Promise.all(sent.map(({ reported }) => outcome(reported)))).toEqual(['MSRP_REPORT_MISSING', 'pending', 'pending']);
  });
});

it('hands body octets on without a copy', () => {
  const peer = new RawPeer();
  const body = big(100_000);
  peer.session.send({ contentType: 'text/plain', body });
  peer.connection.transmit(0);
  const piece = peer.connection.transmit(0);
  expect(piece?.buffer).toBe(body.buffer);
  expect(byteString(piece as Uint8Array).startsWith('aaa')).toBe(true);
});
