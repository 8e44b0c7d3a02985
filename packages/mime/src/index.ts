/**
 * MIME entities as SIP, MSRP and CPIM carry them: entity headers, multipart bodies taken apart without copying and written with
 * a boundary that occurs in no part, Content-Disposition, Content-ID and cid URLs.
 */
export { mimeErrors } from './errors.js';
export { formatContentType, parseContentDisposition, parseContentType, type ContentDisposition, type ContentType } from './content-type.js';
export { cidOfContentId, contentIdOfCid, parseContentId } from './content-id.js';
export { EntityHeaders, parseEntityHeaders, type EntityField, type HeaderLimits } from './headers.js';
export { isMultipart, leafParts, partOfCid, splitMultipart, type BodyPart, type Multipart, type MultipartLimits } from './multipart.js';
export { buildMultipart, type BuiltMultipart, type MultipartOptions, type NewPart } from './build-multipart.js';
