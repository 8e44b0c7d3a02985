import type { AttributeDescription, ElementDescription } from '@simple-im/xml/write';

/** Whether an element says all, says what changed, or says that it is gone (RFC 4575 §4.4); `full` when absent. */
export type ConferenceStateType = 'full' | 'partial' | 'deleted';

/** What every object may have: what is not known here. It is written back as it came. */
export interface ConferenceExtensible {
  readonly extensions?: readonly ElementDescription[];
  readonly attributes?: readonly AttributeDescription[];
}

/** A conference (RFC 4575 §5.2), or a sidebar of one. */
export interface ConferenceInfo extends ConferenceExtensible {
  /** The conference URI. */
  readonly entity: string;
  readonly state?: ConferenceStateType;
  /** 0 to 4294967295. It must be there in a notification and is not in a sidebar. */
  readonly version?: number;
  readonly description?: ConferenceDescription;
  readonly hostInfo?: HostInfo;
  readonly conferenceState?: ConferenceState;
  readonly users?: Users;
  readonly sidebarsByRef?: Uris;
  readonly sidebarsByVal?: SidebarsByVal;
}

/** RFC 4575 §5.3. */
export interface ConferenceDescription extends ConferenceExtensible {
  readonly displayText?: string;
  readonly subject?: string;
  readonly freeText?: string;
  readonly keywords?: readonly string[];
  readonly confUris?: Uris;
  readonly serviceUris?: Uris;
  readonly maximumUserCount?: number;
  readonly availableMedia?: AvailableMedia;
}

/** RFC 4575 §5.4. */
export interface HostInfo extends ConferenceExtensible {
  readonly displayText?: string;
  readonly webPage?: string;
  readonly uris?: Uris;
}

/** RFC 4575 §5.5. */
export interface ConferenceState extends ConferenceExtensible {
  readonly userCount?: number;
  readonly active?: boolean;
  readonly locked?: boolean;
}

export interface AvailableMedia extends ConferenceExtensible {
  readonly entries: readonly AvailableMedium[];
}

/** RFC 4575 §5.3.4. */
export interface AvailableMedium extends ConferenceExtensible {
  /** The label of the stream in SDP (RFC 4574). */
  readonly label: string;
  readonly displayText?: string;
  /** A media type of SDP, such as `audio` or `message`. */
  readonly type: string;
  readonly status?: MediaStatus;
}

export type MediaStatus = 'recvonly' | 'sendonly' | 'sendrecv' | 'inactive';

export interface Uris extends ConferenceExtensible {
  readonly state?: ConferenceStateType;
  readonly entries: readonly UriEntry[];
}

export interface UriEntry extends ConferenceExtensible {
  readonly uri: string;
  readonly displayText?: string;
  /** Such as `participation`, `streaming`, `web-page`. */
  readonly purpose?: string;
  readonly modified?: Execution;
}

/** When, why and by whom something was done. */
export interface Execution extends ConferenceExtensible {
  /** xs:dateTime. */
  readonly when?: string;
  readonly reason?: string;
  /** A URI. */
  readonly by?: string;
}

export interface Users extends ConferenceExtensible {
  readonly state?: ConferenceStateType;
  readonly users: readonly User[];
}

/** A participant (RFC 4575 §5.6). */
export interface User extends ConferenceExtensible {
  /** A URI; it may be an anonymous one, made up by the focus. */
  readonly entity: string;
  readonly state?: ConferenceStateType;
  readonly displayText?: string;
  readonly associatedAors?: Uris;
  readonly roles?: Roles;
  /** Language tags. */
  readonly languages?: readonly string[];
  /** The URI of the other conference, when the participant is one. */
  readonly cascadedFocus?: string;
  readonly endpoints?: readonly Endpoint[];
}

export interface Roles extends ConferenceExtensible {
  readonly entries: readonly string[];
}

export type EndpointStatus =
  'pending' | 'dialing-out' | 'dialing-in' | 'alerting' | 'on-hold' | 'connected' | 'muted-via-focus' | 'disconnecting' | 'disconnected';
export type JoiningMethod = 'dialed-in' | 'dialed-out' | 'focus-owner';
export type DisconnectionMethod = 'departed' | 'booted' | 'failed' | 'busy';

/** One device or session of a participant (RFC 4575 §5.7). */
export interface Endpoint extends ConferenceExtensible {
  readonly entity: string;
  readonly state?: ConferenceStateType;
  readonly displayText?: string;
  readonly referred?: Execution;
  readonly status?: EndpointStatus;
  readonly joiningMethod?: JoiningMethod;
  readonly joiningInfo?: Execution;
  readonly disconnectionMethod?: DisconnectionMethod;
  readonly disconnectionInfo?: Execution;
  readonly media?: readonly EndpointMedia[];
  readonly callInfo?: CallInfo;
}

/** RFC 4575 §5.8. */
export interface EndpointMedia extends ConferenceExtensible {
  readonly id: string;
  readonly displayText?: string;
  readonly type?: string;
  readonly label?: string;
  /** The SSRC, for RTP. */
  readonly srcId?: string;
  readonly status?: MediaStatus;
}

/** RFC 4575 §5.7.9. */
export interface CallInfo extends ConferenceExtensible {
  readonly sip?: SipDialogId;
}

export interface SipDialogId extends ConferenceExtensible {
  readonly displayText?: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string;
}

export interface SidebarsByVal extends ConferenceExtensible {
  readonly state?: ConferenceStateType;
  readonly entries: readonly ConferenceInfo[];
}
