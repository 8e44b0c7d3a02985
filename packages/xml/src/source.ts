import { xmlError } from './errors.js';
import { forbiddenCharacter } from './names.js';
import { octetOffset, type XmlEncoding } from './tree.js';

/** The decoded text of a document and where it came from. */
export interface XmlSource {
  readonly source: string;
  readonly encoding: XmlEncoding;
  readonly markOctets: number;
  readonly octets: number;
}

/** Decodes the octets by their byte order mark, else as UTF-8 (XML 1.0 §4.3.3 and appendix F). */
export function decodeSource(bytes: Uint8Array): XmlSource {
  const { encoding, markOctets } = detect(bytes);
  let source: string;
  try {
    source = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(markOctets));
  } catch (cause) {
    throw xmlError('XML_BAD_OCTETS', { detail: encoding, cause });
  }
  const decoded = { source, encoding, markOctets, octets: bytes.length };
  const forbidden = forbiddenCharacter(source);
  if (forbidden >= 0) {
    const code = (source.codePointAt(forbidden) as number).toString(16).toUpperCase().padStart(4, '0');
    throw xmlError('XML_FORBIDDEN_CHARACTER', { detail: `U+${code}`, offset: octetOffset(decoded, forbidden) });
  }
  return decoded;
}

function detect(bytes: Uint8Array): { encoding: XmlEncoding; markOctets: number } {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'UTF-8', markOctets: 3 };
  if (a === 0xff && b === 0xfe && !(c === 0 && d === 0)) return { encoding: 'UTF-16LE', markOctets: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'UTF-16BE', markOctets: 2 };
  const wide = a === 0xff || (a === 0 && (b === 0 || b === 0x3c)) || (a === 0x3c && b === 0);
  if (wide) throw xmlError('XML_ENCODING', { detail: 'UTF-16 without a byte order mark, or UTF-32', offset: 0 });
  return { encoding: 'UTF-8', markOctets: 0 };
}

/** Refuses a declaration that names another encoding than the one the octets are in. */
export function checkDeclaredEncoding(declared: string | undefined, encoding: XmlEncoding): void {
  if (declared === undefined) return;
  const expected = encoding === 'UTF-8' ? 'UTF-8' : 'UTF-16';
  if (declared.toUpperCase() !== expected) {
    throw xmlError('XML_ENCODING', { detail: `${declared.slice(0, 40)} is declared, the octets are ${expected}` });
  }
}
