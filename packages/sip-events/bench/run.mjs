/*
 * Bundles the benches with the source as it stands and runs them: `node packages/sip-events/bench/run.mjs [notify] [heap]`.
 * Prints one JSON line per figure: { bench, case, ratio, unit, needed }.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const benches = readdirSync(here).filter((name) => name.endsWith('.bench.mjs') && (wanted.length === 0 || wanted.some((one) => name.startsWith(one))));

// Inside the package, so that the peers are found.
const folder = mkdtempSync(join(here, '.bundle-'));
let failed = 0;
try {
  for (const name of benches) {
    const outfile = join(folder, name);
    await build({
      entryPoints: [join(here, name)], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external',
      conditions: ['@simple-im/source'], logLevel: 'error', plugins: [siblingsFromSource()],
    });
    const { status } = spawnSync(process.execPath, [...process.execArgv, outfile], { stdio: 'inherit' });
    if (status !== 0) failed = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed;

/** `packages: 'external'` leaves every import alone that is not a path; the siblings are to be bundled all the same. */
function siblingsFromSource() {
  return {
    name: 'siblings',
    setup(bundler) {
      bundler.onResolve({ filter: /^@simple-im\// }, async (args) => {
        if (args.pluginData === 'resolved') return undefined;
        const [name, ...subpath] = args.path.slice('@simple-im/'.length).split('/');
        return { path: fileURLToPath(new URL(`../../${name}/src/${[...subpath, 'index.ts'].join('/')}`, import.meta.url)) };
      });
    },
  };
}
