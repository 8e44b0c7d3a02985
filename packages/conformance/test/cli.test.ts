import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Parser } from 'tap-parser';
import { readXml } from '@simple-im/xml';
import type { RunningServer } from '@simple-im/server';
import { fileWith, program, programIn, startTarget, targetText, temporaryFolder } from './support.js';

const KILLED = 'IM-1/rfc3261/22.2/wrong-password';
const PASSES = 'IM-1/rfc3261/10.3/register';
const UNKNOWN = 'IM-7/rfc4975/7.3/unknown-session-481';

let server: RunningServer;
let open: RunningServer;
beforeAll(async () => { [server, open] = [await startTarget(), await startTarget('--auth', 'none')]; });
afterAll(() => Promise.all([server.close(), open.close()]));

const target = (of: RunningServer = server): string => fileWith(JSON.stringify(targetText(of)), 'target.json');

describe('exit codes', () => {
  it('0: conforming', async () => {
    expect(await program('--target', target(), '--run', PASSES)).toMatchObject({ code: 0, err: '' });
  });

  it('1: a case failed, with its clause, its reason and the bytes, and no password and no source of ours', async () => {
    const { code, out, err } = await program('--target', target(open), '--run', PASSES, '--run', KILLED);
    expect([code, err]).toEqual([1, '']);
    expect(out).toContain(`not ok 2 - ${KILLED}`);
    expect(out).toContain('clause: RFC 3261 §22.1, §22.2');
    expect(out).toContain('the status without credentials is 200, expected 401 or 407');
    expect(out).toMatch(/>>> \w+ \w+ 127\.0\.0\.1:\d+ \+\d+ ms\n\s+REGISTER sip:example\.com SIP\/2\.0\n/);
    expect(out).not.toMatch(/wonderland|builder|\.ts:|\.js:|stack:|at:/);
    expect(Parser.parse(out, { strict: true }).find(([event]) => event === 'complete')?.[1]).toMatchObject({ ok: false, fail: 1 });
  });

  it.each([
    ['an unknown option', ['--nonsense'], '--nonsense'],
    ['no domain', ['--sip', 'udp:127.0.0.1:5060'], '--domain is missing'],
    ['no address', ['--domain', 'example.com'], '--sip is missing'],
    ['a wrong address', ['--domain', 'example.com', '--sip', 'udp:127.0.0.1:70000'], 'udp:127.0.0.1:70000'],
    ['a missing file', ['--target', '/nowhere/target.json'], 'there is no such file'],
    ['an unknown report', ['--report', 'html'], 'tap, junit or json'],
    ['two reports on standard output', ['--report', 'tap', '--report', 'json'], 'only one report'],
    ['a glob without a case', ['--run', 'IM-1/none/**'], 'matches no case'],
    ['an unknown reference point', ['--points', 'IM-99'], 'IM-99'],
    ['an unknown case to explain', ['--explain', 'IM-1/x'], 'no such case'],
    ['a wrong time', ['--timeout', '5'], '--timeout 5'],
    ['nothing selected', ['--run', PASSES, '--skip', 'IM-1/**'], 'No case is selected'],
  ])('2: %s', async (_, argv, says) => {
    const given = argv[0] === '--domain' || argv[0] === '--sip' || argv[0] === '--target' ? argv : ['--domain', 'example.com', '--sip', 'udp:127.0.0.1:5060', ...argv];
    const { code, out, err } = await program(...given);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(says);
    expect(err.split('\n')).toHaveLength(2);
  });

  it('2: a file of users that is not one, without telling what is in it', async () => {
    const { code, err } = await program('--domain', 'example.com', '--sip', 'udp:127.0.0.1:5060', '--users', fileWith('{"aor":"sip:a@b","password":"secret"}\n{"aor":"sip:c@d" "secret"}'));
    expect(code).toBe(2);
    expect(err).toContain('line 2');
    expect(err).not.toContain('secret');
  });
});

describe('known failures', () => {
  it('are run and do not count', async () => {
    const { code, out } = await program('--target', target(open), '--run', KILLED, '--known-failing', fileWith(`${KILLED} # no passwords here\n`));
    expect(code).toBe(0);
    expect(out).toContain(`not ok 1 - ${KILLED} # TODO known to fail (no passwords here): `);
  });

  it('that pass are failures', async () => {
    const { code, out } = await program('--target', target(), '--run', PASSES, '--known-failing', fileWith(PASSES));
    expect(code).toBe(1);
    expect(out).toContain('take it off the list');
  });

  it('that do not exist are failures', async () => {
    const { code, err } = await program('--target', target(), '--run', PASSES, '--known-failing', fileWith('IM-1/gone'));
    expect(code).toBe(1);
    expect(err).toContain('IM-1/gone');
  });
});

describe('reports', () => {
  it('go into files, several at once; JUnit is well-formed whatever was on the wire', async () => {
    const folder = temporaryFolder();
    const [junit, json] = [join(folder, 'r.xml'), join(folder, 'r.json')];
    const { out } = await program('--target', target(open), '--report', 'tap', '--report', `junit:${junit}`, '--report', `json:${json}`, '--run', KILLED, '--run', PASSES, '--skip', PASSES);
    expect(out).toContain('TAP version 14');
    const suites = readXml(readFileSync(junit));
    expect(suites.root.name).toBe('testsuites');
    expect(readFileSync(junit, 'utf8').match(/<testcase /g)).toHaveLength(2);
    expect(readFileSync(junit, 'utf8')).toContain('<failure type="fail"');
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ summary: { cases: 2, failed: 1, skipped: 1 } });
  }, 60_000);

  it('say why a case is skipped', async () => {
    const { code, out, err } = await program('--target', fileWith(JSON.stringify({ ...targetText(server), msrp: [], features: ['registrar'] })), '--run', PASSES, '--run', KILLED, '--run', UNKNOWN, '--skip', PASSES);
    expect([code, err]).toEqual([2, 'simple-im-conformance: No case is selected: every case was skipped\n']);
    expect(out).toContain(`ok 1 - ${PASSES} # SKIP left out by --skip`);
    expect(out).toContain('# SKIP the target has no msrp (MSRP at an address of its own): no --msrp tcp:HOST:PORT');
    expect(out).toContain('# SKIP the target has no digest (digest authentication of users): not in its profile');
  });

  it('list cases, and explain one with the bytes of its last run', async () => {
    const cache = temporaryFolder();
    expect((await program('--list', '--points', 'IM-7')).out.split('\n')[0]).toMatch(/^IM-7\/.* SHALL {2}RFC \d+ §/);
    expect((await programIn(cache, '--explain', PASSES)).out).toContain('It has not been run yet.');
    await programIn(cache, '--target', target(), '--run', PASSES);
    const { out } = await programIn(cache, '--explain', PASSES);
    expect(out).toContain('Last run: pass');
    expect(out).toContain('\nREGISTER sip:example.com SIP/2.0\n');
    expect(out).toContain('response="***"');
  });
});
