/* Subscriptions over a restart: RFC 6665 §4.2.2, RFC 3680 §5.1. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Log, RunningServer } from '../../src/index.js';
import { started } from '../arrangements.js';
import { buildProgram, run, type Program, type Running } from '../server/program.js';
import { inFile } from '../store/sqlite-module.js';
import { addressesToKeep, configOf, register, serverWith, userOf } from '../support.js';
import { RawWatcher } from './watcher.js';

const REG = [['Event', 'reg'], ['Expires', '3600']] as const;

function storeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-events-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'im.db');
}

interface Restartable {
  readonly server: RunningServer;
  /** Stops it, does something to its file, starts it again on the same addresses. */
  restart(meanwhile?: () => void, log?: Log): Promise<RunningServer>;
}

async function restartable(path: string): Promise<Restartable> {
  const options = ['--store', `sqlite:${path}`, '--notify-interval', '0', ...await addressesToKeep()];
  const server = await started(configOf(...options));
  onTestFinished(() => server.close());
  const restart: Restartable['restart'] = async (meanwhile = () => {}, log) => {
    await server.close();
    meanwhile();
    const next = await started(configOf(...options), log === undefined ? {} : { log });
    onTestFinished(() => next.close());
    return next;
  };
  return { server, restart };
}

describe('a server that was killed', () => {
  let program: Program;
  beforeAll(async () => { program = await buildProgram(); }, 30_000);
  afterAll(() => program.remove());

  const serverOf = async (running: Running): Promise<RunningServer> => ({ ready: await running.ready }) as RunningServer;

  it('goes on with the next version and the next CSeq', async () => {
    const options = ['--demo', '--notify-interval', '0', '--store', `sqlite:${storeFile()}`, ...await addressesToKeep(), '--msrp', 'tcp:127.0.0.1:0', '--http', '127.0.0.1:0'];
    const first = run(program, ...options);
    const server = await serverOf(first);
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    expect((await watcher.subscribe(alice.aor, REG)).status).toBe(200);
    await watcher.notify(0);
    await register(alice);
    const before = await watcher.notify(1);
    first.child.kill('SIGKILL');
    await first.exit;
    const second = run(program, ...options);
    await second.ready;
    // What may have been missed meanwhile.
    expect(await watcher.regInfo(2)).toMatchObject({ version: 2, state: 'full', registrations: [{ contacts: [{ uri: alice.contact }] }] });
    expect((await watcher.notify(2)).cseq?.number).toBe((before.cseq?.number ?? 0) + 1);
    await register(alice);
    expect(await watcher.regInfo(3)).toMatchObject({ version: 3, state: 'partial', registrations: [{ contacts: [{ event: 'refreshed' }] }] });
    expect((await watcher.notify(3)).cseq?.number).toBe((before.cseq?.number ?? 0) + 2);
    expect((await watcher.refresh(REG)).status).toBe(200);
  }, 20_000);
});

describe('after a restart with SQLite', () => {
  it('a subscription that ended meanwhile is ended with reason timeout (RFC 6665 §4.2.2)', async () => {
    const path = storeFile();
    const { server, restart } = await restartable(path);
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    await watcher.subscribe(alice.aor, REG);
    await watcher.notify(0);
    await restart(() => inFile(path, `UPDATE subscription SET snapshot = json_set(snapshot, '$.expires', 1000)`));
    const last = await watcher.notify(1);
    expect(last.headers.get('Subscription-State')).toBe('terminated;reason=timeout');
    expect(watcher.seen).toHaveLength(2);
  });

  it('contacts that expired meanwhile are told as expired (RFC 3680 §4.7.1)', async () => {
    const path = storeFile();
    const { server, restart } = await restartable(path);
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    await register(alice);
    await watcher.subscribe(alice.aor, REG);
    await watcher.notify(0);
    await restart(() => inFile(path, `UPDATE location SET bindings = json_set(bindings, '$[0].expiresAt', 1000)`));
    const told = (await watcher.regInfo(1)).state === 'full' && watcher.seen.length === 2 ? await watcher.regInfo(2) : await watcher.regInfo(1);
    expect(told.registrations).toMatchObject([{ state: 'terminated', contacts: [{ event: 'expired', uri: alice.contact }] }]);
  });

  it('what cannot be read is passed over, and the log says so', async () => {
    const path = storeFile();
    const { server, restart } = await restartable(path);
    const alice = await userOf(server, 'alice');
    const [one, another, third] = [new RawWatcher(alice.ua), new RawWatcher(alice.ua), new RawWatcher(alice.ua)];
    for (const watcher of [one, another, third]) {
      await watcher.subscribe(alice.aor, REG);
      await watcher.notify(0);
    }
    const warned: string[] = [];
    const quiet = (): void => {};
    const log: Log = { debug: quiet, info: quiet, error: quiet, warn: (_fields, message) => warned.push(message) };
    const [broken = '', incomplete = ''] = [one, another].map(({ dialog }) => `${dialog?.dialog.callId} ${dialog?.dialog.remoteTag}`);
    await restart(() => {
      inFile(path, `UPDATE subscription SET snapshot = '{"package' WHERE key = '${broken}'`);
      inFile(path, `UPDATE subscription SET snapshot = json_remove(snapshot, '$.dialog.remoteTag') WHERE key = '${incomplete}'`);
    }, log);
    await third.notify(1);
    expect(warned.filter((message) => message === 'a stored subscription cannot be read')).toHaveLength(2);
    expect((await one.refresh(REG)).status).toBe(481);
    expect(inFile(path, 'SELECT key FROM subscription')).toHaveLength(1);
  });

  it('a watcher over TCP is told again once it has registered over a new connection', async () => {
    const { server, restart } = await restartable(storeFile());
    const alice = await userOf(server, 'alice', { transport: 'TCP' });
    const watcher = new RawWatcher(alice.ua);
    await register(alice);
    await watcher.subscribe(alice.aor, REG);
    await watcher.notify(0);
    await restart();
    expect(await register(alice)).toBe(200);
    const first = await watcher.regInfo(1);
    expect(first).toMatchObject({ state: 'full', registrations: [{ contacts: [{ uri: alice.contact }] }] });
    // What was prepared for the connection that is gone may leave over the new one, and the refresh in the next.
    const isTold = first.registrations[0]?.contacts[0]?.event === 'refreshed';
    expect(isTold ? first : await watcher.regInfo(2)).toMatchObject({ registrations: [{ contacts: [{ event: 'refreshed', uri: alice.contact }] }] });
  });
});

describe('a server without a store', () => {
  it('tells its watchers at the end to subscribe anew (RFC 6665 §4.1.3)', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    await watcher.subscribe(alice.aor, REG);
    await watcher.notify(0);
    await server.close();
    expect((await watcher.notify(1)).headers.get('Subscription-State')).toBe('terminated;reason=deactivated');
  });
});
