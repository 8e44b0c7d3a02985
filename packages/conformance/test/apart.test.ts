/* Our server with core and IM server apart, IM-2 on the wire between them: from outside nobody can tell. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases, runCases, targetOf } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { features, knownFailing, secondCases, startOurs, users } from './support.js';

/** The slow ones wait for timers that both arrangements share. */
const quick = cases.filter((testCase) => testCase.slow === undefined && !secondCases(testCase));

let im: RunningServer;
let core: RunningServer;
beforeAll(async () => {
  im = await startOurs('--roles', 'im', '--sip', 'tcp:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0');
  const port = im.ready.sip[0]?.split(':').at(-1);
  const imServer = `sip:127.0.0.1:${port};transport=tcp`;
  core = await startOurs('--roles', 'core', '--im-server', imServer, '--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0');
});
afterAll(async () => {
  await im.close();
  await core.close();
});

describe('core and IM server apart', () => {
  // Over UDP, where the two sides of the core differ in transport.
  it('pass every case', async () => {
    const sip = core.ready.sip.filter((text) => text.startsWith('udp'));
    const results = await runCases(quick, targetOf({ domain: 'example.com', sip, msrp: im.ready.msrp, users, features }));
    const others = results.filter(({ case: { id }, verdict, reason }) => verdict !== 'pass' && !knownFailing.includes(id) && !/(?:sip|msrp)-\w+/.test(reason ?? ''));
    expect(others.map((result) => [result.case.id, result.verdict, result.reason, result.notes])).toEqual([]);
    expect(results.filter(({ verdict }) => verdict === 'pass').length).toBeGreaterThan(80);
  }, 120_000);
});
