/*
 * Bundles the benches with the source as it stands and runs them: `node packages/sip-events/bench/run.mjs [notify] [heap]`.
 * Prints one JSON line per figure: { bench, case, ratio, unit, needed }.
 */
import { runBundled } from '../../tooling/src/bench/bundled.mjs';

await runBundled(import.meta.url, process.argv.slice(2));
