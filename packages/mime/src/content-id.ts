import { byteStringToText, textToByteString, unescapeUri } from '@simple-im/grammar';
import { mimeError } from './errors.js';

const angled = /^<([^<>\s]+)>$/;
const notInCid = /[^A-Za-z0-9\-_.!~*'()@&=+$,]/g;

/** The id in the value of a Content-ID field, without its angle brackets. @throws MIME_BAD_HEADER */
export function parseContentId(value: string): string {
  const id = angled.exec(value.trim())?.[1];
  if (id === undefined) throw mimeError('MIME_BAD_HEADER', { header: 'Content-ID', section: 'RFC 2045 §7' });
  return id;
}

/**
 * The Content-ID, without angle brackets, that a cid URL refers to: escapes undone (RFC 2392 §2).
 * @throws MIME_BAD_CID
 */
export function contentIdOfCid(url: string): string {
  if (!/^cid:(?:[!-$&-;=?-~]|%[0-9A-Fa-f]{2})+$/i.test(url)) throw mimeError('MIME_BAD_CID');
  return byteStringToText(unescapeUri(url.slice(4)));
}

/** The cid URL for a Content-ID given without angle brackets (RFC 2392 §2). */
export function cidOfContentId(id: string): string {
  const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return `cid:${textToByteString(id).replace(notInCid, percent)}`;
}
