import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError, utf8 } from '@simple-im/grammar';
import { hostileText, valueOrProtocolError } from '@simple-im/testkit';
import { acceptsType, connectionRole, formatMsrpAnswer, formatMsrpOffer, negotiateSetup, parseMsrpSdp, type MediaToWrite, type Setup } from '../src/sdp.js';

const lines = (...text: string[]): string => text.map((line) => `${line}\r\n`).join('');
const codeOf = (step: () => unknown): string | undefined => {
  try {
    step();
    return undefined;
  } catch (error) {
    return ProtocolError.is(error) ? error.code : `not a ProtocolError: ${String(error)}`;
  }
};

// RFC 4975 §8.7, Figure 9.
const figure9 = lines(
  'v=0',
  'o=usera 2890844526 2890844527 IN IP4 alice.example.com',
  's= -',
  'c=IN IP4 alice.example.com',
  't=0 0',
  'm=message 7394 TCP/MSRP *',
  'a=accept-types:message/cpim text/plain text/html',
  'a=path:msrp://alice.example.com:7394/2s93i93idj;tcp',
);
const media: MediaToWrite = {
  address: { host: '192.0.2.1', port: 2855 },
  path: ['msrp://192.0.2.1:2855/abc123;tcp'],
  acceptTypes: ['message/cpim', 'text/plain'],
};
const origin = { sessionId: '2890844526', version: 1 };

describe('m=message offers (RFC 4975 §8)', () => {
  it('reads the example of §8.7', () => {
    expect(parseMsrpSdp(figure9)).toEqual({
      address: { host: 'alice.example.com', port: 7394 },
      secure: false,
      path: ['msrp://alice.example.com:7394/2s93i93idj;tcp'],
      acceptTypes: ['message/cpim', 'text/plain', 'text/html'],
      direction: 'sendrecv',
      attributes: [],
    });
    expect(parseMsrpSdp(utf8(figure9))).toEqual(parseMsrpSdp(figure9));
  });

  it('reads every attribute it knows and keeps the others as they stood', () => {
    const sdp = lines(
      'v=0', 'o=- 1 1 IN IP6 2001:db8::1', 's=-', 't=0 0', 'a=tool:x', 'a=sendonly',
      'm=message 443 TCP/TLS/MSRP *', 'c=IN IP6 2001:db8::1',
      'a=maxsize:10000', 'a=accept-types:message/cpim application/x;a="b c"', 'a=accept-wrapped-types:*', 'a=max-size:4096',
      'a=setup:passive', 'a=path:msrps://[2001:db8::1]:443/s1;tcp', 'a=fingerprint:SHA-1 4A:AD', 'a=file-selector:name:"a b.jpg" type:image/jpeg size:4092',
      'a=recvonly',
    );
    expect(parseMsrpSdp(sdp)).toEqual({
      address: { host: '2001:db8::1', port: 443 },
      secure: true,
      path: ['msrps://[2001:db8::1]:443/s1;tcp'],
      acceptTypes: ['message/cpim', 'application/x;a="b c"'],
      acceptWrappedTypes: ['*'],
      maxSize: 4096,
      setup: 'passive',
      direction: 'recvonly',
      attributes: ['maxsize:10000', 'fingerprint:SHA-1 4A:AD', 'file-selector:name:"a b.jpg" type:image/jpeg size:4092'],
    });
  });

  it('takes session-level attributes where the section has none (RFC 4566 §5.13)', () => {
    const sdp = figure9.replace('t=0 0', 't=0 0\r\na=setup:active\r\na=inactive');
    expect(parseMsrpSdp(sdp)).toMatchObject({ setup: 'active', direction: 'inactive' });
  });

  it('keeps all URIs of a path through relays (RFC 4975 §8.3)', () => {
    const path = ['msrps://relay.example.com:9000/kjfjan;tcp', 'msrp://alice.example.com:7394/2s93i93idj;tcp'];
    expect(parseMsrpSdp(figure9.replace(/a=path:.*/, `a=path:${path.join(' ')}`)).path).toEqual(path);
  });

  it('chooses the first m=message line with a port among several', () => {
    const sdp = figure9.replace('m=message', 'm=audio 4000 RTP/AVP 0\r\na=sendonly\r\nm=message 0 TCP/MSRP *\r\nm=message');
    expect(parseMsrpSdp(sdp)).toMatchObject({ address: { port: 7394 }, direction: 'sendrecv' });
  });

  it('answers 488 to what it cannot use', () => {
    const refusals: [string, string][] = [
      [figure9.replace(' 7394 ', ' 0 '), 'MSRP_SDP_NO_MEDIA'],
      [figure9.replace('TCP/MSRP', 'RTP/AVP'), 'MSRP_SDP_NO_MEDIA'],
      [figure9.replace('m=message', 'm=text'), 'MSRP_SDP_NO_MEDIA'],
      [figure9.replace('a=path', 'a=pth'), 'MSRP_SDP_NO_PATH'],
      [figure9.replace('a=accept-types', 'a=types'), 'MSRP_SDP_NO_ACCEPT_TYPES'],
    ];
    for (const [sdp, code] of refusals) {
      expect(codeOf(() => parseMsrpSdp(sdp))).toBe(code);
      expect(valueOf(() => parseMsrpSdp(sdp))?.status).toBe(488);
    }
    expect(codeOf(() => parseMsrpSdp(figure9.replace(/c=.*/, 'b=AS:1')))).toBe('MSRP_SDP_INVALID');
    expect(codeOf(() => parseMsrpSdp(figure9.replace('m=message 7394', 'm=message x7394')))).toBe('MSRP_SDP_INVALID');
    expect(codeOf(() => parseMsrpSdp(figure9.replace('msrp://', 'http://')))).toBe('MSRP_BAD_URI');
  });

  it('ignores a max-size that is no number and a setup nobody defined', () => {
    const parsed = parseMsrpSdp(`${figure9}a=max-size:lots\r\na=setup:both\r\n`);
    expect(parsed.maxSize).toBeUndefined();
    expect(parsed.setup).toBeUndefined();
  });

  it('has limits, each with its error', () => {
    expect(codeOf(() => parseMsrpSdp(figure9, { maxBytes: 100 }))).toBe('MSRP_SDP_TOO_LARGE');
    expect(codeOf(() => parseMsrpSdp(figure9, { maxLines: 5 }))).toBe('MSRP_SDP_TOO_LARGE');
    expect(codeOf(() => parseMsrpSdp(figure9, { maxLineLength: 20 }))).toBe('MSRP_SDP_TOO_LARGE');
    expect(codeOf(() => parseMsrpSdp(figure9.replace('a=path:', 'a=path:msrp://r:1/x;tcp '), { maxPathUris: 1 }))).toBe('MSRP_SDP_TOO_LARGE');
  });

  it('answers hostile input with a value or a ProtocolError', () => {
    fc.assert(fc.property(fc.constantFrom(...figure9.split('\r\n').slice(0, -1)), hostileText(20), (line, noise) => {
      const outcome = valueOrProtocolError(() => parseMsrpSdp(figure9.replace(line, noise)));
      expect(outcome).toBeDefined();
    }), { numRuns: 300 });
  });
});

describe('offers and answers written', () => {
  it('writes an offer whose octets never change (RFC 4975 §8.1, RFC 6135 §4.2.1)', () => {
    expect(formatMsrpOffer({ ...media, acceptWrappedTypes: ['*'], maxSize: 1000, attributes: ['file-transfer-id:x', 'label:1'] }, origin)).toBe(lines(
      'v=0', 'o=- 2890844526 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=message 2855 TCP/MSRP *',
      'a=accept-types:message/cpim text/plain', 'a=accept-wrapped-types:*', 'a=max-size:1000', 'a=setup:actpass',
      'a=path:msrp://192.0.2.1:2855/abc123;tcp', 'a=sendrecv', 'a=file-transfer-id:x', 'a=label:1',
    ));
  });

  it('reads back what it wrote, with IPv6 and TLS too', () => {
    const written = { ...media, address: { host: '2001:db8::7', port: 9 }, secure: true, setup: 'active' as const, direction: 'sendonly' as const, attributes: ['x:y'] };
    const sdp = formatMsrpOffer(written, { ...origin, username: 'bob' });
    expect(sdp).toContain('c=IN IP6 2001:db8::7\r\n');
    expect(parseMsrpSdp(sdp)).toEqual(written);
  });

  it('refuses the other m-lines of an offer with port 0 (RFC 3264 §6)', () => {
    const offer = figure9
      .replace('t=0 0', 't=3 4')
      .replace('m=message', 'm=audio 49170/2 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\nm=message 0 TCP/MSRP *\r\nm=message')
      + lines('m=message 7396 TCP/MSRP *', 'a=accept-types:*', 'a=path:msrp://alice.example.com:7396/x;tcp');
    const answer = formatMsrpAnswer(offer, media, origin);
    expect(answer.split('\r\n').filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 0 RTP/AVP 0 8', 'm=message 0 TCP/MSRP *', 'm=message 2855 TCP/MSRP *', 'm=message 0 TCP/MSRP *',
    ]);
    expect(answer).toContain('t=3 4\r\n');
    expect(parseMsrpSdp(answer)).toMatchObject({ path: media.path, setup: 'passive' });
  });

  it('never offers passive or holdconn, never answers actpass (RFC 6135 §4.2)', () => {
    for (const setup of ['passive', 'holdconn'] as const) expect(codeOf(() => formatMsrpOffer({ ...media, setup }, origin))).toBe('MSRP_SDP_SETUP');
    for (const setup of ['actpass', 'holdconn'] as const) expect(codeOf(() => formatMsrpAnswer(figure9, { ...media, setup }, origin))).toBe('MSRP_SDP_SETUP');
  });

  it('lets no value add a line', () => {
    const hostile: MediaToWrite[] = [
      { ...media, attributes: ['x\r\na=setup:active'] },
      { ...media, path: ['msrp://a:1/x;tcp\na=y'] },
      { ...media, acceptTypes: ['*\r\nm=audio 1 RTP/AVP 0'] },
      { ...media, address: { host: 'a\r\nb', port: 1 } },
    ];
    for (const each of hostile) expect(codeOf(() => formatMsrpOffer(each, origin))).toBe('MSRP_SDP_NOT_WRITABLE');
    expect(codeOf(() => formatMsrpOffer(media, { ...origin, username: 'a b' }))).toBe('MSRP_SDP_NOT_WRITABLE');
  });
});

describe('a=setup (RFC 6135 §4.2)', () => {
  it('answers from the whole table, passive preferred to active', () => {
    const table: [Setup | undefined, 'active' | 'passive' | undefined, 'active' | 'passive'][] = [
      ['active', undefined, 'passive'], ['active', 'active', 'passive'], ['active', 'passive', 'passive'],
      ['passive', undefined, 'active'], ['passive', 'active', 'active'], ['passive', 'passive', 'active'],
      ['actpass', undefined, 'passive'], ['actpass', 'active', 'active'], ['actpass', 'passive', 'passive'],
      ['holdconn', undefined, 'passive'], ['holdconn', 'active', 'passive'], ['holdconn', 'passive', 'passive'],
      [undefined, undefined, 'passive'], [undefined, 'active', 'passive'], [undefined, 'passive', 'passive'],
    ];
    for (const [offered, preferred, answer] of table) {
      expect(negotiateSetup(offered, preferred)).toEqual({ answer, weConnect: answer === 'active' });
    }
  });

  it('gives both sides opposite roles', () => {
    for (const offered of ['active', 'actpass', 'passive'] as const) {
      for (const preferred of ['active', 'passive', undefined] as const) {
        const { answer, weConnect } = negotiateSetup(offered, preferred);
        expect(connectionRole(offered, answer)).toBe(weConnect ? 'passive' : 'active');
      }
    }
  });

  it('connects as the offerer when the answer says nothing (RFC 4975 §8.5)', () => {
    expect(connectionRole('actpass', undefined)).toBe('active');
    expect(connectionRole('active', 'holdconn')).toBe('active');
  });

  it('refuses an answer in which both or neither would connect', () => {
    expect(codeOf(() => connectionRole('active', 'active'))).toBe('MSRP_SDP_SETUP');
    expect(codeOf(() => connectionRole('actpass', 'actpass'))).toBe('MSRP_SDP_SETUP');
  });
});

describe('accept-types (RFC 4975 §8.6)', () => {
  it('matches types, type/* and *, without case and parameters', () => {
    expect(acceptsType(['text/plain'], undefined, 'Text/Plain;charset=utf-8')).toBe(true);
    expect(acceptsType(['text/*'], undefined, 'text/html')).toBe(true);
    expect(acceptsType(['text/*'], undefined, 'textual/html')).toBe(false);
    expect(acceptsType(['*'], undefined, 'image/png')).toBe(true);
    expect(acceptsType(['text/plain;format=flowed'], undefined, 'text/plain')).toBe(true);
    expect(acceptsType([], undefined, 'text/plain')).toBe(false);
  });

  it('takes wrapped types only inside a container', () => {
    expect(acceptsType(['message/cpim'], ['text/plain'], 'text/plain')).toBe(true);
    expect(acceptsType(['message/cpim'], undefined, 'text/plain')).toBe(false);
    expect(acceptsType(['message/cpim', 'text/html'], [], 'text/html')).toBe(true);
  });
});

function valueOf(step: () => unknown): ProtocolError | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    return error as ProtocolError;
  }
}
