import { describe, expect, it } from 'vitest';
import { check, fail, judge, precondition, runCases, selectCases, type CaseResult, type ConformanceCase, type Target } from '@simple-im/conformance';

const target: Target = { domain: 'example.com', sip: [{ transport: 'udp', host: '127.0.0.1', port: 9 }], features: [], users: ['a', 'b', 'c'].map((name) => ({ aor: `sip:${name}@example.com`, password: 'x' })) };

function madeCase(id: string, run: ConformanceCase['run'], more: Partial<ConformanceCase> = {}): ConformanceCase {
  return { id, clause: 'RFC 1 §1', level: 'SHALL', asks: 'Something.', does: 'Something.', needs: [], users: 0, run, ...more };
}

async function verdictOf(run: ConformanceCase['run']): Promise<CaseResult> {
  return (await runCases([madeCase('IM-1/x', run)], target, { timeout: 50 }))[0]!;
}

describe('verdicts', () => {
  it('pass, fail, inconclusive', async () => {
    expect(await verdictOf(async () => undefined)).toMatchObject({ verdict: 'pass' });
    expect(await verdictOf(async () => check(false, 'no'))).toMatchObject({ verdict: 'fail', reason: 'no' });
    expect(await verdictOf(() => precondition('it registers', async () => fail('no')))).toMatchObject({ verdict: 'inconclusive', reason: 'it registers: no' });
  });

  it('anything else a case throws is the harness\'s fault', async () => {
    const harness = { code: 'CONFORMANCE_HARNESS' };
    await expect(verdictOf(async () => { throw new TypeError('undefined is no object'); })).rejects.toMatchObject(harness);
    await expect(verdictOf(async ({ sip }) => void (await sip()).send('{nothing}'))).rejects.toMatchObject(harness);
  });

  it('a case that does not end fails', async () => {
    expect(await verdictOf(() => new Promise(() => undefined))).toMatchObject({ verdict: 'fail', reason: 'it did not end within 1 s' });
  });

  it('a case that fails may leave a request behind', async () => {
    const result = await verdictOf(async ({ sip }) => {
      (await sip()).request('OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP x;branch={branch}').catch(() => undefined);
      fail('no');
    });
    expect(result).toMatchObject({ verdict: 'fail', reason: 'no' });
  });

  it('a wait ends with the timeout', async () => {
    expect(await verdictOf(async ({ sip }) => void await (await sip()).expect('MESSAGE '))).toMatchObject({ verdict: 'fail', reason: 'nothing came in time; expected "MESSAGE"' });
  });
});

describe('leases', () => {
  it('no user is in two cases at once, results come in the order of the cases', async () => {
    const held = new Set<string>();
    const order: string[] = [];
    const made = [2, 1, 3, 1, 2, 1].map((users, index) => madeCase(`IM-1/${index}`, async (context) => {
      expect(context.users).toHaveLength(users);
      for (const { aor } of context.users) {
        if (held.has(aor)) throw new Error(`${aor} is leased twice`);
        held.add(aor);
      }
      await new Promise((resolve) => { setImmediate(resolve); });
      for (const { aor } of context.users) held.delete(aor);
    }, { users }));
    await runCases(made, target, { onResult: (result) => order.push(result.case.id) });
    expect(order).toEqual(made.map(({ id }) => id));
  });

  it('a case that needs more users than there are is skipped', async () => {
    const [result] = await runCases([madeCase('IM-1/x', async () => undefined, { users: 4 })], target);
    expect(result).toMatchObject({ verdict: 'skip', reason: 'it needs 4 users, the target has 3' });
  });
});

describe('what counts', () => {
  const result = (verdict: CaseResult['verdict'], level: ConformanceCase['level']): CaseResult => ({ case: madeCase('IM-1/x', async () => undefined, { level }), verdict, reason: 'no', milliseconds: 0, notes: [], wire: [] });

  it.each([
    ['fail', 'SHALL', false, 'failed'], ['fail', 'SHOULD', false, 'tolerated'], ['fail', 'SHOULD', true, 'failed'], ['fail', 'MAY', true, 'tolerated'],
    ['inconclusive', 'SHALL', false, 'failed'], ['skip', 'SHALL', true, 'skipped'], ['pass', 'SHALL', true, 'ok'],
  ] as const)('%s of a %s, strict %s: %s', (verdict, level, strict, outcome) => {
    expect(judge(result(verdict, level), { strict }).outcome).toBe(outcome);
  });
});

describe('selection', () => {
  const made = ['IM-1/rfc3261/10.2/a', 'IM-1/rfc3261/10.2/b', 'IM-7/rfc4975/7.3/a'].map((id) => madeCase(id, async () => undefined));
  const ids = (selection: Parameters<typeof selectCases>[1]): string[] => selectCases(made, selection).map(({ id }) => id);

  it('points and globs: * within a part, ** across', () => {
    expect(ids({})).toHaveLength(3);
    expect(ids({ points: ['IM-7'] })).toEqual(['IM-7/rfc4975/7.3/a']);
    expect(ids({ run: ['**/a'] })).toEqual(['IM-1/rfc3261/10.2/a', 'IM-7/rfc4975/7.3/a']);
    expect(ids({ run: ['IM-1/*/10.2/b'] })).toEqual(['IM-1/rfc3261/10.2/b']);
    expect(() => ids({ run: ['*/a'] })).toThrow('matches no case');
    expect(() => ids({ run: ['IM-1/rfc3261/10?2/a'] })).toThrow('matches no case');
  });

  it('what is skipped stays in the list', () => {
    expect(ids({ skip: ['IM-1/**'] })).toHaveLength(3);
  });
});
