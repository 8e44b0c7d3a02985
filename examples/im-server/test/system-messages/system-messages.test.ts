import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8Text } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { RunningServer } from '../../src/index.js';
import { imServerOf } from '../arrangements.js';
import { stores } from '../store/stores.js';
import { register, serverWith, userOf, type TestUser } from '../support.js';

/** The messages a user gets, each as it comes. */
function inbox(user: TestUser): { readonly next: () => Promise<SipRequest> } {
  const requests: SipRequest[] = [];
  let wake: (() => void) | undefined;
  user.ua.handle('MESSAGE', (incoming) => {
    requests.push(incoming.request);
    incoming.respond(200);
    wake?.();
  });
  return {
    next: async () => {
      while (requests.length === 0) await new Promise<void>((resolve) => { wake = resolve; });
      return requests.shift() as SipRequest;
    },
  };
}

const TOKEN = 'a token of an operator';
const words = { operator: 'night shift', text: 'Maintenance tonight.' };

function tokenFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-operator-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'token');
  writeFileSync(file, content);
  return file;
}

describe('system messages of the operator (004)', () => {
  it('reach a user who is there, from a sender whom the core asserts and nobody can be', async () => {
    const server = await serverWith();
    const bob = await userOf(server, 'bob');
    const { next } = inbox(bob);
    await register(bob);
    const result = await server.systemMessages?.send({ ...words, to: [bob.aor] });
    expect(result).toMatchObject({ stored: 1, refused: [] });
    const request = await next();
    expect(utf8Text(request.body)).toBe(words.text);
    expect(request.from?.uriText).toBe('sip:system@example.com');
    expect(request.headers.get('P-Asserted-Identity')).toContain('sip:system@example.com');
    expect(request.headers.has('Date')).toBe(true);
    const users = tokenFile('{"aor":"sip:system@example.com","password":"x"}\n');
    await expect(serverWith(['--users', users])).rejects.toThrow(/line 1: this name is the server's/);
  });

  it('wait for who is away, and reach everybody when they are for all', async () => {
    const server = await serverWith();
    expect(await server.systemMessages?.send({ ...words, to: 'all' })).toMatchObject({ stored: 2, refused: [] });
    for (const name of ['alice', 'bob']) {
      const user = await userOf(server, name);
      const { next } = inbox(user);
      await register(user);
      expect(utf8Text((await next()).body)).toBe(words.text);
    }
  });

  it('are on record: who, when, to how many, and a digest of the text, not the text', async () => {
    const server = await serverWith();
    const first = await server.systemMessages?.send({ ...words, to: 'all' });
    const second = await server.systemMessages?.send({ ...words, to: ['sip:bob@example.com', 'SIP:bob@EXAMPLE.com'] });
    const entries = await server.systemMessages?.audit();
    expect(entries?.map(({ id }) => id)).toEqual([second?.id, first?.id]);
    expect(entries?.[0]).toMatchObject({ operator: 'night shift', to: ['sip:bob@example.com'], recipients: 1, stored: 1 });
    expect(entries?.[1]).toMatchObject({ to: 'all', recipients: 2, stored: 2 });
    expect(entries?.[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(entries)).not.toContain('Maintenance');
  });

  it.each([
    ['nobody', { to: [] }], ['somebody there is not', { to: ['sip:carol@example.com'] }], ['what is no address', { to: ['bob'] }],
    ['an empty text', { text: '' }], ['a text that no MESSAGE holds', { text: 'x'.repeat(701) }], ['no time', { expires: 0 }],
  ])('are refused for %s, and nobody is told anything', async (_, wrong) => {
    const server = await serverWith();
    const sent = server.systemMessages?.send({ ...words, to: ['sip:bob@example.com'], ...wrong }) ?? Promise.resolve();
    await expect(sent).rejects.toMatchObject({ code: 'IM_SYSTEM_MESSAGE' });
    expect(await server.systemMessages?.audit()).toEqual([]);
  });

  it('need the Deferred Messaging Function', async () => {
    expect((await serverWith(['--deferred', 'off'])).systemMessages).toBeUndefined();
  });
});

describe('POST /operator/system-messages', () => {
  async function operated(): Promise<{ server: RunningServer; ask: (body: unknown, token?: string) => Promise<Response>; audit: (token?: string) => Promise<Response> }> {
    const server = await serverWith(['--operator-token', tokenFile(`${TOKEN.replaceAll(' ', '-')}\n`)]);
    const url = `http://${imServerOf(server).ready.http}/operator/system-messages`;
    const headersOf = (token: string) => ({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' });
    const right = TOKEN.replaceAll(' ', '-');
    return {
      server,
      ask: (body, token = right) => fetch(url, { method: 'POST', headers: headersOf(token), body: JSON.stringify(body) }),
      audit: (token = right) => fetch(url, { headers: headersOf(token) }),
    };
  }

  it('sends one for whoever has the token, and GET shows the record', async () => {
    const { ask, audit } = await operated();
    const response = await ask({ to: 'sip:bob@example.com', text: 'Hello', operator: 'day shift' });
    expect([response.status, await response.json()]).toMatchObject([200, { stored: 1, refused: [] }]);
    expect(await (await audit()).json()).toMatchObject([{ operator: 'day shift', stored: 1 }]);
  });

  it('is 401 for anybody else, and tells nobody anything', async () => {
    const { ask, audit, server } = await operated();
    expect((await ask({ to: 'all', text: 'Hello' }, 'another-token-of-16')).status).toBe(401);
    expect((await audit('')).status).toBe(401);
    expect(await server.systemMessages?.audit()).toEqual([]);
  });

  it('is 400 with a reason for what it does not understand', async () => {
    const { ask } = await operated();
    for (const body of [{}, [], { to: 'all' }, { to: 1, text: 'x' }, { to: 'all', text: 'x', expires: 'soon' }, { to: ['sip:nobody@example.com'], text: 'x' }]) {
      const response = await ask(body);
      expect(response.status).toBe(400);
      expect(((await response.json()) as { error: string }).error).not.toBe('');
    }
  });

  it('is not there without --operator-token', async () => {
    const server = await serverWith();
    expect((await fetch(`http://${server.ready.http}/operator/system-messages`, { method: 'POST' })).status).toBe(404);
  });

  it('wants a secret that cannot be guessed', async () => {
    await expect(serverWith(['--operator-token', tokenFile('short')])).rejects.toThrow(/16 visible characters/);
    await expect(serverWith(['--operator-token', '/there/is/no/file'])).rejects.toThrow(/--operator-token/);
  });
});

describe.each(stores)('the record in the $kind store', ({ open }) => {
  it('is there before anybody is told, and complete afterwards', async () => {
    const { audit } = await open();
    const entry = { at: 5, operator: 'o', to: ['sip:a@b'], recipients: 1, digest: 'd', stored: undefined } as const;
    await audit.begin({ ...entry, id: 'one' });
    await audit.begin({ ...entry, id: 'two', to: 'all' });
    await audit.finish('one', 1);
    expect(await audit.latest(10)).toEqual([{ ...entry, id: 'two', to: 'all' }, { ...entry, id: 'one', stored: 1 }]);
    expect(await audit.latest(1)).toHaveLength(1);
  });
});

it('a message larger than --max-message-size is refused with 413, which names the maximum (RFC 3261 §21.4.11)', async () => {
  const server = await serverWith(['--max-message-size', '10']);
  const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
  inbox(bob);
  await register(bob);
  const page = (text: string) => alice.ua.request('MESSAGE', bob.aor, { contentType: 'text/plain', body: new TextEncoder().encode(text) });
  expect((await page('0123456789')).status).toBe(200);
  const refused = await page('0123456789a');
  expect(refused.status).toBe(413);
  expect(refused.headers.get('Warning')).toMatch(/^399 example\.com ".*133 Size exceeded, at most 10 octets"$/);
});
