/** Every package bundled for a browser: no `node:` import gets through, and its size has a budget. */
import { build } from 'esbuild';
import { join } from 'node:path';

/** Bundles entry files together, minified, and gives the octets a page loads at first, without what it imports when it needs it; throws with what could not be resolved. */
export async function browserBundleSize(files, folder) {
  const contents = files.map((file, index) => `export * as entry${index} from ${JSON.stringify(file)};`).join('\n');
  try {
    const { metafile: { outputs } } = await build({
      stdin: { contents, resolveDir: folder }, bundle: true, minify: true, write: false, platform: 'browser', format: 'esm', target: 'es2022', logLevel: 'silent',
      splitting: true, outdir: 'bundle', metafile: true,
    });
    return firstLoad(outputs);
  } catch (error) {
    throw new Error((error.errors ?? []).map(({ text, location }) => `${text}${location === null ? '' : ` (${location.file}:${location.line})`}`).join('; ') || error.message, { cause: error });
  }
}

/** Octets of the entry and of every chunk it imports statically. */
function firstLoad(outputs) {
  const loaded = new Set();
  const waiting = [Object.keys(outputs).find((path) => outputs[path].entryPoint !== undefined)];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    waiting.push(...outputs[path].imports.filter(({ kind, external }) => kind === 'import-statement' && external !== true).map((chunk) => chunk.path));
  }
  return [...loaded].reduce((sum, path) => sum + outputs[path].bytes, 0);
}

/** Subpaths that are drivers for Node by name, and fakes, which must run in a browser but are not part of a product. */
const forNode = ['./node'];
const forTests = ['./fake'];

const built = (member, { source }) => join(member.folder, source.replace('./src/', 'dist/').replace(/\.ts$/, '.js'));

/** A number is a budget for all entries together, an object one for each subpath it names. */
async function problemsOf(member, budget) {
  const entries = member.entries.filter(({ subpath }) => !forNode.includes(subpath));
  const tests = entries.filter(({ subpath }) => forTests.includes(subpath));
  const product = entries.filter((entry) => !tests.includes(entry));
  await browserBundleSize(tests.map((entry) => built(member, entry)), member.folder);
  if (typeof budget === 'number') return over(member.name, product.map((entry) => built(member, entry)), member, budget);
  const each = product.map((entry) => over(`${member.name} ${entry.subpath}`, [built(member, entry)], member, budget[entry.subpath] ?? 0));
  return (await Promise.all(each)).flat();
}

async function over(name, files, member, budget) {
  const kilobytes = await browserBundleSize(files, member.folder) / 1024;
  return kilobytes > budget ? [`${name}: ${kilobytes.toFixed(1)} kB minified, budget ${budget} kB (simpleIm.browserKilobytes)`] : [];
}

export async function checkBrowser({ members }) {
  const problems = [];
  for (const member of members) {
    const budget = member.settings.browserKilobytes;
    if (budget === undefined) continue;
    try {
      problems.push(...await problemsOf(member, budget));
    } catch (error) {
      problems.push(`${member.name}: ${error.message}`);
    }
  }
  return problems;
}
