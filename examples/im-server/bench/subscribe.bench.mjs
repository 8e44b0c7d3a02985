/*
 * What a SUBSCRIBE to registrations costs with its first NOTIFY, against a MESSAGE passed on: both are two transactions. With subscriptions
 * in memory, and in SQLite, where the 2xx and the NOTIFY wait for the disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinned, startOurs } from './servers.mjs';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 3;
const COUNT = quick ? 1000 : 5000;
const LOAD = fileURLToPath(new URL('./load.mjs', import.meta.url));
const LIMITS = ['--max-subscriptions-per-user', '1000000', '--max-subscriptions-per-watcher', '1000000', '--max-subscriptions', '1000000'];
const folder = mkdtempSync(join(tmpdir(), 'simple-im-subscribe-'));

async function measure(server, kind) {
  const before = server.cpu();
  const child = pinned(1, process.execPath, [LOAD, 'udp', kind, String(server.ports.udp), String(COUNT), '64'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  const { done, failed, seconds } = JSON.parse(text);
  return { cost: ((server.cpu() - before) * 1000) / done, rate: done / seconds, failed };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const rounded = (number) => Number(number.toFixed(3));

try {
  for (const [store, url, needed] of [['in memory', 'memory:', '<= 2'], ['in SQLite', `sqlite:${join(folder, 'im.db')}`, '<= 2.5']]) {
    const server = await startOurs(['--store', url, ...LIMITS]);
    await measure(server, 'message');
    await measure(server, 'subscribe');
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push([await measure(server, 'subscribe'), await measure(server, 'message')]);
    console.log(JSON.stringify({
      bench: 'server, CPU time of SUBSCRIBE and first NOTIFY against a MESSAGE', case: store, unit: 'times the MESSAGE', needed,
      ratio: rounded(median(rounds.map(([subscribe, message]) => subscribe.cost / message.cost))),
      milliseconds: rounded(median(rounds.map(([{ cost }]) => cost))), perSecond: Math.round(median(rounds.map(([{ rate }]) => rate))),
      failed: rounds.reduce((sum, [{ failed }]) => sum + failed, 0),
    }));
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
