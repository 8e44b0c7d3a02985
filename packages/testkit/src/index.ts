/**
 * What the tests of every package share: inputs cut everywhere, vectors, hostile octets, connected ends,
 * certificates, the suites of networks.
 */
export { codeOf } from './code-of.js';
export { everySplit, pieces } from './split.js';
export { vectors, type Vector } from './vectors.js';
export { hostileBytes, hostileText, mutations } from './hostile.js';
export { valueOrProtocolError, type Outcome } from './outcome.js';
export { rng, type Rng } from './rng.js';
export { connect, connectedPair, record, type Recorder, type TestPair } from './pair.js';
export { certificates, fakeCertificates, type TestCertificates } from './certificates.js';
export { recordMessages, type MessageRecorder } from './message-recorder.js';
export { tlsCases, type TlsCase, type TlsUnderTest } from './network-cases-tls.js';
export { webSocketCases } from './network-cases-websocket.js';
export type { WebSocketCase, WebSocketServing, WebSocketUnderTest } from './websocket-under-test.js';
export { networkCases, type NetworkCase, type NetworkUnderTest } from './network-cases.js';
