import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chunker, MIN_CHUNK, Reassembly } from '../src/index.js';

const misused = expect.objectContaining({ code: 'MSRP_CHUNK_MISUSED', fault: 'local' });

describe('chunks of a message (RFC 4975 §7.1.1)', () => {
  it('announce an exact end up to 2048 octets and "*" beyond', () => {
    expect(new Chunker({ size: 16 }).open()).toEqual({ start: 1, end: 16, total: 16 });
    expect(new Chunker({ size: MIN_CHUNK }).open()).toEqual({ start: 1, end: 2048, total: 2048 });
    expect(new Chunker({ size: MIN_CHUNK + 1 }).open()).toEqual({ start: 1, end: undefined, total: 2049 });
    expect(new Chunker({ size: undefined }).open()).toEqual({ start: 1, end: undefined, total: undefined });
    expect(new Chunker({ size: undefined, chunkSize: 2048 }).open()).toEqual({ start: 1, end: undefined, total: undefined });
  });

  it('of nothing have the range 1-0/0', () => {
    const chunker = new Chunker({ size: 0 });
    expect(chunker.open()).toEqual({ start: 1, end: 0, total: 0 });
    expect(chunker.close()).toBe('$');
    expect(chunker.done).toBe(true);
  });

  it('of 2048 octets follow one another until the last', () => {
    const chunker = new Chunker({ size: 5000, chunkSize: 2048 });
    const seen = [];
    while (!chunker.done) {
      const range = chunker.open();
      chunker.wrote(chunker.room);
      seen.push([range.start, range.end, chunker.close()]);
    }
    expect(seen).toEqual([[1, 2048, '+'], [2049, 4096, '+'], [4097, 5000, '$']]);
  });

  it('may be interrupted after 2048 octets and resume at the next octet', () => {
    const chunker = new Chunker({ size: 10_000 });
    chunker.open();
    chunker.wrote(2047);
    expect(chunker.interruptible).toBe(false);
    chunker.wrote(1);
    expect(chunker.interruptible).toBe(true);
    expect(chunker.close()).toBe('+');
    expect(chunker.open()).toEqual({ start: 2049, end: undefined, total: 10_000 });
    chunker.wrote(7952);
    expect([chunker.room, chunker.close(), chunker.done]).toEqual([0, '$', true]);
  });

  it('with an exact end must not be interrupted', () => {
    const chunker = new Chunker({ size: 100 });
    chunker.open();
    chunker.wrote(99);
    expect(chunker.interruptible).toBe(false);
    expect(() => chunker.close()).toThrow(misused);
    expect(chunker.isOpen).toBe(true);
  });

  it('of a message of unknown size end when it is finished', () => {
    const chunker = new Chunker({ size: undefined });
    chunker.open();
    chunker.wrote(3000);
    expect(chunker.close()).toBe('+');
    expect(chunker.open().start).toBe(3001);
    chunker.finish();
    expect(chunker.close()).toBe('$');
    expect(chunker.position).toBe(3000);
  });

  it('end with # when the message is given up', () => {
    const chunker = new Chunker({ size: 5000 });
    chunker.open();
    chunker.wrote(10);
    expect(chunker.abort()).toBe('#');
    expect(chunker.done).toBe(true);
    expect(() => chunker.open()).toThrow(misused);
  });

  it.each([
    ['opened twice', (chunker: Chunker) => { chunker.open(); chunker.open(); }],
    ['overfilled', (chunker: Chunker) => { chunker.open(); chunker.wrote(101); }],
    ['filled while closed', (chunker: Chunker) => chunker.wrote(1)],
    ['closed while closed', (chunker: Chunker) => chunker.close()],
    ['aborted while closed', (chunker: Chunker) => chunker.abort()],
    ['finished early', (chunker: Chunker) => chunker.finish()],
  ])('are not %s', (_how, misuse) => {
    expect(() => misuse(new Chunker({ size: 100 }))).toThrow(misused);
  });

  it('need sensible sizes', () => {
    for (const options of [{ size: -1 }, { size: 0.5 }, { size: 1, chunkSize: 0 }, { size: 1, chunkSize: NaN }]) expect(() => new Chunker(options)).toThrow(misused);
  });

  it('give the message back, however they were cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12_000 }), fc.boolean(), fc.option(fc.integer({ min: 1, max: 6000 })), fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (size, sizeKnown, chunkSize, steps) => {
        const body = Uint8Array.from({ length: size }, (_, i) => i % 251);
        const chunker = new Chunker({ size: sizeKnown ? size : undefined, ...(chunkSize === null ? {} : { chunkSize }) });
        const reassembly = new Reassembly();
        const received: number[] = [];
        for (let turn = 0; !chunker.done; turn++) {
          const { start, end } = chunker.open();
          const from = chunker.position;
          do {
            chunker.wrote(Math.min(steps[turn % steps.length], chunker.room, size - chunker.position));
          } while (end !== undefined && chunker.room > 0);
          if (chunker.position === size) chunker.finish();
          for (const { bytes } of reassembly.receive(start, body.subarray(from, chunker.position))) received.push(...bytes);
          reassembly.end(chunker.position + 1, chunker.close());
        }
        expect(reassembly.complete).toBe(true);
        expect(Uint8Array.from(received)).toEqual(body);
      }),
      { numRuns: 40 },
    );
  });
});
