/**
 * MSRP (RFC 4975) without sockets or clock: frames as bytes, chunks of messages and their reassembly, sessions and reports.
 * SDP offers and answers are in `@simple-im/msrp/sdp`.
 */
export { msrpError, msrpErrors } from './errors.js';
export { type MsrpLimits, defaultMsrpLimits } from './limits.js';
export { type MsrpUri, type MsrpUriParts, formatMsrpUri, msrpUriEquals, msrpUriKey, parseMsrpUri, sessionIdEquals } from './uri.js';
export type { ByteRange, FailureReport, StatusHeader } from './grammar.js';
export { type Continuation, type Field, type HeadParts, MsrpHead } from './frame.js';
export { MsrpDecoder, type MsrpEvent } from './decoder.js';
export {
  type RequestHead,
  type Response,
  type Rewrite,
  encodeEnd,
  encodeHead,
  encodeResponse,
  endLineOccurs,
  formatByteRange,
  randomIdent,
  responseTo,
  rewriteHead,
} from './encoder.js';
export { Chunker, type ChunkerOptions, MIN_CHUNK } from './chunker.js';
export { Reassembly, type Piece, type ReassemblyLimits, defaultReassemblyLimits } from './reassembly.js';
export { RESPONSE_WAIT, consequence, encodeReport, isAnswered, reportRules, reportTable, type ReportRules, type ReportToSend } from './reports.js';
export { sessionTable, type SessionEvent, type SessionState } from './session-table.js';
export { SessionEntry, type SessionEntryOptions } from './session-entry.js';
export { SessionTable, type MatchMode, type SessionRegistry } from './session-registry.js';
export { FAIR_SHARE, type Demand, type FrameSink, type FrameSource } from './frame-sink.js';
export { MsrpConnection, defaultConnectionLimits, type ConnectionLimits, type MsrpConnectionOptions } from './connection.js';
export type { Body } from './body-source.js';
export type { MessageToSend, SentMessage } from './outgoing-message.js';
export type { IncomingMessage } from './incoming-message.js';
export { MessageReceiver, type MessageReceiverOptions, type ReceiverLimits } from './message-receiver.js';
export {
  MsrpSession,
  defaultSessionLimits,
  type MessageReport,
  type MsrpSessionOptions,
  type SessionHandlers,
  type SessionLimits,
} from './session.js';
export type { FrameStart } from './raw-lane.js';
export { FrameSession, LocalSession, MessageSession, type ConnectOptions } from './local-session.js';
export type { MsrpTrace } from './connection-driver.js';
export {
  MSRP_PORT,
  MsrpEndpoint,
  type CreateFrameSessionOptions,
  type CreateSessionOptions,
  type EndpointLimits,
  type EndpointOptions,
} from './endpoint.js';
