import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteString, bytesOf } from '@simple-im/grammar';
import { fieldId, fieldIdAt, fieldName } from '../src/field-names.js';
import { Headers, decodeDatagram, encode } from '../src/index.js';
import { octets, request } from './support.js';

describe('header fields', () => {
  it('compare names without case and expand compact forms (RFC 3261 §7.3.1, §7.3.3)', () => {
    const headers = new Headers([['v', 'SIP/2.0/UDP a;branch=z9hG4bK1'], ['i', 'x'], ['x-own', '1'], ['X-OWN', '2'], ['o', 'presence']]);
    expect(headers.get('VIA')).toBe('SIP/2.0/UDP a;branch=z9hG4bK1');
    expect(headers.get('call-id')).toBe('x');
    expect(headers.all('X-Own')).toEqual(['1', '2']);
    expect(headers.get('Event')).toBe('presence');
    expect([...headers].map(([name]) => name)).toEqual(['Via', 'Call-ID', 'x-own', 'X-OWN', 'Event']);
    expect(headers.has('L')).toBe(false);
    expect(headers.count('x-own')).toBe(2);
    expect(headers.size).toBe(5);
  });

  it('are found by octets as by name, in any case, whole or nearly', () => {
    const letter = fc.constantFrom('', '-', 'x', '.', '\x00', 'é');
    const form = fc.constantFrom((name: string) => name, (name: string) => name.toLowerCase(), (name: string) => name.toUpperCase(),
      (name: string) => name.slice(1), (name: string) => name.slice(0, -1));
    const known = fc.constantFrom('v', 'V', 't', 'L', ...Array.from({ length: fieldId('WWW-Authenticate') + 1 }, (_, id) => fieldName(id)));
    fc.assert(fc.property(letter, known, form, letter, letter, (before, name, change, within, behind) => {
      const half = name.length >> 1;
      const text = before + change(name.slice(0, half) + within + name.slice(half)) + behind;
      const octets = bytesOf(`\r\n${text}: x`);
      expect([text, fieldIdAt(octets, 2, 2 + text.length)]).toEqual([text, fieldId(text)]);
    }), { numRuns: 5000 });
  });

  it('undo folds and trim blanks (RFC 3261 §7.3.1)', () => {
    const message = request({ Subject: ' I know you\'re there, \r\n  \tpick up\r\n the phone \t' });
    expect(message.headers.get('s')).toBe("I know you're there, pick up the phone");
  });

  it('are the same when flattened, whatever was done before, and their clones go their own ways', () => {
    const name = fc.constantFrom('Via', 'Route', 'From', 'Subject', 'x-own', 'X-Other');
    const value = fc.constantFrom('a', 'b, c', 'Grüße', '');
    const change = fc.record({ how: fc.constantFrom('add', 'set', 'prepend', 'removeFirst', 'delete'), name, value });
    fc.assert(fc.property(fc.array(change), fc.array(change), (before, after) => {
      const headers = request({ Subject: 'folded\r\n  once', 'X-Other': '1' }).headers;
      for (const one of before) headers[one.how as 'add'](one.name, one.value);
      const flat = headers.flattened();
      expect(flat.toByteString()).toBe(headers.toByteString());
      expect([...flat]).toEqual([...headers]);
      const [ours, theirs, whole] = [flat.clone(), headers.clone(), flat.toByteString()];
      for (const one of after) for (const copy of [ours, theirs]) copy[one.how as 'add'](one.name, one.value);
      expect([...ours]).toEqual([...theirs]);
      expect(ours.toByteString()).toBe(theirs.toByteString());
      expect(flat.toByteString()).toBe(whole);
    }), { numRuns: 300 });
  });

  it('take a line that is empty, or empty but for a fold', () => {
    const message = decodeDatagram(octets('MESSAGE sip:b@example.com SIP/2.0', ['Subject:', 'X-1:', 'Organization: ', 'X-2:\r\n ', 'X-3:\r\n z']));
    expect([...message.headers]).toEqual([['Subject', ''], ['X-1', ''], ['Organization', ''], ['X-2', ''], ['X-3', 'z']]);
  });

  it('decode UTF-8 only when read, and keep octets that are not UTF-8', () => {
    const message = request({ Subject: 'Grüße ✓\u00a0' });
    expect(message.headers.get('Subject')).toBe('Grüße ✓\u00a0');
    const raw = octets('MESSAGE sip:b@example.com SIP/2.0', ['Subject: X']);
    raw[raw.indexOf(0x58)] = 0xff;
    const broken = decodeDatagram(raw);
    expect(broken.headers.get('Subject')).toBe('\ufffd');
    expect(byteString(encode(broken))).toContain('Subject: \xff\r\n');
  });

  it('split lists at commas that are in neither quotes nor angle brackets (RFC 3261 §7.3.1)', () => {
    const headers = new Headers([['Contact', '"Bell, A" <sip:a,b@example.com>;q=0.1, <sip:c@example.com>'], ['Contact', 'sip:d@example.com,,']]);
    expect(headers.list('m')).toEqual(['"Bell, A" <sip:a,b@example.com>;q=0.1', '<sip:c@example.com>', 'sip:d@example.com']);
  });

  it('set replaces all at the place of the first', () => {
    const headers = new Headers([['X-A', '1'], ['X-B', '1'], ['X-C', '1'], ['X-B', '2']]);
    headers.set('x-b', '3');
    expect([...headers]).toEqual([['X-A', '1'], ['x-b', '3'], ['X-C', '1']]);
    headers.set('X-A', ['x', 'y']);
    headers.set('New', 'z');
    expect([...headers]).toEqual([['X-A', 'x'], ['X-A', 'y'], ['x-b', '3'], ['X-C', '1'], ['New', 'z']]);
    headers.set('X-A', []);
    headers.delete('X-C');
    expect([...headers]).toEqual([['x-b', '3'], ['New', 'z']]);
  });

  it('add goes behind the last of its name, prepend before the first', () => {
    const headers = new Headers([['Via', '1'], ['To', 't'], ['Via', '2'], ['From', 'f']]);
    headers.add('v', '3');
    headers.prepend('via', '0');
    headers.prepend('Route', 'r');
    headers.add('Subject', 's');
    expect([...headers].map(([name, value]) => `${name}=${value}`).join(' ')).toBe('Route=r Via=0 Via=1 To=t Via=2 Via=3 From=f Subject=s');
  });

  it('removeFirst takes one element and leaves the rest of its line', () => {
    const headers = new Headers([['Route', '<sip:a;x="1,2">;q=",", <sip:b>,<sip:c>'], ['Route', '<sip:d>']]);
    expect(headers.removeFirst('Route')).toBe('<sip:a;x="1,2">;q=","');
    expect(headers.all('Route')).toEqual(['<sip:b>,<sip:c>', '<sip:d>']);
    expect([1, 2, 3, 4].map(() => headers.removeFirst('route'))).toEqual(['<sip:b>', '<sip:c>', '<sip:d>', undefined]);
    expect(headers.has('Route')).toBe(false);
  });

  it('refuse a value or name that would make another line', () => {
    const headers = new Headers();
    for (const value of ['a\r\nEvil: 1', 'a\nb', 'a\rb']) expect(() => headers.set('X', value)).toThrow(expect.objectContaining({ code: 'SIP_UNSAFE_FIELD', fault: 'local' }));
    for (const name of ['', 'A B', 'A:', 'A\r\n', 'ä']) expect(() => headers.add(name, 'x')).toThrow(expect.objectContaining({ code: 'SIP_UNSAFE_FIELD' }));
    expect(headers.size).toBe(0);
  });

  it('a clone changes alone', () => {
    const message = request();
    const copy = message.clone();
    copy.headers.set('To', '<sip:carol@example.com>');
    copy.uri = 'sip:carol@example.com';
    expect(message.to?.uriText).toBe('sip:bob@example.com');
    expect(copy.to?.uriText).toBe('sip:carol@example.com');
    expect(message.uri).toBe('sip:bob@example.com');
  });

  it('addFrom copies lines as they came, folds included', () => {
    const message = request({ Via: ['SIP/2.0/UDP a;branch=z9hG4bK1,\r\n SIP/2.0/TCP b;branch=z9hG4bK2', 'SIP/2.0/UDP c'] });
    const headers = new Headers([['To', 'x']]);
    headers.addFrom(message.headers, 'Via');
    expect(headers.toByteString()).toBe('To: x\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1,\r\n SIP/2.0/TCP b;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP c\r\n');
    expect(headers.list('Via').length).toBe(3);
  });
});

describe('typed values', () => {
  it('are kept until their field changes', () => {
    const message = request();
    expect(message.from).toBe(message.from);
    const from = message.from;
    message.headers.set('To', '<sip:carol@example.com>;tag=9');
    expect(message.from).toBe(from);
    expect(message.toTag).toBe('9');
    message.headers.prepend('Via', 'SIP/2.0/TCP proxy.example.com;branch=z9hG4bKp');
    expect(message.via?.host).toBe('proxy.example.com');
    expect(message.vias.map((via) => via.host)).toEqual(['proxy.example.com', '192.0.2.10']);
    message.headers.removeFirst('Via');
    expect(message.vias.map((via) => via.host)).toEqual(['192.0.2.10']);
  });

  it('are undefined or empty for an absent field', () => {
    const message = decodeDatagram(octets('MESSAGE sip:b@example.com SIP/2.0', ['X: y']));
    const { via, from, to, fromTag, toTag, callId, cseq, maxForwards, expires, minExpires, contentLength, contentType } = message;
    expect([via, from, to, fromTag, toTag, callId, cseq, maxForwards, expires, minExpires, contentLength, contentType].every((v) => v === undefined)).toBe(true);
    const { vias, contacts, routes, recordRoutes, paths, serviceRoutes } = message;
    expect([vias, contacts, routes, recordRoutes, paths, serviceRoutes, message.require(), message.supported()].every((v) => v.length === 0)).toBe(true);
  });

  it('name the field that is malformed', () => {
    const message = request({ 'From': 'Alice', 'Contact': '<sip:a@example.com>;q=2', 'Content-Type': 'text', 'Expires': 'soon', 'CSeq': 'MESSAGE 1' });
    expect(() => message.from).toThrow(expect.objectContaining({ code: 'SIP_BAD_HEADER', header: 'From', status: 400 }));
    expect(() => message.contacts[0]?.q).toThrow(expect.objectContaining({ code: 'SIP_BAD_HEADER', header: 'Contact' }));
    expect(() => message.contentType).toThrow(expect.objectContaining({ header: 'Content-Type' }));
    expect(() => message.expires).toThrow(expect.objectContaining({ header: 'Expires' }));
    expect(() => message.cseq).toThrow(expect.objectContaining({ header: 'CSeq' }));
  });

  it('Contact has q, expires and the wildcard (RFC 3261 §20.10, §10.2.2)', () => {
    const message = request({ Contact: ['"A, B" <sip:a@example.com>;q=0.5;expires=60, <sip:b@example.com>;expires=never', 'sip:c@example.com;expires=99999999999'] });
    expect(message.contacts.map((c) => [c.uriText, c.q, c.expires])).toEqual([
      ['sip:a@example.com', 0.5, 60], ['sip:b@example.com', undefined, 3600], ['sip:c@example.com', undefined, 2 ** 32 - 1],
    ]);
    expect(message.contacts[0]?.displayName).toBe('A, B');
    expect(request({ Contact: '*' }).contacts.map((contact) => contact.wildcardContact)).toEqual([true]);
    expect(message.contacts.some((contact) => contact.wildcardContact)).toBe(false);
  });

  it('Content-Type is in lower case, its parameters as they came (RFC 3261 §20.15)', () => {
    const type = request({ 'Content-Type': 'Multipart / Related ; Boundary="a;b" ;start=x' }).contentType;
    expect(type?.type).toBe('multipart/related');
    expect(type?.params.get('boundary')).toBe('a;b');
    expect(type?.params.get('start')).toBe('x');
  });

  it('Via reads blanks, several in a line, and every parameter (RFC 3261 §20.42, RFC 3581)', () => {
    const message = request({ Via: 'SIP / 2.0 / tls [2001:db8::1] : 5061 ; rport=1234 ;received=192.0.2.1;branch=z9hG4bK1;ttl=16;maddr=239.0.0.1, SIP/2.0/UDP a.example' });
    const [top, second] = message.vias;
    expect([top?.protocol, top?.transport, top?.host, top?.port, top?.rport, top?.received, top?.branch, top?.ttl, top?.maddr])
      .toEqual(['SIP/2.0', 'TLS', '[2001:db8::1]', 5061, 1234, '192.0.2.1', 'z9hG4bK1', 16, '239.0.0.1']);
    expect([second?.host, second?.port, second?.branch, second?.rport]).toEqual(['a.example', undefined, undefined, undefined]);
  });

  it.each(['SIP/2.0/UDP', 'SIP/2.0 UDP a', 'SIP/2.0/UDP a;', 'SIP/2.0/UDP a;branch=', 'SIP/2.0/UDP a:99999', 'SIP/2.0/UDP [::1', 'SIP/2.0/UDP -a',
    'SIP/2.0/UDP a;b=1;B=2', 'SIP/2.0/UDP a b', 'SIP/2.0/UDP a:', ', SIP/2.0/UDP a', ''])('Via %j is malformed', (text) => {
    expect(() => request({ Via: text }).vias).toThrow(expect.objectContaining({ code: 'SIP_BAD_HEADER', header: 'Via' }));
  });
});
