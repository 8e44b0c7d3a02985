import { describe, expect, it } from 'vitest';
import { utf8Text } from '@simple-im/grammar';
import { encodeEnd, encodeHead, type IncomingMessage } from '../src/index.js';
import { ALICE, BOB } from './frames.js';
import { RawPeer, outcome, sendToAlice } from './raw-peer.js';

const text = async (message: IncomingMessage | undefined): Promise<string> => utf8Text(await (message as IncomingMessage).bytes());
const statuses = (peer: RawPeer): (number | undefined)[] => peer.written().map(({ head }) => head.status);

describe('messages from chunks (RFC 4975 §7.3.1)', () => {
  it('joins chunks in any order and overlap, and hands on what is known', async () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('lo wo', { range: '4-*/*', flag: '+' }), sendToAlice('hello', { range: '1-*/*', flag: '+' }));
    const iterator = (peer.messages[0] as IncomingMessage)[Symbol.asyncIterator]();
    expect(utf8Text((await iterator.next()).value as Uint8Array)).toBe('hello');
    expect(utf8Text((await iterator.next()).value as Uint8Array)).toBe(' wo');
    peer.receive(sendToAlice('rld', { range: '9-11/11' }));
    expect(utf8Text((await iterator.next()).value as Uint8Array)).toBe('rld');
    expect((await iterator.next()).done).toBe(true);
    expect(statuses(peer)).toEqual([200, 200, 200]);
  });

  it('keeps messages with different Message-IDs apart', async () => {
    const peer = new RawPeer();
    peer.receive(
      sendToAlice('a1', { messageId: 'mess000a', range: '1-*/4', flag: '+' }), sendToAlice('b1', { messageId: 'mess000b', range: '1-*/4', flag: '+' }),
      sendToAlice('a2', { messageId: 'mess000a', range: '3-4/4' }), sendToAlice('b2', { messageId: 'mess000b', range: '3-4/4' }),
    );
    expect(await Promise.all(peer.messages.map(text))).toEqual(['a1a2', 'b1b2']);
  });

  it('shows a message once, though it is sent twice, and acknowledges both (RFC 4975 §5.4)', () => {
    const peer = new RawPeer();
    const fields = [['Success-Report', 'yes']] as const;
    peer.receive(sendToAlice('hello', { fields }), sendToAlice('hello', { fields }));
    expect(peer.messages.length).toBe(1);
    expect(peer.written().map(({ head }) => head.status ?? head.byteRange?.end)).toEqual([200, 5, 200, 5]);
  });

  it('distinguishes an empty body from none (RFC 4975 §7.1)', async () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('', { range: '1-0/0' }));
    expect(await text(peer.messages[0])).toBe('');
  });

  it('fails the reader when the sender gives up with "#"', async () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('hel', { range: '1-*/5', flag: '#' }));
    expect(await outcome(text(peer.messages[0]))).toBe('MSRP_MESSAGE_ABORTED');
    expect(statuses(peer)).toEqual([200]);
  });

  it('keeps messages until somebody is attached', async () => {
    const peer = new RawPeer();
    const seen: string[] = [];
    peer.session.attach({});
    peer.receive(sendToAlice('early', { messageId: 'mess0009' }));
    peer.session.attach({ message: (message) => { seen.push(message.messageId); } });
    peer.receive(sendToAlice('hello'));
    expect(seen).toEqual(['mess0009', 'mess0001']);
  });
});

describe('what is refused', () => {
  it('answers 415 to a type that was not offered, once, in mid-chunk (RFC 4975 §7.3.1)', () => {
    const peer = new RawPeer({ acceptTypes: ['text/plain'] });
    const whole = sendToAlice('x'.repeat(1000), { type: 'image/png' });
    peer.receive(whole.subarray(0, 600));
    expect(statuses(peer)).toEqual([415]);
    peer.receive(whole.subarray(600), sendToAlice('ok', { id: 'trans002', messageId: 'mess0002' }));
    expect(statuses(peer)).toEqual([200]);
    expect(peer.messages.length).toBe(1);
  });

  it('answers 413 to a message that is or becomes too large, and to all its further chunks (RFC 4975 §10.5)', async () => {
    const peer = new RawPeer({ limits: { maxSize: 10 } });
    peer.receive(sendToAlice('hello', { range: '1-*/11', flag: '+' }), sendToAlice('again', { range: '6-*/*', flag: '+' }));
    expect(statuses(peer)).toEqual([413, 413]);
    peer.receive(sendToAlice('hello world', { messageId: 'mess0002', range: '1-*/*' }));
    expect(statuses(peer)).toEqual([413]);
    expect(await outcome(text(peer.messages[0]))).toBe('MSRP_MESSAGE_TOO_LARGE');
  });

  it('bounds the messages that are incomplete at a time', () => {
    const peer = new RawPeer({ limits: { maxMessages: 2 } });
    for (const id of ['mess0001', 'mess0002', 'mess0003']) peer.receive(sendToAlice('hel', { messageId: id, range: '1-*/5', flag: '+' }));
    expect(statuses(peer)).toEqual([200, 200, 413]);
    peer.receive(sendToAlice('lo', { messageId: 'mess0001', range: '4-5/5' }), sendToAlice('hel', { messageId: 'mess0004', range: '1-*/5', flag: '+' }));
    expect(statuses(peer)).toEqual([200, 200]);
  });

  it('answers 413 when too much waits behind a gap', () => {
    const peer = new RawPeer({ limits: { maxGapBytes: 4096 } });
    peer.receive(sendToAlice('x'.repeat(8000), { range: '2-*/*', flag: '+' }));
    expect(statuses(peer)).toEqual([413]);
  });

  it('answers 400 to a body without Message-ID or Content-Type (RFC 4975 §7.1.1)', () => {
    for (const fields of [[['Content-Type', 'text/plain']], [['Message-ID', 'mess0001']]] as const) {
      const peer = new RawPeer();
      const head = encodeHead({ transactionId: 'trans001', method: 'SEND', toPath: [ALICE], fromPath: [BOB], fields, body: true });
      peer.receive(head, encodeEnd('trans001', '$', true));
      expect(statuses(peer)).toEqual([400]);
    }
  });

  it('answers 413 once the reader wants no more', async () => {
    const peer = new RawPeer();
    const whole = sendToAlice('x'.repeat(1000));
    peer.receive(whole.subarray(0, 600));
    for await (const piece of peer.messages[0] as IncomingMessage) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    peer.receive(whole.subarray(600));
    expect(statuses(peer)).toEqual([413]);
    peer.receive(sendToAlice('more', { range: '1001-1004/*' }));
    expect(statuses(peer)).toEqual([413]);
    peer.receive(sendToAlice('x', { messageId: 'mess0002', range: '1-*/*', flag: '+' }));
    peer.messages[1]?.refuse(403);
    peer.receive(sendToAlice('y', { messageId: 'mess0002', range: '2-*/*' }));
    expect(statuses(peer)).toEqual([200, 403]);
  });

  it('reads at most so many octets into one array', async () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('hello world'));
    expect(await outcome((peer.messages[0] as IncomingMessage).bytes(5))).toBe('MSRP_MESSAGE_TOO_LARGE');
  });
});

describe('custody', () => {
  it('keeps the 200 and the success REPORT back until the reader accepts', () => {
    const peer = new RawPeer({ acknowledge: 'accepted' });
    const fields = [['Success-Report', 'yes']] as const;
    peer.receive(sendToAlice('hel', { range: '1-*/5', flag: '+', fields }), sendToAlice('lo', { id: 'trans002', range: '4-5/5', fields }));
    expect(peer.written().map(({ head }) => [head.transactionId, head.status])).toEqual([['trans001', 200]]);
    peer.messages[0]?.accept();
    peer.messages[0]?.accept();
    expect(peer.written().map(({ head }) => head.status ?? head.method)).toEqual([200, 'REPORT']);
  });

  it('answers with what the reader refuses with', () => {
    const peer = new RawPeer({ acknowledge: 'accepted' });
    peer.receive(sendToAlice('hello', { fields: [['Success-Report', 'yes']] }));
    peer.messages[0]?.refuse(403);
    peer.messages[0]?.accept();
    expect(statuses(peer)).toEqual([403]);
  });

  it.each([['accepts', 200], ['refuses', 413]])('answers a message that came twice only when the reader %s it (RFC 4975 §5.4)', (_decision, status) => {
    const peer = new RawPeer({ acknowledge: 'accepted' });
    peer.receive(sendToAlice('hello'), sendToAlice('hello', { id: 'trans002' }));
    expect([peer.messages.length, statuses(peer)]).toEqual([1, []]);
    if (status === 200) peer.messages[0]?.accept();
    else peer.messages[0]?.refuse(status);
    peer.receive(sendToAlice('hello', { id: 'trans003' }));
    expect(peer.written().map(({ head }) => [head.transactionId, head.status])).toEqual(['trans001', 'trans002', 'trans003'].map((id) => [id, status]));
  });

  it('stops reading while as many messages as may arrive at once are to be accepted', () => {
    const peer = new RawPeer({ acknowledge: 'accepted', limits: { maxMessages: 2 } });
    peer.receive(sendToAlice('one', { messageId: 'mess000a' }));
    expect(peer.connection.reading).toBe(true);
    peer.receive(sendToAlice('two', { messageId: 'mess000b' }));
    expect(peer.connection.reading).toBe(false);
    for (const message of peer.messages) message.accept();
    expect(peer.connection.reading).toBe(true);
  });
});

describe('credit', () => {
  it('stops reading beyond maxUnread and goes on at half of it', async () => {
    const peer = new RawPeer({ limits: { maxUnread: 1000 } });
    for (let i = 0; i < 3; i++) peer.receive(sendToAlice('x'.repeat(400), { range: `${i * 400 + 1}-*/*`, flag: '+' }));
    expect([peer.session.unread, peer.connection.reading]).toEqual([1200, false]);
    const iterator = (peer.messages[0] as IncomingMessage)[Symbol.asyncIterator]();
    await iterator.next();
    expect([peer.session.unread, peer.connection.reading]).toEqual([800, false]);
    await iterator.next();
    expect([peer.session.unread, peer.connection.reading]).toEqual([400, true]);
  });

  it('lets the connection go when the session ends or the reader leaves', async () => {
    for (const leave of [(peer: RawPeer): void => peer.session.close(), (peer: RawPeer): void => void (peer.messages[0] as IncomingMessage)[Symbol.asyncIterator]().return?.()]) {
      const peer = new RawPeer({ limits: { maxUnread: 100 } });
      peer.receive(sendToAlice('x'.repeat(400), { range: '1-*/*', flag: '+' }));
      expect(peer.connection.reading).toBe(false);
      leave(peer);
      expect(peer.connection.reading).toBe(true);
    }
  });
});
