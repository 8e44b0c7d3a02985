import { describe, expect, it } from 'vitest';
import { formatMsrpUri, msrpUriEquals, msrpUriKey, parseMsrpUri, sessionIdEquals } from '../src/index.js';

describe('an MSRP URI (RFC 4975 §6, §9)', () => {
  it('has the parts of the example in §6', () => {
    const text = 'msrp://host.example.com:8493/asfd34;tcp';
    expect(parseMsrpUri(text)).toEqual({ secure: false, host: 'host.example.com', port: 8493, sessionId: 'asfd34', transport: 'tcp', parameters: [], text });
  });

  it('may have userinfo, an IPv6 address, a session id with slashes, further parameters', () => {
    expect(parseMsrpUri('MSRPS://al%41ice@[2001:DB8::1]:9000/a/b+c=;WS;x;y=z')).toMatchObject({
      secure: true,
      userinfo: 'al%41ice',
      host: '2001:DB8::1',
      port: 9000,
      sessionId: 'a/b+c=',
      transport: 'WS',
      parameters: [['x', undefined], ['y', 'z']],
    });
  });

  it('may name a host device only', () => {
    const uri = parseMsrpUri('msrps://relay.example.com;tcp');
    expect([uri.port, uri.sessionId]).toEqual([undefined, undefined]);
  });

  it.each([
    ['sip:alice@example.com', 0],
    ['msrp:host;tcp', 4],
    ['msrp://;tcp', 7],
    ['msrp://host/abc', 15],
    ['msrp://host/;tcp', 11],
    ['msrp://host:65536/abc;tcp', 17],
    ['msrp://host:/abc;tcp', 11],
    ['msrp://host/abc;', 16],
    ['msrp://host/abc;tcp;', 20],
    ['msrp://host/abc;tcp ', 19],
    ['msrp://host/a bc;tcp', 13],
    ['msrp://[::1/abc;tcp', 7],
  ])('is not %j', (text, offset) => {
    expect(() => parseMsrpUri(text)).toThrow(expect.objectContaining({ code: 'MSRP_BAD_URI', offset }));
  });

  it('is written as it is read', () => {
    expect(formatMsrpUri({ host: '::1', port: 2855, sessionId: 's1' })).toBe('msrp://[::1]:2855/s1;tcp');
    expect(formatMsrpUri({ secure: true, host: 'relay.example.com', transport: 'ws' })).toBe('msrps://relay.example.com;ws');
    expect(() => formatMsrpUri({ host: 'a b' })).toThrow(expect.objectContaining({ code: 'MSRP_BAD_URI' }));
  });
});

describe('MSRP URI comparison (RFC 4975 §6.1)', () => {
  const base = 'msrp://host.example.com:8493/asfd34;tcp';

  it.each([
    ['1: scheme without case', 'MSRP://host.example.com:8493/asfd34;tcp'],
    ['2: host without case', 'msrp://HOST.example.COM:8493/asfd34;tcp'],
    ['2: percent-encoded unreserved characters', 'msrp://h%6Fst.example.com:8493/asfd34;tcp'],
    ['2: userinfo does not count', 'msrp://alice@host.example.com:8493/asfd34;tcp'],
    ['5: transport without case', 'msrp://host.example.com:8493/asfd34;TCP'],
    ['further parameters do not count', 'msrp://host.example.com:8493/asfd34;tcp;x=y'],
  ])('equal by rule %s', (_rule, other) => {
    expect(msrpUriEquals(base, other)).toBe(true);
    expect(msrpUriEquals(parseMsrpUri(other), parseMsrpUri(base))).toBe(true);
  });

  it.each([
    ['1: another scheme', 'msrps://host.example.com:8493/asfd34;tcp'],
    ['2: another host', 'msrp://host2.example.com:8493/asfd34;tcp'],
    ['2: a percent-encoded reserved character', 'msrp://host%2Eexample%2Ccom:8493/asfd34;tcp'],
    ['3: another port', 'msrp://host.example.com:8494/asfd34;tcp'],
    ['3: no port', 'msrp://host.example.com/asfd34;tcp'],
    ['4: session id with case', 'msrp://host.example.com:8493/Asfd34;tcp'],
    ['4: no session id', 'msrp://host.example.com:8493;tcp'],
    ['5: another transport', 'msrp://host.example.com:8493/asfd34;ws'],
  ])('different by rule %s', (_rule, other) => {
    expect(msrpUriEquals(base, other)).toBe(false);
  });

  it('compares IPv6 addresses as addresses', () => {
    const of = (host: string): string => msrpUriKey(`msrp://[${host}]:1/s;tcp`);
    for (const same of ['0:0:0:0:0:0:0:1', '::0001', '0::1', '::0.0.0.1']) expect(of(same)).toBe(of('::1'));
    expect(of('2001:DB8::A')).toBe(of('2001:db8:0:0::a'));
    for (const other of ['::2', '1::', '::', '1:2:3', '::1::']) expect(of(other)).not.toBe(of('::1'));
  });

  it('may be by session id only, as an explicit choice', () => {
    expect(sessionIdEquals(base, 'msrps://10.0.0.1:1/asfd34;ws')).toBe(true);
    expect(sessionIdEquals(base, 'msrp://host.example.com:8493/asfd35;tcp')).toBe(false);
    expect(sessionIdEquals('msrp://host.example.com;tcp', 'msrp://host.example.com;tcp')).toBe(false);
  });
});
