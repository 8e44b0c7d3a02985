/* The client in a real browser, over its WebSockets, and one in Node that has no more than they do. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '@simple-im/transport/node';
import { ImClient, type Session } from '../src/index.js';
import { startServerForPages, type ServerForPages } from './server.js';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (chromiumPath === undefined && process.env.SIMPLE_IM_REQUIRE_PEERS === '1') throw new Error('Chromium is not installed, and this run requires it');

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const folder = fileURLToPath(new URL('page/', import.meta.url));

/** The page and its script, bundled from source. */
async function pages(): Promise<RequestListener> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'page.ts')], bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022',
    conditions: ['@simple-im/source'], logLevel: 'silent',
    // As in the build of @simple-im/xml, which is not used here: sources need no build.
    alias: { url: fileURLToPath(new URL('../../xml/src/no-url.ts', import.meta.url)) },
  });
  const script = outputFiles[0]?.text ?? '';
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  return ({ url }, response) => {
    const [status, type, body] = url === '/' ? [200, 'text/html', html] : url === '/page.js' ? [200, 'text/javascript', script] : [404, 'text/plain', ''];
    response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body);
  };
}

async function first<T>(stream: AsyncIterable<T>): Promise<T> {
  for await (const item of stream) return item;
  throw new Error('the stream has ended');
}

// Without Chromium this is skipped; SIMPLE_IM_REQUIRE_PEERS=1 makes that an error.
describe.skipIf(chromiumPath === undefined)('an IM client in Chromium, over WebSockets (RFC 7118, RFC 7977)', () => {
  let profile: string;
  let server: ServerForPages;
  let browser: BrowserContext;
  let page: Page;
  let bob: ImClient;
  let session: Session;
  const problems: string[] = [];

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), 'simple-im-chromium-'));
    server = await startServerForPages(await pages());
    browser = await chromium.launchPersistentContext(profile, { executablePath: chromiumPath ?? '', args: flags, headless: true, chromiumSandbox: false });
    page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
    const { webSockets, clock, random, hash } = nodePlatform;
    bob = new ImClient({ platform: { webSockets, clock, random, hash }, aor: 'sip:bob@example.com', password: 'wonderland', proxy: server.proxy });
    await bob.register();
  });

  afterAll(async () => {
    await bob?.close();
    await browser?.close();
    await server?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  const said = (text: string): Promise<void> => page.getByRole('log').getByText(text).waitFor();

  async function say(text: string): Promise<void> {
    await page.getByLabel('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    await said(`Me ${text}`);
  }

  it('registers', async () => {
    await page.goto(server.origin);
    await page.getByLabel('Server').fill(server.proxy);
    await page.getByLabel('Address').fill('sip:alice@example.com');
    await page.getByLabel('Password').fill('wonderland');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('sip:alice@example.com: registered').waitFor();
    expect(problems).toEqual([]);
  });

  it('sends a message without a session, and takes one', async () => {
    await page.getByLabel('To').fill(bob.aor);
    await say('Hello from the browser');
    expect(await first(bob.messages)).toMatchObject({ text: 'Hello from the browser', from: 'sip:alice@example.com' });
    expect(await bob.send('sip:alice@example.com', 'Hello from Node')).toMatchObject({ mode: 'pager', status: 200 });
    await said('Hello from Node (message)');
  });

  it('has a session with a message each way', async () => {
    await page.getByRole('button', { name: 'Start a session' }).click();
    session = await (await first(bob.invitations)).accept();
    await said('Session with sip:bob@example.com began');
    await say('In session');
    expect((await first(session.messages)).text).toBe('In session');
    await session.send('Received in session');
    await said('Received in session (session)');
    const screenshot = process.env.SIMPLE_IM_SCREENSHOT;
    if (screenshot !== undefined) await page.screenshot({ path: screenshot });
  });

  it('leaves it', async () => {
    await page.getByRole('button', { name: 'Leave the session' }).click();
    expect(await session.ended).toEqual({ reason: 'peer left' });
    await said('Session ended: left');
  });

  it('is invited', async () => {
    const accept = page.getByRole('button', { name: 'Accept' });
    expect(await accept.isVisible()).toBe(false);
    const inviting = bob.invite('sip:alice@example.com');
    await accept.click();
    const invited = await inviting;
    await invited.send('You are invited');
    await said('You are invited (session)');
    await invited.leave();
    await said('Session ended: peer left');
    expect(await page.getByRole('button', { name: 'Start a session' }).isEnabled()).toBe(true);
  });

  it('is the same device when it signs in again (RFC 5626 §4.1), and signs out', async () => {
    const instance = (): Promise<string | null> => page.evaluate(() => localStorage.getItem('simple-im instance'));
    const before = await instance();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('log').getByText('Signed in').nth(1).waitFor();
    expect(before).toMatch(/^urn:uuid:/);
    expect(await instance()).toBe(before);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('signed out').waitFor();
    await expect(bob.send('sip:alice@example.com', 'Are you there?', { mode: 'pager' })).rejects.toMatchObject({ code: 'IM_NOT_DELIVERED', status: 404 });
    expect(problems).toEqual([]);
  });
});
