import { ProtocolError, isToken, splitList } from '@simple-im/grammar';
import { addressOf, addressText } from './field-reading.js';
import { SipRequest, type SipMessage } from './message.js';

/*
 * What a receiver may put right in a malformed message (RFC 4475 §3.1.2). The message itself is corrected, so that a proxy
 * does not pass the mistake on.
 */

/** Removes the cause of an error if that is allowed; `false` when there is nothing to be done. */
export function repair(message: SipMessage, error: ProtocolError, liberal: boolean): boolean {
  return repairThreeColons(message, error) || (liberal && repairLiberally(message, error));
}

/** The ABNF of RFC 3261 led some to write `[2001:db8:::192.0.2.1]`, which everybody must tolerate (RFC 5118 §4.10). */
function repairThreeColons(message: SipMessage, error: ProtocolError): boolean {
  if (error.header !== undefined) return rewrite(message, error.header, (value) => value.replaceAll(':::', '::'));
  if (error.code !== 'SIP_BAD_URI' || !(message instanceof SipRequest)) return false;
  return setUri(message, message.uri.replaceAll(':::', '::'));
}

function repairLiberally(message: SipMessage, error: ProtocolError): boolean {
  switch (error.code) {
    case 'SIP_BAD_REQUEST_LINE': // spaces around its parts; the decoder took the parts without them (§3.1.2.9, §3.1.2.10)
      if (!(message instanceof SipRequest) || !isToken(message.method)) return false;
      message.flaw = undefined;
      return true;
    case 'SIP_BAD_URI':
      return message instanceof SipRequest && setUri(message, plainUri(message.uri));
    case 'SIP_BAD_HEADER':
      return error.header !== undefined && rewrite(message, error.header, readdress);
    case 'SIP_OUT_OF_RANGE':
      return repairNumber(message, error.header);
    default:
      return false;
  }
}

/** Without angle brackets, blanks and header components (§3.1.2.7, §3.1.2.8, §3.1.2.11). */
function plainUri(uri: string): string {
  return uri.replace(/^<(.*)>$/, '$1').replace(/[ \t]/g, '').replace(/\?.*$/, '');
}

function setUri(request: SipRequest, uri: string): boolean {
  if (uri === request.uri) return false;
  request.uri = uri;
  return true;
}

/** Writes the fields of one name anew; `false` when nothing changes or a field cannot be read at all. */
function rewrite(message: SipMessage, name: string, change: (value: string) => string | undefined): boolean {
  const before = message.headers.all(name);
  const after = before.map(change);
  if (!after.every((value) => value !== undefined) || after.every((value, at) => value === before[at])) return false;
  message.headers.set(name, after);
  return true;
}

/** Unquoted display names and blanks or a header component in an address (§3.1.2.13 to §3.1.2.15), written as they should be. */
function readdress(value: string): string | undefined {
  try {
    // A display name without quotes may hold a comma, so a field is first taken as one address.
    return readdressOne(value) ?? splitList(value).map((element) => readdressOne(element) ?? element).join(', ');
  } catch (error) {
    if (ProtocolError.is(error)) return undefined;
    throw error;
  }
}

function readdressOne(element: string): string | undefined {
  if (element.startsWith('"') && !/^"(?:[^"\\]|\\[^])*"/.test(element)) return undefined; // where the quotes should end is a guess
  const bare = /^([A-Za-z][A-Za-z0-9+\-.]*:[^<>;,\s?]+\?[^<>;,\s]+)(.*)$/.exec(element);
  const text = bare === null ? element : `<${bare[1]}>${bare[2]}`;
  try {
    return addressText(addressOf(text, { liberal: true }));
  } catch (error) {
    if (ProtocolError.is(error)) return undefined;
    throw error;
  }
}

/** Max-Forwards as if it were absent, expiry as if it were the default (§3.1.2.4). */
function repairNumber(message: SipMessage, header: string | undefined): boolean {
  if (header === 'Max-Forwards') message.headers.delete(header);
  else if (header === 'Expires') message.headers.set(header, '3600');
  else return false;
  return true;
}
