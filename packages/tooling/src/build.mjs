#!/usr/bin/env node
/** Builds every public package whose sources changed: JavaScript by tsup, declarations by tsc, `.d.cts` copies of these. */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCommonJsDeclarations } from './declarations.mjs';
import { capture, installed, main } from './run.mjs';
import { root, setup } from './setup.mjs';
import { filesUnder, isTypeScript, publicPackages } from './workspace.mjs';

const stampName = '.stamp';

/** Files in dist that serve building only; `.npmignore` keeps them out of the tarball. */
const notPublished = [stampName, '.tsbuildinfo', '.npmignore'];

/** Builds what changed and gives the names of the packages built. */
export async function build({ log = () => {}, members = publicPackages() } = {}) {
  const stamps = new Map();
  const changed = members.filter((member) => {
    stamps.set(member.name, stampOf(member, members, stamps));
    return readStamp(member) !== stamps.get(member.name);
  });
  for (const member of changed) {
    log(`Building ${member.name} ...`);
    rmSync(join(member.folder, 'dist'), { recursive: true, force: true });
    await writeJavaScript(member);
  }
  // One call: tsc orders projects by their references, and the declarations of a package need those below it.
  if (changed.length > 0) await capture(installed('tsc'), ['-b', ...changed.map((member) => member.folder)]);
  for (const member of changed) {
    if (isDualFormat(member)) writeCommonJsDeclarations(join(member.folder, 'dist'));
    writeFileSync(join(member.folder, 'dist/.npmignore'), notPublished.join('\n') + '\n');
    writeFileSync(join(member.folder, 'dist', stampName), stamps.get(member.name));
  }
  return changed.map((member) => member.name);
}

const isDualFormat = (member) => member.entries.some((entry) => entry.commonJs);

/** What a build depends on: own sources and manifest, the builder itself, and (for declarations) the packages below. */
function stampOf(member, members, stamps) {
  const hash = createHash('sha256');
  const here = dirname(fileURLToPath(import.meta.url));
  const inputs = [
    ...['build.mjs', 'declarations.mjs'].map((name) => join(here, name)),
    ...['tsconfig.base.json', 'pnpm-lock.yaml'].map((name) => join(root, name)),
    ...['package.json', 'tsconfig.json'].map((name) => join(member.folder, name)),
    ...filesUnder(join(member.folder, 'src')),
  ];
  for (const path of inputs) hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  for (const name of Object.keys(member.manifest.dependencies ?? {})) hash.update(stamps.get(name) ?? '');
  return hash.digest('hex');
}

function readStamp(member) {
  const path = join(member.folder, 'dist', stampName);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

async function writeJavaScript(member) {
  const { build: tsup } = await import('tsup');
  const common = {
    config: false,
    silent: true,
    target: 'node20',
    platform: 'neutral',
    outDir: join(member.folder, 'dist'),
    tsconfig: join(member.folder, 'tsconfig.json'),
    clean: false,
    dts: false,
    sourcemap: false,
    esbuildOptions: (options) => {
      options.logLevel = 'silent';
      options.alias = aliasesOf(member);
    },
    external: [/^node:/, ...dependenciesOf(member).map((name) => new RegExp(`^${name}(/|$)`))],
  };
  try {
    await tsup(isDualFormat(member) ? { ...common, ...bundled(member) } : { ...common, ...fileByFile(member) });
  } catch (error) {
    throw new Error(`${member.name}: ${error.message}`, { cause: error });
  }
  for (const file of Object.values(member.manifest.bin ?? {})) if (existsSync(join(member.folder, file))) chmodSync(join(member.folder, file), 0o755);
}

const dependenciesOf = ({ manifest }) => Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies });

/** Modules a bundled dependency asks for and we replace: `simpleIm.alias`, paths within the package. */
const aliasesOf = (member) => Object.fromEntries(Object.entries(member.settings.alias ?? {}).map(([name, path]) => [name, join(member.folder, path)]));

/** One file for each subpath, what they share in chunks, as ESM and as CommonJS. */
function bundled(member) {
  const entry = member.entries.map(({ source }) => [source.replace(/^\.\/src\//, '').replace(/\.ts$/, ''), join(member.folder, source)]);
  return { entry: Object.fromEntries(entry), format: ['esm', 'cjs'], splitting: true, noExternal: member.settings.bundle ?? [] };
}

/** A program keeps its files one to one, so that `new Worker(new URL('./worker.js', import.meta.url))` finds them. */
function fileByFile(member) {
  const source = join(member.folder, 'src');
  for (const path of filesUnder(source, (name) => !isTypeScript(name))) {
    const target = join(member.folder, 'dist', relative(source, path));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
  const entry = filesUnder(source, isTypeScript).map((path) => [relative(source, path).replace(/\.ts$/, ''), path]);
  return { entry: Object.fromEntries(entry), format: ['esm'], bundle: false, splitting: false, platform: 'node' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setup();
  await main(async () => {
    const names = await build({ log: (line) => console.error(line) });
    console.error(names.length === 0 ? 'Nothing to build.' : `Built ${names.length} package(s).`);
  });
}
