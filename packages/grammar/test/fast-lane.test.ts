import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { NameAddr, parseNameAddr, parseParams, parseUri, ProtocolError } from '../src/index.js';
import { parseParamsByGrammar } from '../src/params-grammar.js';
import { checkedParams, parseParamsByLane } from '../src/params.js';
import { parseUriByGrammar } from '../src/uri-grammar.js';
import { parseSipUriByLane } from '../src/uri-fast-lane.js';
import { parseNameAddrByGrammar } from '../src/name-addr-grammar.js';
import { parseNameAddrByLane } from '../src/name-addr-fast-lane.js';

const RUNS = { numRuns: 3000 };

/** What a reader makes of a text, an error as its code, for comparing two readers. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (ProtocolError.is(error)) return error.code;
    throw error;
  }
}

const userPiece = fc.constantFrom('a', 'alice', '+1', ';', '&=', '?', ',', '%41', '%', ':', '@', '-', '~', ' ', '\xe9', '\x00');
const hostPiece = fc.constantFrom('a', 'example', '.', '-', '1', '10', '256', '0', 'x1', '[::1]', '_', '..', 'com', '%61');
const paramPiece = fc.constantFrom(';', '=', 'lr', 'transport', 'tcp', '[', '%4c', 'LR', ',', '"', ' ', '&');
const joined = (piece: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> => fc.array(piece, { maxLength }).map((pieces) => pieces.join(''));

/** Mostly good, so that the lane has something to take. */
function mostly(good: readonly string[], odd: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: odd });
}

const uriText = fc.tuple(
  mostly(['sip:', 'sips:'], fc.constantFrom('SIP:', 'sip', 'tel:', 'si:')),
  mostly(['alice@', '+1;x=y@', ''], joined(userPiece, 4).map((user) => `${user}@`)),
  mostly(['example.com', '192.0.2.4', 'a-b.c'], joined(hostPiece, 5)),
  mostly(['', ':5060', ':0'], fc.constantFrom(':', ':65536', ':65535', ':000005', ':x')),
  mostly(['', ';lr', ';lr;transport=tcp', ';x=1;X=2'], joined(paramPiece, 6)),
  mostly(['', ''], fc.constantFrom('?a=b', '?')),
).map((parts) => parts.join(''));

describe('fast lanes answer as their grammars', () => {
  it('URI', () => {
    let taken = 0;
    fc.assert(fc.property(uriText, (text) => {
      const lane = parseSipUriByLane(text);
      if (lane === undefined) return;
      taken++;
      const grammar = outcome(() => parseUriByGrammar(text));
      expect(grammar).toMatchObject({ ...lane, params: expect.anything() as unknown });
      expect((grammar as { params: { entries(): unknown } }).params.entries()).toEqual(lane.params.entries());
    }), RUNS);
    expect(taken).toBeGreaterThan(100);
  });

  it('URI, from any characters', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'sip:@.;=-[]0129afz%?& ') }), (tail) => {
      const text = `sip:${tail}`;
      const lane = parseSipUriByLane(text);
      if (lane !== undefined) expect(outcome(() => parseUriByGrammar(text))).toMatchObject({ user: lane.user, host: lane.host, port: lane.port });
    }), RUNS);
  });

  const display = fc.oneof(fc.constantFrom('', 'Alice', 'Alice ', 'A B ', '"A"', '"A" ', '"A\\"" ', '"\xc3\xa9" ', '"A"  ', ' ', 'sip:', '"'), joined(fc.constantFrom('a', ' ', '"', '\\', '<', '\x00', '\xff', '\t'), 5));
  const headerParams = fc.oneof(fc.constantFrom('', ';tag=1', ';tag', ';tag=', ' ;tag=1', ';tag="x"', ';a=1;b=2', ';a;a'), joined(fc.constantFrom(';', '=', 'tag', 'x', ' ', '"', ',', '>'), 6));
  const addressText = fc.tuple(display, fc.constantFrom('<', '<', '<', ''), fc.oneof(uriText, fc.constant('sip:alice@example.com')), fc.constantFrom('>', '>', '>', ''), headerParams)
    .map((parts) => parts.join(''));

  it('name-addr', () => {
    let taken = 0;
    fc.assert(fc.property(addressText, (text) => {
      const lane = parseNameAddrByLane(text, 0, text.length);
      if (lane === undefined) return;
      taken++;
      const grammar = outcome(() => parseNameAddrByGrammar(text));
      expect(grammar).toMatchObject({ uriText: lane.uriText, display: lane.display });
      expect(new NameAddr(grammar as never).params.entries()).toEqual(new NameAddr(lane).params.entries());
    }), RUNS);
    expect(taken).toBeGreaterThan(100);
  });

  it('name-addr where it stands in a longer text', () => {
    let taken = 0;
    fc.assert(fc.property(addressText, fc.constantFrom('', ' ', '"', 'To: '), fc.constantFrom('', '\r\n', ' \r\n', ', <sip:b@c>', ';x=1', 'a'), (text, before, behind) => {
      const lane = parseNameAddrByLane(`${before}${text}${behind}`, before.length, before.length + text.length);
      if (lane === undefined) return;
      taken++;
      expect(parseNameAddrByLane(text, 0, text.length)).toEqual(lane);
    }), RUNS);
    expect(taken).toBeGreaterThan(100);
  });

  it('the tag is the parameter of that name, whatever stands beside it', () => {
    for (const params of ['', ';tag', ';tag=a', ';TAG=a', ';tags=a', ';x=1', ';tag=a;x', ';x;tag=a', ';tag="a b"', ' ;tag=a']) {
      const address = parseNameAddr(`<sip:a@b>${params}`);
      expect([params, address.tag]).toEqual([params, address.params.get('tag')]);
    }
  });

  it('parameters', () => {
    fc.assert(fc.property(headerParams, (text) => {
      const lane = outcome(() => parseParamsByLane(text, 0));
      if (lane !== undefined) expect(outcome(() => checkedParams(parseParamsByGrammar(text), 'header'))).toEqual(lane);
    }), RUNS);
  });

  it('takes the forms that matter for speed', () => {
    for (const text of ['sip:alice@example.com', 'sips:a.b@192.0.2.4:5061;lr', 'sip:h;transport=tcp']) expect(parseSipUriByLane(text)).toBeDefined();
    for (const text of ['"A B" <sip:a@b>;tag=1', 'A <sip:a@b>', '<sip:a@b;lr>', 'sip:a@b;tag=1']) expect(parseNameAddrByLane(text, 0, text.length)).toBeDefined();
  });
});

describe('hostile input (a value or a ProtocolError, in linear time)', () => {
  it('URI and parameters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      outcome(() => parseUri(text));
      outcome(() => parseUri(`sip:${text}`));
      outcome(() => parseUri(`tel:${text}`));
      outcome(() => parseParams(text));
    }), RUNS);
  });

  // Each of these took a faulty rule exponential or quadratic time, or would.
  it.each([
    ['blanks in an open quoted-string', `"${' '.repeat(100_000)}`],
    ['blanks before nothing', `<sip:a@b>${' '.repeat(100_000)}x`],
    ['words', `${'a '.repeat(50_000)}`],
    ['escapes', `"${'\\"'.repeat(50_000)}`],
    ['semicolons', `<sip:a@b>${';'.repeat(100_000)}`],
    ['folds', `"${'\r\n '.repeat(30_000)}`],
  ])('%s', (_, text) => {
    expect(outcome(() => parseNameAddrByGrammar(text))).toBe('GRAMMAR_BAD_NAME_ADDR');
    expect(outcome(() => parseNameAddrByGrammar(text, true))).toBe('GRAMMAR_BAD_NAME_ADDR');
  });

  it.each([`sip:${'a-'.repeat(50_000)}`, `sip:${'a.'.repeat(50_000)}-`, `sip:[${'1:'.repeat(50_000)}`, `sip:${'a;'.repeat(50_000)}`, `tel:${'-'.repeat(100_000)}`, `im:${'a'.repeat(100_000)}@`])(
    'URI %#', (text) => {
      expect(outcome(() => parseUri(text, { maxLength: 1_000_000 }))).toBe('GRAMMAR_BAD_URI');
    });
});
