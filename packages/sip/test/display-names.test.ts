import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteString, Params, utf8, utf8Text } from '@simple-im/grammar';
import {
  buildRequest, decodeDatagram, encode, readHistoryInfo, readReferredBy, respondTo, SipStreamDecoder, validate, type SipMessage,
} from '../src/index.js';

const NAMES = ['Jürgen Groß', '山田 太郎', 'Æsop "the" \\ Grønn', 'Ã¼', '\u00a0', '👩‍🚀', 'Ünï, <cödé>'];

function from(displayName: string): SipMessage {
  const tag = Params.of({ tag: 'a' });
  return buildRequest({
    method: 'MESSAGE', uri: 'sip:bob@example.com', from: { displayName, uri: 'sip:alice@example.com', params: tag },
    to: { displayName, uri: 'sip:bob@example.com' }, callId: 'x@y', cseq: 1, routes: [{ displayName, uri: 'sip:proxy.example.com;lr' }],
    headers: [['Via', 'SIP/2.0/UDP a;branch=z9hG4bKa']],
  });
}

describe('a display name outside ASCII (RFC 3261 §25.1: quoted-string, UTF-8)', () => {
  it.each(NAMES)('stands in the message as UTF-8, once: %s', (name) => {
    const quoted = name.replace(/["\\]/g, '\\$&');
    expect(utf8Text(encode(from(name)))).toContain(`From: "${quoted}" <sip:alice@example.com>;tag=a\r\n`);
  });

  it.each(NAMES)('is read as it was written: %s', (name) => {
    const message = decodeDatagram(encode(from(name)));
    expect([message.from?.displayName, message.to?.displayName, message.routes[0]?.displayName]).toEqual([name, name, name]);
    expect([message.fromTag, validate(message).ok]).toEqual(['a', true]);
  });

  it('whatever it is, whole and in pieces', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[\r\n]/.test(text) && utf8Text(utf8(text)) === text);
    fc.assert(fc.property(name, fc.integer({ min: 1, max: 40 }), (text, size) => {
      const octets = encode(from(text));
      const decoder = new SipStreamDecoder();
      for (let at = 0; at < octets.length; at += size) decoder.receive(octets.subarray(at, at + size));
      const message = decoder.next() as SipMessage;
      expect([message.from?.displayName, byteString(encode(message))]).toEqual([text, byteString(octets)]);
    }), { numRuns: 300 });
  });

  it('is the same in the response, octet by octet, with a tag on To (§8.2.6.2)', () => {
    const response = decodeDatagram(encode(respondTo(decodeDatagram(encode(from('Jürgen 山'))) as never, 200, { toTag: 'b' })));
    expect([response.from?.displayName, response.to?.displayName, response.toTag]).toEqual(['Jürgen 山', 'Jürgen 山', 'b']);
  });

  it('is read in Referred-By (RFC 3892 §3) and History-Info (RFC 7044 §5)', () => {
    const message = from('x');
    message.headers.add('Referred-By', '"Jürgen 山" <sip:r@example.com>');
    message.headers.add('History-Info', '"Jürgen 山" <sip:h@example.com>;index=1');
    const { headers } = decodeDatagram(encode(message));
    expect(readReferredBy(headers)?.displayName).toBe('Jürgen 山');
    expect(readHistoryInfo(headers)[0]?.address.displayName).toBe('Jürgen 山');
  });

  it('gets its quotes when it has none and the receiver is liberal (RFC 4475 §3.1.2.15)', () => {
    const text = utf8Text(encode(from('x'))).replace('"x" <sip:alice', 'Jürgen, 山 <sip:alice');
    const message = decodeDatagram(utf8(text));
    expect(validate(message).ok).toBe(false);
    expect(validate(message, { liberal: true }).ok).toBe(true);
    expect(decodeDatagram(encode(message)).from?.displayName).toBe('Jürgen, 山');
  });
});
