/** What `npm run check` asks knip: files, exports and dependencies nobody uses. */
import { packages } from './src/workspace.mjs';

const tests = ['{test,interop}/**/*.test.{ts,mjs}', 'interop/page/page.ts', 'bench/*.mjs'];
const project = ['{src,test,interop}/**/*.{ts,mjs}', 'bench/**/*.mjs'];

/** Modules that stand in for others in a bundle are named in package.json only. */
const standIns = (member) => Object.values(member.settings.alias ?? {});

const workspaces = Object.fromEntries(packages().map((member) => [member.path, {
  entry: [...member.entries.map(({ source }) => source.slice(2)), ...standIns(member).map((path) => path.slice(2)), ...tests],
  project,
}]));

export default {
  ignoreExportsUsedInFile: true,
  // Peers of the interop tests, from the system.
  ignoreBinaries: ['sipp', 'dumpcap', 'tshark', 'kamailio', 'setpriv', 'openssl', 'taskset', 'mount', 'umount'],
  workspaces: {
    // Programs that are called by name, and what vitest loads on demand.
    '.': { entry: [], project: [], ignoreDependencies: ['@arethetypeswrong/cli', '@changesets/cli', 'oxlint', '@vitest/coverage-v8'] },
    ...workspaces,
    'packages/testkit': { entry: ['src/index.ts', ...tests], project },
    'packages/tooling': { entry: ['knip.js', 'src/*.mjs', ...tests], project: [...project, 'knip.js'] },
    'examples/im-server': { entry: ['src/{index,main}.ts', 'src/demo/main.ts', 'src/**/*worker.{ts,mjs}', 'test/store/child.ts', ...tests], project },
  },
};
