/** The examples of every README, type-checked against the tarballs and executed as a reader would. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { collect, installed } from '../run.mjs';
import { root } from '../setup.mjs';
import { installTarballs } from './install.mjs';

const secondsToRun = 20;

/** The ```ts fences of a text: `{ line, code, run }`; a fence opened by ```ts no-run is only type-checked. */
export function snippetsOf(markdown) {
  const found = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const opening = /^```(?:ts|typescript)(?:\s+(.*))?$/.exec(lines[at]);
    if (opening === null) continue;
    const end = lines.indexOf('```', at + 1);
    found.push({ line: at + 1, code: lines.slice(at + 1, end === -1 ? undefined : end).join('\n') + '\n', run: !/\bno-run\b/.test(opening[1] ?? '') });
    at = end === -1 ? lines.length : end;
  }
  return found;
}

function readmes(members) {
  return [join(root, 'README.md'), ...members.map((member) => join(member.folder, 'README.md'))].filter((path) => existsSync(path));
}

const compilerOptions = {
  target: 'ES2023', lib: ['ES2023', 'DOM'], module: 'NodeNext', moduleResolution: 'NodeNext', strict: true, noEmit: true,
  skipLibCheck: true, types: ['node'], typeRoots: [join(root, 'node_modules/@types')], moduleDetection: 'force',
};

async function typeProblems(folder, snippets) {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: snippets.map(({ file }) => file) }));
  const { status, output } = await collect(installed('tsc'), ['--pretty', 'false', '-p', folder], { cwd: folder });
  if (status === 0) return [];
  return output.trim().split('\n').map((line) => {
    const snippet = snippets.find(({ file }) => line.startsWith(file));
    return snippet === undefined ? line : `${snippet.place}: ${line}`;
  });
}

/** What goes wrong when a snippet is run in a folder where the packages are installed. */
export async function runProblems(folder, { file, code, place }, seconds = secondsToRun) {
  const script = file.replace(/\.ts$/, '.mjs');
  writeFileSync(join(folder, script), (await transform(code, { loader: 'ts', format: 'esm', target: 'node20' })).code);
  const { status, output } = await collect(process.execPath, [script], { cwd: folder, seconds });
  if (status === 0) return [];
  return [`${place}: ${status === 'SIGKILL' ? `did not end within ${seconds} s` : `exit ${status}`}\n${output.trim()}`];
}

export async function checkSnippets({ members, tarballs, temporary, pathOf }) {
  const folder = join(temporary, 'snippets');
  mkdirSync(folder, { recursive: true });
  const snippets = readmes(members).flatMap((path) => snippetsOf(readFileSync(path, 'utf8')).map((snippet) => ({
    ...snippet, place: `${pathOf(path)}:${snippet.line}`, file: `${pathOf(path).replace(/[^a-z0-9]+/gi, '-')}-${snippet.line}.ts`,
  })));
  if (snippets.length === 0) return ['no README has an example'];
  await installTarballs(folder, [...(await tarballs()).values()]);
  for (const { file, code } of snippets) writeFileSync(join(folder, file), code);
  const problems = await typeProblems(folder, snippets);
  for (const snippet of snippets) if (snippet.run) problems.push(...await runProblems(folder, snippet));
  return problems;
}

/** A package whose README shows nothing fails: the first thing a reader wants is an example that works. */
export function checkReadmes({ members, pathOf }) {
  return members.filter((member) => {
    const path = join(member.folder, 'README.md');
    return !existsSync(path) || (member.settings.browserKilobytes !== undefined && snippetsOf(readFileSync(path, 'utf8')).length === 0);
  }).map((member) => `${pathOf(member.folder)}: no README.md with an example`);
}
