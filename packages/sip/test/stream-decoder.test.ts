import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError, byteString, bytesOf, concatBytes } from '@simple-im/grammar';
import { everySplit, hostileBytes, mutations, vectors } from '@simple-im/testkit';
import { SipStreamDecoder, encode, validate, type DecoderOptions, type SipMessage } from '../src/index.js';
import { SOUND, octets } from './support.js';

const START = 'MESSAGE sip:bob@example.com SIP/2.0';

function message(body: string, ...lines: string[]): Uint8Array {
  return octets(START, [...SOUND, ...lines, `Content-Length: ${body.length}`], body);
}

/** Everything the decoder gives for the pieces; messages as they would be sent on. */
function run(pieces: Iterable<Uint8Array>, options?: DecoderOptions): string[] {
  const decoder = new SipStreamDecoder(options);
  const got: string[] = [];
  for (const piece of pieces) {
    decoder.receive(piece);
    for (let one = decoder.next(); one !== undefined; one = decoder.next()) got.push(shown(one));
  }
  return got;
}

function shown(one: SipMessage | 'ping' | 'pong'): string {
  return typeof one === 'string' ? one : byteString(encode(one));
}

describe('a stream', () => {
  it('gives its messages however it is cut (RFC 3261 §18.3)', () => {
    const sent = [message('Watson'), message(''), message('\r\n\r\n'), octets('SIP/2.0 200 OK', [...SOUND, 'l: 2'], 'ok')];
    expect(everySplit(concatBytes(sent), run)).toEqual(sent.map((bytes) => byteString(bytes)));
  });

  it('gives whole messages although a partial one follows', () => {
    const part = message('Watson').subarray(0, 100);
    const decoder = new SipStreamDecoder();
    decoder.receive(concatBytes([message('one'), message('two'), part]));
    expect(shown(decoder.next() as SipMessage)).toBe(byteString(message('one')));
    expect(shown(decoder.next() as SipMessage)).toBe(byteString(message('two')));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.buffered).toBe(100);
  });

  it('tells a ping from its answer (RFC 5626 §4.4.1)', () => {
    expect(run([bytesOf('\r\n\r\n')])).toEqual(['ping']);
    expect(run([bytesOf('\r\n')])).toEqual(['pong']);
    expect(run([bytesOf('\r\n\r'), bytesOf('\n')])).toEqual(['ping']);
    expect(run([bytesOf('\r'), bytesOf('\n')])).toEqual(['pong']);
    expect(run([concatBytes([bytesOf('\r\n\r\n'), message('a'), bytesOf('\r\n'), message('b'), bytesOf('\r\n\r\n\r\n')])])
      .map((one) => one.slice(0, 7))).toEqual(['ping', 'MESSAGE', 'pong', 'MESSAGE', 'ping', 'pong']);
  });

  it.each([['no Content-Length', []], ['a negative one', ['Content-Length: -1']], ['a word', ['Content-Length: five']], ['two', ['l: 1', 'l: 1']]])(
    'ends at a message with %s, which can still be answered (RFC 3261 §18.3, RFC 4475 §3.1.2.3)', (_, lines) => {
      const decoder = new SipStreamDecoder();
      decoder.receive(octets(START, [...SOUND, ...lines], 'x'));
      const given = decoder.next() as SipMessage;
      expect(validate(given)).toMatchObject({ ok: false, action: 'respond', status: 400, error: { header: 'Content-Length' } });
      expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'SIP_STREAM_UNUSABLE' }));
      decoder.receive(message('later'));
      expect(decoder.next()).toBeUndefined();
    });

  it('throws once for what is not SIP, however it is cut', () => {
    expect(() => everySplit(octets('GET / HTTP/1.1', ['Host: example.com']), run)).toThrow(expect.objectContaining({ code: 'SIP_NOT_SIP' }));
  });

  it('applies its limits to one message, not to the buffer', () => {
    const one = message('x'.repeat(500));
    const limits = { headOctets: one.length - 500, bodyOctets: 500, fields: 7 };
    expect(run([concatBytes(Array.from({ length: 50 }, () => one))], { limits }).length).toBe(50);
    expect(() => run([one], { limits: { bodyOctets: 499 } })).toThrow(expect.objectContaining({ code: 'SIP_BODY_TOO_LARGE' }));
    expect(() => run([one], { limits: { fields: 6 } })).toThrow(expect.objectContaining({ code: 'SIP_TOO_MANY_FIELDS' }));
    expect(() => run([one], { limits: { headOctets: one.length - 501 } })).toThrow(expect.objectContaining({ code: 'SIP_HEAD_TOO_LARGE' }));
    expect(() => run([new Uint8Array(70_000).fill(0x61)])).toThrow(expect.objectContaining({ code: 'SIP_HEAD_TOO_LARGE' }));
  });

  it('refuses an absurd Content-Length without waiting for the body or allocating it', () => {
    expect(() => run([octets(START, [...SOUND, 'Content-Length: 999999999999'])])).toThrow(expect.objectContaining({ code: 'SIP_BODY_TOO_LARGE' }));
    const decoder = new SipStreamDecoder({ limits: { bodyOctets: 2 ** 40 } });
    decoder.receive(octets(START, [...SOUND, 'Content-Length: 99999999999'], 'x'));
    expect(decoder.next()).toBeUndefined();
  });

  it('takes a large body octet by octet in linear time', () => {
    const bytes = message('y'.repeat(400_000));
    const decoder = new SipStreamDecoder();
    let given: SipMessage | undefined;
    const start = process.cpuUsage().user;
    for (let at = 0; at < bytes.length; at++) {
      decoder.receive(bytes.subarray(at, at + 1));
      const one = decoder.next();
      if (typeof one === 'object') given = one;
    }
    expect(given?.body.length).toBe(400_000);
    expect(process.cpuUsage().user - start).toBeLessThan(3_000_000); // quadratic would take minutes
  });

  it('keeps nothing of the octets it was lent', () => {
    const bytes = message('Watson');
    const decoder = new SipStreamDecoder();
    decoder.receive(bytes);
    const given = decoder.next() as SipMessage;
    bytes.fill(0);
    decoder.receive(message('come here'));
    decoder.next();
    expect(byteString(given.body)).toBe('Watson');
  });

  it('gives the same however hostile octets are cut: values or one ProtocolError', () => {
    const samples = vectors(new URL('./vectors/rfc4475', import.meta.url), '.dat').slice(0, 20).map((vector) => vector.bytes);
    fc.assert(fc.property(fc.oneof(mutations(samples), mutations([concatBytes([message('a'), message('b')])]), hostileBytes()), fc.integer({ min: 1, max: 40 }), (bytes, size) => {
      const attempt = (pieces: Uint8Array[]): string[] => {
        const decoder = new SipStreamDecoder();
        const got: string[] = [];
        for (const piece of pieces) {
          decoder.receive(piece);
          try {
            for (let one = decoder.next(); one !== undefined; one = decoder.next()) if (typeof one === 'object') got.push(one.headers.toByteString(), byteString(one.body));
          } catch (error) {
            if (!ProtocolError.is(error)) throw error;
            got.push(error.code);
          }
        }
        return got;
      };
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      expect(attempt(pieces)).toEqual(attempt([bytes]));
    }), { numRuns: 200 });
  });
});
