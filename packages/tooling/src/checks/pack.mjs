/** Tarballs as they would be published: what is in them, what publint and attw say. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { capture, collect, installed } from '../run.mjs';
import { pnpm } from '../setup.mjs';
import { sourceCondition } from '../workspace.mjs';

/** Packs every public package into `folder` and gives `name -> path of its tarball`. */
export async function packAll(members, folder) {
  const [command, ...args] = pnpm;
  const filters = members.flatMap((member) => ['--filter', member.name]);
  await capture(command, [...args, '--recursive', ...filters, 'pack', '--pack-destination', folder], { env: { CI: 'true' } });
  const files = readdirSync(folder);
  return new Map(members.map((member) => {
    const file = `${member.name.replace('@', '').replace('/', '-')}-${member.manifest.version}.tgz`;
    if (!files.includes(file)) throw new Error(`pnpm pack made no ${file}`);
    return [member.name, join(folder, file)];
  }));
}

/** The files of a tarball, `path -> text`; ustar headers as npm and pnpm write them. */
export function readTarball(bytes) {
  const tar = gunzipSync(bytes);
  const files = new Map();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const field = (from, length) => tar.toString('utf8', at + from, at + from + length).split('\0')[0];
    const size = parseInt(field(124, 12), 8);
    if (field(156, 1) === '0' || field(156, 1) === '') files.set([field(345, 155), field(0, 100)].filter(Boolean).join('/'), tar.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** What is wrong with the content of one tarball. */
export function findTarballProblems(files) {
  const manifest = files.get('package/package.json') ?? '';
  const problems = [];
  if (manifest.includes('workspace:')) problems.push('package.json still says workspace:');
  if (manifest.includes(sourceCondition)) problems.push(`package.json still has the condition ${sourceCondition}`);
  for (const name of ['README.md', 'LICENSE']) if (!files.has(`package/${name}`)) problems.push(`${name} is missing`);
  for (const name of files.keys()) {
    if (!/^package\/(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(name) || /\/\.[^/]+$|\.tsbuildinfo$/.test(name)) problems.push(`${name} does not belong in it`);
  }
  return problems;
}

export async function checkTarballs({ members, tarballs }) {
  const all = await tarballs();
  return members.flatMap((member) => findTarballProblems(readTarball(readFileSync(all.get(member.name)))).map((problem) => `${member.name}: ${problem}`));
}

export async function checkPublint({ members, tarballs }) {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const all = await tarballs();
  const problems = [];
  for (const member of members) {
    const bytes = readFileSync(all.get(member.name));
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, level: 'warning' });
    problems.push(...messages.map((message) => `${member.name}: ${formatMessage(message, pkg, { color: false })}`));
  }
  return problems;
}

export async function checkAttw({ members, tarballs }) {
  const all = await tarballs();
  const problems = [];
  for (const member of members) {
    const profile = member.entries.some((entry) => entry.commonJs) ? 'node16' : 'esm-only';
    const { status, output } = await collect(installed('attw'), [all.get(member.name), '--profile', profile, '--format', 'ascii', '--no-color', '--no-emoji']);
    if (status !== 0) problems.push(`${member.name}:\n${output.trim()}`);
  }
  return problems;
}
