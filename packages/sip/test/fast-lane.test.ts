import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameAddr, parseNameAddr } from '@simple-im/grammar';
import { valueOrProtocolError } from '@simple-im/testkit';
import { parseContactByLane, parseViaByLane } from '../src/fast-lane.js';
import { parseViaByGrammar } from '../src/grammar.js';

/** Texts put together from pieces that are right, nearly right, or wrong in this place. */
function pieces(...choices: readonly string[][]): fc.Arbitrary<string> {
  return fc.tuple(...choices.map((choice) => fc.constantFrom(...choice))).map((parts) => parts.join(''));
}

// What is right stands more than once, or hardly any text would be right as a whole.
const host = ['a', 'a.example', 'b.example.com', '10.0.0.1', '[2001:db8::2]', 'host', 'proxy1.example', 'pc33.atlanta.example.com', '192.0.2.1', '192.0.2.256', '[2001:db8::1]', '[2001:db8:::1]', '[::1', 'a-b.c', '-a', 'a..b', 'a.', '1a', 'a.1', '', 'a_b', '1.2.3'];
const port = ['', '', '', '', ':5060', ':5061', ':5070', ':0', ':65535', ':65536', ':', ':12a', ' : 5060'];
const param = ['', '', '', '', '', '', ';branch=z9hG4bK776', ';branch=z9hG4bK777', ';lr', ';n=1', ';comp=sigcomp', ';rport', ';rport=1234', ';RPORT', ';received=192.0.2.1', ';received=2001:db8::1', ';received=[2001:db8::1]', ';received=2001:db8:::1',
  ';ttl=16', ';maddr=239.0.0.1', ';keep', ';alias', ';x="q;=,"', ';x="', ';', ';=', ';x=', '; branch = z9hG4bKa', ';branch', ';x=a:b', ' ', ';é', ';x=a/b'];

describe('the fast lanes and the grammar', () => {
  it('read the same from every Via the lane takes (RFC 3261 §20.42)', () => {
    let taken = 0;
    const via = pieces(['SIP/2.0/UDP ', 'SIP/2.0/TCP ', 'SIP/2.0/WSS ', 'SIP/2.0/TLS-SCTP ', 'SIP/2.0/udp ', 'SIP/3.0/UDP ', 'SIP / 2.0 / UDP ', 'SIP/2.0/TCP  '], host, port, param, param, param);
    fc.assert(fc.property(via, (text) => {
      const lane = parseViaByLane(text, 0, text.length);
      if (lane === undefined) return;
      taken++;
      expect(parseViaByGrammar(text)).toEqual(lane);
    }), { numRuns: 5000 });
    expect(taken).toBeGreaterThan(100);
  });

  it('read the same from every Contact the lane takes (RFC 3261 §20.10)', () => {
    let taken = 0;
    const contact = pieces(['', '', 'Bob ', '"Bob" ', '"Bob"', '"B\\"ob" ', '"Böb" ', '"', '"a>b" ', '""'], ['<sip:a@b.example>', '<sips:a@b>', '<sip:a@b;lr>', '<sip:>', '<http://a>', '< sip:a@b>', '<sip:a"b>', 'sip:a@b', '<sip:a@b', '<sip:a<b>'],
      [...param, ';+sip.instance="<urn:uuid:f81d4fae>"', ';q=0.5', ';expires=60'], [...param, ';+g.oma.sip-im', ';+g.3gpp.icsi-ref="urn%3Aurn-7"'], param);
    fc.assert(fc.property(contact, (text) => {
      const parts = parseContactByLane(text, 0, text.length);
      if (parts === undefined) return;
      taken++;
      const lane = new NameAddr(parts);
      const grammar = valueOrProtocolError(() => parseNameAddr(text));
      if ('error' in grammar) throw new Error(`the lane takes ${text}, the grammar does not`, { cause: grammar.error });
      expect([lane.uriText, lane.displayName, lane.params.entries()]).toEqual([grammar.value.uriText, grammar.value.displayName, grammar.value.params.entries()]);
    }), { numRuns: 5000 });
    expect(taken).toBeGreaterThan(100);
  });

  it('read the same where a value stands in a head as from a text of its own', () => {
    const value = pieces(['SIP/2.0/UDP ', '<sip:a@b>', '"Bob" <sips:a@b>', '"B'], [...host, ''], port, param, param);
    fc.assert(fc.property(value, fc.constantFrom('Via: ', '"', ''), fc.constantFrom('\r\nTo: x', ' \r\n', ', SIP/2.0/UDP b', ',<sip:c@d>', 'a', ';x'), (text, before, behind) => {
      const whole = before + text + behind;
      for (const lane of [parseViaByLane, parseContactByLane]) {
        const there = lane(whole, before.length, before.length + text.length);
        if (there !== undefined) expect(lane(text, 0, text.length)).toEqual(there);
      }
    }), { numRuns: 3000 });
  });

  it.each(['SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport', 'SIP/2.0/TCP pc33.example.com;branch=z9hG4bKx;received=2001:db8::1', 'SIP/2.0/WSS [2001:db8::1];branch=z9hG4bKx'])(
    'the lane takes %s', (text) => expect(parseViaByLane(text, 0, text.length)).toBeDefined());

  it('the lane takes the Contact of an IM client (RFC 3840)', () => {
    const contact = '"A" <sip:a@192.0.2.1:5090;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1;+g.oma.sip-im';
    expect(parseContactByLane(contact, 0, contact.length)).toEqual({
      display: '"A"', uriText: 'sip:a@192.0.2.1:5090;transport=tcp', params: [['+sip.instance', '"<urn:uuid:1>"'], ['reg-id', '1'], ['+g.oma.sip-im', undefined]],
    });
  });
});
