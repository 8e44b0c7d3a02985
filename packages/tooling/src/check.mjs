#!/usr/bin/env node
/**
 * `npm run check`: everything but the tests, one line for each step, what failed at the end.
 * `npm run check -- lint types` runs those steps only; `--json FILE` also writes the results for a machine.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { main } from './run.mjs';
import { root, setup } from './setup.mjs';

setup();

/** Name of each step and where it is; loaded when run, since what they import is there only after setup. */
const steps = {
  build: async (context) => context.built().then(() => []),
  lint: async (context) => (await import('./checks/lint.mjs')).checkLint(context),
  'sans-io': async (context) => (await import('./checks/sans-io.mjs')).checkSansIo(context),
  floors: async (context) => (await import('./checks/floors.mjs')).checkFloors(context),
  entities: async (context) => (await import('./checks/entities.mjs')).checkEntities(context),
  text: async () => (await import('./checks/tracked-text.mjs')).checkTrackedText(),
  types: async (context) => (await import('./checks/types.mjs')).checkTypes(context),
  unused: async (context) => (await import('./checks/lint.mjs')).checkKnip(context),
  docs: async () => (await import('./docs.mjs')).findStaleDocs(),
  browser: async (context) => (await import('./checks/browser.mjs')).checkBrowser(context),
  tarballs: async (context) => (await import('./checks/pack.mjs')).checkTarballs(context),
  publint: async (context) => (await import('./checks/pack.mjs')).checkPublint(context),
  attw: async (context) => (await import('./checks/pack.mjs')).checkAttw(context),
  install: async (context) => (await import('./checks/install.mjs')).checkInstall(context),
  readmes: async (context) => (await import('./checks/snippets.mjs')).checkReadmes(context),
  snippets: async (context) => (await import('./checks/snippets.mjs')).checkSnippets(context),
};

function readArguments(given) {
  const json = given.indexOf('--json');
  const file = json === -1 ? undefined : given[json + 1];
  const names = given.filter((_, index) => json === -1 || (index !== json && index !== json + 1));
  const unknown = names.find((name) => steps[name] === undefined);
  if (unknown !== undefined) throw new Error(`No step is named ${unknown}; there are: ${Object.keys(steps).join(', ')}`);
  return { file, names: names.length === 0 ? Object.keys(steps) : names };
}

/** Steps that look at what was built; without it they would only repeat why it is missing. */
const needBuild = ['browser', 'tarballs', 'publint', 'attw', 'install', 'snippets'];

async function runStep(name, context) {
  const started = performance.now();
  let problems;
  try {
    if (needBuild.includes(name)) await context.built().catch(() => Promise.reject(new Error('not run: the build failed')));
    problems = await steps[name](context);
  } catch (error) {
    problems = [error.message];
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = problems.length === 0 ? 'ok    ' : 'failed';
  console.log(`${name.padEnd(10)} ${verdict} ${seconds.padStart(6)} s${problems.length === 0 ? '' : `  ${problems.length} problem(s)`}`);
  return { name, problems };
}

await main(async () => {
  const { file, names } = readArguments(process.argv.slice(2));
  const { packages } = await import('./workspace.mjs');
  const temporary = mkdtempSync(join(tmpdir(), 'simple-im-check-'));
  const everyMember = packages();
  let building;
  let packed;
  const context = {
    temporary,
    members: everyMember.filter((member) => !member.manifest.private && member.entries.length > 0),
    everyMember,
    read: (path) => readFileSync(path, 'utf8'),
    pathOf: (path) => relative(root, path),
    built: () => (building ??= import('./build.mjs').then(({ build }) => build())),
    tarballs: () => (packed ??= import('./checks/pack.mjs').then(({ packAll }) => packAll(context.members, temporary))),
  };
  const results = [];
  try {
    for (const name of names) results.push(await runStep(name, context));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  const failed = results.filter(({ problems }) => problems.length > 0);
  for (const { name, problems } of failed) console.log(`\n${name}:\n${problems.map((problem) => `  ${problem.replaceAll('\n', '\n  ')}`).join('\n')}`);
  console.log(`\n${results.length - failed.length} steps passed, ${failed.length} failed`);
  if (file !== undefined) writeFileSync(file, JSON.stringify(results, undefined, 2) + '\n');
  if (failed.length > 0) process.exitCode = 1;
});
