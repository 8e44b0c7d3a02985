import { valueOrProtocolError } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FastLaneMemory, readHeadFast } from '../src/fast-lane.js';
import { MsrpHead, splitFields } from '../src/frame.js';
import { defaultMsrpLimits } from '../src/index.js';
import { readHead } from '../src/read-head.js';
import { ALICE, BOB } from './frames.js';

const paths = `To-Path: ${BOB}\r\nFrom-Path: ${ALICE}\r\n`;

function read(lines: string, start = 'MSRP d93kswow SEND\r\n'): MsrpHead {
  const text = start + paths + lines;
  return new MsrpHead(readHead(text, defaultMsrpLimits), text, true);
}

describe('header fields (RFC 4975 §9)', () => {
  it('have names without case, keep their order and spelling, and unknown ones are kept', () => {
    const head = read('message-id: 12339sdqwer\r\nX-Other: a: b\r\nCONTENT-TYPE: text/plain;charset="a\\"b" ; x\r\n');
    expect(head.messageId).toBe('12339sdqwer');
    expect(head.contentType).toBe('text/plain;charset="a\\"b" ; x');
    expect(head.header('x-OTHER')).toBe('a: b');
    expect(head.header('none')).toBeUndefined();
    expect(head.fields.map(([name]) => name)).toEqual(['To-Path', 'From-Path', 'message-id', 'X-Other', 'CONTENT-TYPE']);
  });

  it('may be UTF-8', () => {
    expect(read('Subject: caf\xc3\xa9\r\n').header('Subject')).toBe('caf\xc3\xa9');
  });

  it('default to no success report and full failure reports (§7.1.1)', () => {
    expect(read('')).toMatchObject({ successReport: false, failureReport: 'yes', byteRange: undefined, contentType: undefined, messageId: undefined });
  });

  it.each(['yes', 'no', 'partial', 'Partial'])('read Failure-Report: %s', (value) => {
    expect(read(`Failure-Report: ${value}\r\n`).failureReport).toBe(value.toLowerCase());
  });

  it.each([['yes', true], ['no', false], ['YES', true]])('read Success-Report: %s', (value, expected) => {
    expect(read(`Success-Report: ${value}\r\n`).successReport).toBe(expected);
  });

  it.each([
    ['1-5/8', { start: 1, end: 5, total: 8 }],
    ['1-*/8', { start: 1, end: undefined, total: 8 }],
    ['5-*/*', { start: 5, end: undefined, total: undefined }],
    ['1-0/0', { start: 1, end: 0, total: 0 }],
    ['9007199254740991-*/*', { start: 9007199254740991, end: undefined, total: undefined }],
  ])('read Byte-Range: %s', (value, expected) => {
    expect(read(`Byte-Range: ${value}\r\n`).byteRange).toEqual(expected);
  });

  it('read a response with and without comment', () => {
    expect(read('', 'MSRP d93kswow 200 OK then\r\n')).toMatchObject({ method: undefined, status: 200, comment: 'OK then' });
    expect(read('', 'MSRP d93kswow 481\r\n')).toMatchObject({ status: 481, comment: undefined });
  });

  it('allow a path of several URIs', () => {
    const text = `MSRP d93kswow SEND\r\nTo-Path: ${BOB} ${ALICE}\r\nFrom-Path: ${ALICE}\r\n`;
    expect(readHead(text, defaultMsrpLimits).toPath).toEqual([BOB, ALICE]);
  });
});

const id = fc.constantFrom('d93kswow', 'a.-+%=', 'abc', 'a'.repeat(32), 'a'.repeat(33), '-abc');
const uri = fc.constantFrom(ALICE, BOB, 'msrps://[::1]:9/s;tcp', 'MSRP://host;tcp', 'msrp://u@h:80/s;ws;a=b', 'msrp://h:80/s', 'msrp://h:99999/s;tcp', 'msrp://h:00001/s;tcp');
const path = fc.array(uri, { minLength: 1, maxLength: 2 }).map((uris) => uris.join(' '));
const number = fc.constantFrom('0', '1', '2048', '0010', '999999999999999', '9007199254740993', '*', '', 'x');
const start = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(id, fc.constantFrom('SEND', 'REPORT', 'NICKNAME', 'send', '')).map(([each, method]) => `MSRP ${each} ${method}`) },
  { weight: 2, arbitrary: fc.tuple(id, fc.constantFrom('200', '200 OK', '200 ', '20', '2000', '413 caf\xc3\xa9', '413 \xff')).map(([each, status]) => `MSRP ${each} ${status}`) },
);
const line = fc.oneof(
  id.map((each) => `Message-ID: ${each}`),
  fc.tuple(number, number, number).map(([from, to, total]) => `Byte-Range: ${from}-${to}/${total}`),
  fc.constantFrom('yes', 'no', 'partial', 'Yes', 'yesno', '').map((value) => `Failure-Report: ${value}`),
  fc.constantFrom('yes', 'no', 'partial', 'NO').map((value) => `Success-Report: ${value}`),
  fc.constantFrom('000 200 OK', '000 200', '000 200 ', '00 200', '001 413 caf\xc3\xa9', '000 200\tOK').map((value) => `Status: ${value}`),
  fc.constantFrom('text/plain', 'text/plain;charset=utf-8', 'text/plain ; a=b; c=d', 'a/b;c', 'a/b;c="d e"', 'text', 'a/b;', 'a/"b"').map((value) => `Content-Type: ${value}`),
  fc.constantFrom('Use-Nickname: "a"', 'X: y', 'X:y', 'X', '-------d93kswow$', 'message-id: 12339sdqwer', 'Status : x', 'Bx: y', ''),
);
const plainLine = fc.constantFrom('Message-ID: 12339sdqwer', 'Byte-Range: 1-*/8', 'Failure-Report: no', 'Success-Report: yes', 'Status: 000 200 OK', 'Content-Type: text/plain');

function headText(first: string, toPath: string, fromPath: string, lines: readonly string[]): string {
  return [first, `To-Path: ${toPath}`, `From-Path: ${fromPath}`, ...lines, ''].join('\r\n');
}

describe('the fast lane', () => {
  it('answers as the grammar does, where it answers', () => {
    const memory = new FastLaneMemory();
    fc.assert(
      fc.property(start, path, path, fc.array(line, { maxLength: 4 }), (first, toPath, fromPath, lines) => {
        const text = headText(first, toPath, fromPath, lines);
        const fast = readHeadFast(text, defaultMsrpLimits, memory);
        if (fast !== undefined) expect(valueOrProtocolError(() => readHead(text, defaultMsrpLimits))).toEqual({ value: fast });
      }),
      { numRuns: 3000 },
    );
  });

  it('answers as the grammar does to every value of every line', () => {
    const numbers = ['0', '2048', '0010', '999999999999999', '9007199254740991', '9007199254740993', '*', '', 'x', '-1'];
    const ranges = numbers.flatMap((from) => numbers.flatMap((to) => numbers.map((total) => `Byte-Range: ${from}-${to}/${total}`)));
    const ids = ['d93k', 'd93', 'a'.repeat(32), 'a'.repeat(33), '.abc', 'a.-+%=', 'a b c'].map((each) => `Message-ID: ${each}`);
    const memory = new FastLaneMemory();
    const taken = [...ranges, ...ids].flatMap((each) => {
      const text = headText('MSRP d93kswow SEND', BOB, ALICE, [each]);
      const fast = readHeadFast(text, defaultMsrpLimits, memory);
      return fast === undefined ? [] : [{ fast: { value: fast }, grammar: valueOrProtocolError(() => readHead(text, defaultMsrpLimits)) }];
    });
    expect(taken.map(({ fast }) => fast)).toEqual(taken.map(({ grammar }) => grammar));
    expect(taken.length).toBeGreaterThan(100);
  });

  it.each(['Message-ID: 12339sdqwer', 'Byte-Range: 1-*/8', 'Failure-Report: no', 'Success-Report: yes', 'Status: 000 200 OK', 'Content-Type: text/plain'])(
    'leaves %s to the grammar, which refuses it, when it stands twice',
    (each) => {
      const text = headText('MSRP d93kswow SEND', BOB, ALICE, [each, each]);
      expect(readHeadFast(text, defaultMsrpLimits, new FastLaneMemory())).toBeUndefined();
      expect(() => readHead(text, defaultMsrpLimits)).toThrow(expect.objectContaining({ code: 'MSRP_DUPLICATE_HEADER' }));
    },
  );

  it('takes the common head', () => {
    const memory = new FastLaneMemory();
    fc.assert(
      fc.property(fc.constantFrom('SEND', 'REPORT', '200 OK', '481'), fc.constantFrom(ALICE, BOB), fc.uniqueArray(plainLine), (rest, to, lines) => {
        const text = headText(`MSRP d93kswow ${rest}`, to, ALICE, lines);
        expect(readHeadFast(text, defaultMsrpLimits, memory)).toEqual(readHead(text, defaultMsrpLimits));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves to the grammar what exceeds a limit', () => {
    const text = headText('MSRP d93kswow SEND', BOB, ALICE, ['Message-ID: 12339sdqwer']);
    expect(readHeadFast(text, { ...defaultMsrpLimits, maxHeaders: 2 }, new FastLaneMemory())).toBeUndefined();
    expect(readHeadFast(text, { ...defaultMsrpLimits, maxPathUris: 0 }, new FastLaneMemory())).toBeUndefined();
  });
});

describe('the grammar', () => {
  it.each(['__proto__', 'constructor', 'toString'])('leaves the prototypes of the runtime alone when it refuses %s', (text) => {
    const numbered = (object: object): string[] => Object.getOwnPropertyNames(object).filter((name) => /^\d/.test(name));
    for (const header of ['Byte-Range', 'Content-Type', 'Status', 'Success-Report', 'Failure-Report']) {
      expect(() => read(`${header}: ${text}\r\n`)).toThrow(expect.objectContaining({ code: 'MSRP_BAD_HEADER' }));
    }
    expect(() => read(`${text}: x\xff\r\n`)).toThrow(expect.objectContaining({ code: 'MSRP_BAD_HEADER' }));
    expect([Object.prototype, Object, Object.prototype.toString].flatMap(numbered)).toEqual([]);
  });

  it('does not take a line feed at the end of a value', () => {
    expect(() => read('Message-ID: 12339sdqwer\n\r\n')).toThrow(expect.objectContaining({ code: 'MSRP_BAD_HEADER' }));
  });
});

describe('splitting a head', () => {
  it('gives back every line', () => {
    expect(splitFields('start\r\nA: b\r\nno colon\r\nC: \r\n')).toEqual([['A', 'b'], ['', 'no colon'], ['C', '']]);
    expect(splitFields('start\r\nA: b')).toEqual([['A', 'b']]);
  });
});
