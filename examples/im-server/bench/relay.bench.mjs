/*
 * What the server uses to pass requests on, against Kamailio as a stateful proxy with a registrar: CPU time for one MESSAGE (which
 * passes our IM server too) and for one call of INVITE, ACK and BYE with Record-Route. Both take turns under the same load.
 */
import { fileURLToPath } from 'node:url';
import { hasKamailio, pinned, startKamailio, startOurs } from './servers.mjs';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 3;
const LOAD = fileURLToPath(new URL('./load.mjs', import.meta.url));

const ours = await startOurs();
const kamailio = hasKamailio() ? await startKamailio() : undefined;
if (kamailio === undefined) console.log('Kamailio is not installed, so that there is nothing to compare with; figures are of ours alone.');

/** Milliseconds of CPU time for one exchange, exchanges for a second, and how many failed. */
async function measure(server, transport, kind, count) {
  const before = server.cpu();
  const { done, failed, seconds } = await load(transport, kind, server.ports[transport], count);
  return { cost: ((server.cpu() - before) * 1000) / done, rate: done / seconds, failed };
}

async function load(...args) {
  const child = pinned(1, process.execPath, [LOAD, ...args.map(String), '64'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return JSON.parse(text);
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const rounded = (number) => Number(number.toFixed(3));

async function compare(transport, kind, count, needed) {
  for (const server of [ours, kamailio]) if (server !== undefined) await measure(server, transport, kind, count);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push([await measure(ours, transport, kind, count), kamailio && await measure(kamailio, transport, kind, count)]);
  }
  const failed = rounds.reduce((sum, [mine]) => sum + mine.failed, 0);
  const about = { milliseconds: rounded(median(rounds.map(([mine]) => mine.cost))), perSecond: Math.round(median(rounds.map(([mine]) => mine.rate))), failed };
  if (kamailio !== undefined) {
    const ratio = rounded(median(rounds.map(([mine, theirs]) => mine.cost / theirs.cost)));
    console.log(JSON.stringify({ bench: 'server, CPU time against Kamailio', case: `${kind} over ${transport.toUpperCase()}`, ratio, unit: 'times the peer', needed,
      ...about, kamailioMilliseconds: rounded(median(rounds.map(([, theirs]) => theirs.cost))) }));
  }
  return about;
}

const count = quick ? 2000 : 10_000;
await compare('udp', 'message', count, '<= 2');
const tcp = await compare('tcp', 'message', count, undefined);
console.log(JSON.stringify({ bench: 'server, MESSAGEs passed on in a second', case: `TCP, ${tcp.failed} failed`, ratio: tcp.failed === 0 ? tcp.perSecond : 0, unit: 'a second', needed: '>= 5000' }));
await compare('udp', 'invite', count / 4, '<= 1.4');
await ours.stop();
await kamailio?.stop();
