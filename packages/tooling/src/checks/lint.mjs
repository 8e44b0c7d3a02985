/** oxlint with `.oxlintrc.json`, and knip for what nobody uses. */
import { collect, installed } from '../run.mjs';

async function problemsOf(command, args) {
  const { status, output } = await collect(installed(command), args);
  return status === 0 ? [] : output.trim().split('\n').filter((line) => line !== '' && !/^\d+ problems?$/.test(line));
}

export const checkLint = () => problemsOf('oxlint', ['-c', '.oxlintrc.json', '--deny-warnings', '--report-unused-disable-directives', '--format', 'unix', 'packages', 'examples']);

export const checkKnip = () => problemsOf('knip', ['--config', 'packages/tooling/knip.js', '--no-progress', '--reporter', 'compact', '--no-config-hints']);
