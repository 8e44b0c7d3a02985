import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import type { SipResponse } from '@simple-im/sip';
import { buildImSettings, IM_SETTINGS_MEDIA_TYPE, type SettingsEntity } from '@simple-im/sip-events/documents/im-settings';
import { started } from '../arrangements.js';
import { configOf, register, serverWith, userOf, type TestUser } from '../support.js';

interface PublishOptions {
  readonly to?: string;
  readonly tag?: string;
  readonly expires?: number;
  readonly contentType?: string;
  readonly body?: Uint8Array;
}

function documentOf(...entities: readonly Omit<SettingsEntity, 'id'>[]): Uint8Array {
  return buildImSettings({ entities: entities.map((entity, n) => ({ id: `device-${n}`, ...entity })) });
}

const otherDevice = buildImSettings({ entities: [{ id: 'another', incomingBarring: { active: false } }] });

const barring = documentOf({ incomingBarring: { active: true } });

function publish(user: TestUser, options: PublishOptions = {}): Promise<SipResponse> {
  const { to = user.aor, tag, expires = 3600, contentType = IM_SETTINGS_MEDIA_TYPE, body } = options;
  return user.ua.request('PUBLISH', to, {
    headers: [['Event', 'im-settings'], ['Expires', String(expires)], ...(tag === undefined ? [] : [['SIP-If-Match', tag] as const])],
    ...(body === undefined ? {} : { contentType, body }),
  });
}

function page(from: TestUser, to: TestUser): Promise<SipResponse> {
  return from.ua.request('MESSAGE', to.aor, { contentType: 'text/plain', body: utf8('Are you there?') });
}

async function aliceAndBob(): Promise<{ readonly alice: TestUser; readonly bob: TestUser }> {
  const server = await serverWith();
  const alice = await userOf(server, 'alice');
  const bob = await userOf(server, 'bob');
  bob.ua.handle('MESSAGE', (request) => request.respond(200));
  await register(bob);
  return { alice, bob };
}

describe('service settings that a client publishes (004; RFC 3903)', () => {
  it('bar incoming messages from the next one on, until they are removed', async () => {
    const { alice, bob } = await aliceAndBob();
    expect((await page(alice, bob)).status).toBe(200);
    const published = await publish(bob, { body: barring });
    expect(published.status).toBe(200);
    expect((await page(alice, bob)).status).toBe(480);
    const tag = published.headers.get('SIP-ETag') ?? '';
    expect((await publish(bob, { tag, expires: 0 })).status).toBe(200);
    expect((await page(alice, bob)).status).toBe(200);
  });

  it('are those of all devices together', async () => {
    const { alice, bob } = await aliceAndBob();
    await publish(bob, { body: barring });
    await publish(bob, { body: otherDevice });
    expect((await page(alice, bob)).status).toBe(480);
  });

  it('are what a device said last, if it has lost the tag of what it said before', async () => {
    const { alice, bob } = await aliceAndBob();
    await publish(bob, { body: barring });
    await publish(bob, { body: documentOf({ incomingBarring: { active: false } }) });
    expect((await page(alice, bob)).status).toBe(200);
  });

  it('are changed by the tag of the last answer only: 412 to another (RFC 3903 §6 step 3)', async () => {
    const { alice, bob } = await aliceAndBob();
    const tag = (await publish(bob, { body: barring })).headers.get('SIP-ETag') ?? '';
    expect((await publish(bob, { tag, body: documentOf({ incomingBarring: { active: false } }) })).status).toBe(200);
    expect((await publish(bob, { tag, body: barring })).status).toBe(412);
    expect((await page(alice, bob)).status).toBe(200);
  });

  it('last for 60 seconds at least: 423 with Min-Expires (RFC 3903 §6 step 4)', async () => {
    const { bob } = await aliceAndBob();
    const response = await publish(bob, { body: barring, expires: 5 });
    expect(response.status).toBe(423);
    expect(response.headers.get('Min-Expires')).toBe('60');
  });

  it('are a document that can be read: 415 for another type, 400 for what is none (RFC 3903 §6 step 5)', async () => {
    const { bob } = await aliceAndBob();
    expect((await publish(bob, { body: barring, contentType: 'text/plain' })).status).toBe(415);
    expect((await publish(bob, { body: utf8('<im-settings/>') })).status).toBe(400);
    expect((await publish(bob, { body: utf8('{}') })).status).toBe(400);
  });

  it('are published by nobody else: 403', async () => {
    const { alice, bob } = await aliceAndBob();
    expect((await publish(alice, { to: bob.aor, body: barring })).status).toBe(403);
    expect((await page(alice, bob)).status).toBe(200);
  });

  it('hold after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simple-im-settings-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const config = configOf('--store', `sqlite:${join(folder, 'im.db')}`);
    const before = await started(config);
    const published = await publish(await userOf(before, 'bob'), { body: barring });
    await before.close();
    const after = await started(config);
    onTestFinished(() => after.close());
    const [alice, bob] = [await userOf(after, 'alice'), await userOf(after, 'bob')];
    bob.ua.handle('MESSAGE', (request) => request.respond(200));
    await register(bob);
    expect((await page(alice, bob)).status).toBe(480);
    const tag = published.headers.get('SIP-ETag') ?? '';
    expect((await publish(bob, { tag, expires: 0 })).status).toBe(200);
    expect((await page(alice, bob)).status).toBe(200);
  });
});
