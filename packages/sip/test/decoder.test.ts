import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError, byteString, bytesOf } from '@simple-im/grammar';
import { hostileBytes, mutations, valueOrProtocolError, vectors } from '@simple-im/testkit';
import { SipRequest, SipResponse, decodeDatagram, encode, validate } from '../src/index.js';
import { SOUND, octets, request } from './support.js';

function failing(bytes: Uint8Array, options?: Parameters<typeof decodeDatagram>[1]): string {
  const outcome = valueOrProtocolError(() => decodeDatagram(bytes, options));
  return 'error' in outcome ? outcome.error.code : 'a value';
}

const torture = ['rfc4475', 'rfc5118'].flatMap((folder) => vectors(new URL(`./vectors/${folder}`, import.meta.url), '.dat'));

describe('a datagram', () => {
  it('holds a request (RFC 3261 §7.1)', () => {
    const message = decodeDatagram(octets('MESSAGE sip:bob@example.com SIP/2.0', SOUND, 'Watson, come here.'));
    expect(message).toBeInstanceOf(SipRequest);
    expect([(message as SipRequest).method, (message as SipRequest).uri, byteString(message.body)]).toEqual(['MESSAGE', 'sip:bob@example.com', 'Watson, come here.']);
  });

  it('holds a response, whose phrase may be missing with its space (RFC 3261 §7.2)', () => {
    for (const [line, status, reason] of [['SIP/2.0 180 Ringing', 180, 'Ringing'], ['SIP/2.0 200 ', 200, ''], ['SIP/2.0 699', 699, '']] as const) {
      const message = decodeDatagram(octets(line, SOUND)) as SipResponse;
      expect(message).toBeInstanceOf(SipResponse);
      expect([message.status, message.reason]).toEqual([status, reason]);
    }
  });

  it('may begin with line ends (RFC 3261 §7.5)', () => {
    expect(decodeDatagram(octets('\r\n\r\nMESSAGE sip:b@example.com SIP/2.0', SOUND)).callId).toBe('a84b4c76e66710@192.0.2.10');
  });

  it.each(['', '\r\n', '\r\n\r\n'])('%j is a keepalive (RFC 5626 §4.4.1)', (text) => expect(failing(bytesOf(text))).toBe('SIP_NO_MESSAGE'));

  it.each(['GET / HTTP/1.1', 'hello', 'SIP', 'MESSAGE SIP/2.0', 'MESSAGE  SIP/2.0', ' ', 'A B C', '\0\0'])('with the start line %j is not SIP', (line) => {
    expect(failing(octets(line, SOUND))).toBe('SIP_NOT_SIP');
  });

  it.each(['SIP/2.0 99 Low', 'SIP/2.0 700 High', 'SIP/2.0 2000 OK', 'SIP/2.0 20 OK', 'SIP/3.0 200 OK', 'SIP/2.0  200 OK', 'SIP/2.0 -12 OK'])(
    'with the status line %j is dropped (RFC 3261 §7.2)', (line) => expect(failing(octets(line, SOUND))).toBe('SIP_BAD_STATUS_LINE'));

  it('has limits, each with its own error', () => {
    const bytes = octets('MESSAGE sip:b@example.com SIP/2.0', SOUND, 'x'.repeat(100));
    const head = bytes.length - 100;
    expect(failing(bytes, { limits: { headOctets: head } })).toBe('a value');
    expect(failing(bytes, { limits: { headOctets: head - 1 } })).toBe('SIP_HEAD_TOO_LARGE');
    expect(failing(bytes, { limits: { fields: 6 } })).toBe('a value');
    expect(failing(bytes, { limits: { fields: 5 } })).toBe('SIP_TOO_MANY_FIELDS');
    expect(failing(bytes, { limits: { bodyOctets: 100 } })).toBe('a value');
    expect(failing(bytes, { limits: { bodyOctets: 99 } })).toBe('SIP_BODY_TOO_LARGE');
    expect(failing(bytesOf(`MESSAGE ${'x'.repeat(70_000)}`))).toBe('SIP_HEAD_TOO_LARGE');
  });

  it('gives its body as a view, not a copy', () => {
    const bytes = octets('MESSAGE sip:b@example.com SIP/2.0', SOUND, 'body');
    const { body } = decodeDatagram(bytes);
    expect(body.buffer).toBe(bytes.buffer);
    expect(decodeDatagram(Buffer.from(bytes)).body.constructor).toBe(Uint8Array);
  });

  it('that is cut off can still be answered (RFC 3261 §18.3)', () => {
    const bytes = octets('MESSAGE sip:b@example.com SIP/2.0', SOUND);
    const message = decodeDatagram(bytes.subarray(0, bytes.length - 2));
    expect(validate(message)).toMatchObject({ ok: false, status: 400, error: { code: 'SIP_HEAD_UNFINISHED' } });
  });

  it('may have line ends without CR when liberal, and is sent on with CRLF', () => {
    const text = byteString(octets('MESSAGE sip:b@example.com SIP/2.0', [...SOUND, 'Subject: a\r\n b'], 'one\ntwo')).replace(/\r\n/g, '\n');
    const message = decodeDatagram(bytesOf(text), { liberal: true });
    expect(validate(message)).toEqual({ ok: true });
    expect(message.headers.get('Subject')).toBe('a b');
    expect(byteString(message.body)).toBe('one\ntwo');
    expect(byteString(encode(message)).split('\r\n\r\n')[0]).not.toMatch(/[^\r]\n/);
    expect(failing(bytesOf(text))).toBe('SIP_NOT_SIP');
  });

  it('finds the empty line wherever it falls', () => {
    for (let padding = 0; padding < 8; padding++) {
      const message = decodeDatagram(octets('MESSAGE sip:b@example.com SIP/2.0', [`X-Pad: ${'x'.repeat(padding)}`, ...SOUND], '\r\n\r\nb'));
      expect(byteString(message.body)).toBe('\r\n\r\nb');
      expect(message.headers.size).toBe(7);
    }
  });

  it('with half a line end in the reason phrase is refused (RFC 3261 §25.1)', () => {
    expect(failing(octets('SIP/2.0 200 O\rK', SOUND))).toBe('SIP_BAD_STATUS_LINE');
  });

  it('with blanks in the request line is not put right when a header line cannot be', () => {
    const message = decodeDatagram(octets('OPTIONS sip:b@example.com SIP/2.0  ', [...SOUND, 'Acc application/sdp']), { liberal: true });
    expect(validate(message, { liberal: true })).toMatchObject({ ok: false, status: 400, error: { code: 'SIP_BAD_LINE' } });
  });

  it('gives a value or a ProtocolError, whatever it holds', () => {
    fc.assert(fc.property(fc.oneof(mutations([...torture.map((v) => v.bytes)]), hostileBytes()), fc.boolean(), (bytes, liberal) => {
      const outcome = valueOrProtocolError(() => decodeDatagram(bytes, { liberal }));
      if ('error' in outcome) return;
      const message = outcome.value;
      const verdict = validate(message, { liberal });
      for (const name of ['vias', 'from', 'to', 'cseq', 'callId', 'contacts', 'routes', 'contentType', 'expires'] as const) {
        const value = valueOrProtocolError(() => message[name]);
        if ('error' in value) expect(value.error.status).toBeDefined();
        if (verdict.ok) expect(value).not.toHaveProperty('error');
      }
      if (!verdict.ok) return;
      const sent = encode(message);
      // What passed validation reads the same after it was sent on.
      const again = decodeDatagram(sent);
      expect(validate(again, { liberal })).toEqual({ ok: true });
      expect([...again.headers].filter(([name]) => name !== 'Content-Length')).toEqual([...message.headers].filter(([name]) => name !== 'Content-Length'));
      expect(byteString(again.body)).toBe(byteString(message.body));
    }), { numRuns: 600 });
  });

  it('needs time linear in its length', () => {
    const n = 200_000;
    const sound = (...lines: string[]): Uint8Array => octets('MESSAGE sip:b@example.com SIP/2.0', [...SOUND, ...lines]);
    const hostile = [
      sound(`Subject: ${'a\r\n '.repeat(n)}`), sound(`Subject: a${' '.repeat(n)}b\r\n c`), sound(`Contact: ${'"\\",<'.repeat(n)}`), sound(`Via: ${'SIP/2.0/UDP a;'.repeat(n / 10)}`),
      bytesOf(`A${' '.repeat(n)}B SIP/2.0\r\n\r\n`), bytesOf(`A b${' '.repeat(n)}c\r\n\r\n`), bytesOf(`A sip:b SIP/2.0\r\nX: ${'\n'.repeat(n)}y`), bytesOf(`A sip:b SIP/2.0\r\n${'\r'.repeat(n)}`),
      sound(`Call-ID: ${'@'.repeat(n)}`), sound(`To: ${'"'.repeat(n)}`), sound(`From: <${'sip:'.repeat(n)}`),
    ];
    const start = process.cpuUsage().user;
    for (const bytes of hostile) {
      for (const liberal of [false, true]) {
        const outcome = valueOrProtocolError(() => decodeDatagram(bytes, { liberal, limits: { headOctets: 10_000_000, fields: 10_000_000 } }));
        if ('error' in outcome) continue;
        validate(outcome.value, { liberal });
        for (const [name] of outcome.value.headers) if (name === 'Subject' || name === 'Contact') outcome.value.headers.list(name);
      }
    }
    expect(process.cpuUsage().user - start).toBeLessThan(10_000_000); // quadratic would take minutes
  }, 60_000);

  it('never throws anything else on a head of one line end', () => {
    expect(() => decodeDatagram(bytesOf('x\r\n\r\n'))).toThrow(ProtocolError);
    expect(request().method).toBe('MESSAGE');
  });
});
