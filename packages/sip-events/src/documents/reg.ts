/**
 * Registration information, `application/reginfo+xml` (RFC 3680) with GRUUs (RFC 5628): which contacts are registered.
 */
import type { ElementDescription } from '@simple-im/xml/write';
import { any, attribute, child, content, extensions, lang, some, value } from './codec/fields.js';
import { readDocument, writeDocument, type DocumentType } from './codec/document.js';
import { record, required, type ElementType } from './codec/record.js';
import { anyUri, oneOf, string, unsignedInt, unsignedLong } from './codec/values.js';
import type { DocumentReadOptions, UpdateOptions } from './options.js';
import { checkEntries, compareVersions, overlaid, type UpdateResult } from './update.js';

export type { DocumentReadOptions, UpdateOptions } from './options.js';
export type { UpdateResult } from './update.js';

/** The media type of registration information. */
export const REG_INFO_MEDIA_TYPE = 'application/reginfo+xml';
/** The namespace of registration information (RFC 3680 §5.1). */
export const REG_INFO_NAMESPACE = 'urn:ietf:params:xml:ns:reginfo';
/** The namespace of GRUUs in it (RFC 5628 §9). */
export const GRUU_INFO_NAMESPACE = 'urn:ietf:params:xml:ns:gruuinfo';

/** RFC 3680 §5.1. */
export interface RegInfo {
  /** 0 to 4294967295. */
  readonly version: number;
  readonly state: 'full' | 'partial';
  readonly registrations: readonly Registration[];
  /** Elements that are not known here; they are written back as they came. */
  readonly extensions?: readonly ElementDescription[];
}

/** All contacts of one address-of-record. */
export interface Registration {
  readonly aor: string;
  /** The same in every notification of a subscription. */
  readonly id: string;
  readonly state: 'init' | 'active' | 'terminated';
  readonly contacts: readonly RegisteredContact[];
  readonly extensions?: readonly ElementDescription[];
}

export type ContactEvent =
  'registered' | 'created' | 'refreshed' | 'shortened' | 'expired' | 'deactivated' | 'probation' | 'unregistered' | 'rejected';

export interface RegisteredContact {
  readonly id: string;
  readonly state: 'active' | 'terminated';
  /** What brought about the state. */
  readonly event: ContactEvent;
  readonly uri: string;
  readonly displayName?: { readonly text: string; readonly lang?: string };
  /** Seconds until now. */
  readonly durationRegistered?: number;
  /** Seconds from now; always with `shortened`. */
  readonly expires?: number;
  /** Seconds; always with `probation`. */
  readonly retryAfter?: number;
  /** The q value of the Contact header, as text. */
  readonly q?: string;
  readonly callId?: string;
  readonly cseq?: number;
  /** Contact parameters that RFC 3261 does not define, such as `+sip.instance`; an empty value for those without one. */
  readonly unknownParams?: readonly UnknownParam[];
  /** RFC 5628 §3. */
  readonly pubGruu?: { readonly uri: string };
  /** RFC 5628 §3. */
  readonly tempGruu?: TempGruu;
  readonly extensions?: readonly ElementDescription[];
}

export interface UnknownParam {
  readonly name: string;
  readonly value: string;
}

export interface TempGruu {
  readonly uri: string;
  /** CSeq of the REGISTER that the oldest temporary GRUU still valid was assigned to. */
  readonly firstCseq: number;
}

const NS = REG_INFO_NAMESPACE;
const gruuUri = required(attribute('uri', anyUri), 'uri');

const contact: ElementType<RegisteredContact> = record<RegisteredContact>({
  id: required(attribute('id', string), 'id'),
  state: required(attribute('state', oneOf(['active', 'terminated'])), 'state'),
  event: required(attribute('event', oneOf<ContactEvent>([
    'registered', 'created', 'refreshed', 'shortened', 'expired', 'deactivated', 'probation', 'unregistered', 'rejected',
  ])), 'event'),
  durationRegistered: attribute('duration-registered', unsignedLong),
  expires: attribute('expires', unsignedLong),
  retryAfter: attribute('retry-after', unsignedLong),
  q: attribute('q', string),
  callId: attribute('callid', string),
  cseq: attribute('cseq', unsignedLong),
  uri: required(value(NS, 'uri', anyUri), 'uri'),
  displayName: child(NS, 'display-name', record<{ readonly text: string; readonly lang?: string }>({ text: content(string), lang })),
  unknownParams: some(NS, 'unknown-param', record<UnknownParam>({
    name: required(attribute('name', string), 'name'),
    value: content(string),
  })),
  pubGruu: child(GRUU_INFO_NAMESPACE, 'pub-gruu', record<{ readonly uri: string }>({ uri: gruuUri })),
  tempGruu: child(GRUU_INFO_NAMESPACE, 'temp-gruu', record<TempGruu>({
    uri: gruuUri,
    firstCseq: required(attribute('first-cseq', unsignedLong), 'first-cseq'),
  })),
  extensions,
});

const registration: ElementType<Registration> = record<Registration>({
  aor: required(attribute('aor', anyUri), 'aor'),
  id: required(attribute('id', string), 'id'),
  state: required(attribute('state', oneOf(['init', 'active', 'terminated'])), 'state'),
  contacts: any(NS, 'contact', contact, ({ id }) => id),
  extensions,
});

const document: DocumentType<RegInfo> = {
  ns: NS,
  root: 'reginfo',
  type: record<RegInfo>({
    version: required(attribute('version', unsignedInt), 'version'),
    state: required(attribute('state', oneOf(['full', 'partial'])), 'state'),
    registrations: any(NS, 'registration', registration, ({ id }) => id),
    extensions,
  }),
};

/** Reads registration information. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function parseRegInfo(bytes: Uint8Array, options: DocumentReadOptions = {}): RegInfo {
  return readDocument(document, bytes, options);
}

/** Writes registration information. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildRegInfo(info: RegInfo): Uint8Array {
  return writeDocument(document, info);
}

/**
 * Takes a document of a notification into the registrations kept (RFC 3680 §5.2). Terminated contacts are left out of the
 * state; look at the document for them. After a gap the document is used and a refresh is wanted as well.
 *
 * @param state what the update before gave; `undefined` at the start of a subscription
 * @throws EVENT_DOCUMENT_TOO_MANY_ENTRIES
 */
export function applyRegInfo(state: RegInfo | undefined, info: RegInfo, options: UpdateOptions = {}): UpdateResult<RegInfo> {
  const order = compareVersions(state?.version, info.version);
  if (state !== undefined && order === 'old') return { state, isApplied: false, needsRefresh: false };
  const isPartial = info.state === 'partial';
  const old = isPartial && state !== undefined ? state.registrations : [];
  const registrations = overlaid(old, info.registrations, ({ id }) => id, (was, now) => ({
    ...now,
    contacts: overlaid(was?.contacts ?? [], now.contacts, ({ id }) => id, (_row, row) => (row.state === 'terminated' ? undefined : row)),
  }));
  checkEntries(registrations.reduce((sum, { contacts }) => sum + 1 + contacts.length, 0), options);
  return { state: { ...info, state: 'full', registrations }, isApplied: true, needsRefresh: isPartial && order !== 'next' };
}
