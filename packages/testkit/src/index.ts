/** What the tests of every package share: inputs cut everywhere, vectors, hostile octets, connected ends, the suite of networks. */
export { codeOf } from './code-of.js';
export { everySplit, pieces } from './split.js';
export { vectors, type Vector } from './vectors.js';
export { hostileBytes, hostileText, mutations } from './hostile.js';
export { valueOrProtocolError, type Outcome } from './outcome.js';
export { rng, type Rng } from './rng.js';
export { connect, connectedPair, record, type Recorder, type TestPair } from './pair.js';
export { networkCases, type NetworkCase, type NetworkUnderTest } from './network-cases.js';
