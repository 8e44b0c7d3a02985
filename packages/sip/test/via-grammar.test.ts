import { expect, it } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import { parseVia } from '../src/index.js';

it.each(['__proto__', 'constructor', 'toString'])('a Via of %s writes into no built-in object', (text) => {
  try {
    parseVia(text);
  } catch (error) {
    expect(ProtocolError.is(error)).toBe(true);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Object.keys(Object)).toEqual([]);
});
