/**
 * What every simple-im protocol package shares: the error type, octets and text, ABNF core rules, URIs, parameters and
 * name-addr. No protocol lives here.
 */
export { ProtocolError, defineErrors, type ErrorKind, type ErrorPlace, type Fault } from './errors.js';
export { grammarErrors } from './grammar-errors.js';
export {
  byteString, byteStringToText, bytesOf, concatBytes, copied, strictUtf8Text, textToByteString, utf8, utf8Text, writeByteString,
} from './bytes.js';
export { abnf } from './abnf.js';
export { trimBlanks } from './blanks.js';
export { isToken } from './chars.js';
export { canonicalHost, isHost, isIPv4, isIPv6 } from './host.js';
export { escapeUser, unescapeUri } from './escapes.js';
export { isQuotedString, quote, unquote } from './quoted-string.js';
export { splitList } from './split-list.js';
export { formatParams, Params, parseParams, type Param, type ParamsSyntax, type ParamValue } from './params.js';
export {
  formatUri, isSipUri, parseSipUri, parseUri, sipUri,
  type ImUri, type OtherUri, type SipUri, type SipUriParts, type TelUri, type Uri, type UriHeader, type UriOptions,
} from './uri.js';
export { aorOf, uriEquals } from './uri-equals.js';
export { usualHostEnd } from './uri-fast-lane.js';
export { formatNameAddr, NameAddr, parseNameAddr, parseUsualNameAddr, type NameAddrLike, type NameAddrOptions, type NameAddrParts } from './name-addr.js';
