import { any, attribute, child as childOf, extensionAttributes, extensions, some, value as valueOf } from '../codec/fields.js';
import { record, required, textElement, type ElementType, type Field } from '../codec/record.js';
import { anyUri, boolean, dateTime, oneOf, string, unsignedInt, words, type SimpleType } from '../codec/values.js';
import type {
  AvailableMedia, AvailableMedium, CallInfo, ConferenceDescription, ConferenceExtensible, ConferenceInfo, ConferenceState,
  ConferenceStateType, DisconnectionMethod, Endpoint, EndpointMedia, EndpointStatus, Execution, HostInfo, JoiningMethod, MediaStatus,
  Roles, SidebarsByVal, SipDialogId, UriEntry, Uris, User, Users,
} from './types.js';

/** The namespace of conference documents (RFC 4575 §4.2). */
export const CONFERENCE_NAMESPACE = 'urn:ietf:params:xml:ns:conference-info';

const NS = CONFERENCE_NAMESPACE;
const child = <T>(name: string, type: ElementType<T>): Field<T> => childOf(NS, name, type);
const value = <T>(name: string, type: SimpleType<T>): Field<T> => valueOf(NS, name, type);

const rest: { readonly [K in keyof Required<ConferenceExtensible>]: Field<Required<ConferenceExtensible>[K]> } = {
  extensions,
  attributes: extensionAttributes,
};
const state = attribute('state', oneOf<ConferenceStateType>(['full', 'partial', 'deleted']));
const displayText = value('display-text', string);
const mediaStatus = oneOf<MediaStatus>(['recvonly', 'sendonly', 'sendrecv', 'inactive']);

const execution: ElementType<Execution> = record<Execution>({
  when: value('when', dateTime),
  reason: value('reason', string),
  by: value('by', anyUri),
  ...rest,
});

const uriEntry: ElementType<UriEntry> = record<UriEntry>({
  uri: required(value('uri', anyUri), 'uri'),
  displayText,
  purpose: value('purpose', string),
  modified: child('modified', execution),
  ...rest,
});

const uris: ElementType<Uris> = record<Uris>({ state, entries: any(NS, 'entry', uriEntry), ...rest });
/** Keys are URIs (§4.5). */
const keyedUris: ElementType<Uris> = record<Uris>({ state, entries: any(NS, 'entry', uriEntry, ({ uri }) => uri), ...rest });

const availableMedium: ElementType<AvailableMedium> = record<AvailableMedium>({
  label: required(attribute('label', string), 'label'),
  displayText,
  type: required(value('type', string), 'type'),
  status: value('status', mediaStatus),
  ...rest,
});

const description: ElementType<ConferenceDescription> = record<ConferenceDescription>({
  displayText,
  subject: value('subject', string),
  freeText: value('free-text', string),
  keywords: value('keywords', words),
  confUris: child('conf-uris', uris),
  serviceUris: child('service-uris', uris),
  maximumUserCount: value('maximum-user-count', unsignedInt),
  availableMedia: child('available-media', record<AvailableMedia>({ entries: any(NS, 'entry', availableMedium), ...rest })),
  ...rest,
});

const hostInfo: ElementType<HostInfo> = record<HostInfo>({
  displayText,
  webPage: value('web-page', anyUri),
  uris: child('uris', uris),
  ...rest,
});

const conferenceState: ElementType<ConferenceState> = record<ConferenceState>({
  userCount: value('user-count', unsignedInt),
  active: value('active', boolean),
  locked: value('locked', boolean),
  ...rest,
});

const endpointMedia: ElementType<EndpointMedia> = record<EndpointMedia>({
  id: required(attribute('id', string), 'id'),
  displayText,
  type: value('type', string),
  label: value('label', string),
  srcId: value('src-id', string),
  status: value('status', mediaStatus),
  ...rest,
});

const sipDialogId: ElementType<SipDialogId> = record<SipDialogId>({
  displayText,
  callId: required(value('call-id', string), 'call-id'),
  fromTag: required(value('from-tag', string), 'from-tag'),
  toTag: required(value('to-tag', string), 'to-tag'),
  ...rest,
});

const endpoint: ElementType<Endpoint> = record<Endpoint>({
  entity: required(attribute('entity', string), 'entity'),
  state,
  displayText,
  referred: child('referred', execution),
  status: value('status', oneOf<EndpointStatus>([
    'pending', 'dialing-out', 'dialing-in', 'alerting', 'on-hold', 'connected', 'muted-via-focus', 'disconnecting', 'disconnected',
  ])),
  joiningMethod: value('joining-method', oneOf<JoiningMethod>(['dialed-in', 'dialed-out', 'focus-owner'])),
  joiningInfo: child('joining-info', execution),
  disconnectionMethod: value('disconnection-method', oneOf<DisconnectionMethod>(['departed', 'booted', 'failed', 'busy'])),
  disconnectionInfo: child('disconnection-info', execution),
  media: some(NS, 'media', endpointMedia, ({ id }) => id),
  callInfo: child('call-info', record<CallInfo>({ sip: child('sip', sipDialogId), ...rest })),
  ...rest,
});

const user: ElementType<User> = record<User>({
  entity: required(attribute('entity', anyUri), 'entity'),
  state,
  displayText,
  associatedAors: child('associated-aors', uris),
  roles: child('roles', record<Roles>({ entries: any(NS, 'entry', textElement(string)), ...rest })),
  languages: value('languages', words),
  cascadedFocus: value('cascaded-focus', anyUri),
  endpoints: some(NS, 'endpoint', endpoint, ({ entity }) => entity),
  ...rest,
});

const users: ElementType<Users> = record<Users>({ state, users: any(NS, 'user', user, ({ entity }) => entity), ...rest });

/** A sidebar is a conference without sidebars of its own in practice, but the schema nests them; reading has a depth limit. */
const sidebars: ElementType<SidebarsByVal> = {
  read: (element, context) => sidebarsRecord.read(element, context),
  write: (given) => sidebarsRecord.write(given),
};

export const conferenceType: ElementType<ConferenceInfo> = record<ConferenceInfo>({
  entity: required(attribute('entity', anyUri), 'entity'),
  state,
  version: attribute('version', unsignedInt),
  description: child('conference-description', description),
  hostInfo: child('host-info', hostInfo),
  conferenceState: child('conference-state', conferenceState),
  users: child('users', users),
  sidebarsByRef: child('sidebars-by-ref', keyedUris),
  sidebarsByVal: child('sidebars-by-val', sidebars),
  ...rest,
});

const sidebarsRecord = record<SidebarsByVal>({ state, entries: any(NS, 'entry', conferenceType, ({ entity }) => entity), ...rest });
