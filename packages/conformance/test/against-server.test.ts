import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Parser } from 'tap-parser';
import { cases, runCases, targetOf } from '@simple-im/conformance';
import type { RunningServer } from '@simple-im/server';
import { fileWith, knownFailing, program, startTarget, targetText } from './support.js';

/** The slow ones run in interop/. */
const quick = cases.filter(({ slow }) => slow === undefined);

let server: RunningServer;
beforeAll(async () => { server = await startTarget(); });
afterAll(() => server.close());

/** A user who registered over TLS is offered MSRP over TLS, and the cases on sessions, or on what is handed over in one, speak TCP; those of `im-7/transports.ts` do not. */
const inSessions = ['IM-1/oma-004/5.3.2.1.3/notification-kept-for-its-recipient', 'IM-1/profile/dispositions/own-notification-kept'];
const withoutSessions = quick.filter(({ id, needs }) => !needs.includes('session') && !inSessions.includes(id));
const onWebSockets = quick.filter(({ needs }) => needs.includes('sip-ws') || needs.includes('msrp-ws'));

describe.each([['udp', quick], ['tcp', quick], ['tls', withoutSessions], ['wss', onWebSockets]] as const)('our server over %s', (transport, selected) => {
  it('passes every case', async () => {
    const results = await runCases(selected, targetOf(targetText(server, transport)));
    const others = results.filter(({ verdict }) => verdict !== 'pass');
    expect(others.map(({ case: { id }, verdict, reason }) => `${id} ${verdict} ${reason}`).filter((text) => !knownFailing.some((id) => text.startsWith(id)))).toEqual([]);
    expect(others.map(({ case: { id } }) => id)).toEqual(knownFailing);
    expect(results.flatMap(({ notes }) => notes)).toEqual([]);
  }, 120_000);
});

describe('the program', () => {
  const target = (): string => fileWith(JSON.stringify(targetText(server)), 'target.json');

  it('exits 0 and prints TAP 14 that tap-parser takes in strict mode', async () => {
    const { code, out, err } = await program('--target', target());
    expect([code, err]).toEqual([0, '']);
    expect(out.startsWith('TAP version 14\n')).toBe(true);
    const parsed = Parser.parse(out, { strict: true });
    const complete = parsed.find(([event]) => event === 'complete')?.[1];
    expect(complete).toMatchObject({ ok: true, count: cases.length, fail: knownFailing.length, todo: knownFailing.length });
  }, 60_000);
});
