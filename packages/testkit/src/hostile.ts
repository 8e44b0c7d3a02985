import fc from 'fast-check';

// What text protocols treat specially, so that random input gets beyond the first line.
const TOKENS = [
  '\r\n', '\r', '\n', '\r\n\r\n', '\r\n ', ' ', '\t', ':', ';', ',', '=', '"', '\\', '\\"', '<', '>', '(', ')', '[', ']', '@', '/', '%', '%0',
  '%00', '\0', '-', '--', '-------', '$', '+', '#', '*', '0', '-1', '4294967296', '9007199254740993', '99999999999999999999', '1e9',
  '\x7f', '\x80', '\xff', '\xc3\xa9', '\xc0\x80', '\xed\xa0\x80', '\xef\xbb\xbf', 'Content-Length: ', 'Content-Type: ', 'a', 'Z',
];

/** Byte strings (a character per octet) made of delimiters, broken UTF-8, absurd numbers and noise. */
export function hostileText(maxParts = 60): fc.Arbitrary<string> {
  const noise = fc.uint8Array({ maxLength: 8 }).map((bytes) => String.fromCharCode(...bytes));
  return fc.array(fc.oneof(fc.constantFrom(...TOKENS), noise), { maxLength: maxParts }).map((parts) => parts.join(''));
}

/** The octets of {@link hostileText}, or just any. */
export function hostileBytes(maxParts = 60): fc.Arbitrary<Uint8Array> {
  return fc.oneof(hostileText(maxParts).map(octets), fc.uint8Array({ maxLength: 4 * maxParts }));
}

/**
 * Valid inputs damaged in one to four places: octets removed, replaced, inserted or repeated. Most of such an input is
 * still valid, so it reaches what plain noise does not.
 */
export function mutations(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    kind: fc.constantFrom('remove', 'replace', 'insert', 'repeat'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 20 }),
    text: fc.oneof(fc.constantFrom(...TOKENS), hostileText(3)),
  });
  return fc.tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 })).map(([sample, edits]) => {
    let text = String.fromCharCode(...sample);
    for (const { kind, at, length, text: inserted } of edits) {
      const from = Math.floor(at * text.length);
      const [before, middle, after] = [text.slice(0, from), text.slice(from, from + length), text.slice(from + length)];
      if (kind === 'remove') text = before + after;
      else if (kind === 'replace') text = before + inserted + after;
      else if (kind === 'insert') text = before + inserted + middle + after;
      else text = before + middle + middle + after;
    }
    return octets(text);
  });
}

function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
