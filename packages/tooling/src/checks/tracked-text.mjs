/** What no file of the repository may hold: paths of the machine it was written on, and hosts packages came from. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../run.mjs';
import { root } from '../setup.mjs';

// Put together here, so that this file does not report itself.
const folder = (...names) => `/${names.join('/')}`;
const machinePaths = [folder('work', ''), folder('tmp', 'contracts'), folder('root', ''), folder('home', '[a-z]'), folder('Users', '[A-Za-z]')];
const machinePath = new RegExp(`(?<![\\w.@/:-])(?:${machinePaths.join('|')})`);
const tarballAddress = /(?:tarball|resolved)['"]?: ['"]?https?:/;

/** The problems of one text as `{ line, problem }`; `registryHost` is the one this machine is configured for. */
export function findMachineTraces(text, registryHost) {
  return text.split('\n').flatMap((line, index) => {
    const problems = [];
    if (machinePath.test(line)) problems.push('names a path of a machine');
    if (tarballAddress.test(line)) problems.push('names the address of a tarball');
    if (registryHost !== undefined && line.includes(registryHost)) problems.push('names the host of a package registry');
    return problems.map((problem) => ({ line: index + 1, problem }));
  });
}

/** The tracked files and those about to be. */
async function trackedFiles() {
  const listed = await capture('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return listed.split('\0').filter((name) => name !== '' && existsSync(join(root, name))); // git also lists what was deleted just now
}

async function configuredRegistryHost() {
  const address = (await capture('npm', ['config', 'get', 'registry'])).trim().split('\n').at(-1);
  return new URL(address).host;
}

export async function checkTrackedText() {
  const host = await configuredRegistryHost();
  return (await trackedFiles()).flatMap((name) => {
    const bytes = readFileSync(join(root, name));
    if (bytes.includes(0)) return []; // not text
    return findMachineTraces(bytes.toString('utf8'), host).map(({ line, problem }) => `${name}:${line}: ${problem}`);
  });
}
