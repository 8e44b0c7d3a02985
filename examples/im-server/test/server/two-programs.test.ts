/* Core and IM server as programs of their own (docs/profile.md, "IM-2 on the wire"). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { bob, converse, player, tom } from '../../src/demo/conversation.js';
import type { Ready, RunningServer } from '../../src/index.js';
import { portOf } from '../arrangements.js';
import { register, userOf } from '../support.js';
import { buildProgram, freePorts, run, type Program, type Running } from './program.js';
import { sessionUp } from './session-up.js';

let program: Program;

beforeAll(async () => { program = await buildProgram(); }, 30_000);
afterAll(() => program.remove());

const imPorts = ['--sip', 'tcp:127.0.0.1:0', ...freePorts.slice(4)];

async function asServer(running: Running): Promise<RunningServer> {
  return { ready: await running.ready } as RunningServer;
}

function runIm(...argv: string[]): Running {
  return run(program, '--roles', 'im', ...imPorts, ...argv);
}

function runCore(im: Ready, ...argv: string[]): Running {
  return run(program, '--roles', 'core', '--im-server', `sip:127.0.0.1:${portOf(im.sip[0])};transport=tcp`, ...freePorts, ...argv);
}

describe('a core and an IM server as two programs', () => {
  it('serve a pager message with its notifications and a session over MSRP', async () => {
    const users = join(program.folder, 'users.jsonl');
    writeFileSync(users, [bob, tom].map(({ aor, password }) => `${JSON.stringify({ aor, password })}\n`).join(''));
    const im = runIm();
    const imReady = await im.ready;
    const core = runCore(imReady, '--users', users);
    const server = await asServer(core);
    expect(imReady).toMatchObject({ ready: true, sip: [expect.stringMatching(/^tcp:/)], msrp: [expect.stringMatching(/^tcp:/)] });
    expect(server.ready.msrp).toEqual([]);
    const [host, guest] = [player(server, bob), player(server, tom)];
    const scenes: string[] = [];
    await converse(host, guest, { scene: (title) => scenes.push(title) });
    expect(scenes.length).toBeGreaterThan(1);
    const metrics = await (await fetch(`http://${imReady.http}/metrics`)).text();
    expect(metrics).toContain('simple_im_im_policy_evaluations_total{case="originating",mode="pager",result="admitted"}');
    expect(metrics).toContain('simple_im_im_sessions_total 1');
    await Promise.all([host.client.close(), guest.client.close()]);
    for (const { child, exit } of [im, core]) {
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    }
  });

  it('end a session that is up when the IM server is stopped', async () => {
    const im = runIm();
    const server = await asServer(runCore(await im.ready, '--demo'));
    const [alice, bobby] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    expect(await register(bobby)).toBe(200);
    const { caller, callee } = await sessionUp(alice, bobby);
    const ended = [caller, callee].map((dialog) => new Promise((resolve) => { dialog.onTerminated = resolve; }));
    im.child.kill('SIGTERM');
    expect(await Promise.all(ended)).toEqual(['remote', 'remote']);
    expect(await im.exit).toBe(0);
  });

  it('find each other again after the IM server was killed, which then knows who is registered', async () => {
    const im = runIm();
    const imReady = await im.ready;
    const server = await asServer(runCore(imReady, '--demo'));
    const [alice, bobby] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    expect(await register(bobby)).toBe(200);
    im.child.kill('SIGKILL');
    await im.exit;
    const refused = await alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('Anyone?') });
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '5']);
    const again = run(program, '--roles', 'im', '--deferred', 'off', '--sip', imReady.sip[0] ?? '', ...freePorts.slice(4));
    await again.ready;
    await expect.poll(async () => {
      const { caller } = await sessionUp(alice, bobby);
      return (await caller.bye()).status;
    }, { timeout: 15_000, interval: 100 }).toBe(200);
  }, 30_000);
});
