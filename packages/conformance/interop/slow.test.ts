/* The cases that wait for real timers, and what breaks them: half a minute each, so not with the others. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cases, runCases, targetOf } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { mutants } from '../test/mutants/index.js';
import { mutate } from '../test/mutants/proxy.js';
import { startTarget, targetText } from '../test/support.js';

const slow = cases.filter((testCase) => testCase.slow !== undefined);
const breaking = mutants.filter(({ kills }) => kills.some((id) => slow.some((testCase) => testCase.id === id)));

let server: RunningServer;
beforeAll(async () => { server = await startTarget(); });
afterAll(() => server.close());

it('our server passes every slow case', async () => {
  const results = await runCases(slow, targetOf(targetText(server, 'tcp')));
  expect(results.map(({ case: { id }, verdict, reason }) => [id, verdict, reason])).toEqual(slow.map(({ id }) => [id, 'pass', undefined]));
});

it.each(breaking)('$breaks', async (mutant) => {
  const other = await startTarget();
  const { target, close } = await mutate(other, mutant);
  const results = await runCases(slow.filter(({ id }) => mutant.kills.includes(id)), targetOf(target), { timeout: 1000 });
  await close();
  await other.close();
  expect(results.map(({ verdict }) => verdict)).toEqual(results.map(() => 'fail'));
});
