import { createHash } from 'node:crypto';
import { Agent, request as httpsRequest } from 'node:https';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ImClient } from '@simple-im/im-client';
import { clientOptions, fetchProvisioning, readProvisioning, type Fetch, type Provisioning } from '@simple-im/im-client/provisioning';
import { certificates } from '@simple-im/testkit';
import { nodeHash as hash, nodePlatform, nodeRandom as random } from '@simple-im/transport/node';
import type { Log, RunningServer } from '../../src/index.js';
import { allTransports, serverAlone, serverWith, serverWithAll } from '../support.js';

const fetchHere = fetch as unknown as Fetch;

function fetched(url: string, username: string, password: string, over: Fetch = fetchHere): Promise<Provisioning> {
  return fetchProvisioning(url, { username, password, fetch: over, hash, random });
}

/** `fetch` that trusts the root of the tests, which Node's does not take as an option. */
const fetchTrusting: Fetch = (url, { headers }) => new Promise((resolve, reject) => {
  const request = httpsRequest(url, { headers, agent: new Agent({ ca: certificates.root }) }, (response) => {
    const pieces: Uint8Array[] = [];
    response.on('data', (bytes: Uint8Array) => pieces.push(bytes));
    response.on('end', () => resolve({
      status: response.statusCode ?? 0,
      headers: { get: (name) => { const value = response.headers[name.toLowerCase()]; return Array.isArray(value) ? value.join(', ') : value ?? null; } },
      body: new Blob(pieces as BlobPart[]).stream() as unknown as Awaited<ReturnType<Fetch>>['body'],
    }));
  });
  request.on('error', reject).end();
});

function url(server: RunningServer, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${scheme === 'http' ? server.ready.http : server.ready.https ?? ''}/provisioning`;
}

function usersFile(...users: readonly object[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-users-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'users.jsonl');
  writeFileSync(path, users.map((user) => JSON.stringify(user)).join('\n'));
  return path;
}

describe('GET /provisioning', () => {
  it('challenges by Digest, SHA-256 before MD5, and nobody keeps the answer (RFC 7616 §3.7)', async () => {
    const response = await fetch(url(await serverWith()));
    expect([response.status, response.headers.get('Cache-Control')]).toEqual([401, 'no-store']);
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Digest realm="example.com".*algorithm=SHA-256.*, Digest .*algorithm=MD5/);
  });

  it.each(['http', 'https'] as const)('gives the user their own document over %s', async (scheme) => {
    const server = await serverWithAll();
    const document = await fetched(url(server, scheme), 'alice', 'wonderland', scheme === 'https' ? fetchTrusting : fetchHere);
    const tls = server.ready.sip.find((text) => text.startsWith('tls:'))?.split(':').at(-1);
    expect(document).toMatchObject({
      aor: 'sip:alice@example.com', domain: 'example.com', realm: 'example.com', username: 'alice', password: 'wonderland',
      proxy: `sip:127.0.0.1:${tls};transport=tls`, webSocket: server.ready.wss?.[0], registrationTime: 3600, limits: { pagerRequest: 900 }, validity: 86_400,
      services: { conferenceFactory: undefined, exploder: undefined, deferredMessages: 'sip:deferred@example.com', history: 'sip:history@example.com' },
    });
  });

  it('says how large a message may be, where there is a maximum', async () => {
    const server = await serverAlone(['--max-message-size', '5000']);
    expect(await fetched(url(server), 'alice', 'wonderland')).toMatchObject({ limits: { message: 5000 } });
  });

  it('names the advertised host, and the best transport there is', async () => {
    const told = async (...argv: string[]): Promise<Provisioning> => (
      fetched(url(await serverAlone([...argv, '--advertise', 'im.example.com'])), 'alice', 'wonderland')
    );
    const plain = await told();
    expect(plain.proxy).toMatch(/^sip:im\.example\.com:\d+;transport=tcp$/);
    expect(plain.webSocket).toMatch(/^ws:\/\/im\.example\.com:\d+\/sip$/);
    expect((await told('--sip', 'udp:127.0.0.1:0')).proxy).toMatch(/^sip:im\.example\.com:\d+;transport=udp$/);
    expect((await told(...allTransports())).webSocket).toMatch(/^wss:\/\/im\.example\.com:\d+\/sip$/);
  });

  it('has no password for a user whose password the server does not hold', async () => {
    const ha1 = { MD5: createHash('md5').update('carol:example.com:secret').digest('hex') };
    const server = await serverWith(['--users', usersFile({ aor: 'sip:carol@example.com', ha1 })]);
    const challenge = (await fetch(url(server))).headers.get('WWW-Authenticate');
    expect(challenge).toContain('MD5');
    const md5Only: Fetch = async (to, init) => {
      const response = await fetchHere(to, init);
      const offered = response.headers.get('WWW-Authenticate');
      return { ...response, status: response.status, body: response.body, headers: { get: () => offered?.slice(offered.indexOf(', Digest ') + 2) ?? null } };
    };
    const document = await fetched(url(server), 'carol', 'secret', md5Only);
    expect([document.username, document.password]).toEqual(['carol', undefined]);
  });

  it('has another version when anything in it is another, and the same one otherwise', async () => {
    const file = usersFile({ aor: 'sip:alice@example.com', password: 'wonderland' });
    const versionWith = async (...argv: string[]): Promise<number> => (
      await fetched(url(await serverWith(['--users', file, '--sip', 'udp:127.0.0.1:0', ...argv])), 'alice', 'wonderland')
    ).version;
    const server = await serverWith(['--users', file]);
    const [first, again] = [await fetched(url(server), 'alice', 'wonderland'), await fetched(url(server), 'alice', 'wonderland')];
    expect(first.version).toBe(again.version);
    expect(await versionWith('--advertise', 'a.example')).not.toBe(first.version);
  });

  it('refuses a wrong password and an unknown user alike, and the log has no password', async () => {
    const lines: string[] = [];
    const keep = (fields: unknown, message: string): void => void lines.push(`${JSON.stringify(fields)} ${message}`);
    const log: Log = { debug: () => {}, info: () => {}, warn: keep, error: keep };
    const server = await serverWith([], { log });
    await expect(fetched(url(server), 'alice', 'hunter2')).rejects.toMatchObject({ code: 'IM_CREDENTIALS_REFUSED' });
    await expect(fetched(url(server), 'nobody', 'hunter2')).rejects.toMatchObject({ code: 'IM_CREDENTIALS_REFUSED' });
    expect(lines).toEqual([
      '{"user":"alice","remote":"127.0.0.1","reason":"wrong"} the provisioning document was refused',
      '{"user":"nobody","remote":"127.0.0.1","reason":"wrong"} the provisioning document was refused',
    ]);
    for (const text of ['Basic YWxpY2U6d29uZGVybGFuZA==', 'Digest', 'Digest username="alice"', 'x'.repeat(5000)]) {
      expect((await fetch(url(server), { headers: { Authorization: text } })).status).toBe(401);
    }
  });

  it('is for this machine alone without TLS', async () => {
    const outside = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    const server = await serverWith(['--http', '0.0.0.0:0']);
    const port = server.ready.http.split(':').at(-1);
    expect((await fetch(`http://127.0.0.1:${port}/provisioning`)).status).toBe(401);
    if (outside !== undefined) expect((await fetch(`http://${outside}:${port}/provisioning`)).status).toBe(403);
  });

  it('may be read by the pages of --allow-origin and by no other (Fetch Standard, CORS protocol)', async () => {
    const server = await serverWith(['--allow-origin', 'https://app.example.com']);
    const allowed = async (origin: string): Promise<(string | null)[]> => {
      const { headers } = await fetch(url(server), { method: 'OPTIONS', headers: { Origin: origin } });
      return ['Access-Control-Allow-Origin', 'Access-Control-Allow-Headers'].map((name) => headers.get(name));
    };
    expect(await allowed('https://app.example.com')).toEqual(['https://app.example.com', 'Authorization']);
    expect(await allowed('https://evil.example')).toEqual([null, null]);
  });

  it('is not there at an IM server alone', async () => {
    const server = await serverAlone(['--roles', 'im', '--sip', 'tcp:127.0.0.1:0']);
    expect((await fetch(url(server))).status).toBe(404);
  });
});

it('a document is well formed for whoever reads it', async () => {
  const server = await serverWith();
  const keep: Uint8Array[] = [];
  const keeping: Fetch = async (to, init) => {
    const response = await fetch(to, init as RequestInit);
    if (response.status === 200) keep.push(new Uint8Array(await response.clone().arrayBuffer()));
    return response as unknown as Awaited<ReturnType<Fetch>>;
  };
  const document = await fetched(url(server), 'bob', 'builder', keeping);
  expect(readProvisioning(keep[0] as Uint8Array)).toEqual(document);
});

describe.each([
  ['UDP', ['--sip', 'udp:127.0.0.1:0']],
  ['TCP', ['--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0']],
] as const)('a client that knows only URL, user name and password, over %s', (_transport, sip) => {
  it('fetches its document, registers and sends a message', async () => {
    const server = await serverWith(sip);
    const clientOf = async (name: string, password: string): Promise<ImClient> => {
      const client = new ImClient(clientOptions(await fetched(url(server), name, password), nodePlatform));
      onTestFinished(() => client.close());
      await client.register();
      return client;
    };
    const [alice, bob] = [await clientOf('alice', 'wonderland'), await clientOf('bob', 'builder')];
    await alice.send('sip:bob@example.com', 'found you');
    for await (const message of bob.messages) {
      expect(message.text).toBe('found you');
      break;
    }
  });
});
