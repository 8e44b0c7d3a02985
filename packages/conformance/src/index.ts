/**
 * A conformance suite for OMA SIMPLE IM systems. It speaks to a running system through its reference points with raw peers:
 * the bytes of a case stand in the case, no encoder of ours writes them. A program, `simple-im-conformance`, and a library.
 */
export { conformance, type ConformanceOptions, type TapTest } from './conformance.js';
export { cases } from './cases/index.js';
export { main, type ProgramIo } from './cli.js';
export { pointOf, type CaseContext, type ConformanceCase, type Level, type SipPeerChoice } from './case.js';
export { check, equal, fail, precondition } from './expectation.js';
export { conformanceErrors } from './errors.js';
export { exitCodes } from './exit-codes.js';
export { features, targetOf, type Feature, type Target, type TargetText } from './profile.js';
export type { HostPort } from './raw-peer.js';
export type { Dialog } from './dialog.js';
export type { MsrpEndpoint } from './msrp-endpoint.js';
export { MsrpFrame, MsrpPeer } from './raw-msrp.js';
export { SipMessage, SipPeer, type ExpectOptions, type SipExpectOptions, type User } from './raw-sip.js';
export { RawWebSocket } from './raw-websocket.js';
export type { MsrpAddress, MsrpTransport, SipAddress, SipTransport, WebSocketTransport } from './target-address.js';
export type { IncomingFrame, OutgoingFrame } from './websocket-frame.js';
export { reach } from './reach.js';
export { judge, type CaseResult, type Judgement, type Rules, type Verdict } from './result.js';
export { runCases, type RunOptions } from './runner.js';
export { selectCases, type Selection } from './selection.js';
export type { Values } from './template.js';
export { wireText, type WireEntry } from './wire-log.js';
