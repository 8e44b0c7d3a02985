// One message through two endpoints on loopback sockets, its body made piece by piece and read piece by piece: how much the
// process grows meanwhile, and how its CPU time compares with the same octets piped through a plain socket. Both runs are
// whole processes' work, sender and receiver together, taking turns. `--quick` sends 128 MiB instead of 1 GiB.
import { build } from 'esbuild';
import { createServer, connect } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MIB = 1024 * 1024;
const SIZE = (process.argv.includes('--quick') ? 128 : 1024) * MIB;
const PIECE = new Uint8Array(65_536).fill(0x61);
const ROUNDS = 3;
const localhost = '127.0.0.1';

const { MsrpEndpoint, nodeClock, nodeNetwork, nodeRandom } = await bundled();

async function bundled() {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { MsrpEndpoint } from './src/index.ts'; export { nodeClock, nodeNetwork, nodeRandom } from '@simple-im/transport/node';",
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@simple-im/source'],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

async function* source(size) {
  for (let made = 0; made < size; made += PIECE.length) yield PIECE;
}

/** The most the process held above what it held at the start, in MiB. */
function watchMemory() {
  globalThis.gc?.();
  const start = process.memoryUsage.rss();
  let most = start;
  const timer = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()); }, 20);
  return () => {
    clearInterval(timer);
    return (most - start) / MIB;
  };
}

async function throughSessions(size) {
  const ports = { network: nodeNetwork, clock: nodeClock, random: nodeRandom, limits: { maxSize: 2 ** 40 } };
  const [alice, bob] = [new MsrpEndpoint(ports), new MsrpEndpoint(ports)];
  await bob.listen({ host: localhost, port: 0 });
  const [a, b] = [alice.createSession(), bob.createSession()];
  const received = new Promise((resolve, reject) => {
    b.attach({ message: (message) => void count(message).then(resolve, reject) });
  });
  void b.accept([a.uri]);
  await a.connect([b.uri]);
  await a.send({ contentType: 'application/octet-stream', body: source(size), size }).accepted;
  if (await received !== size) throw new Error('octets are missing');
  await Promise.all([alice.close(), bob.close()]);
}

async function count(message) {
  let octets = 0;
  for await (const piece of message) octets += piece.length;
  return octets;
}

async function throughSocket(size) {
  let octets = 0;
  const received = new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      const sink = new Writable({ write(chunk, _encoding, done) { octets += chunk.length; done(); } });
      pipeline(socket, sink).then(() => server.close(resolve), reject);
    }).listen(0, localhost, () => pipeline(Readable.from(source(size)), connect(server.address().port, localhost)).catch(reject));
  });
  await received;
  if (octets !== size) throw new Error('octets are missing');
}

async function cpuTime(run, size) {
  const start = process.cpuUsage();
  await run(size);
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

const print = (name, ratio, unit, needed) => console.log(JSON.stringify({ bench: 'msrp/flat-memory', case: name, ratio: Number(ratio.toFixed(3)), unit, needed }));

// Warm, so that neither code being compiled nor buffers first allocated count.
await throughSocket(32 * MIB);
await throughSessions(32 * MIB);
const stop = watchMemory();
await throughSessions(SIZE);
print(`one message of ${SIZE / MIB} MiB`, stop(), 'MiB of growth at most', '<= 64');

const best = [Infinity, Infinity];
for (let round = 0; round < ROUNDS; round++) {
  best[0] = Math.min(best[0], await cpuTime(throughSocket, 128 * MIB));
  best[1] = Math.min(best[1], await cpuTime(throughSessions, 128 * MIB));
}
print('128 MiB in one message', best[0] / best[1], 'plain socket time / session time', '>= 0.5');
