import { readFileSync } from 'node:fs';

export const CASES = ['message', 'invite', 'ok200', 'notify'];

/** The octets of a bench message. The bundle lies one folder deeper than this file. */
export function message(name) {
  return readFileSync(new URL(`../messages/${name}.sip`, import.meta.url));
}

const ROUNDS = 15;
const ROUND_SECONDS = 0.06;

/** How many times as much `ours` does in a second of CPU time as `theirs`: the median over rounds in which both take turns. */
export function ratio(ours, theirs) {
  for (const run of [ours, theirs]) for (let i = 0; i < 3000; i++) run();
  const ratios = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [first, second] = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const a = rate(first);
    const b = rate(second);
    ratios.push(first === ours ? a / b : b / a);
  }
  return ratios.sort((a, b) => a - b)[ROUNDS >> 1];
}

function rate(run) {
  const start = process.cpuUsage();
  const until = performance.now() + ROUND_SECONDS * 1000;
  let done = 0;
  do {
    for (let i = 0; i < 100; i++) run();
    done += 100;
  } while (performance.now() < until);
  const { user, system } = process.cpuUsage(start);
  return done / (user + system);
}

export function report(bench, name, value, needed) {
  console.log(JSON.stringify({ bench, case: name, ratio: Number(value.toFixed(2)), unit: 'times the peer', needed }));
}
