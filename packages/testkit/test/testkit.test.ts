import { ProtocolError } from '@simple-im/grammar';
import { everySplit, hostileBytes, hostileText, mutations, pieces, rng, valueOrProtocolError, vectors } from '@simple-im/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const failure = (code: string): ProtocolError => new ProtocolError(code, { meaning: 'test', fault: 'remote' });

/** A correct decoder of lines, as far as this test needs one. */
function lines(input: Iterable<Uint8Array>): string[] {
  let text = '';
  for (const piece of input) text += new TextDecoder().decode(piece);
  return text.split('\n');
}

describe('everySplit', () => {
  it('runs whole, at every cut, and octet by octet', () => {
    const seen: number[][] = [];
    const result = everySplit(bytes('a\nb'), (input) => {
      const sizes: number[] = [];
      const found = lines((function* () {
        for (const piece of input) {
          sizes.push(piece.length);
          yield piece;
        }
      })());
      seen.push(sizes);
      return found;
    });
    expect(result).toEqual(['a', 'b']);
    expect(seen).toEqual([[3], [1, 2], [2, 1], [1, 1, 1]]);
  });

  it('notices a decoder that depends on the cuts', () => {
    const broken = (input: Iterable<Uint8Array>): string[] => [...input].map((piece) => new TextDecoder().decode(piece));
    expect(() => everySplit(bytes('ab'), broken)).toThrow('cut at 1');
  });

  it('notices a decoder that keeps octets without a copy', () => {
    const keeps = (input: Iterable<Uint8Array>): number[] => [...input].flatMap((piece) => [...piece]);
    const copies = (input: Iterable<Uint8Array>): number[] => Array.from(input, (piece) => [...piece]).flat();
    expect(everySplit(bytes('ab'), copies)).toEqual([0x61, 0x62]);
    expect(() => everySplit(bytes('ab'), keeps)).toThrow('cut at 1');
  });

  it('throws a ProtocolError on when every run throws it, and notices when only some do', () => {
    expect(() => everySplit(bytes('ab'), () => { throw failure('X_BAD'); })).toThrow(ProtocolError);
    let runs = 0;
    expect(() => everySplit(bytes('ab'), () => {
      if (runs++ === 0) throw failure('X_BAD');
      return 1;
    })).toThrow('cut at 1');
  });

  it('lets any other exception pass', () => {
    expect(() => everySplit(bytes('ab'), () => { throw new TypeError('defect'); })).toThrow(TypeError);
  });
});

describe('vectors', () => {
  const folder = new URL('vectors/', import.meta.url);

  it('reads the files in order, without README.md', () => {
    expect(vectors(folder).map(({ name }) => name)).toEqual(['one.txt', 'two.bin']);
    expect(vectors(folder, '.bin').map((vector) => [...vector.bytes])).toEqual([[0, 255]]);
  });

  it('throws when there are none', () => {
    expect(() => vectors(folder, '.none')).toThrow('No vectors *.none');
  });
});

describe('hostile input', () => {
  it('is octets throughout', () => {
    fc.assert(fc.property(hostileText(), (text) => [...text].every((character) => character.charCodeAt(0) <= 0xff)));
    fc.assert(fc.property(hostileBytes(), (input) => input instanceof Uint8Array));
  });

  it('damages samples, mostly a little', () => {
    const sample = bytes('MSRP a786hjs2 SEND\r\nTo-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp\r\n');
    const found = fc.sample(mutations([sample]), { numRuns: 200, seed: 1 });
    const changed = found.filter((input) => new TextDecoder().decode(input) !== new TextDecoder().decode(sample));
    expect(changed.length).toBeGreaterThan(150);
    expect(found.filter((input) => input.length > sample.length / 2).length).toBeGreaterThan(150);
  });

  it('allows a value or a ProtocolError, nothing else', () => {
    expect(valueOrProtocolError(() => 1)).toEqual({ value: 1 });
    expect(valueOrProtocolError(() => { throw failure('X_BAD'); })).toMatchObject({ error: { code: 'X_BAD' } });
    expect(() => valueOrProtocolError(() => { throw new RangeError('defect'); })).toThrow(RangeError);
  });
});

describe('rng', () => {
  it('repeats with the seed and differs without', () => {
    expect(rng(4).bytes(9)).toEqual(rng(4).bytes(9));
    expect(rng(4).bytes(9)).not.toEqual(rng(5).bytes(9));
    const choices = Array.from({ length: 300 }, ((random) => () => random.int(3))(rng()));
    expect(new Set(choices)).toEqual(new Set([0, 1, 2]));
  });

  it('cuts into pieces of 1 to the most octets', () => {
    const input = rng(1).bytes(100);
    const sizes = [...pieces(input, rng(2).cuts(100, 7))].map((piece) => piece.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(100);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
  });
});
