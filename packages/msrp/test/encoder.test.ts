import { FakeRandom } from '@simple-im/transport/fake';
import { byteString } from '@simple-im/grammar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MsrpHead, encodeEnd, encodeHead, encodeResponse, endLineOccurs, randomIdent, responseTo, rewriteHead } from '../src/index.js';
import { ALICE, BOB, decode, octets, sendText } from './frames.js';

const RELAY = 'msrp://relay.example.com:2855/r1;tcp';
const request = { transactionId: 'd93kswow', method: 'SEND', toPath: [BOB], fromPath: [ALICE], body: false } as const;

function headOf(text: string): MsrpHead {
  return decode([octets(text)])[0].head;
}

describe('a request (RFC 4975 §7.1)', () => {
  it('has its end-line after the last header where it has no body', () => {
    const text = byteString(encodeHead({ ...request, fields: [['Message-ID', '12339sdqwer']] })) + byteString(encodeEnd('d93kswow', '$', false));
    expect(text).toBe(`MSRP d93kswow SEND\r\nTo-Path: ${BOB}\r\nFrom-Path: ${ALICE}\r\nMessage-ID: 12339sdqwer\r\n-------d93kswow$\r\n`);
    expect(headOf(text)).toMatchObject({ transactionId: 'd93kswow', method: 'SEND', toPath: [BOB], fromPath: [ALICE], messageId: '12339sdqwer', hasBody: false });
  });

  it.each([
    ['method', { method: 'Send' }],
    ['transaction id', { transactionId: 'abc' }],
    ['transaction id', { transactionId: 'abcd\r\n' }],
    ['path', { toPath: [] }],
    ['path', { fromPath: [`${ALICE}\r\nX: y`] }],
    ['path', { fromPath: [''] }],
    ['header name', { fields: [['A B', 'c']] }],
    ['header value', { fields: [['A', 'b\r\nC: d']] }],
    ['header value', { fields: [['A', '\u20ac']] }],
  ] as const)('throws a local error for a %s that would break the frame', (detail, wrong) => {
    const encode = (): Uint8Array => encodeHead({ ...request, ...wrong });
    expect(encode).toThrow(expect.objectContaining({ code: 'MSRP_CANNOT_ENCODE', fault: 'local', message: expect.stringContaining(detail) }));
  });
});

describe('a response (RFC 4975 §7.2)', () => {
  const relayed = sendText('Hi').replace(`From-Path: ${ALICE}`, `From-Path: ${RELAY} ${ALICE}`);

  it('to SEND goes to the previous hop only', () => {
    const response = responseTo(headOf(relayed), 200, 'OK', BOB);
    expect(byteString(response as Uint8Array)).toBe(`MSRP d93kswow 200 OK\r\nTo-Path: ${RELAY}\r\nFrom-Path: ${BOB}\r\n-------d93kswow$\r\n`);
  });

  it('to another method goes the full path back', () => {
    const response = responseTo(headOf(relayed.replace('SEND', 'AUTH')), 401, undefined, BOB);
    expect(headOf(byteString(response as Uint8Array))).toMatchObject({ status: 401, comment: undefined, toPath: [RELAY, ALICE] });
  });

  it('never answers a REPORT or a response (§7.1.2)', () => {
    expect(responseTo(headOf(relayed.replace('SEND', 'REPORT')), 200, 'OK', BOB)).toBeUndefined();
    const response = byteString(encodeResponse({ transactionId: 'd93kswow', status: 200, toPath: [ALICE], fromPath: [BOB] }));
    expect(responseTo(headOf(response), 200, 'OK', BOB)).toBeUndefined();
  });

  it('answers a refused request that said where it came from, no other', () => {
    expect(responseTo(headOf(sendText('Hi', { range: 'x' })), 400, undefined, BOB)).toBeDefined();
    expect(responseTo(headOf(sendText('Hi').replace(/From-Path.*\r\n/, '')), 400, undefined, BOB)).toBeUndefined();
    expect(responseTo(headOf(sendText('Hi').replaceAll('d93kswow', 'd93')), 400, undefined, BOB)).toBeUndefined();
  });

  it('cannot have an impossible status or a comment of two lines', () => {
    const response = { transactionId: 'd93kswow', status: 200, toPath: [ALICE], fromPath: [BOB] };
    for (const wrong of [{ status: 1000 }, { status: -1 }, { status: 2.5 }, { comment: 'a\r\nb' }]) {
      expect(() => encodeResponse({ ...response, ...wrong })).toThrow(expect.objectContaining({ code: 'MSRP_CANNOT_ENCODE' }));
    }
  });
});

describe('a head for the next hop (RFC 4976 §5)', () => {
  const text = sendText('Hi').replace('Content-Type', 'x-ODD:  kept \r\nContent-Type');

  it('has new paths and every other field as it came', () => {
    const head = byteString(rewriteHead(headOf(text), { toPath: [ALICE], fromPath: [RELAY, BOB] }));
    expect(head).toBe(text.slice(0, text.indexOf('Hi')).replace(`To-Path: ${BOB}\r\nFrom-Path: ${ALICE}`, `To-Path: ${ALICE}\r\nFrom-Path: ${RELAY} ${BOB}`));
  });

  it('may have another transaction id and Byte-Range, in its old place or behind the paths', () => {
    const change = { transactionId: 'other123', toPath: [BOB], fromPath: [ALICE], byteRange: { start: 5, end: undefined, total: 9 } };
    const head = (from: string): string[] => byteString(rewriteHead(headOf(from), change)).split('\r\n');
    expect(head(text)).toEqual([`MSRP other123 SEND`, `To-Path: ${BOB}`, `From-Path: ${ALICE}`, 'Message-ID: 12339sdqwer', 'Byte-Range: 5-*/9', 'x-ODD:  kept ', 'Content-Type: text/plain', '', '']);
    expect(head(text.replace(/Byte-Range.*\r\n/, ''))[3]).toBe('Byte-Range: 5-*/9');
  });

  it('may be that of a response', () => {
    const response = byteString(encodeResponse({ transactionId: 'd93kswow', status: 200, comment: 'OK', toPath: [ALICE], fromPath: [BOB] }));
    const head = byteString(rewriteHead(headOf(response), { toPath: [RELAY], fromPath: [BOB] }));
    expect(head).toBe(`MSRP d93kswow 200 OK\r\nTo-Path: ${RELAY}\r\nFrom-Path: ${BOB}\r\n`);
  });
});

describe('a transaction id (RFC 4975 §7.1)', () => {
  it('is an ident of the length asked for, different each time', () => {
    const random = new FakeRandom(1);
    const ids = Array.from({ length: 100 }, () => randomIdent(random));
    expect(new Set(ids).size).toBe(100);
    for (const each of ids) expect(each).toMatch(/^[a-z2-7]{16}$/);
    expect(randomIdent(random, 32)).toHaveLength(32);
  });

  it('must not make an end-line that the body holds', () => {
    expect(endLineOccurs(octets('a-------d93kswow$b'), 'd93kswow')).toBe(true);
    expect(endLineOccurs(octets('--------d93kswow#'), 'd93kswow')).toBe(true);
    for (const none of ['', '-------d93kswow', '-------d93kswow*', '------d93kswow$', '-------d93kswoW$']) expect(endLineOccurs(octets(none), 'd93kswow')).toBe(false);
  });

  it('that passes that test frames any body', () => {
    const body = fc.array(fc.constantFrom('\r\n', '-------', 'd93kswow', '$', '\r', '-', 'x')).map((parts) => parts.join(''));
    fc.assert(fc.property(body, (text) => {
      const [frame, ...more] = endLineOccurs(octets(text), 'd93kswow') ? [{ body: text, flag: '$' }] : decode([octets(sendText(text))]);
      expect([frame.body, frame.flag, more.length]).toEqual([text, '$', 0]);
    }), { numRuns: 500 });
  });
});
