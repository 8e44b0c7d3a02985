import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { indexOfBytes, portableIndexOfBytes, searchable } from '../src/bytes-search.js';
import { octets, sendText } from './frames.js';

describe('the search for CRLF and seven hyphens', () => {
  const needle = octets('\r\n-------');
  const text = fc.array(fc.constantFrom('\r\n-------', '\r\n------', '\r', '\n', '-', '\r\n', 'x')).map((parts) => parts.join(''));

  it('finds the same natively and portably', () => {
    fc.assert(fc.property(text, fc.nat(20), (input, from) => {
      const expected = input.indexOf('\r\n-------', from);
      expect(portableIndexOfBytes(octets(input), needle, from)).toBe(expected);
      expect(indexOfBytes(searchable(octets(input)), needle, from)).toBe(expected);
    }));
  });

  it('copies nothing', () => {
    const bytes = octets('abc').subarray(1);
    expect(searchable(bytes).buffer).toBe(bytes.buffer);
    expect(searchable(bytes).byteOffset).toBe(bytes.byteOffset);
    const buffer = Buffer.from('abc');
    expect(searchable(buffer)).toBe(buffer);
  });
});

describe('where there is no Buffer, as in browsers', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('frames are decoded all the same', async () => {
    vi.resetModules();
    vi.stubGlobal('Buffer', undefined);
    const { MsrpDecoder } = await import('../src/decoder.js');
    vi.unstubAllGlobals();
    const stream = octets(sendText('a\r\n-------d93k') + sendText('b'.repeat(10_000)));
    for (const size of [1, 7, 5000, stream.length]) {
      const decoder = new MsrpDecoder();
      let body = '';
      for (let at = 0; at < stream.length; at += size) {
        decoder.receive(stream.subarray(at, at + size));
        for (let event = decoder.next(); event !== undefined; event = decoder.next()) if (event.type === 'body') body += String.fromCharCode(...event.bytes);
      }
      expect(body).toBe(`a\r\n-------d93k${'b'.repeat(10_000)}`);
    }
  });
});
