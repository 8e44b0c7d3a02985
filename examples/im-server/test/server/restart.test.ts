import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import type { RunningServer } from '../../src/index.js';
import { started } from '../arrangements.js';
import { addressesToKeep, configOf, register, userOf } from '../support.js';
import { sessionUp } from './session-up.js';

/** A server that keeps its store and, the second time, its addresses. */
async function restartable(...options: readonly string[]): Promise<{ readonly server: RunningServer; readonly restart: () => Promise<RunningServer> }> {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const given = ['--store', `sqlite:${join(folder, 'im.db')}`, ...await addressesToKeep(), ...options];
  const server = await started(configOf(...given));
  onTestFinished(() => server.close());
  const restart = async (): Promise<RunningServer> => {
    await server.close();
    const next = await started(configOf(...given));
    onTestFinished(() => next.close());
    return next;
  };
  return { server, restart };
}

describe('after a restart with SQLite', () => {
  it('a registered client gets messages over UDP without registering again', async () => {
    const { server, restart } = await restartable();
    const bob = await userOf(server, 'bob');
    // A contact that leads nowhere, as behind a NAT: only the flow in our own Path token does.
    expect(await register(bob, { contact: 'sip:bob@client.invalid' })).toBe(200);
    bob.ua.handle('MESSAGE', (request) => request.respond(200));
    const alice = await userOf(await restart(), 'alice');
    const response = await alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('Still there?') });
    expect(response.status).toBe(200);
  });

  it('a registered client can be invited: the IM server has been told who is registered', async () => {
    const { server, restart } = await restartable();
    const bob = await userOf(server, 'bob');
    expect(await register(bob)).toBe(200);
    const alice = await userOf(await restart(), 'alice');
    const { caller } = await sessionUp(alice, bob);
    expect((await caller.bye()).status).toBe(200);
  });

  it('what was stored is there, and pushed at once to whoever still is (RFC 3428 §7)', async () => {
    const { server, restart } = await restartable();
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    expect(await register(bob)).toBe(200);
    let status = 480;
    const received: string[] = [];
    bob.ua.handle('MESSAGE', (incoming) => {
      received.push(utf8Text(incoming.request.body));
      incoming.respond(status);
    });
    const { status: answer } = await alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('Kept') });
    expect(answer).toBe(202);
    status = 200;
    await restart();
    await vi.waitFor(() => expect(received).toEqual(['Kept', 'Kept']), 5000);
  });

  it('nobody is reachable whose registration was removed', async () => {
    const { server, restart } = await restartable('--deferred', 'off');
    const bob = await userOf(server, 'bob');
    expect(await register(bob)).toBe(200);
    expect(await register(bob, { expires: 0 })).toBe(200);
    const alice = await userOf(await restart(), 'alice');
    expect((await alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('?') })).status).toBe(480);
  });
});
