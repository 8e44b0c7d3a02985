/**
 * Presence documents, `application/pidf+xml` (RFC 3863), with persons and devices (RFC 4479), rich presence (RFC 4480), timed
 * status (RFC 4481), contact information (RFC 4482) and the presence extensions of OMA. What else a document holds, such as
 * capabilities (RFC 5196), is kept as `extensions`.
 */
import { readDocument, writeDocument, type DocumentType } from './codec/document.js';
import type { DocumentReadOptions } from './options.js';
import { PIDF_NAMESPACE } from './pidf/namespaces.js';
import { presenceType, type Presence } from './pidf/presence.js';

export { formatDateTime, parseDateTime } from './date-time.js';
export type { DocumentReadOptions } from './options.js';
export type { Cipid } from './pidf/cipid.js';
export type { Basic, Extensible, Note } from './pidf/common.js';
export { mustBeIgnored } from './pidf/must-understand.js';
export {
  CIPID_NAMESPACE, DATA_MODEL_NAMESPACE, LOCATION_TYPE_NAMESPACE, OMA_PRES_NAMESPACE, PIDF_NAMESPACE, RPID_NAMESPACE,
  TIMED_STATUS_NAMESPACE,
} from './pidf/namespaces.js';
export {
  FILE_TRANSFER_SERVICE, IM_PAGER_SERVICE, IM_SESSION_SERVICE,
  type OmaPerson, type OmaService, type ServiceDescription, type ServiceState, type Willingness,
} from './pidf/oma-pres.js';
export type { Contact, Device, Person, Presence, Status, Tuple } from './pidf/presence.js';
export type {
  Activities, Activity, Mood, Moods, PlaceIs, PlaceType, Privacies, Privacy, Relationship, Relationships, RpidOfDevice, RpidOfPerson,
  RpidOfTuple, ServiceClass, ServiceClasses, Sphere, StatusIcon, TimeOffset, UserInput,
} from './pidf/rpid.js';
export { activityWords, moodWords, privacyWords, relationshipWords, serviceClassWords } from './pidf/rpid-words.js';
export type { TimedStatus } from './pidf/timed-status.js';

/** The media type of presence documents. */
export const PIDF_MEDIA_TYPE = 'application/pidf+xml';

const document: DocumentType<Presence> = { ns: PIDF_NAMESPACE, root: 'presence', type: presenceType };

/** Reads a presence document. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function parsePidf(bytes: Uint8Array, options: DocumentReadOptions = {}): Presence {
  return readDocument(document, bytes, options);
}

/** Writes a presence document. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildPidf(presence: Presence): Uint8Array {
  return writeDocument(document, presence);
}
