import { describe, expect, it } from 'vitest';
import { ProtocolError, parseNameAddr, parseParams, parseUri } from '../src/index.js';

describe('names of inherited properties as input', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const readers: Record<string, (text: string) => unknown> = { parseUri, parseNameAddr, parseParams, tel: (text) => parseUri(`tel:${text}`), im: (text) => parseUri(`im:${text}`), sip: (text) => parseUri(`sip:${text}`) };

  it.each(Object.keys(readers))('%s never writes into a built-in object', (reader) => {
    for (const name of names) {
      try {
        readers[reader]?.(name);
      } catch (error) {
        expect(ProtocolError.is(error)).toBe(true);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(Object.keys(Object)).toEqual([]);
      expect(Object.keys(Object.prototype.toString)).toEqual([]);
    }
  });
});
