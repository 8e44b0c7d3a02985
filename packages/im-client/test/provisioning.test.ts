import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { DigestServer } from '@simple-im/digest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { codeOf } from '@simple-im/testkit';
import { nodeHash as hash, nodePlatform, nodeRandom as random } from '@simple-im/transport/node';
import { afterEach, describe, expect, it } from 'vitest';
import {
  clientOptions, fetchProvisioning, PROVISIONING_TYPE, readProvisioning, writeProvisioning, type Provisioning,
} from '../src/provisioning.js';

const alice: Provisioning = {
  version: 3,
  validity: 86_400,
  aor: 'sip:alice@example.com',
  domain: 'example.com',
  proxy: 'sip:im.example.com:5061;transport=tls',
  webSocket: 'wss://im.example.com:8443/sip',
  username: 'alice',
  password: 'in <wonder> & "land"',
  realm: 'example.com',
  services: {
    conferenceFactory: 'sip:conference@example.com',
    exploder: 'sip:exploder@example.com',
    deferredMessages: 'sip:deferred@example.com',
    history: 'sip:history@example.com',
  },
  limits: { pagerRequest: 900, message: 1_048_576, groupMessage: 10_000, file: 10_485_760, groupMembers: 50 },
  idleTime: 300,
  registrationTime: 3600,
  autoAccept: true,
  autoAcceptGroup: false,
};

describe('a provisioning document (docs/profile.md)', () => {
  it('is read as it was written', () => {
    expect(readProvisioning(writeProvisioning(alice))).toEqual(alice);
    expect(utf8Text(writeProvisioning(alice))).toContain('<characteristic type="IM">');
  });

  it('is read as it was written, whatever it says', () => {
    const number = fc.option(fc.nat(), { nil: undefined });
    const text = fc.option(fc.stringMatching(/^[!-~]{1,20}$/), { nil: undefined });
    const flag = fc.option(fc.boolean(), { nil: undefined });
    fc.assert(fc.property(text, text, number, number, flag, (username, password, file, idleTime, autoAccept) => {
      const one: Provisioning = { ...alice, username, password, idleTime, autoAccept, limits: { ...alice.limits, file } };
      expect(readProvisioning(writeProvisioning(one))).toEqual(one);
    }), { numRuns: 200 });
  });

  it('needs no more than who and where, in any case of names, with a host alone for the proxy', () => {
    const read = readProvisioning(utf8(`<?xml version="1.0"?><wap-provisioningdoc version="1.1"><characteristic type="x">
      <characteristic type="public_user_identity_list"><parm name="PUBLIC_USER_IDENTITY" value="sip:bob@example.com"/></characteristic>
      <characteristic type="LBO_P-CSCF_Address">
        <parm name="address" value="pcscf.example.com:5070"/><parm name="unknown" value="1"/>
      </characteristic>
      </characteristic></wap-provisioningdoc>`));
    expect(read).toMatchObject({ aor: 'sip:bob@example.com', domain: 'example.com', proxy: 'sip:pcscf.example.com:5070', version: 0 });
    expect(read.password).toBeUndefined();
  });

  it.each([
    ['another root', '<a/>', 'IM_BAD_PROVISIONING'],
    ['no user', '<wap-provisioningdoc/>', 'IM_BAD_PROVISIONING'],
    ['a user that is no SIP URI', utf8Text(writeProvisioning({ ...alice, aor: 'alice' })), 'IM_BAD_PROVISIONING'],
    ['a proxy that is none', utf8Text(writeProvisioning({ ...alice, proxy: 'sip:' })), 'IM_BAD_PROVISIONING'],
    ['a URL that is no WebSocket', utf8Text(writeProvisioning({ ...alice, webSocket: 'https://im.example.com/sip' })), 'IM_BAD_PROVISIONING'],
    ['a WebSocket that is no URL', utf8Text(writeProvisioning({ ...alice, webSocket: 'wss://' })), 'IM_BAD_PROVISIONING'],
    ['a number that is none', utf8Text(writeProvisioning({ ...alice, idleTime: 1.5 })), 'IM_BAD_PROVISIONING'],
    ['an entity', '<!DOCTYPE a [<!ENTITY b "c">]><wap-provisioningdoc/>', 'XML_DOCTYPE'],
  ])('with %s is refused', (_, text, code) => {
    expect(codeOf(() => readProvisioning(utf8(text)))).toBe(code);
  });

  it('decides the options of a client and leaves the others open', () => {
    expect(clientOptions(alice, nodePlatform)).toEqual({
      platform: nodePlatform, aor: 'sip:alice@example.com', proxy: alice.proxy, username: 'alice', password: alice.password, autoAccept: true, expires: 3600,
      limits: { maxSessionMessage: 1_048_576, pagerReserve: 400 },
      services: { deferredMessages: alice.services.deferredMessages, history: alice.services.history },
    });
    const bare = { version: 1, validity: 0, aor: 'sip:b@c', domain: 'c', proxy: 'sip:c', services: {}, limits: {} };
    expect(clientOptions(bare, nodePlatform)).toEqual({ platform: nodePlatform, aor: 'sip:b@c', proxy: 'sip:c', limits: {}, services: {} });
    expect(clientOptions({ ...bare, limits: { pagerRequest: 5000 } }, nodePlatform).limits).toEqual({ pagerReserve: 0 });
  });

  it('names the WebSocket to a client that has nothing else', () => {
    const { webSockets, clock } = nodePlatform;
    const page = { webSockets, clock, random, hash };
    expect(clientOptions(alice, page).proxy).toBe('wss://im.example.com:8443/sip');
    expect(clientOptions({ ...alice, webSocket: undefined }, page).proxy).toBe(alice.proxy);
  });
});

describe('fetching it', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
  });

  /** An HTTP server that challenges, and what it was asked. */
  async function serve(answer: () => [status: number, body: Uint8Array | string], challenges = true): Promise<{ url: string; asked: string[] }> {
    const digest = new DigestServer({ hash, realm: 'example.com', key: random.bytes(32), random });
    const asked: string[] = [];
    server = createServer((request, response) => {
      const now = Date.now();
      asked.push(`${request.method} ${request.url} ${request.headers.authorization === undefined ? 'bare' : 'with credentials'}`);
      const credentials = digest.credentials(request.headers.authorization ?? []);
      const asking = { method: 'GET', matchesUri: (uri: string) => uri === request.url };
      const verdict = credentials && digest.verify(credentials, { password: 'wonderland' }, asking, now);
      if (challenges && verdict?.ok !== true) {
        response.writeHead(401, { 'WWW-Authenticate': digest.challenges(now) }).end('who are you?');
        return;
      }
      const [status, body] = answer();
      response.writeHead(status, { 'Content-Type': PROVISIONING_TYPE, ...(status === 302 ? { Location: '/elsewhere' } : {}) }).end(body);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/provisioning?vers=0`, asked };
  }

  const options = { username: 'alice', password: 'wonderland', fetch: globalThis.fetch, hash, random };

  it('answers the challenge of the server (RFC 7616)', async () => {
    const { url, asked } = await serve(() => [200, writeProvisioning(alice)]);
    expect(await fetchProvisioning(url, options)).toEqual(alice);
    expect(asked).toEqual(['GET /provisioning?vers=0 bare', 'GET /provisioning?vers=0 with credentials']);
  });

  it('does not try a wrong password twice', async () => {
    const { url, asked } = await serve(() => [200, writeProvisioning(alice)]);
    const refused = { code: 'IM_CREDENTIALS_REFUSED', status: 401 };
    await expect(fetchProvisioning(url, { ...options, password: 'wrong' })).rejects.toMatchObject(refused);
    expect(asked.length).toBe(2);
  });

  it.each([[404], [500], [204]])('says that it was answered %i', async (status) => {
    const { url } = await serve(() => [status, '']);
    await expect(fetchProvisioning(url, options)).rejects.toMatchObject({ code: 'IM_PROVISIONING_UNREACHABLE', status });
  });

  it('follows no redirection, which would take the credentials along', async () => {
    const { url, asked } = await serve(() => [302, '']);
    await expect(fetchProvisioning(url, options)).rejects.toMatchObject({ code: 'IM_PROVISIONING_UNREACHABLE' });
    expect(asked.join()).not.toContain('elsewhere');
  });

  it('reads 64 KiB and no more', async () => {
    const { url } = await serve(() => [200, new Uint8Array(10_000_000)], false);
    await expect(fetchProvisioning(url, options)).rejects.toMatchObject({ code: 'IM_BAD_PROVISIONING' });
  });

  it('asks nobody over http but this machine, and takes only a URL', async () => {
    const fetch = () => Promise.reject(new Error('asked'));
    for (const [url, code] of [
      ['http://example.com/', 'IM_PROVISIONING_UNPROTECTED'],
      ['http://127.0.0.1.example.com/', 'IM_PROVISIONING_UNPROTECTED'],
      ['https://example.com/', 'IM_PROVISIONING_UNREACHABLE'],
      ['nowhere', 'IM_BAD_OPTION'],
    ] as const) await expect(fetchProvisioning(url, { ...options, fetch })).rejects.toMatchObject({ code });
  });

  it('can be given up', async () => {
    const { url } = await serve(() => [200, writeProvisioning(alice)]);
    const givenUp = fetchProvisioning(url, { ...options, signal: AbortSignal.abort() });
    await expect(givenUp).rejects.toMatchObject({ code: 'IM_PROVISIONING_UNREACHABLE' });
  });
});
