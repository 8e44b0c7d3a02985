import { describe, expect, it } from 'vitest';
import { isSipUri, utf8Text, type Uri } from '@simple-im/grammar';
import { vectors } from '@simple-im/testkit';
import { decodeDatagram, validate, type SipRequest } from '../src/index.js';

const files = new Map(vectors(new URL('./vectors/rfc5118', import.meta.url), '.dat').map(({ name, bytes }) => [name.replace('.dat', ''), bytes]));

function read(name: string): SipRequest {
  return decodeDatagram(files.get(name) as Uint8Array) as SipRequest;
}

function accepted(name: string): SipRequest {
  const message = read(name);
  expect(validate(message)).toEqual({ ok: true });
  return message;
}

function hostOf(uri: Uri | undefined): [string, number | undefined] {
  if (uri === undefined || !isSipUri(uri)) throw new Error('not a SIP URI');
  return [uri.host, uri.port];
}

describe('the torture test messages for IPv6 of RFC 5118', () => {
  it('are all here', () => expect(files.size).toBe(12));

  it('reads IPv6 references in Request-URI, Via and Contact (RFC 5118 §4.1)', () => {
    const message = accepted('ipv6-good');
    expect(hostOf(message.parsedUri)).toEqual(['[2001:db8::10]', undefined]);
    expect(message.via?.host).toBe('[2001:db8::9:1]');
    expect(message.via?.port).toBeUndefined();
    expect(hostOf(message.contacts[0]?.uri)).toEqual(['[2001:db8::1]', undefined]);
  });

  it('answers 400 to an IPv6 address without brackets in the Request-URI (RFC 5118 §4.2)', () => {
    const verdict = validate(read('ipv6-bad'));
    expect(verdict).toMatchObject({ ok: false, action: 'respond', status: 400, error: { code: 'SIP_BAD_URI' } });
    expect(validate(read('ipv6-bad'), { liberal: true })).toMatchObject({ ok: false, status: 400 });
  });

  it('takes digits inside the brackets as address, outside as port (RFC 5118 §4.3, §4.4)', () => {
    expect(hostOf(accepted('port-ambiguous').parsedUri)).toEqual(['[2001:db8::10:5070]', undefined]);
    expect(hostOf(accepted('port-unambiguous').parsedUri)).toEqual(['[2001:db8::10]', 5070]);
  });

  it('reads received with and without brackets (RFC 5118 §4.5)', () => {
    for (const name of ['via-received-param-with-delim', 'via-received-param-no-delim']) {
      const via = accepted(name).via;
      expect(via?.received).toBe('2001:db8::9:255');
      expect(via?.host).toBe('[2001:db8::9:1]');
    }
  });

  it('leaves IPv6 addresses in SDP alone (RFC 5118 §4.6, §4.8)', () => {
    expect(utf8Text(accepted('ipv6-in-sdp').body)).toContain('c=IN IP6 2001:db8::20\r\n');
    expect(utf8Text(accepted('mult-ip-in-sdp').body)).toContain('c=IN IP6 2001:db8::1\r\n');
  });

  it('reads Vias of both address families (RFC 5118 §4.7)', () => {
    expect(accepted('mult-ip-in-header').vias.map((via) => [via.transport, via.host, via.port, via.received])).toEqual([
      ['UDP', '[2001:db8::9:1]', 6050, undefined],
      ['UDP', '192.0.2.1', undefined, undefined],
      ['TCP', '[2001:db8::9:255]', undefined, '192.0.2.200'],
    ]);
  });

  it('reads IPv4-mapped addresses (RFC 5118 §4.9)', () => {
    const message = accepted('ipv4-mapped-ipv6');
    expect(message.vias.map((via) => [via.host, via.port])).toEqual([['[::ffff:192.0.2.10]', 19823], ['[::ffff:192.0.2.2]', undefined]]);
    expect(hostOf(message.contacts[0]?.uri)).toEqual(['[::ffff:192.0.2.2]', undefined]);
  });

  it('tolerates the third colon of the faulty ABNF and does not pass it on (RFC 5118 §4.10)', () => {
    for (const name of ['ipv6-bug-abnf-3-colons', 'ipv6-correct-abnf-2-colons']) {
      const message = accepted(name);
      expect(hostOf(message.parsedUri)[0]).toBe('[2001:db8::192.0.2.1]');
      expect(hostOf(message.to?.uri)[0]).toBe('[2001:db8::192.0.2.1]');
    }
  });
});
