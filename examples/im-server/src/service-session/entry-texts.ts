/* What the fields of SIP, which are byte strings, say in a document of XML. */
import { bytesOf, parseNameAddr, ProtocolError, utf8Text } from '@simple-im/grammar';

/** What XML cannot hold (XML 1.0 §2.2) is left out. */
export function textOf(byteString: string): string {
  return utf8Text(bytesOf(byteString)).replace(/[\u0000-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/gu, ' ');
}

/** The URI of a name-addr; undefined where there is none. */
export function uriOf(nameAddr: string): string | undefined {
  try {
    return textOf(parseNameAddr(nameAddr).uriText);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return undefined;
  }
}

export function headerOf(headers: readonly (readonly [name: string, value: string])[], wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1];
}
