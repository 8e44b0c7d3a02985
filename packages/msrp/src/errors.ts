import { defineErrors, type ErrorKind } from '@simple-im/grammar';

export const msrpErrors = {
  MSRP_NOT_MSRP: {
    meaning: 'The stream holds no MSRP start line where one must stand; close the connection',
    fault: 'remote',
    section: 'RFC 4975 §9',
  },
  MSRP_START_LINE_TOO_LONG: {
    meaning: 'A start line exceeds the limit; close the connection',
    fault: 'remote',
    section: 'RFC 4975 §9',
  },
  MSRP_STREAM_DEAD: {
    meaning: 'The decoder gave up on this stream before and takes no more octets',
    fault: 'local',
  },
  MSRP_BAD_START_LINE: {
    meaning: 'The start line is not that of an MSRP request or response',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §9',
  },
  MSRP_BAD_HEADER: {
    meaning: 'A header field does not follow its syntax',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §9',
  },
  MSRP_DUPLICATE_HEADER: {
    meaning: 'A header field that may stand once stands twice',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §9',
  },
  MSRP_MISSING_PATH: {
    meaning: 'To-Path and From-Path must be the first two header fields',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §9',
  },
  MSRP_RESPONSE_WITH_BODY: {
    meaning: 'A response cannot have a body',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §9',
  },
  MSRP_HEAD_TOO_LARGE: {
    meaning: 'The start line and header fields of a frame exceed the limit',
    fault: 'remote',
    status: 400,
  },
  MSRP_TOO_MANY_HEADERS: {
    meaning: 'A frame has more header fields than the limit',
    fault: 'remote',
    status: 400,
  },
  MSRP_PATH_TOO_LONG: {
    meaning: 'A To-Path or From-Path has more URIs than the limit',
    fault: 'remote',
    status: 400,
  },
  MSRP_BAD_URI: {
    meaning: 'Not an MSRP URI',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §9',
  },
  MSRP_CANNOT_ENCODE: {
    meaning: 'A value to be sent does not fit the syntax of its place in a frame',
    fault: 'local',
    section: 'RFC 4975 §9',
  },
  MSRP_CHUNK_MISUSED: {
    meaning: 'A chunk was opened, filled or closed against the order or the range it announced',
    fault: 'local',
    section: 'RFC 4975 §7.1.1',
  },
  MSRP_MESSAGE_TOO_LARGE: {
    meaning: 'A message is larger than the limit',
    fault: 'remote',
    status: 413,
    section: 'RFC 4975 §10.5',
  },
  MSRP_GAP_TOO_LARGE: {
    meaning: 'Too many octets of a message arrived before the ones they follow',
    fault: 'remote',
    status: 413,
    section: 'RFC 4975 §7.3.1',
  },
  MSRP_TOO_MANY_INTERVALS: {
    meaning: 'A message arrived in more separate pieces than the limit',
    fault: 'remote',
    status: 413,
    section: 'RFC 4975 §7.3.1',
  },
  MSRP_BEYOND_TOTAL: {
    meaning: 'A chunk lies beyond the end of its message',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §7.3.1',
  },
  MSRP_MESSAGE_ABORTED: {
    meaning: 'The sender gave the message up',
    fault: 'remote',
    section: 'RFC 4975 §7.1',
  },
  MSRP_NO_SESSION: {
    meaning: 'No session has the URI this request is for',
    fault: 'remote',
    status: 481,
    section: 'RFC 4975 §7.3',
  },
  MSRP_SESSION_ELSEWHERE: {
    meaning: 'The session is bound to another connection',
    fault: 'remote',
    status: 506,
    section: 'RFC 4975 §5.4',
  },
  MSRP_UNKNOWN_METHOD: {
    meaning: 'The session does not know the method',
    fault: 'remote',
    status: 501,
    section: 'RFC 4975 §10.9',
  },
  MSRP_NO_MESSAGE_ID: {
    meaning: 'A SEND with a body has no Message-ID',
    fault: 'remote',
    status: 400,
    section: 'RFC 4975 §7.1.1',
  },
  MSRP_UNACCEPTABLE_TYPE: {
    meaning: 'The session does not take this media type',
    fault: 'remote',
    status: 415,
    section: 'RFC 4975 §10.6',
  },
  MSRP_TOO_MANY_MESSAGES: {
    meaning: 'More messages are incomplete at the same time than the session allows',
    fault: 'remote',
    status: 413,
    section: 'RFC 4975 §10.5',
  },
  MSRP_MESSAGE_UNWANTED: {
    meaning: 'The reader gave the message up',
    fault: 'local',
    status: 413,
    section: 'RFC 4975 §10.5',
  },
  MSRP_REFUSED_BY_PEER: {
    meaning: 'The peer answered or reported a failure; the status says which',
    fault: 'remote',
    section: 'RFC 4975 §10',
  },
  MSRP_RESPONSE_TIMEOUT: {
    meaning: 'No response came within 30 seconds; the message probably failed',
    fault: 'remote',
    status: 408,
    section: 'RFC 4975 §7.1.1',
  },
  MSRP_REPORT_MISSING: {
    meaning: 'No success REPORT came while the message was remembered',
    fault: 'remote',
    section: 'RFC 4975 §7.1.1',
  },
  MSRP_SEND_ABORTED: {
    meaning: 'The caller gave the message up',
    fault: 'local',
    section: 'RFC 4975 §7.1',
  },
  MSRP_BODY_FAILED: {
    meaning: 'The source of a body failed, or gave more or fewer octets than announced',
    fault: 'local',
    section: 'RFC 4975 §7.1',
  },
  MSRP_TYPE_NOT_OFFERED: {
    meaning: 'The peer did not offer to take this media type',
    fault: 'local',
    section: 'RFC 4975 §8.6',
  },
  MSRP_CONNECTION_LOST: {
    meaning: 'The connection of the session ended',
    fault: 'remote',
    section: 'RFC 4975 §5.4',
  },
  MSRP_CONNECTION_REFUSED: {
    meaning: 'The connection named no session in time, or too many such connections were open',
    fault: 'remote',
    section: 'RFC 4975 §5.4',
  },
  MSRP_SESSION_CLOSED: {
    meaning: 'The session was closed on this side',
    fault: 'local',
  },
  MSRP_SESSION_MISUSED: {
    meaning: 'The session cannot do this in its present state',
    fault: 'local',
  },
  MSRP_UNSUPPORTED_TRANSPORT: {
    meaning: 'The URI asks for a transport that this endpoint was not given: tcp, TLS or WebSockets',
    fault: 'local',
    status: 488,
    section: 'RFC 4975 §6',
  },
  MSRP_MESSAGE_NOT_WHOLE: {
    meaning: 'A WebSocket message ends within a chunk; the connection is closed', fault: 'remote', section: 'RFC 7977 §5.1',
  },
  MSRP_SDP_TOO_LARGE: {
    meaning: 'A session description exceeds a limit',
    fault: 'remote',
    status: 400,
  },
  MSRP_SDP_INVALID: {
    meaning: 'A session description does not follow its syntax',
    fault: 'remote',
    status: 400,
    section: 'RFC 4566 §5',
  },
  MSRP_SDP_NO_MEDIA: {
    meaning: 'The session description has no m=message line over MSRP',
    fault: 'remote',
    status: 488,
    section: 'RFC 4975 §8.1',
  },
  MSRP_SDP_NO_PATH: {
    meaning: 'The m=message section has no path attribute',
    fault: 'remote',
    status: 488,
    section: 'RFC 4975 §8.2',
  },
  MSRP_SDP_NO_ACCEPT_TYPES: {
    meaning: 'The m=message section has no accept-types attribute',
    fault: 'remote',
    status: 488,
    section: 'RFC 4975 §8.6',
  },
  MSRP_SDP_SETUP: {
    meaning: 'The value of a=setup is not allowed here',
    fault: 'remote',
    status: 488,
    section: 'RFC 6135 §4.2.2',
  },
  MSRP_SDP_NOT_WRITABLE: {
    meaning: 'A value for a session description holds characters that would break its line',
    fault: 'local',
    section: 'RFC 4566 §5',
  },
} as const satisfies Record<string, ErrorKind>;

export const msrpError = defineErrors(msrpErrors);
