import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueOrProtocolError } from '@simple-im/testkit';
import { byteString } from '@simple-im/grammar';
import { Reassembly } from '../src/index.js';
import { octets } from './frames.js';

/** Receives chunks of text at positions from 1 and returns what was handed on. */
function receive(reassembly: Reassembly, chunks: readonly (readonly [position: number, text: string])[]): string {
  return chunks.flatMap(([position, text]) => reassembly.receive(position, octets(text))).map(({ bytes }) => byteString(bytes)).join('');
}

describe('chunks of one message (RFC 4975 §7.3.1)', () => {
  it('are handed on as they come when in order', () => {
    const reassembly = new Reassembly();
    const bytes = octets('abcd');
    const [piece] = reassembly.receive(1, bytes);
    expect(piece.offset).toBe(0);
    expect(piece.bytes.buffer).toBe(bytes.buffer);
    reassembly.end(5, '+');
    expect(reassembly.complete).toBe(false);
    expect(receive(reassembly, [[5, 'EFGH']])).toBe('EFGH');
    reassembly.end(9, '$');
    expect([reassembly.complete, reassembly.total, reassembly.received]).toEqual([true, 8, 8]);
  });

  it('wait when the first comes late, and the total is known by the flag', () => {
    const reassembly = new Reassembly();
    expect(receive(reassembly, [[5, 'EF'], [7, 'GH']])).toBe('');
    reassembly.end(9, '$');
    expect(reassembly.missing).toEqual([{ start: 1, end: 4 }]);
    expect(receive(reassembly, [[1, 'abcd']])).toBe('abcdEFGH');
    expect(reassembly.complete).toBe(true);
    expect(reassembly.missing).toEqual([]);
  });

  it('may overlap: the last one wins for what was not handed on yet', () => {
    const reassembly = new Reassembly();
    expect(receive(reassembly, [[3, '1111'], [5, '2222'], [4, '33']])).toBe('');
    expect(receive(reassembly, [[1, 'aab']])).toBe('aab33222');
    expect(receive(reassembly, [[1, 'zzzzzzzzz']])).toBe('z');
  });

  it('may be duplicates, which are ignored', () => {
    const reassembly = new Reassembly();
    expect(receive(reassembly, [[1, 'abcd'], [1, 'abcd'], [3, 'cd'], [4, 'de']])).toBe('abcde');
    reassembly.end(6, '$');
    reassembly.end(6, '$');
    expect(reassembly.complete).toBe(true);
  });

  it('may be nothing at all', () => {
    const reassembly = new Reassembly();
    reassembly.end(1, '$');
    expect([reassembly.complete, reassembly.total]).toEqual([true, 0]);
  });

  it('are lost when the sender gives up', () => {
    expect(() => new Reassembly().end(1, '#')).toThrow(expect.objectContaining({ code: 'MSRP_MESSAGE_ABORTED' }));
  });

  it('do not keep what the caller overwrites', () => {
    const reassembly = new Reassembly();
    const lent = octets('cd');
    reassembly.receive(3, lent);
    lent.fill(0);
    expect(receive(reassembly, [[1, 'ab']])).toBe('abcd');
  });
});

describe('a message', () => {
  it('has one end', () => {
    const ended = (): Reassembly => {
      const reassembly = new Reassembly();
      reassembly.receive(1, octets('abcd'));
      reassembly.end(5, '$');
      return reassembly;
    };
    const beyond = expect.objectContaining({ code: 'MSRP_BEYOND_TOTAL', status: 400 });
    expect(() => ended().receive(5, octets('e'))).toThrow(beyond);
    expect(() => ended().end(4, '$')).toThrow(beyond);
    expect(() => ended().end(6, '$')).toThrow(beyond);
    expect(() => new Reassembly().receive(0, octets('a'))).toThrow(beyond);
    const reassembly = new Reassembly();
    reassembly.receive(8, octets('h'));
    expect(() => reassembly.end(5, '$')).toThrow(beyond);
  });

  it('is limited in size (413)', () => {
    const reassembly = new Reassembly({ maxSize: 4 });
    expect(receive(reassembly, [[1, 'abcd']])).toBe('abcd');
    expect(() => reassembly.receive(5, octets('e'))).toThrow(expect.objectContaining({ code: 'MSRP_MESSAGE_TOO_LARGE', status: 413 }));
    expect(() => new Reassembly().receive(Number.MAX_SAFE_INTEGER, octets('e'))).toThrow(expect.objectContaining({ code: 'MSRP_MESSAGE_TOO_LARGE' }));
  });

  it('is limited in what waits, by pages (413)', () => {
    const reassembly = new Reassembly({ maxGapBytes: 8192 });
    reassembly.receive(2, new Uint8Array(8191));
    expect(() => reassembly.receive(8193, octets('x'))).toThrow(expect.objectContaining({ code: 'MSRP_GAP_TOO_LARGE', status: 413 }));
  });

  it('is limited in separate pieces (413)', () => {
    const reassembly = new Reassembly({ maxIntervals: 2 });
    expect(receive(reassembly, [[3, 'c'], [5, 'e'], [4, 'd'], [7, 'g']])).toBe('');
    expect(() => reassembly.receive(9, octets('i'))).toThrow(expect.objectContaining({ code: 'MSRP_TOO_MANY_INTERVALS', status: 413 }));
  });

  it('gives the memory of what waited back', () => {
    const reassembly = new Reassembly({ maxGapBytes: 8192, maxSize: 1e9 });
    for (let at = 1; at < 500_000; at += 5000) {
      reassembly.receive(at + 2500, new Uint8Array(2500));
      expect(reassembly.receive(at, new Uint8Array(2500)).reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(5000);
    }
  });
});

describe('any chunking, order, overlap and duplication', () => {
  const chunk = fc.record({ from: fc.integer({ min: 0, max: 9000 }), length: fc.integer({ min: 0, max: 3000 }), mark: fc.integer({ min: 1, max: 255 }) });

  it('gives what writing into one array gives', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 30 }), (chunks) => compare(new Reassembly(), chunks)),
      { numRuns: 150 },
    );
  });

  it('gives that or a typed error where limits are tight', () => {
    const limits = fc.record({ maxGapBytes: fc.constantFrom(4096, 8192), maxIntervals: fc.integer({ min: 1, max: 4 }), maxSize: fc.constantFrom(8000, 12_000) });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 30 }), limits, (chunks, limit) => {
        const outcome = valueOrProtocolError(() => compare(new Reassembly(limit), chunks));
        if ('error' in outcome) expect(outcome.error.status).toBe(413);
      }),
      { numRuns: 150 },
    );
  });
});

/** Writes the chunks into one array as well, what was handed on being final, and compares what is handed on. */
function compare(reassembly: Reassembly, chunks: readonly { from: number; length: number; mark: number }[]): void {
  const reference = new Uint8Array(12_000);
  const filled = new Uint8Array(12_001);
  let known = 0;
  for (const { from, length, mark } of chunks) {
    const pieces = reassembly.receive(from + 1, new Uint8Array(length).fill(mark));
    reference.fill(mark, Math.max(from, known), Math.max(from + length, known));
    filled.fill(1, from, from + length);
    for (const { offset, bytes } of pieces) {
      expect(offset).toBe(known);
      expect(bytes).toEqual(reference.slice(known, known + bytes.length));
      known += bytes.length;
    }
    expect(known).toBe(filled.indexOf(0));
    expect(reassembly.received).toBe(known);
  }
  const missing = reassembly.missing.flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, i) => start + i));
  expect(missing).toEqual([...filled.subarray(0, filled.lastIndexOf(1) + 1)].flatMap((each, i) => (each === 0 ? [i + 1] : [])));
}
