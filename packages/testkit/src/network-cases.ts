import { connectCases } from './network-cases-connect.js';
import { tcpCases } from './network-cases-tcp.js';
import { udpCases } from './network-cases-udp.js';
import type { NetworkCase } from './network-under-test.js';

export type { NetworkCase, NetworkUnderTest } from './network-under-test.js';

/**
 * What every Network owes its callers, the same for the fake and for real sockets: run each with
 * `for (const { name, run } of networkCases) it(name, () => run({ network, host }))`.
 */
export const networkCases: readonly NetworkCase[] = [...tcpCases, ...connectCases, ...udpCases];
