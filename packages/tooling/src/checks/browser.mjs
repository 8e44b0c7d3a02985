/** Every package bundled for a browser: no `node:` import gets through, and its size has a budget. */
import { build } from 'esbuild';
import { join } from 'node:path';

/** Bundles entry files together, minified, and gives the octets; throws with what could not be resolved. */
export async function browserBundleSize(files, folder) {
  const contents = files.map((file, index) => `export * as entry${index} from ${JSON.stringify(file)};`).join('\n');
  try {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: folder }, bundle: true, minify: true, write: false, platform: 'browser', format: 'esm', target: 'es2022', logLevel: 'silent',
    });
    return outputFiles[0].contents.length;
  } catch (error) {
    throw new Error((error.errors ?? []).map(({ text, location }) => `${text}${location === null ? '' : ` (${location.file}:${location.line})`}`).join('; ') || error.message, { cause: error });
  }
}

/** Subpaths that are drivers for Node by name, and fakes, which must run in a browser but are not part of a product. */
const forNode = ['./node'];
const forTests = ['./fake'];

const built = (member, { source }) => join(member.folder, source.replace('./src/', 'dist/').replace(/\.ts$/, '.js'));

async function problemsOf(member, budget) {
  const entries = member.entries.filter(({ subpath }) => !forNode.includes(subpath));
  const files = (wanted) => entries.filter(({ subpath }) => forTests.includes(subpath) === wanted).map((entry) => built(member, entry));
  const kilobytes = await browserBundleSize(files(false), member.folder) / 1024;
  await browserBundleSize(files(true), member.folder);
  return kilobytes > budget ? [`${member.name}: ${kilobytes.toFixed(1)} kB minified, budget ${budget} kB (simpleIm.browserKilobytes)`] : [];
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
