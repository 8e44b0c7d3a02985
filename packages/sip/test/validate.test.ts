import { describe, expect, it } from 'vitest';
import { decodeDatagram, respondTo, validate } from '../src/index.js';
import { octets, request, SOUND } from './support.js';

function refused(changes: Record<string, string | readonly string[] | undefined>, body = ''): { status: number; code: string; header: string | undefined; reason: string } {
  const verdict = validate(request(changes, body));
  if (verdict.ok || verdict.action === 'drop') throw new Error(`expected an answer, got ${JSON.stringify(verdict)}`);
  return { status: verdict.status, code: verdict.error.code, header: verdict.error.header, reason: verdict.reason };
}

describe('validation of requests', () => {
  it('lets a sound request pass', () => expect(validate(request())).toEqual({ ok: true }));

  it.each(['From', 'To', 'Call-ID', 'CSeq'])('answers 400 that names the missing %s (RFC 3261 §8.1.1)', (name) => {
    expect(refused({ [name]: undefined })).toEqual({ status: 400, code: 'SIP_MISSING_HEADER', header: name, reason: `Missing ${name}` });
  });

  it.each(['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards'])('answers 400 that names the second %s (RFC 3261 §7.3.1)', (name) => {
    const line = SOUND.find((one) => one.startsWith(name)) as string;
    const value = line.slice(name.length + 2);
    expect(refused({ [name]: [value, value] })).toEqual({ status: 400, code: 'SIP_DUPLICATE_HEADER', header: name, reason: `More Than One ${name}` });
  });

  it.each([
    ['From', 'Alice'], ['From', '<sip:a@b@c>;tag=1'], ['From', '"Alice <sip:alice@example.com>;tag=1'], ['To', '<sip:bob@example.com'], ['To', '<sip:bob@exa mple.com>'],
    ['Call-ID', 'two words'], ['Call-ID', ''], ['Call-ID', 'a@b@c'], ['CSeq', 'MESSAGE'], ['CSeq', '1'], ['CSeq', '-1 MESSAGE'], ['CSeq', '1MESSAGE'],
    ['Via', 'SIP/2.0/UDP'], ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK'], ['Via', 'SIP/2.0/UDP a;ttl=256'], ['Via', 'SIP/2.0/UDP a;rport=x'],
    ['Max-Forwards', 'seventy'], ['Max-Forwards', '-1'], ['Contact', '<sip:a@b>;;'], ['Contact', '<sip:a@[::g]>'], ['Route', 'sip:a,'], ['Record-Route', '<>'],
    ['Content-Type', 'text'], ['Content-Type', 'text/plain;charset'.concat('=')], ['Expires', '1 hour'],
  ])('answers 400 that names a malformed %s: %j', (name, value) => {
    expect(refused({ [name]: value })).toEqual({ status: 400, code: 'SIP_BAD_HEADER', header: name, reason: `Malformed ${name}` });
  });

  it.each([['CSeq', '2147483648 MESSAGE'], ['CSeq', '36893488147419103232 MESSAGE'], ['Max-Forwards', '256'], ['Expires', '4294967296'], ['Min-Expires', '1'.padEnd(100, '0')]])(
    'answers 400 to %s: %s, which is out of range (RFC 4475 §3.1.2.4)', (name, value) => {
      expect(refused({ [name]: value })).toEqual({ status: 400, code: 'SIP_OUT_OF_RANGE', header: name, reason: `${name} Out Of Range` });
    });

  it('takes the largest numbers that are allowed (RFC 3261 §8.1.1.5, §20.22, §20.19)', () => {
    const message = request({ 'CSeq': '2147483647 MESSAGE', 'Max-Forwards': '255', 'Expires': '4294967295' });
    expect(validate(message)).toEqual({ ok: true });
    expect([message.cseq?.number, message.maxForwards, message.expires]).toEqual([2147483647, 255, 4294967295]);
  });

  it('treats an overlarge Max-Forwards as absent and Expires as 3600 when liberal (RFC 4475 §3.1.2.4)', () => {
    const message = request({ 'Max-Forwards': '300', 'Expires': '1'.padEnd(101, '0') });
    expect(validate(message, { liberal: true })).toEqual({ ok: true });
    expect([message.maxForwards, message.expires]).toEqual([undefined, 3600]);
  });

  it('answers 400 when the method in CSeq differs, 501 when the method is unknown besides (RFC 3261 §8.1.1.5, RFC 4475 §3.1.2.18)', () => {
    expect(refused({ CSeq: '1 INVITE' })).toMatchObject({ status: 400, code: 'SIP_CSEQ_METHOD' });
    expect(refused({ CSeq: '1 message' })).toMatchObject({ status: 400, code: 'SIP_CSEQ_METHOD' });
  });

  it.each(['-999', 'five', '1e3', '5 5', '5, 5', '+5', ''])('answers 400 to Content-Length %j (RFC 4475 §3.1.2.3)', (value) => {
    expect(refused({ 'Content-Length': value }, 'Watson')).toMatchObject({ status: 400, code: 'SIP_BAD_CONTENT_LENGTH', header: 'Content-Length' });
  });

  it('answers 400 to two Content-Length fields, even equal ones (RFC 4475 §3.3.9)', () => {
    expect(refused({ 'Content-Length': ['6', '6'] }, 'Watson')).toMatchObject({ status: 400, code: 'SIP_BAD_CONTENT_LENGTH' });
  });

  it('answers 400 to a datagram shorter than Content-Length, trims a longer one (RFC 3261 §18.3)', () => {
    expect(refused({ 'Content-Length': '7' }, 'Watson')).toMatchObject({ status: 400, code: 'SIP_BODY_TRUNCATED' });
    expect(refused({ 'Content-Length': '99999999999999999999' }, 'Watson')).toMatchObject({ status: 400, code: 'SIP_BAD_CONTENT_LENGTH' });
    expect(request({ 'Content-Length': '3' }, 'Watson').body.length).toBe(3);
  });

  it('takes a datagram without Content-Length to its end (RFC 3261 §18.3)', () => {
    expect(request({}, 'Watson').body.length).toBe(6);
  });

  it.each([['mailto:a@example.com', 416, 'SIP_UNSUPPORTED_SCHEME'], ['nobody', 400, 'SIP_BAD_URI'], ['sip:', 400, 'SIP_BAD_URI'],
    ['sip:a@example.com?Subject=x', 400, 'SIP_BAD_URI'], ['sip:a@example.com:port', 400, 'SIP_BAD_URI']])('answers Request-URI %s with %i', (uri, status, code) => {
    const message = decodeDatagram(octets(`MESSAGE ${uri} SIP/2.0`, SOUND));
    expect(validate(message)).toMatchObject({ ok: false, action: 'respond', status, error: { code } });
  });

  it.each(['sips:a@example.com', 'tel:+15145550199', 'im:a@example.com', 'pres:a@example.com', 'SIP:a@EXAMPLE.com;transport=UDP'])('knows the scheme of %s', (uri) => {
    expect(validate(decodeDatagram(octets(`MESSAGE ${uri} SIP/2.0`, SOUND)))).toEqual({ ok: true });
  });

  it.each(['SIP/3.0', 'SIP/2.1', 'SIP/7.0'])('answers 505 to %s (RFC 3261 §21.5.6)', (version) => {
    expect(validate(decodeDatagram(octets(`MESSAGE sip:b@example.com ${version}`, SOUND)))).toMatchObject({ status: 505 });
  });

  it('takes the version in any case (RFC 3261 §7.1)', () => {
    expect(validate(decodeDatagram(octets('MESSAGE sip:b@example.com sip/2.0', SOUND)))).toEqual({ ok: true });
  });

  it('leaves Max-Forwards 0, Require and unknown methods to the element (RFC 3261 §16.3, §8.2.2)', () => {
    const lines = [...SOUND.slice(0, -1), 'CSeq: 1 NEWMETHOD', 'Require: nothingSupportsThis'].map((line) => (line.startsWith('Max') ? 'Max-Forwards: 0' : line));
    expect(validate(decodeDatagram(octets('NEWMETHOD sip:b@example.com SIP/2.0', lines)))).toEqual({ ok: true });
  });

  it('accepts requests without Max-Forwards, branch and From tag, as older elements send them (RFC 3261 §16.3, RFC 4475 §3.4.1)', () => {
    expect(validate(request({ 'Max-Forwards': undefined, 'Via': 'SIP/2.0/UDP a.example.com', 'From': '<sip:a@example.com>' }))).toEqual({ ok: true });
  });

  it('drops what cannot be answered: an ACK, a request without Via, a response (RFC 3261 §17, §18.1.2)', () => {
    const ack = decodeDatagram(octets('ACK sip:b@example.com SIP/2.0', SOUND));
    expect(validate(ack)).toMatchObject({ ok: false, action: 'drop', error: { code: 'SIP_CSEQ_METHOD' } });
    expect(validate(request({ Via: undefined }))).toMatchObject({ ok: false, action: 'drop', error: { code: 'SIP_MISSING_HEADER' } });
    const response = decodeDatagram(octets('SIP/2.0 200 OK', SOUND.filter((line) => !line.startsWith('To'))));
    expect(validate(response)).toMatchObject({ ok: false, action: 'drop', error: { header: 'To' } });
  });

  it('answers 400 to a line that is no header field and to CR or LF alone (RFC 3261 §7.3.1)', () => {
    for (const line of ['no colon', ': no name', 'two words: x', 'X: a\nInjected: b', 'X: a\rInjected: b']) {
      const message = decodeDatagram(octets('MESSAGE sip:bob@example.com SIP/2.0', [...SOUND, line, 'Subject: last']));
      expect(validate(message)).toMatchObject({ ok: false, action: 'respond', status: 400, error: { code: 'SIP_BAD_LINE' } });
      expect(message.headers.get('Subject')).toBe('last');
    }
  });

  it('a refusal can be answered even when To and From are missing', () => {
    const message = request({ From: undefined, To: undefined });
    expect(respondTo(message, 400, { toTag: 'x' }).headers.get('Call-ID')).toBe('a84b4c76e66710@192.0.2.10');
  });
});
