// Octets of heap for one subscription at the notifier, dialog and all, once its transactions are over.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SipEndpoint, UserAgent } from '@simple-im/sip';
import { FakeClock } from '@simple-im/transport/fake';
import { nodeHash, nodeRandom } from '@simple-im/transport/node';
import { Notifier } from '../src/index.ts';
import { answerTo, eventPackage, subscribe } from './peer.mjs';

const COUNT = 20_000;
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

const clock = new FakeClock();
let socket;
const waiting = [];
const network = {
  bindUdp: async (local, handlers) => {
    socket = handlers;
    return { local: { host: '192.0.2.1', port: 5060 }, send: (bytes, to) => waiting.push([bytes.slice(), to]), close: async () => {} };
  },
};
const endpoint = new SipEndpoint({ network, clock, random: nodeRandom });
await endpoint.listenUdp({ host: '192.0.2.1', port: 5060 });
const agent = new UserAgent({ endpoint, aor: 'sip:service@example.com', contact: 'sip:service@192.0.2.1', hash: nodeHash });
const notifier = new Notifier({ agent, packages: [eventPackage] });

async function used() {
  await clock.elapse(40_000);
  for (let round = 0; round < 3; round++) {
    gc();
    await clock.settle();
  }
  return process.memoryUsage().heapUsed;
}

async function watch(from, to) {
  for (let number = from; number < to; number++) {
    socket.datagram(subscribe(number), { host: '192.0.2.2', port: 5060 });
    if (number % 500 === 499) await answerAll();
  }
  await answerAll();
}

async function answerAll() {
  do {
    await clock.settle();
    for (const [bytes, from] of waiting.splice(0)) if (bytes[0] === 0x4e) socket.datagram(answerTo(bytes), from);
  } while (waiting.length > 0);
}

await watch(0, 1000); // what exists once
const before = await used();
await watch(1000, 1000 + COUNT);
const octets = ((await used()) - before) / COUNT;
if (notifier.size !== 1000 + COUNT) throw new Error(`${notifier.size} subscriptions`);
console.log(JSON.stringify({ bench: 'sip-events, heap for a subscription with its dialog', case: `${COUNT} watchers`, octets: Math.round(octets), needed: 4096 }));
