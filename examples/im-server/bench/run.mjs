/*
 * Runs the benches against what was built: `node examples/im-server/bench/run.mjs [relay] [--quick]`.
 * Prints one JSON line per figure: { bench, case, ratio, unit, needed }.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const benches = readdirSync(here).filter((name) => name.endsWith('.bench.mjs') && (wanted.length === 0 || wanted.some((one) => name.startsWith(one))));
for (const name of benches) {
  const { status } = spawnSync(process.execPath, [here + name, ...flags], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
