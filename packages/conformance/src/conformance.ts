import { cases as shipped } from './cases/index.js';
import { targetOf, type TargetText } from './profile.js';
import { reach } from './reach.js';
import { tapExtra, tapOk } from './report/tap-extra.js';
import { judge, type CaseResult, type Judgement, type Rules } from './result.js';
import { runCases } from './runner.js';
import { selectCases, skipReasonOf, type Selection } from './selection.js';

/** What of a `tap` test is used; the test you write in is one. */
export interface TapTest {
  readonly test: (name: string, extra: Record<string, unknown>, body: (t: TapTest) => Promise<void> | void) => PromiseLike<unknown>;
  readonly pass: (message: string, extra: Record<string, unknown>) => unknown;
  readonly fail: (message: string, extra: Record<string, unknown>) => unknown;
}

export interface ConformanceOptions extends Selection, Rules {
  /** Milliseconds every wait is bounded by; 5,000 by default. */
  readonly timeout?: number;
}

/**
 * Adds a subtest for each case to your own `tap` test, and resolves when all are done. Throws CONFORMANCE_USAGE,
 * CONFORMANCE_NOTHING_SELECTED, CONFORMANCE_NOT_REACHABLE or CONFORMANCE_HARNESS.
 */
export async function conformance(t: TapTest, target: TargetText, options: ConformanceOptions = {}): Promise<void> {
  const read = targetOf(target);
  const { timeout = 5000 } = options;
  const selected = selectCases(shipped, options);
  await reach(read, timeout);
  const results = await runCases(selected, read, {
    timeout, skipReason: (testCase) => skipReasonOf(testCase, options),
  });
  for (const result of results) await subtest(t, result, judge(result, options));
}

async function subtest(t: TapTest, result: CaseResult, judgement: Judgement): Promise<void> {
  const { id, clause, asks } = result.case;
  const { skip, todo, ...extra } = tapExtra(result, judgement);
  // Without `at` and `stack`, tap shows where in our source a test point was made.
  const directives = { at: null, stack: '', ...(skip === undefined ? {} : { skip }), ...(todo === undefined ? {} : { todo }) };
  await t.test(id, directives, async (sub) => {
    const message = `${clause}: ${asks}`;
    if (tapOk(judgement)) sub.pass(message, extra);
    else sub.fail(message, extra);
  });
}
