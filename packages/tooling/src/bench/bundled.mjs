/** Benches of a package, bundled with the source of all packages as it stands. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Runs the `*.bench.mjs` beside `url`, those whose names begin with one of `wanted` or all; the exit code is 1 if one fails. */
export async function runBundled(url, wanted) {
  const here = fileURLToPath(new URL('.', url));
  const benches = readdirSync(here).filter((name) => name.endsWith('.bench.mjs') && (wanted.length === 0 || wanted.some((one) => name.startsWith(one))));
  // Inside the package, so that the peers are found.
  const folder = mkdtempSync(join(here, '.bundle-'));
  try {
    for (const name of benches) {
      const outfile = join(folder, name);
      await build({
        entryPoints: [join(here, name)], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external',
        conditions: ['@simple-im/source'], logLevel: 'error', plugins: [siblingsFromSource()],
      });
      const { status } = spawnSync(process.execPath, [...process.execArgv, outfile], { stdio: 'inherit' });
      if (status !== 0) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `packages: 'external'` leaves every import alone that is not a path; the siblings are to be bundled all the same. */
function siblingsFromSource() {
  return {
    name: 'siblings',
    setup(bundler) {
      bundler.onResolve({ filter: /^@simple-im\// }, (args) => {
        const [name, ...subpath] = args.path.slice('@simple-im/'.length).split('/');
        return { path: fileURLToPath(new URL(`../../../${name}/src/${[...subpath, 'index.ts'].join('/')}`, import.meta.url)) };
      });
    },
  };
}
