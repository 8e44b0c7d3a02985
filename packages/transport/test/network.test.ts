import { networkInterfaces } from 'node:os';
import { networkCases } from '@simple-im/testkit';
import { FakeNetwork } from '@simple-im/transport/fake';
import { nodeNetwork } from '@simple-im/transport/node';
import { describe, it } from 'vitest';

// The same cases for both, or the fake would be a story about sockets rather than a stand-in for them.
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === '::1'));

describe.each(['127.0.0.1', '::1'])('the fake network on %s', (host) => {
  for (const { name, run } of networkCases) it(name, () => run({ network: new FakeNetwork(), host }));
});

describe('the fake network in pieces of three octets, through a narrow window', () => {
  const ipv4 = '127.0.0.1';
  for (const { name, run } of networkCases.filter((entry) => !entry.name.includes('pauses') && !entry.name.includes('corked too'))) {
    it(name, () => run({ network: new FakeNetwork({ pieceSize: 3, window: 100_000 }), host: ipv4 }));
  }
});

describe.each(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])('the network of Node on %s', (host) => {
  for (const { name, run } of networkCases) it(name, () => run({ network: nodeNetwork, host }));
});
