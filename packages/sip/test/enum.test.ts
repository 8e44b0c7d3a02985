import type { NaptrRecord } from '@simple-im/transport';
import { FakeRandom, FakeResolver } from '@simple-im/transport/fake';
import { codeOf, hostileText } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ere } from '../src/enum-ere.js';
import { substitute } from '../src/enum-substitution.js';
import { enumDomain, enumUris, resolveAddress } from '../src/index.js';
import type { EnumOptions, ResolvedAddress } from '../src/index.js';

const NUMBER = '+441632960083';
const DOMAIN = '3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa';

function rule(order: number, preference: number, service: string, regexp: string, more: Partial<NaptrRecord> = {}): NaptrRecord {
  return { order, preference, flags: 'u', service, regexp, replacement: '', ...more };
}

function naptrs(table: Readonly<Record<string, readonly NaptrRecord[]>>): FakeResolver {
  return new FakeResolver({}, { naptr: table });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const uris = (records: readonly NaptrRecord[], options: EnumOptions = {}): Promise<string[]> =>
  all(enumUris(NUMBER, { resolver: naptrs({ [DOMAIN]: records }), ...options }));

describe('the substitution expression (RFC 3402 §3.2)', () => {
  it.each([
    ['!^(\\+441632960083)$!sip:\\1@example.com!', 'sip:+441632960083@example.com'],
    ['!^.*$!sip:info@example.com!', 'sip:info@example.com'],
    ['!^\\+44(.*)$!sip:\\1@example.com!i', 'sip:1632960083@example.com'],
    ['/^(.*)$/sip:\\1@example.com/', 'sip:+441632960083@example.com'],
    ['!^\\+(44)(16)?32([0-9]{3,6})$!sip:\\3.\\2.\\1@example.com!', 'sip:960083.16.44@example.com'],
    ['!^\\+44(20)?.*$!sip:x\\1@example.com!', 'sip:x@example.com'],
    ['!(1|2|441)632[[:digit:]]+$!<\\1>!', '+<441>'],
    ['!^\\+44!a\\!b\\\\!', 'a!b\\1632960083'],
    ['!^+[^a-f]*$!x!', 'x'],
    ['!^.*$!\\0!', undefined],
    ['!^.*$!\\1!', undefined],
    ['!^(.*)$!\\2!', undefined],
    ['!^\\+33.*$!x!', undefined],
    ['!^.*$!x', undefined],
    ['!^.*$!x!y!', undefined],
    ['!^.*$!x!g', undefined],
    ['!^(.*$!x!', undefined],
    ['!^(.*))$!x!', undefined],
    ['!*!x!', undefined],
    ['!^\\d*$!x!', undefined],
    ['!^[9-0]$!x!', undefined],
    ['!^[[:alpha:]]$!x!', undefined],
    ['!^[0-9$!x!', undefined],
    ['!.{2,1}!x!', undefined],
    ['!.{999}!x!', undefined],
    ['1^.*$1x1', undefined],
    ['', undefined],
  ])('%s gives %s', (expression, result) => {
    expect(substitute(expression, NUMBER)).toBe(result);
  });

  it('takes every delimiter but digits, backslash and i (RFC 6116 §5.2)', () => {
    for (const delimiter of '!/|#~@"') expect(substitute(`${delimiter}^(.*)$${delimiter}x\\1${delimiter}`, '+1')).toBe('x+1');
    for (const delimiter of '09\\iI') expect(substitute(`${delimiter}^.*$${delimiter}x${delimiter}`, '+1')).toBeUndefined();
  });

  it('matches where the engine of the language does, when both speak the same language', () => {
    const atom = fc.constantFrom('0', '1', '.', '\\+', '[01]', '[^0]', '2');
    const { pattern } = fc.letrec<{ pattern: string; branch: string; piece: string }>((tie) => ({
      pattern: fc.oneof({ depthSize: 'small' }, tie('branch'), fc.tuple(tie('branch'), tie('branch')).map((both) => both.join('|'))),
      branch: fc.array(tie('piece'), { maxLength: 3 }).map((pieces) => pieces.join('')),
      piece: fc.tuple(fc.oneof({ maxDepth: 2 }, atom, tie('pattern').map((inner) => `(${inner})`)), fc.constantFrom('', '', '*', '+', '?',
        '{1,2}', '{2}')).map((both) => both.join('')),
    }));
    fc.assert(fc.property(pattern, fc.stringMatching(/^[+012]{0,4}$/), fc.boolean(), (source, text, whole) => {
      const ere = whole ? `^(${source})$` : source;
      const found = new RegExp(ere).exec(text);
      const ours = Ere.read(ere)?.match(text, 100_000);
      expect(ours?.start).toBe(found?.index);
      // How far an expression without anchors goes is another matter where turns of a repetition take nothing.
      if (whole) expect(ours?.end).toBe(found === null ? undefined : text.length);
    }), { numRuns: 2000 });
  });

  it('ends at once whatever it is given', () => {
    for (const evil of ['(((.*)*)*)*x', '(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x', '(.|.|.)*x', '((.*){255}){255}x',
      `${'('.repeat(120)}${')'.repeat(120)}x`,
      `(${'.?'.repeat(120)})*x`]) {
      expect(substitute(`!^${evil}$!y!`, '+123456789012345')).toBeUndefined();
    }
    fc.assert(fc.property(fc.oneof(hostileText(8), fc.stringMatching(/^[()*+?|.^$[\]{},\\01:!-]{0,30}$/)), (text) => {
      expect(['string', 'undefined']).toContain(typeof substitute(`!${text}!x!`, NUMBER));
    }));
  });
});

describe('ENUM (RFC 6116)', () => {
  it('makes a domain of the digits, last first (§3.2)', () => {
    expect(enumDomain(NUMBER)).toBe(DOMAIN);
    expect(enumDomain('+442079460148', 'e164.example.net')).toBe('8.4.1.0.6.4.9.7.0.2.4.4.e164.example.net');
    for (const no of ['441632960083', '+', '+1234567890123456', '+12a', '']) expect(codeOf(() => enumDomain(no))).toBe('SIP_UNRESOLVED');
  });

  it('finds what the example of §4 says', async () => {
    const records = [
      rule(100, 52, 'E2U+email:mailto', '!^.*$!mailto:info@example.com!'),
      rule(100, 51, 'E2U+h323', '!^\\+441632960083$!h323:operator@example.com!'),
      rule(100, 50, 'E2U+sip', '!^(\\+441632960083)$!sip:\\1@example.com!'),
    ];
    expect(await uris(records)).toEqual(['sip:+441632960083@example.com']);
    expect(await uris(records, { services: ['h323', 'sip', 'email:mailto'] }))
      .toEqual(['sip:+441632960083@example.com', 'h323:operator@example.com', 'mailto:info@example.com']);
    expect(await uris(records, { services: ['email'] })).toEqual(['mailto:info@example.com']);
  });

  it('sorts by order, then preference, then as they came (§5.2)', async () => {
    const one = (order: number, preference: number, user: string) => rule(order, preference, 'E2U+sip', `!^.*$!sip:${user}@x.example!`);
    expect(await uris([one(2, 1, 'd'), one(1, 2, 'b'), one(1, 2, 'c'), one(1, 1, 'a')]))
      .toEqual(['a', 'b', 'c', 'd'].map((user) => `sip:${user}@x.example`));
  });

  it('takes compound services, the older syntax and any case (§3.4.3.2, §3.6, §5.2)', async () => {
    expect(await uris([
      rule(1, 1, 'E2U+voice:tel+SIP', '!^.*$!sip:A@x.example!'), rule(1, 2, 'sip+E2U', '!^.*$!sip:b@x.example!'),
      rule(1, 3, 'e2u+Sip', '!^.*$!sip:c@x.example!', { flags: 'U' }),
    ])).toEqual(['sip:A@x.example', 'sip:b@x.example', 'sip:c@x.example']);
  });

  it('passes over what it cannot use and goes on (§5.2)', async () => {
    const good = '!^.*$!sip:bad@x.example!';
    expect(await uris([
      rule(1, 1, 'SIP+D2U', good), rule(1, 1, 'E2U+P-sip', good), rule(1, 1, 'E2U+sip', good, { flags: 's' }), rule(1, 1, 'E2U+sip',
        '!^.*$!no uri!'),
      rule(1, 1, 'E2U+sip', '!^.*$!sip:a\r\nb@x!'), rule(1, 1, 'E2U+sip', '!^\\+1$!sip:bad@x.example!'), rule(1, 1, 'E2U+sip',
        '!^.*$!x!y!'), rule(1, 1, '', good),
      rule(9, 9, 'E2U+sip', '!^.*$!sip:good@x.example!'),
    ])).toEqual(['sip:good@x.example']);
    await expect(uris([rule(1, 1, 'E2U+sip', '')])).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });

  it('follows non-terminal records, in their place, and neither loops nor long chains (§5.2.1)', async () => {
    const to = (replacement: string, order = 1) => rule(order, 1, 'ignored', '!ignored!!', { flags: '', replacement });
    const end = (user: string, order = 2) => rule(order, 1, 'E2U+sip', `!^.*$!sip:${user}@x.example!`);
    const resolver = naptrs({
      [DOMAIN]: [to('a.example'), end('last')], 'a.example': [to(DOMAIN), to('A.example.'), to('b.example', 2), end('a', 3)],
        'b.example': [to('c.example'), end('b')],
      'c.example': [to('d.example')], 'd.example': [to('e.example')], 'e.example': [to('f.example'), end('e')], 'f.example': [end('f')],
    });
    expect(await all(enumUris(NUMBER, { resolver }))).toEqual(['e', 'b', 'a', 'last'].map((user) => `sip:${user}@x.example`));
    expect(resolver.queries).not.toContain('NAPTR f.example');
  });

  it('asks no more than its limit whatever the name servers say', async () => {
    const tree = (name: string) => Array.from({ length: 40 }, (_, i) => rule(i, 1, '', '', { flags: '', replacement: `${i}.${name}` }));
    const resolver = naptrs({ [DOMAIN]: tree('x') });
    for (let i = 0; i < 40; i++) resolver.naptrs.set(`${i}.x`, tree(`${i}.x`));
    await expect(all(enumUris(NUMBER, { resolver }))).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
    expect(resolver.queries).toHaveLength(24);
  });
});

describe('address resolution (RFC 3861)', () => {
  const resolved = (address: string, resolver: FakeResolver, services?: readonly string[]): Promise<ResolvedAddress[]> =>
    all(resolveAddress(address, { resolver, services, random: new FakeRandom() }));

  it('asks for the servers of the domain for SIP: _im._sip and _pres._sip (§3)', async () => {
    const resolver = new FakeResolver({}, { srv: {
      '_im._sip.example.com': [{ priority: 2, weight: 0, port: 5060, target: 'b.example.net' }, { priority: 1, weight: 0, port: 5070,
        target: 'a.example.net.' }],
      '_pres._sip.example.com': [{ priority: 1, weight: 0, port: 5080, target: 'p.example.net' }],
    } });
    expect(await resolved('im:fred@example.com', resolver)).toEqual([
      { uri: 'sip:fred@example.com', route: 'sip:a.example.net:5070;lr' }, { uri: 'sip:fred@example.com',
        route: 'sip:b.example.net:5060;lr' },
    ]);
    expect(await resolved('pres:fred@example.com', resolver)).toEqual([{ uri: 'sip:fred@example.com',
      route: 'sip:p.example.net:5080;lr' }]);
  });

  it('takes the domain itself when there are no SRV records, and nothing when the service is not available (§4)', async () => {
    const resolver = new FakeResolver();
    expect(await resolved('im:fred@example.com?subject=x', resolver)).toEqual([{ uri: 'sip:fred@example.com' }]);
    resolver.srvs.set('_im._sip.example.com', [{ priority: 0, weight: 0, port: 0, target: '.' }]);
    await expect(resolved('im:fred@example.com', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
  });

  it('escapes what stands for itself in a mailbox only', async () => {
    expect(await resolved('im:a%23b=c@example.com', new FakeResolver())).toEqual([{ uri: 'sip:a%23b=c@example.com' }]);
  });

  it('goes from a telephone number over ENUM to SIP and on from im:, without visual separators (RFC 3966 §5.1.1)', async () => {
    const resolver = naptrs({ [DOMAIN]: [
      rule(1, 1, 'E2U+sip', '!^.*$!sip:desk@example.com?Subject=x!'), rule(1, 2, 'E2U+im', '!^.*$!im:fred@example.com!'), rule(1, 3,
        'E2U+email:mailto', '!^.*$!mailto:f@example.com!'),
    ] });
    expect(await resolved('tel:+44-1632-960083', resolver, ['sip', 'im', 'email'])).toEqual([{ uri: 'sip:desk@example.com' }, {
      uri: 'sip:fred@example.com' }]);
    await expect(resolved('tel:0083;phone-context=+44163296', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
    await expect(resolved('mailto:fred@example.com', resolver)).rejects.toMatchObject({ code: 'SIP_UNRESOLVED' });
    expect(await resolved('sips:fred@example.com', resolver)).toEqual([{ uri: 'sips:fred@example.com' }]);
  });
});
