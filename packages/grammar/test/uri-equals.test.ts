import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { aorOf, parseUri, uriEquals } from '../src/index.js';

function same(a: string, b: string): boolean {
  const there = uriEquals(parseUri(a), parseUri(b));
  expect(uriEquals(parseUri(b), parseUri(a))).toBe(there);
  return there;
}

describe('comparison of SIP URIs (RFC 3261 §19.1.4)', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    ['sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com', 'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com'],
    ['sip:alice@atlanta.com?subject=project%20x&priority=urgent', 'sip:alice@atlanta.com?priority=urgent&subject=project%20x'],
    ['sip:a@b;lr', 'sip:a@b;%6C%72'],
    ['sip:a@b;x=[', 'sip:a@b;x=%5b'],
    ['sip:a@b?Subject=Hello', 'sip:a@b?subject=hello'],
  ])('%s equals %s', (a, b) => expect(same(a, b)).toBe(true));

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:b', 'sip:a@b'],
    ['sip:a@b', 'sip:a:@b'],
    ['sip:a:x@b', 'sip:a:X@b'],
    ['sip:a@b', 'sip:a@b;user=ip'],
    ['sip:a@b', 'sip:a@b;ttl=1'],
    ['sip:a@b', 'sip:a@b;method=INVITE'],
    ['sip:a@b', 'sip:a@b;maddr=b'],
    ['sip:a@b;method=INVITE', 'sip:a@b;method=invite'],
    ['sip:a%3Bb@c', 'sip:a;b@c'],
    ['sip:a%2540@c', 'sip:a%40@c'],
    ['sip:a@b;lr', 'sip:a@b;lr=on'],
    ['sip:a@b?x=1', 'sip:a@b?x=1&x=1'],
    ['sip:a@b?call-id=A', 'sip:a@b?call-id=a'],
    ['sip:a@b?subject=%22A%22', 'sip:a@b?subject=%22a%22'],
    ['sip:a@b', 'tel:+1'],
  ])('%s does not equal %s', (a, b) => expect(same(a, b)).toBe(false));

  it.each([
    ['sip:bob@[::ffff:192.0.2.128]', 'sip:bob@[::ffff:c000:280]'],
    ['sip:bob@[2001:db8::9:1]', 'sip:bob@[2001:db8::9:01]'],
    ['sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]', 'sip:bob@[::FFFF:129.144.52.38]'],
  ])('%s equals %s (RFC 5954 §4.2)', (a, b) => expect(same(a, b)).toBe(true));

  it('tells different IPv6 addresses apart', () => {
    expect(same('sip:a@[1::2:0:0:3]', 'sip:a@[1:0:0:2::3]')).toBe(false);
    expect(same('sip:a@[1:0:0:2:0:0:0:3]', 'sip:a@[1:0:0:2::3]')).toBe(true);
  });

  it('takes any user with any unreserved character escaped for the same', () => {
    const character = fc.constantFrom(...'aZ09-_.!~*\'()');
    fc.assert(fc.property(fc.array(fc.tuple(character, fc.boolean()), { minLength: 1, maxLength: 20 }), (characters) => {
      const plain = characters.map(([c]) => c).join('');
      const escaped = characters.map(([c, isEscaped]) => (isEscaped ? `%${c.charCodeAt(0).toString(16)}` : c)).join('');
      return same(`sip:${plain}@h`, `sip:${escaped}@h`);
    }), { numRuns: 200 });
  });
});

describe('comparison of tel URIs (RFC 3966 §4)', () => {
  it.each([
    ['tel:+1-201-555-0123', 'tel:+12015550123'],
    ['TEL:+1;EXT=12', 'tel:+1;ext=1-2'],
    ['tel:7042;phone-context=Example.com', 'tel:70-42;phone-context=example.COM'],
    ['tel:1;phone-context=+1-914;x=y', 'tel:1;x=Y;phone-context=+1914'],
    ['tel:0A;phone-context=b', 'tel:0a;phone-context=b'],
  ])('%s equals %s', (a, b) => expect(same(a, b)).toBe(true));

  it.each([
    ['tel:+1', 'tel:1;phone-context=+1'],
    ['tel:+1', 'tel:+1;x'],
    ['tel:+1;x=1', 'tel:+1;x=2'],
    ['tel:+1;x', 'tel:+1;y'],
    ['tel:1;phone-context=a', 'tel:1;phone-context=b'],
  ])('%s does not equal %s', (a, b) => expect(same(a, b)).toBe(false));
});

it('compares im and pres by mailbox, other URIs by their text', () => {
  expect(same('im:fr%65d@Example.com', 'IM:fred@example.com')).toBe(true);
  expect(same('im:Fred@example.com', 'im:fred@example.com')).toBe(false);
  expect(same('im:fred@example.com', 'pres:fred@example.com')).toBe(false);
  expect(same('im:fred@example.com', 'im:fred@example.com?a=b')).toBe(false);
  expect(same('URN:a:b', 'urn:a:b')).toBe(true);
  expect(same('urn:a:b', 'urn:a:B')).toBe(false);
  expect(same('urn:a:b', 'cid:a:b')).toBe(false);
});

describe('the canonical form of an address-of-record (RFC 3261 §10.3 step 5)', () => {
  it.each([
    ['sip:%41lice:pw@Example.COM:5060;user=phone;x=1?a=b', 'sip:Alice@example.com'],
    ['sip:%2B1%3B@h', 'sip:+1;@h'],
    ['sip:a%40b%2f@h', 'sip:a%40b/@h'],
    ['sip:a%c3%a9@h', 'sip:a%C3%A9@h'],
    ['sips:h', 'sips:h'],
    ['sip:a@[2001:DB8:0:0::1]', 'sip:a@[2001:db8::1]'],
    ['tel:+1-2', 'tel:+12'],
    ['tel:7-0;x=1;phone-context=A.b', 'tel:70;phone-context=a.b'],
    ['im:a@B', 'im:a@b'],
    ['urn:x:Y', 'urn:x:Y'],
  ])('%s is %s', (text, aor) => {
    expect(aorOf(parseUri(text))).toBe(aor);
    expect(aorOf(parseUri(aor))).toBe(aor);
  });
});
