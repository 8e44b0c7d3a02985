/* The program, apart from the process it runs in: arguments in, text out, an exit code. */
import { writeFileSync } from 'node:fs';
import { ProtocolError } from '@simple-im/grammar';
import type { ConformanceCase } from './case.js';
import { cases } from './cases/index.js';
import { parseCommandLine, type Command, type ReportChoice } from './command-line.js';
import { conformanceError } from './errors.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { keepLastRun, lastResult, lastRunPath } from './last-run.js';
import { helpText } from './options.js';
import { reach } from './reach.js';
import type { Reporter } from './report/reporter.js';
import { judge, type CaseResult, type Rules } from './result.js';
import { runCases } from './runner.js';
import { selectCases, skipReasonOf } from './selection.js';
import { wireText } from './wire-log.js';

export interface ProgramIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
}

/** Runs the program; gives its exit code. Everything that goes wrong is one line on standard error. */
export async function main(argv: readonly string[], io: ProgramIo): Promise<number> {
  try {
    return await execute(parseCommandLine(argv), io);
  } catch (error) {
    const line = ProtocolError.is(error) ? error.message : `The harness itself failed: ${error instanceof Error ? error.message : String(error)}`;
    io.err(`simple-im-conformance: ${line.replace(/\s*\n\s*/g, ' ')}\n`);
    return exitCodeOf(error);
  }
}

async function execute(command: Command, io: ProgramIo): Promise<number> {
  if (command.kind === 'run') return run(command, io);
  if (command.kind === 'help') io.out(helpText());
  else if (command.kind === 'version') io.out(`${io.version}\n`);
  else if (command.kind === 'list') io.out(selectCases(cases, command.selection).map(listLine).join(''));
  else if (command.kind === 'explain') io.out(explained(command.id, lastRunPath(io.env)));
  return exitCodes.conforming;
}

/** Columns, two spaces between them: id, level, clause, what the target must have, and how slow it is. */
function listLine({ id, level, clause, needs, slow }: ConformanceCase): string {
  return `${id}  ${level}  ${clause}  ${needs.length === 0 ? '-' : needs.join(',')}${slow === undefined ? '' : `  slow: ${slow} s`}\n`;
}

async function run({ target, selection, rules, reports, timeout }: Extract<Command, { kind: 'run' }>, io: ProgramIo): Promise<number> {
  const selected = selectCases(cases, selection);
  const unknown = [...rules.knownFailing?.keys() ?? []].filter((id) => !cases.some((testCase) => testCase.id === id));
  await reach(target, timeout);
  const written = await Promise.all(reports.map((choice) => open(choice, io)));
  const results = await runCases(selected, target, {
    timeout,
    skipReason: (testCase) => skipReasonOf(testCase, selection),
    onResult: (result) => written.forEach(({ reporter }) => reporter.result(result, judge(result, rules))),
  });
  for (const { reporter, finish } of written) {
    await reporter.end();
    finish();
  }
  keep(results, rules, io);
  for (const id of unknown) io.err(`simple-im-conformance: --known-failing names ${id}, and there is no such case\n`);
  // A run that looked at nothing must not read as conforming.
  if (results.every(({ verdict }) => verdict === 'skip')) throw conformanceError('CONFORMANCE_NOTHING_SELECTED', { detail: 'every case was skipped' });
  return unknown.length > 0 || results.some((result) => judge(result, rules).outcome === 'failed') ? exitCodes.failed : exitCodes.conforming;
}

interface OpenReport {
  readonly reporter: Reporter;
  readonly finish: () => void;
}

/** A report to standard output is written as it comes, one into a file when it is whole. */
async function open({ format, file }: ReportChoice, io: ProgramIo): Promise<OpenReport> {
  const make = await reporters[format]();
  if (file === undefined) return { reporter: make(io.out), finish: () => undefined };
  const parts: string[] = [];
  writeReport(format, file, '');
  return { reporter: make((text) => void parts.push(text)), finish: () => writeReport(format, file, parts.join('')) };
}

function writeReport(format: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw conformanceError('CONFORMANCE_USAGE', { detail: `--report ${format}:${file}: ${(error as NodeJS.ErrnoException).code}`, cause: error });
  }
}

/** Loaded when asked for: tap is large, and may be left out of an installation (docs/adr/0005). */
const reporters = {
  tap: async () => {
    try {
      return (await import('./report/tap.js')).tapReporter;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
      throw conformanceError('CONFORMANCE_USAGE', { detail: '--report tap needs the package tap, which is not installed; there are junit and json', cause: error });
    }
  },
  junit: async () => (await import('./report/junit.js')).junitReporter,
  json: async () => (await import('./report/json.js')).jsonReporter,
};

/** A run is good without it, so a cache that cannot be written is told and no more. */
function keep(results: readonly CaseResult[], rules: Rules, io: ProgramIo): void {
  const path = lastRunPath(io.env);
  try {
    keepLastRun(path, results, rules);
  } catch (error) {
    io.err(`simple-im-conformance: ${path} cannot be written (${(error as NodeJS.ErrnoException).code}): --explain will not show this run\n`);
  }
}

function explained(id: string, path: string): string {
  const testCase = cases.find((candidate) => candidate.id === id);
  if (testCase === undefined) throw conformanceError('CONFORMANCE_USAGE', { detail: `--explain ${id}: there is no such case; --list shows them` });
  const { clause, level, asks, does, needs, users, slow } = testCase;
  const last = lastResult(path, id);
  return [
    id, '', `clause  ${clause} (${level})`, `asks    ${asks}`, `does    ${does}`, `needs   ${[...needs, `${users} user(s)`].join(', ')}`,
    ...(slow === undefined ? [] : [`slow    up to ${slow} s`]), '',
    ...(last === undefined ? ['It has not been run yet.'] : [`Last run: ${last.verdict}${last.reason === undefined ? '' : `: ${last.reason}`}`, '', wireText(last.wire)]), '',
  ].join('\n');
}
