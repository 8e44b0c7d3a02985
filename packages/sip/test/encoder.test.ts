import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameAddr, byteString, parseNameAddr, utf8 } from '@simple-im/grammar';
import { SipRequest, SipResponse, buildRequest, decodeDatagram, encode, formatVia, parseVia, reasonPhrase, respondTo, validate } from '../src/index.js';
import { SOUND, octets, request } from './support.js';

const START = 'MESSAGE sip:bob@example.com SIP/2.0';

describe('encoding', () => {
  it('sends untouched fields octet by octet as they came', () => {
    const bytes = octets(START, ['v :SIP/2.0/UDP a;branch=z9hG4bKx', 'X-ODD  :   \tspaced\t ', 'To: folded\r\n\t<sip:b@example.com>', ...SOUND.slice(1), 'l: 3'], 'abc');
    expect(byteString(encode(decodeDatagram(bytes)))).toBe(byteString(bytes));
  });

  it('forwards with one Via more and another Request-URI, everything else as it came (RFC 3261 §16.6)', () => {
    const bytes = octets(START, [...SOUND, 'Content-Length: 3'], 'abc');
    const copy = (decodeDatagram(bytes) as SipRequest).clone();
    copy.uri = 'sip:bob@192.0.2.4';
    copy.headers.prepend('Via', 'SIP/2.0/UDP proxy.example.com;branch=z9hG4bKnew');
    const expected = byteString(bytes).replace('sip:bob@example.com SIP', 'sip:bob@192.0.2.4 SIP').replace('Via:', 'Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bKnew\r\nVia:');
    expect(byteString(encode(copy))).toBe(expected);
  });

  it('sets Content-Length where it is absent or wrong (RFC 3261 §20.14)', () => {
    for (const lines of [[], ['Content-Length: 9'], ['l: x'], ['Content-Length: 3', 'Content-Length: 3']]) {
      const message = decodeDatagram(octets(START, [...SOUND, ...lines], 'abc'));
      message.body = utf8('abc');
      const again = decodeDatagram(encode(message));
      expect(validate(again)).toEqual({ ok: true });
      expect(again.contentLength).toBe(3);
      expect(again.headers.count('Content-Length')).toBe(1);
    }
  });

  it('does not change the message', () => {
    const message = request({}, 'abc');
    encode(message);
    expect(message.headers.has('Content-Length')).toBe(false);
  });

  it('writes text as UTF-8', () => {
    const response = new SipResponse(200, 'Grüße');
    response.headers.set('Subject', '✓');
    const again = decodeDatagram(encode(response)) as SipResponse;
    expect(again.reason).toBe('Grüße');
    expect(again.headers.get('Subject')).toBe('✓');
    expect(byteString(encode(again))).toBe(byteString(encode(response)));
  });

  it('refuses a start line that would be two (RFC 3261 §7.1)', () => {
    for (const bad of [new SipRequest('MESSAGE', 'sip:a@b\r\nEvil: 1'), new SipRequest('MESSAGE', 'sip:a @b'), new SipRequest('A B', 'sip:a@b'), new SipResponse(200, 'OK\r\n'), new SipResponse(99, '')]) {
      expect(() => encode(bad)).toThrow(expect.objectContaining({ code: 'SIP_UNSAFE_FIELD', fault: 'local' }));
    }
  });

  it('decodes to what was encoded, for any fields and body', () => {
    const name = fc.stringMatching(/^X-[A-Za-z0-9\-.!%*_+`'~]{1,12}$/);
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text) && text.isWellFormed()).map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
    fc.assert(fc.property(fc.array(fc.tuple(name, value)), fc.uint8Array(), (fields, body) => {
      const made = buildRequest({ method: 'MESSAGE', uri: 'sip:b@example.com', from: '<sip:a@example.com>;tag=1', to: '<sip:b@example.com>', callId: 'x', cseq: 1, headers: fields, body });
      const again = decodeDatagram(encode(made)) as SipRequest;
      expect([...again.headers].filter(([n]) => n.startsWith('X-')).sort()).toEqual([...made.headers].filter(([n]) => n.startsWith('X-')).sort());
      expect([...again.body]).toEqual([...body]);
    }), { numRuns: 200 });
  });
});

describe('building', () => {
  it('makes a request with the mandatory fields but Via (RFC 3261 §8.1.1)', () => {
    const made = buildRequest({
      method: 'MESSAGE', uri: 'sip:bob@example.com', from: { displayName: 'Alice "A"', uri: 'sip:alice@example.com', params: parseNameAddr('<sip:x@y.z>;tag=9').params },
      to: '<sip:bob@example.com>', callId: 'abc@example.com', cseq: 7, routes: ['<sip:p1.example.com;lr>', parseNameAddr('<sip:p2.example.com;lr>')],
      headers: [['Supported', 'outbound']], contentType: 'text/plain', body: utf8('hi'),
    });
    expect(byteString(encode(made))).toBe([
      'MESSAGE sip:bob@example.com SIP/2.0', 'Route: <sip:p1.example.com;lr>', 'Route: <sip:p2.example.com;lr>', 'Max-Forwards: 70',
      'From: "Alice \\"A\\"" <sip:alice@example.com>;tag=9', 'To: <sip:bob@example.com>', 'Call-ID: abc@example.com', 'CSeq: 7 MESSAGE',
      'Supported: outbound', 'Content-Type: text/plain', 'Content-Length: 2', '', 'hi',
    ].join('\r\n'));
    expect(made.from).toBeInstanceOf(NameAddr);
  });

  it('refuses what is no method, URI or number', () => {
    const sound = { method: 'MESSAGE', uri: 'sip:b@example.com', from: '<sip:a@b>', to: '<sip:a@b>', callId: 'x', cseq: 1 };
    for (const wrong of [{ method: 'A B' }, { method: '' }, { uri: 'sip:a b' }, { uri: '' }, { cseq: -1 }, { cseq: 2 ** 31 }, { cseq: 0.5 }, { maxForwards: 256 }, { callId: 'a\r\nb' }]) {
      expect(() => buildRequest({ ...sound, ...wrong })).toThrow(expect.objectContaining({ code: 'SIP_UNSAFE_FIELD' }));
    }
  });

  it('makes a response with Via, From, To, Call-ID and CSeq as they came and a tag on To (RFC 3261 §8.2.6.2)', () => {
    const came = request({ Via: ['SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b', 'SIP/2.0/UDP c'], To: 'Bob <sip:bob@example.com;tag=inside>' });
    const made = respondTo(came, 404, { toTag: 'abc', headers: [['Server', 'x']] });
    expect(byteString(encode(made))).toBe([
      'SIP/2.0 404 Not Found', 'Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b', 'Via: SIP/2.0/UDP c', SOUND[2], 'To: Bob <sip:bob@example.com;tag=inside>;tag=abc',
      SOUND[4], SOUND[5], 'Server: x', 'Content-Length: 0', '', '',
    ].join('\r\n'));
  });

  it('keeps a tag that To has, and puts none into a 100, which carries Timestamp (RFC 3261 §8.2.6)', () => {
    expect(respondTo(request({ To: '<sip:bob@example.com>;tag=old' }), 200, { toTag: 'new' }).toTag).toBe('old');
    expect(respondTo(request({ To: 'sip:bob@example.com;TAG=old' }), 200, { toTag: 'new' }).toTag).toBe('old');
    expect(respondTo(request({ Timestamp: '54' }), 100, { toTag: 'new' }).toTag).toBeUndefined();
    expect(respondTo(request({ Timestamp: '54' }), 100).headers.get('Timestamp')).toBe('54');
    expect(respondTo(request({ Timestamp: '54' }), 200).headers.has('Timestamp')).toBe(false);
  });

  it('copies Record-Route into responses that make a dialog (RFC 3261 §12.1.1)', () => {
    const came = request({ 'Record-Route': ['<sip:p2;lr>', '<sip:p1;lr>'] });
    expect(respondTo(came, 180).headers.all('Record-Route')).toEqual(['<sip:p2;lr>', '<sip:p1;lr>']);
    expect(respondTo(came, 200).headers.count('Record-Route')).toBe(2);
    expect(respondTo(came, 404).headers.count('Record-Route')).toBe(0);
  });

  it('knows reason phrases, and those of classes (RFC 3261 §21)', () => {
    expect([reasonPhrase(202), reasonPhrase(489), reasonPhrase(299), reasonPhrase(499)]).toEqual(['Accepted', 'Bad Event', 'OK', 'Client Error']);
  });

  it('writes a Via that reads the same', () => {
    const text = 'SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bKx;rport;ttl=1';
    expect(formatVia(parseVia(text))).toBe(text);
    expect(formatVia({ transport: 'UDP', host: 'a.example.com' })).toBe('SIP/2.0/UDP a.example.com');
  });
});
