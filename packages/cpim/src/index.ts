/**
 * Message/CPIM (RFC 3862): decode, encode and edit messages whose headers stay as they came and whose body is never
 * copied; and the headers of IMDN (RFC 5438). The XML of IMDN is in `@simple-im/cpim/imdn`.
 */
export { formatAddress, isAnonymous, parseAddress, type CpimAddress } from './address.js';
export { formatDateTime, parseDateTime, type CpimDateTime } from './date-time.js';
export { decodeCpim, type CpimDecodeOptions } from './decode.js';
export { addHeader, removeHeader, removeHeaders, setEntityHeader, setHeader, type NewHeader } from './edit.js';
export { encodeCpim, encodeCpimHead } from './encode.js';
export type { EntityHeader } from './entity.js';
export { cpimErrors } from './errors.js';
export { escapeText, unescapeText } from './escape.js';
export type { CpimParameter, NotifyRequest } from './grammar.js';
export type { CpimHeader } from './header.js';
export {
  addRecordRoute, asksFor, IMDN_MEDIA_TYPE, isNotification, makeMessageId, messageIdOf, notificationTarget, notifyRequests, originalTo,
  popRoute, recordRoutes, requestNotifications, rewriteTo, routes, type NotificationRequest, type RequestIdentity,
} from './imdn-headers.js';
export { cpimLimits, type CpimLimits } from './limits.js';
export { makeCpim, type CpimParts } from './make.js';
export { checkRequired, CpimMessage, type CpimSubject } from './message.js';
export { CPIM_HEADERS, IMDN_HEADERS, type QualifiedName } from './namespaces.js';
