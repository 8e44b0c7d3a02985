/**
 * Conference documents, `application/conference-info+xml` (RFC 4575): read, written, and partial ones merged into the state.
 */
import { readDocument, writeDocument, type DocumentType } from './codec/document.js';
import { CONFERENCE_NAMESPACE, conferenceType } from './conference/format.js';
import type { ConferenceInfo } from './conference/types.js';
import { withoutVersion } from './conference/update.js';
import type { DocumentReadOptions } from './options.js';

export { formatDateTime, parseDateTime } from './date-time.js';
export type { DocumentReadOptions, UpdateOptions } from './options.js';
export { CONFERENCE_NAMESPACE } from './conference/format.js';
export type {
  AvailableMedia, AvailableMedium, CallInfo, ConferenceDescription, ConferenceExtensible, ConferenceInfo, ConferenceState,
  ConferenceStateType, DisconnectionMethod, Endpoint, EndpointMedia, EndpointStatus, Execution, HostInfo, JoiningMethod, MediaStatus,
  Roles, SidebarsByVal, SipDialogId, UriEntry, Uris, User, Users,
} from './conference/types.js';
export { applyConferenceUpdate, type ConferenceUpdate } from './conference/update.js';

/** The media type of conference documents. */
export const CONFERENCE_MEDIA_TYPE = 'application/conference-info+xml';

const document: DocumentType<ConferenceInfo> = { ns: CONFERENCE_NAMESPACE, root: 'conference-info', type: conferenceType };

/**
 * Reads a conference document.
 * @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml`; EVENT_DOCUMENT_MISSING when there is no version
 */
export function parseConference(bytes: Uint8Array, options: DocumentReadOptions = {}): ConferenceInfo {
  const conference = readDocument(document, bytes, options);
  if (conference.version === undefined) throw withoutVersion();
  return conference;
}

/** Writes a conference document. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildConference(conference: ConferenceInfo): Uint8Array {
  return writeDocument(document, conference);
}
