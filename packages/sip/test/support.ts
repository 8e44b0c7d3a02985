import { bytesOf, textToByteString } from '@simple-im/grammar';
import { decodeDatagram, type DecoderOptions, type SipRequest } from '../src/index.js';

/** Header lines of a request that has nothing wrong. */
export const SOUND = [
  'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport',
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@example.com>;tag=1928301774',
  'To: <sip:bob@example.com>',
  'Call-ID: a84b4c76e66710@192.0.2.10',
  'CSeq: 314159 MESSAGE',
];

/** The octets of a message: lines joined by CRLF, text as UTF-8. */
export function octets(startLine: string, lines: readonly string[], body = ''): Uint8Array {
  return bytesOf(textToByteString(`${[startLine, ...lines].join('\r\n')}\r\n\r\n${body}`));
}

/** A MESSAGE with the sound lines, one of them replaced by name, or left out (`undefined`), or more appended. */
export function request(changes: Record<string, string | readonly string[] | undefined> = {}, body = '', options?: DecoderOptions): SipRequest {
  const lines = SOUND.flatMap((line) => {
    const name = line.slice(0, line.indexOf(':'));
    if (!(name in changes)) return [line];
    return values(changes[name]).map((value) => `${name}: ${value}`);
  });
  for (const [name, value] of Object.entries(changes)) {
    if (!SOUND.some((line) => line.startsWith(`${name}:`))) lines.push(...values(value).map((one) => `${name}: ${one}`));
  }
  return decodeDatagram(octets('MESSAGE sip:bob@example.com SIP/2.0', lines, body), options) as SipRequest;
}

function values(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
