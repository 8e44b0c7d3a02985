import { describe, expect, it } from 'vitest';
import { codeOf } from '@simple-im/testkit';
import { formatUri, isSipUri, Params, parseSipUri, parseUri, sipUri, type SipUri, type TelUri } from '../src/index.js';

describe('SIP and SIPS URI (RFC 3261 §19.1)', () => {
  it('reads every component (§19.1.1)', () => {
    const uri = parseSipUri('sips:alice:secret@example.com:5061;transport=tcp;lr?subject=a%20b&priority=urgent');
    expect(uri).toMatchObject({ scheme: 'sips', user: 'alice', password: 'secret', host: 'example.com', port: 5061 });
    expect(uri.params.entries()).toEqual([['transport', 'tcp'], ['lr', undefined]]);
    expect(uri.headers).toEqual([['subject', 'a%20b'], ['priority', 'urgent']]);
  });

  it.each([
    'sip:alice@atlanta.com',
    'sip:alice:secretword@atlanta.com;transport=tcp',
    'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sips:1212@gateway.com',
    'sip:alice@192.0.2.4',
    'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
    'sip:alice;day=tuesday@atlanta.com',
  ])('reads the example %s (§19.1.3) and writes it again', (text) => {
    expect(formatUri(parseUri(text))).toBe(text);
  });

  it.each([
    ["sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
      "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"],
    ['sip:null-%00-null@example.com', 'null-%00-null'],
    ['sip:user;par=u%40example.net@example.com', 'user;par=u%40example.net'],
  ])('reads the user part of %s (RFC 4475 §3.1.1)', (text, user) => {
    expect(parseSipUri(text).user).toBe(user);
    expect(formatUri(parseUri(text))).toBe(text);
  });

  it('compares parameter names unescaped and keeps them as they came (RFC 4475 §3.1.1.3)', () => {
    const { params } = parseSipUri('sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31');
    expect(params.has('lr')).toBe(true);
    expect(params.get('NAME')).toBe('value%41');
    expect(params.raw('name')).toBe('v%61lue%25%34%31');
    expect(params.toString()).toBe(';%6C%72;n%61me=v%61lue%25%34%31');
  });

  it.each(['[2001:db8::10]', '[::1]', '[::]', '[2001:db8:0:0:0:0:0:1]', '[::ffff:192.0.2.128]', '[1::]'])('reads the IPv6 host %s (RFC 5118 §4.1)', (host) => {
    expect(parseSipUri(`sip:bob@${host}:5070;lr`)).toMatchObject({ host, port: 5070 });
  });

  it.each(['host', 'a.example.', '3.example.com', 'a-b.c--d.example', '10.0.0.1', '255.255.255.255', '1a'.replace('1a', 'x1')])('reads the host %s', (host) => {
    expect(parseSipUri(`sip:${host}`).host).toBe(host);
  });

  it.each(['', '-a.example', 'a-.example', 'a..b', '.a', '1.2.3', '256.1.1.1', '1.2.3.4.5', 'a.1', 'a_b.example', 'ex%61mple.com', '[::1', '::1', '[1:2:3]',
    '[1::2::3]', '[12345::]', '[fe80::1%eth0]', '[::256.1.1.1]', 'x'.repeat(256)])('refuses the host "%s"', (host) => {
    expect(codeOf(() => parseUri(`sip:bob@${host}`))).toBe('GRAMMAR_BAD_URI');
  });

  it.each(['sip:a@b:', 'sip:a@b:65536', 'sip:a@b:-1', 'sip:a@b:5060x', 'sip:@b', 'sip:a@b;', 'sip:a@b;=x', 'sip:a@b;x=', 'sip:a@b?', 'sip:a@b?x', 'sip:a b@c',
    'sip:a@b@c', 'sip:a%4@b', 'sip:a\x00@b', 'sip:a@b;x=%', 'sip:\xe4@b', 'sip', '', ':a', 'sip: a@b', ' sip:a@b', 'sip:a@b '])('refuses "%s"', (text) => {
    expect(codeOf(() => parseUri(text))).toBe('GRAMMAR_BAD_URI');
  });

  it('takes ports from 0 to 65535', () => {
    expect(parseSipUri('sip:b:0').port).toBe(0);
    expect(parseSipUri('sip:b:65535').port).toBe(65535);
    expect(parseSipUri('sip:b:0005060').port).toBe(5060);
  });

  it('refuses a parameter that appears twice, escaped or not (§19.1.1)', () => {
    expect(codeOf(() => parseUri('sip:a@b;x=1;X=2'))).toBe('GRAMMAR_DUPLICATE_PARAMETER');
    expect(codeOf(() => parseUri('sip:a@b;lr;%6cr'))).toBe('GRAMMAR_DUPLICATE_PARAMETER');
  });

  it('has limits on length and number of parameters', () => {
    expect(codeOf(() => parseUri(`sip:${'a'.repeat(4092)}@b`))).toBe('GRAMMAR_URI_TOO_LONG');
    expect(codeOf(() => parseUri('sip:abc@d', { maxLength: 8 }))).toBe('GRAMMAR_URI_TOO_LONG');
    const params = Array.from({ length: 65 }, (_, i) => `;p${i}`).join('');
    expect(codeOf(() => parseUri(`sip:a@b${params}`))).toBe('GRAMMAR_TOO_MANY_PARAMETERS');
  });

  it('takes the scheme in any case', () => {
    expect(parseUri('SIPS:a@b')).toMatchObject({ scheme: 'sips', text: 'SIPS:a@b' });
  });

  it('answers 416 to another scheme where SIP is asked for (§8.2.2.1)', () => {
    expect(() => parseSipUri('tel:+1')).toThrow(expect.objectContaining({ status: 416 }) as Error);
  });

  it('writes a copy with changed parts', () => {
    const uri = parseSipUri('sip:alice@example.com;lr');
    expect(formatUri({ ...uri, port: 5070, params: uri.params.with('transport', 'tcp').without('lr') })).toBe('sip:alice@example.com:5070;transport=tcp');
  });

  it('makes URIs from plain text', () => {
    const made = sipUri({ user: 'a b@c:é', host: '[::1]', port: 5060, params: { lr: true, x: 'a;b', none: false } });
    expect(made.text).toBe('sip:a%20b%40c%3A%C3%A9@[::1]:5060;lr;x=a%3Bb');
    expect(parseSipUri(made.text)).toMatchObject({ user: made.user, port: 5060 });
    expect(sipUri({ host: 'b', params: new Params([['lr', undefined]], 'uri') }).text).toBe('sip:b;lr');
    for (const parts of [{ host: '::1' }, { host: 'b', port: 65536 }, { host: 'b', port: 1.5 }, { host: 'b', user: '' }, { host: 'b', params: { 'a b': 1 } }]) {
      expect(codeOf(() => sipUri(parts))).toBe('GRAMMAR_UNENCODABLE');
    }
  });

  it('is told apart by its scheme', () => {
    expect(isSipUri(parseUri('sip:a@b'))).toBe(true);
    expect(isSipUri(parseUri('tel:+1'))).toBe(false);
    const uri = parseUri('sip:a@b');
    const host: string = uri.scheme === 'sip' ? uri.host : '';
    expect(host).toBe('b');
  });
});

describe('tel URI (RFC 3966 §3)', () => {
  it('reads a global number without its visual separators', () => {
    const uri = parseUri('tel:+1-201-555-0123;ext=1.2') as TelUri;
    expect(uri).toMatchObject({ scheme: 'tel', number: '+12015550123', global: true, phoneContext: undefined });
    expect(uri.params.get('ext')).toBe('1.2');
    expect(formatUri(uri)).toBe('tel:+1-201-555-0123;ext=1.2');
  });

  it('reads a local number with its context', () => {
    expect(parseUri('tel:7042;phone-context=example.com')).toMatchObject({ number: '7042', global: false, phoneContext: 'example.com' });
    expect(parseUri('tel:863-1234;phone-context=+1-914-555')).toMatchObject({ number: '8631234', phoneContext: '+1914555' });
    expect(parseUri('tel:*21#;phone-context=+49;isub=1;x=[1]')).toMatchObject({ number: '*21#' });
  });

  it.each(['tel:', 'tel:7042', 'tel:+', 'tel:+-', 'tel:+1a', 'tel:1;phone-context=', 'tel:1;phone-context=+', 'tel:1;phone-context=a_b', 'tel:+1;', 'tel:-;phone-context=a',
    'tel:+1;x='])('refuses "%s"', (text) => {
    expect(codeOf(() => parseUri(text))).toBe('GRAMMAR_BAD_URI');
  });

  it('refuses a parameter that appears twice', () => {
    expect(codeOf(() => parseUri('tel:+1;ext=1;EXT=2'))).toBe('GRAMMAR_DUPLICATE_PARAMETER');
  });
});

describe('im, pres and other URIs', () => {
  it('reads mailbox and header components (RFC 3860 appendix A)', () => {
    expect(parseUri('im:fred@example.com')).toMatchObject({ scheme: 'im', user: 'fred', host: 'example.com', headers: [] });
    expect(parseUri('PRES:fred@Example.com?x=y')).toMatchObject({ scheme: 'pres', host: 'Example.com', headers: [['x', 'y']] });
  });

  it.each(['im:a@', 'im:@b', 'pres:a b@c', 'im:a@b@c'])('refuses "%s"', (text) => {
    expect(codeOf(() => parseUri(text))).toBe('GRAMMAR_BAD_URI');
  });

  it('keeps any other absolute URI as text', () => {
    for (const text of ['http://example.com/a?b#c', 'urn:service:sos', 'cid:foo4%25foo1@bar.net', 'nobodyKnowsThisScheme:totallyopaquecontent', 'im:']) {
      const parsed = codeOf(() => parseUri(text));
      if (text === 'im:') expect(parsed).toBe('GRAMMAR_BAD_URI');
      else expect(parseUri(text)).toEqual({ scheme: 'other', name: text.slice(0, text.indexOf(':')).toLowerCase(), text });
    }
  });

  it.each(['http:', 'http:// x', 'x:<y>', 'x:"', 'x:\xff', '1x:y', 'no-colon'])('refuses "%s"', (text) => {
    expect(codeOf(() => parseUri(text))).toBe('GRAMMAR_BAD_URI');
  });
});

it('keeps the text as it came', () => {
  for (const text of ['sip:A%41@B.c:05060', 'tel:+1-2']) expect((parseUri(text) as SipUri).text).toBe(text);
});
