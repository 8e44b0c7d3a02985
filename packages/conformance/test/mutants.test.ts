import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases, runCases, targetOf, type CaseResult, type ConformanceCase } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { mutants } from './mutants/index.js';
import type { Mutant } from './mutants/mutant.js';
import { mutate } from './mutants/proxy.js';
import { secondMutants } from './mutants/second.js';
import { UserPool } from '../src/lease.js';
import { featuresUndeferred, freshUsers, secondCases, startTarget, users } from './support.js';

/** The slow ones and their mutants run in interop/, those of what our server does not have in second-target.test.ts. */
const quick = cases.filter((testCase) => testCase.slow === undefined && !secondCases(testCase));

let server: RunningServer;
/** It keeps nothing for users who are away. */
let undeferred: RunningServer;
beforeAll(async () => { [server, undeferred] = await Promise.all([startTarget(), startTarget('--deferred', 'off')]); });
afterAll(() => Promise.all([server.close(), undeferred.close()]));

/** Mutants live side by side, each with two users of its own. */
const pool = new UserPool(users);
/** What a case that fails leaves behind is kept for its users, who are not used again. */
const fresh = [...freshUsers];

const leavesTraces = ({ needs }: ConformanceCase): boolean => needs.some((feature) => feature.startsWith('deferred') || feature === 'settings');

async function runAgainst(mutant: Omit<Mutant, 'breaks' | 'kills'>, selected: readonly ConformanceCase[]): Promise<CaseResult[]> {
  const results = await Promise.all(selected.filter(leavesTraces).map((one) => runDeferred(mutant, one)));
  const others = selected.filter((one) => !leavesTraces(one));
  return others.length === 0 ? results.flat() : [...results.flat(), ...await runUndeferred(mutant, others)];
}

async function runUndeferred(mutant: Omit<Mutant, 'breaks' | 'kills'>, selected: readonly ConformanceCase[]): Promise<CaseResult[]> {
  const lease = await pool.acquire(2);
  const { target, close } = await mutate(undeferred, mutant, featuresUndeferred);
  try {
    return await runCases(selected, targetOf({ ...target, users: lease.users }), { timeout: 1000 });
  } finally {
    close();
    lease.release();
  }
}

async function runDeferred(mutant: Omit<Mutant, 'breaks' | 'kills'>, one: ConformanceCase): Promise<CaseResult[]> {
  const { target, close } = await mutate(server, mutant);
  try {
    return await runCases([one], targetOf({ ...target, users: fresh.splice(0, one.users) }), { timeout: 1000, freshUsers: true });
  } finally {
    close();
  }
}

describe('mutants', () => {
  it('every case is killed by one, and none names a case there is not', () => {
    const killed = new Set([...mutants, ...secondMutants].flatMap(({ kills }) => kills));
    expect([...killed].sort()).toEqual(cases.map(({ id }) => id).sort());
  });

  it.concurrent.each(mutants.filter(({ kills }) => quick.some(({ id }) => kills.includes(id))))('$breaks', async (mutant) => {
    const results = await runAgainst(mutant, quick.filter(({ id }) => mutant.kills.includes(id)));
    // With the reason, or it would not be said what went wrong instead.
    const others = results.filter(({ verdict }) => verdict !== 'fail').map(({ case: { id }, verdict, reason = '' }) => `${id}: ${verdict} ${reason}`);
    expect(others.join('\n')).toBe('');
    expect(results).not.toHaveLength(0);
  }, 60_000);

  it('are those docs/mutants.md lists (UPDATE=1 writes it)', () => {
    const path = fileURLToPath(new URL('../../../docs/mutants.md', import.meta.url));
    const table = [
      '# Mutants', '', 'Each breaks one rule on the wire between our server and the peers; the cases beside it must fail then, and do in',
      '`test/mutants.test.ts` or `test/second-target.test.ts`; the first writes this page (`UPDATE=1`).', '', '| what is broken | cases that fail |', '|---|---|',
      ...[...mutants, ...secondMutants].map(({ breaks, kills }) => `| ${breaks} | ${kills.map((id) => `\`${id}\``).join(', ')} |`), '',
    ].join('\n');
    if (process.env.UPDATE === '1') {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, table);
    }
    expect(readFileSync(path, 'utf8')).toBe(table);
  });
});
