/* What our server does not have yet: cases and mutants of GRUU, caller preferences and message size, at a second target. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases, runCases, targetOf } from '@simple-im/conformance';
import { UserPool } from '../src/lease.js';
import { mutate } from './mutants/proxy.js';
import { secondMutants } from './mutants/second.js';
import { startSecondServer, type SecondServer } from './second/server.js';
import { secondCases, users } from './support.js';

const features = ['registrar', 'pager', 'proxy', 'gruu', 'caller-preferences', 'message-size'];
const selected = cases.filter(secondCases);
const pool = new UserPool(users);

let server: SecondServer;
beforeAll(async () => { server = await startSecondServer(); });
afterAll(() => server.close());

describe('a target with GRUU, caller preferences and message size', () => {
  it('passes their cases', async () => {
    const results = await runCases(selected, targetOf({ domain: 'example.com', sip: [`udp:127.0.0.1:${server.port}`], users, features }), { timeout: 1000 });
    const others = results.filter(({ verdict }) => verdict !== 'pass').map(({ case: { id }, verdict, reason = '' }) => `${id}: ${verdict} ${reason}`);
    expect(others).toEqual([]);
    expect(results).not.toHaveLength(0);
  }, 60_000);

  it.concurrent.each(secondMutants)('$breaks', async (mutant) => {
    const lease = await pool.acquire(2);
    const { target, close } = await mutate({ ready: { sip: [`udp:127.0.0.1:${server.port}`], msrp: [] } }, mutant);
    try {
      const killed = selected.filter(({ id }) => mutant.kills.includes(id));
      const results = await runCases(killed, targetOf({ ...target, users: lease.users, features }), { timeout: 1000 });
      const others = results.filter(({ verdict }) => verdict !== 'fail').map(({ case: { id }, verdict, reason = '' }) => `${id}: ${verdict} ${reason}`);
      expect(others).toEqual([]);
      expect(results).toHaveLength(mutant.kills.length);
    } finally {
      close();
      lease.release();
    }
  }, 60_000);
});
