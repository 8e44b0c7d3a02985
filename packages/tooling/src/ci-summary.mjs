#!/usr/bin/env node
/**
 * The last line of `.ci/run`: sums vitest's JSON reports, the steps of `check` and single commands to
 * `N passed, N failed`; exits with 1 when something failed or nothing ran.
 * Arguments: `vitest:NAME:FILE` (a report), `check:FILE`, `command:NAME:STATUS`; `strict-vitest:` fails skipped tests too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Counts of one vitest report; a file that could not be loaded has no tests in it and counts as one failure. */
export function countVitest(report, { skippedFail = false } = {}) {
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')).length;
  const skipped = skippedFail ? report.numPendingTests : 0;
  const failed = report.numFailedTests + unloaded + skipped;
  // An unhandled error or an empty run fails as a whole, with every test passed.
  return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
}

export function countCheck(results) {
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  return { passed: results.length - failed, failed };
}

/** Counts of one argument; a report that is missing is a failure of what should have written it. */
export function countSource(argument) {
  const [kind, ...rest] = argument.split(':');
  if (kind === 'command') return rest.at(-1) === '0' ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const file = rest.at(-1);
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  const content = JSON.parse(readFileSync(file, 'utf8'));
  return kind === 'check' ? countCheck(content) : countVitest(content, { skippedFail: kind === 'strict-vitest' });
}

/** Sum of all; failed is at least 1 when nothing passed. */
export function sum(counts) {
  const passed = counts.reduce((total, count) => total + count.passed, 0);
  const failed = counts.reduce((total, count) => total + count.failed, 0);
  return { passed, failed: passed === 0 ? Math.max(failed, 1) : failed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sources = process.argv.slice(2);
  const counts = sources.map(countSource);
  sources.forEach((source, index) => console.log(`${source.split(':').slice(0, 2).join(' ')}: ${counts[index].passed} passed, ${counts[index].failed} failed`));
  const { passed, failed } = sum(counts);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
