/*
 * One change to 20,000 watchers: NOTIFYs, their answers read, for a second of CPU time. The floor sends the same octets, prepared,
 * through the same sockets and takes the answers without looking at them. Both have so many under way at once.
 */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { SipEndpoint, UserAgent } from '@simple-im/sip';
import { nodeClock, nodeHash, nodeNetwork, nodeRandom } from '@simple-im/transport/node';
import { Notifier } from '../src/index.ts';
import { RESOURCE, answerTo, eventPackage } from './peer.mjs';

const COUNT = 20_000;
const WINDOW = 100;
const ROUNDS = 3;

const watchers = fork(fileURLToPath(new URL('../watchers.mjs', import.meta.url)));
const port = await new Promise((resolve) => watchers.once('message', resolve));

const endpoint = new SipEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom, timers: { T4: 100 } });
await endpoint.listenUdp({ host: '127.0.0.1', port: 0 });
const agent = new UserAgent({ endpoint, aor: RESOURCE, hash: nodeHash });
const notifier = new Notifier({ agent, packages: [eventPackage], limits: { maxOutstanding: WINDOW } });
notifier.restore(Array.from({ length: COUNT }, (_, number) => ({
  package: 'presence', resource: RESOURCE, state: 'active', id: undefined, accepts: eventPackage.contentTypes, suppress: undefined, version: 0,
  expires: Date.now() + 3_600_000,
  dialog: {
    callId: `0123456789abcdef-${number}@127.0.0.1`, localTag: `0123456789abcde${number}`, remoteTag: `a1b2c3d4${number}`, localUri: RESOURCE,
    remoteUri: `sip:watcher${number}@example.com`, localSeq: 1, remoteSeq: 1, routeSet: [], remoteTarget: `sip:watcher${number}@127.0.0.1:${port}`,
    secure: false, isUac: false,
  },
})));

const all = notifier.subscriptions('presence', RESOURCE);
/** Looks at each of them once, as they are sent in order: to ask all of them all the time would be measured too. */
async function idle() {
  for (const subscription of all) {
    while (subscription.busy || subscription.wanted !== 'nothing') await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const floorSocket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
await new Promise((resolve) => floorSocket.bind(0, '127.0.0.1', resolve));

/** Sends `sample` as often as there are watchers. */
function floor() {
  return new Promise((resolve) => {
    let sent = 0;
    let answered = 0;
    const send = () => {
      while (sent < COUNT && sent - answered < WINDOW) {
        floorSocket.send(sample, port, '127.0.0.1');
        sent += 1;
      }
    };
    floorSocket.removeAllListeners('message');
    floorSocket.on('message', () => {
      answered += 1;
      if (answered === COUNT) resolve();
      else send();
    });
    send();
  });
}

async function ours() {
  notifier.changed('presence', RESOURCE);
  await idle();
}

async function rate(run) {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return (COUNT * 1_000_000) / (user + system);
}

await idle();
const spy = createSocket('udp4');
await new Promise((resolve) => spy.bind(0, '127.0.0.1', resolve));
const [first] = all;
const { remoteTarget } = first.dialog.dialog;
first.dialog.dialog.remoteTarget = `sip:spy@127.0.0.1:${spy.address().port}`;
const sample = await new Promise((resolve) => {
  spy.once('message', (bytes, { port: back, address }) => {
    spy.send(answerTo(bytes), back, address);
    resolve(bytes);
  });
  notifier.changed('presence', RESOURCE);
});
first.dialog.dialog.remoteTarget = remoteTarget;
await ours();
await floor();
const rates = [];
for (let round = 0; round < ROUNDS; round++) rates.push([await rate(ours), await rate(floor)]);
const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
console.log(JSON.stringify({
  bench: 'sip-events, NOTIFYs of one change, against prepared octets through the same sockets', case: `${COUNT} watchers`,
  ratio: Number(median(rates.map(([a, b]) => a / b)).toFixed(2)), unit: 'times the floor', needed: 0.3,
  perSecond: Math.round(median(rates.map(([a]) => a))), floorPerSecond: Math.round(median(rates.map(([, b]) => b))), octets: sample.length,
}));
spy.close();
floorSocket.close();
notifier.close();
await endpoint.close();
watchers.disconnect();
