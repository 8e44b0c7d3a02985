/* Through the proxy of the mutants, which changes nothing then, or nothing that is against the standards. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cases, runCases, targetOf, type CaseResult } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { UserPool } from '../src/lease.js';
import { legalWays } from './mutants/legal.js';
import type { Mutant } from './mutants/mutant.js';
import { mutate } from './mutants/proxy.js';
import { featuresUndeferred, knownFailing, secondCases, startTarget, users } from './support.js';

const quick = cases.filter((testCase) => testCase.slow === undefined && !secondCases(testCase));
const pool = new UserPool(users);

let server: RunningServer;
/** It keeps nothing for users who are away, as most servers. */
let undeferred: RunningServer;
beforeAll(async () => { [server, undeferred] = await Promise.all([startTarget(), startTarget('--deferred', 'off')]); });
afterAll(() => Promise.all([server.close(), undeferred.close()]));

async function through(way: Omit<Mutant, 'breaks' | 'kills'>, ids: readonly string[] | undefined, count: number): Promise<CaseResult[]> {
  const lease = await pool.acquire(count);
  const { target, close } = ids === undefined ? await mutate(server, way) : await mutate(undeferred, way, featuresUndeferred);
  const selected = ids === undefined ? quick : quick.filter(({ id }) => ids.includes(id));
  return runCases(selected, targetOf({ ...target, users: lease.users }), ids === undefined ? {} : { timeout: 1000 }).finally(() => {
    close();
    lease.release();
  });
}

const failures = (results: readonly CaseResult[]): string[] => results.filter(({ verdict }) => verdict !== 'pass')
  .map(({ case: { id }, verdict, reason = '' }) => `${id}: ${verdict} ${reason}`);

it.each([{}, { over: 'udp' } as const])('every case passes (%o)', async (way) => {
  const others = failures(await through(way, undefined, users.length));
  expect(others.filter((text) => !knownFailing.some((id) => text.startsWith(`${id}: fail`)))).toEqual([]);
  expect(others).toHaveLength(knownFailing.length);
}, 120_000);

it.concurrent.each(legalWays)('$says', async ({ passes, ...way }) => {
  const results = await through(way, passes, 2);
  expect(failures(results)).toEqual([]);
  expect(results).toHaveLength(passes.length);
}, 60_000);
