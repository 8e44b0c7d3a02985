// How far the decoder is from the floor: both over the same octets, taking turns in one run, CPU time. Every header of every
// head is read. One JSON line a figure; a ratio is the floor's time by ours, so 1 is as fast as the floor.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { Floor } from './floor.mjs';
import { chunks2k, cut, fileInChunks, oneChunk, repeatedBody, repeatedChunk, smallCpim } from './streams.mjs';

const READ = 65_536;
const ROUNDS = 15;

const { MsrpDecoder } = await bundled(new URL('../src/decoder.ts', import.meta.url));

async function bundled(url) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(url)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@simple-im/source'],
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

function runFloor(parts) {
  const floor = new Floor();
  for (const part of parts) floor.receive(part);
  return { frames: floor.frames, bodyOctets: floor.bodyOctets };
}

let seen = 0;
function touch(head) {
  seen += head.toPath.length + head.fromPath.length + head.messageId.length + head.byteRange.start + head.contentType.length;
  if (head.successReport || head.failureReport !== 'yes') throw new Error('the streams ask for no reports');
}

function runDecoder(parts) {
  const decoder = new MsrpDecoder();
  let frames = 0;
  let bodyOctets = 0;
  for (const part of parts) {
    decoder.receive(part);
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if (event.type === 'body') bodyOctets += event.bytes.length;
      else if (event.type === 'head') touch(event.head);
      else if (event.type === 'end') frames++;
      else throw event.error;
    }
  }
  return { frames, bodyOctets };
}

function cpuTime(run, parts, repeat) {
  const before = process.cpuUsage();
  for (let i = 0; i < repeat; i++) run(parts);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repeat;
}

// The least of several turns is the time without what else the machine does.
function alternate(runs) {
  const best = runs.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    runs.forEach(({ run, parts, repeat }, i) => {
      best[i] = Math.min(best[i], cpuTime(run, parts, repeat));
    });
  }
  return best;
}

function print(bench, name, ratio, unit, needed) {
  console.log(JSON.stringify({ bench, case: name, ratio: Number(ratio.toFixed(3)), unit, needed }));
}

const cases = [
  ['small CPIM SENDs', smallCpim(), 0.35, 2],
  ['independent 2 KiB chunks', chunks2k(), 0.4, 2],
  ['10 MiB file in 64 KiB chunks', fileInChunks(), 0.8, 4],
  ['10 MiB in one chunk', oneChunk(), 0.8, 4],
];
for (const [name, stream, needed, repeat] of cases) {
  const parts = cut(stream, READ);
  const expected = JSON.stringify(runFloor(parts));
  const got = JSON.stringify(runDecoder(parts));
  if (got !== expected) throw new Error(`${name}: ${got} instead of ${expected}`);
  const [floor, decoder] = alternate([{ run: runFloor, parts, repeat }, { run: runDecoder, parts, repeat }]);
  print('msrp/decoder', name, floor / decoder, 'floor time / decoder time', `>= ${needed}`);
}

// Linear: four times the octets in four times the time, in one chunk and in many.
for (const read of [1024, READ]) {
  for (const [name, parts] of [['one chunk', repeatedBody], ['64 KiB chunks', repeatedChunk]]) {
    const runs = [40, 160].map((times) => ({ run: runDecoder, parts: parts(times, read), repeat: (160 / times) * 2 }));
    const [small, large] = alternate(runs);
    print('msrp/linear', `${name}, ${read}-octet reads`, large / small / 4, 'time per octet, 10 MiB / 2.5 MiB', '<= 1.5');
  }
}
if (seen === 0) throw new Error('no header was read');

// A message far larger than any buffer, through two sessions on loopback sockets.
await import('./flat-memory.mjs');
