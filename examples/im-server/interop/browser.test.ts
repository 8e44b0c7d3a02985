/* Two users in a real browser, with the client of the packages, at the server as a program of its own. */
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificates } from '@simple-im/testkit';
import type { Ready } from '../src/index.js';
import { buildProgram, start, type Program, type Running } from '../test/server/program.js';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (chromiumPath === undefined && process.env.SIMPLE_IM_REQUIRE_PEERS === '1') {
  throw new Error('Chromium is not installed, and this run requires it');
}

/** The key of the server's certificate, which Chromium is to trust without its root. */
const { publicKey } = new X509Certificate(certificates.server.certificate);
const trustedKey = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
const flags = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  `--ignore-certificate-errors-spki-list=${trustedKey}`,
];

const folder = fileURLToPath(new URL('page/', import.meta.url));

/** Serves the page and its script, bundled from source. */
async function servePage(): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'page.ts')], bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022',
    conditions: ['@simple-im/source'], logLevel: 'silent',
    // As in the build of @simple-im/xml, which is not used here: sources need no build.
    alias: { url: fileURLToPath(new URL('../../../packages/xml/src/no-url.ts', import.meta.url)) },
  });
  const script = outputFiles[0]?.text ?? '';
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const http = createServer(({ url }, response) => {
    const [type, body] = url === '/page.js' ? ['text/javascript', script] : ['text/html', html];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  return http;
}

/** A user at a page of their own, in a profile of their own. */
class Person {
  readonly page: Page;
  /** What went wrong in the page. */
  readonly problems: string[] = [];
  /** Where its WebSockets led. */
  readonly webSockets: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => { if (message.type() === 'error') this.problems.push(message.text()); });
    page.on('websocket', (socket) => this.webSockets.push(socket.url()));
  }

  static async at(origin: string, browser: Browser): Promise<Person> {
    const context = await browser.newContext();
    const person = new Person(await context.newPage());
    await person.page.goto(origin);
    return person;
  }

  async signIn(server: string, name: string, password: string): Promise<void> {
    await this.page.getByLabel('Server').fill(server);
    await this.page.getByLabel('Address').fill(`sip:${name}@example.com`);
    await this.page.getByLabel('Password').fill(password);
    await this.click('Sign in');
    await this.page.getByText(`sip:${name}@example.com: registered`).waitFor();
  }

  click(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button }).click();
  }

  /** Waits until the conversation has it. */
  sees(text: string): Promise<void> {
    return this.page.getByRole('log').getByText(text).first().waitFor();
  }

  /** Sends to who is named, or in the session, and waits until the other side's client has it. */
  async say(text: string, to?: string): Promise<void> {
    if (to !== undefined) await this.page.getByLabel('To').fill(to);
    await this.page.getByLabel('Message').fill(text);
    await this.click('Send');
    await this.sees(`Me ${text} (delivered)`);
  }
}

// Without Chromium this is skipped; SIMPLE_IM_REQUIRE_PEERS=1 makes that an error.
describe.skipIf(chromiumPath === undefined)('two users in Chromium, over WebSockets with TLS (RFC 7118, RFC 7977)', () => {
  let keys: string;
  let http: Server;
  let program: Program;
  let server: Running;
  let ready: Ready;
  let browser: Browser;
  let [alice, bob]: Person[] = [];

  beforeAll(async () => {
    http = await servePage();
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    keys = mkdtempSync(join(tmpdir(), 'simple-im-keys-'));
    const [certificate, key] = [join(keys, 'chain.pem'), join(keys, 'key.pem')];
    writeFileSync(certificate, certificates.server.certificate);
    writeFileSync(key, certificates.server.key);
    program = await buildProgram();
    server = start(program, ...[
      '--demo', '--deferred', 'off', '--sip', 'tls:127.0.0.1:0', '--msrp', 'tls:127.0.0.1:0', '--http', '127.0.0.1:0', '--https', '127.0.0.1:0',
      '--tls-cert', certificate, '--tls-key', key, '--allow-origin', origin,
    ]);
    ready = await server.ready;
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: flags, headless: true, chromiumSandbox: false });
    [alice, bob] = [await Person.at(origin, browser), await Person.at(origin, browser)];
  });

  afterAll(async () => {
    await browser?.close();
    server?.child.kill('SIGTERM');
    await server?.exit;
    program?.remove();
    http?.close();
    rmSync(keys, { recursive: true, force: true });
  });

  const both = (): readonly [Person, Person] => [alice as Person, bob as Person];

  it('register: one with the URL of the WebSocket, one with that of the provisioning document alone', async () => {
    const [one, other] = both();
    await one.signIn(`wss://${ready.https}/sip`, 'alice', 'wonderland');
    await other.signIn(`https://${ready.https}/provisioning`, 'bob', 'builder');
    expect([one.problems, one.webSockets, other.webSockets]).toEqual([[], [`wss://${ready.https}/sip`], [`wss://${ready.https}/sip`]]);
    // The challenge, which the browser itself writes there.
    expect(other.problems.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('send messages without a session and are told that they were delivered (RFC 3428, RFC 5438)', async () => {
    const [one, other] = both();
    await one.say('Hello from Alice', 'sip:bob@example.com');
    await other.sees('sip:alice@example.com Hello from Alice (message)');
    await other.say('Hello from Bob', 'sip:alice@example.com');
    await one.sees('sip:bob@example.com Hello from Bob (message)');
    expect([one.problems, other.problems]).toEqual([[], []]);
  });

  it('have a session with messages each way, over a WebSocket for MSRP', async () => {
    const [one, other] = both();
    const accept = other.page.getByRole('button', { name: 'Accept' });
    expect(await accept.isVisible()).toBe(false);
    await one.click('Start a session');
    await accept.click();
    await Promise.all([one.sees('Session with sip:bob@example.com began'), other.sees('Session with sip:alice@example.com began')]);
    await one.say('In session');
    await other.sees('In session (session)');
    await other.say('Received in session');
    await one.sees('Received in session (session)');
    for (const person of both()) expect(person.webSockets.at(-1)).toBe(`wss://${ready.https}/msrp`);
    const screenshot = process.env.SIMPLE_IM_SCREENSHOT;
    if (screenshot !== undefined) await one.page.screenshot({ path: screenshot });
  });

  it('send what is too large for a MESSAGE, in the session and without one', async () => {
    const [one, other] = both();
    const long = 'x'.repeat(30_000);
    await one.say(`${long} in session`);
    await other.sees(`${long} in session (session)`);
    await one.click('Leave the session');
    await Promise.all([one.sees('Session ended: left'), other.sees('Session ended: peer left')]);
    await other.say(long, 'sip:alice@example.com');
    await one.sees(`${long} (message)`);
    expect([one.problems, other.problems]).toEqual([[], []]);
  });

  it('are the same device when they sign in again (RFC 5626 §4.1), and sign out', async () => {
    const [one, other] = both();
    const instance = (): Promise<string | null> => one.page.evaluate(() => localStorage.getItem('simple-im instance'));
    const before = await instance();
    await one.click('Sign in');
    await one.page.getByRole('log').getByText('Signed in').nth(1).waitFor();
    expect(before).toMatch(/^urn:uuid:/);
    expect(await instance()).toBe(before);
    await one.click('Sign out');
    await one.page.getByText('signed out').waitFor();
    await other.page.getByLabel('Message').fill('Are you there?');
    await other.click('Send');
    await other.sees('Failed: The message was not delivered');
    expect([one.problems, other.problems]).toEqual([[], []]);
  });
});
