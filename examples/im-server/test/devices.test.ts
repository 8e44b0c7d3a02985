/* Devices, services and sizes of a user from end to end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { ImClient } from '@simple-im/im-client';
import { formatMsrpOffer } from '@simple-im/msrp/sdp';
import { gruusOf, type SipResponse } from '@simple-im/sip';
import { nodePlatform } from '@simple-im/transport/node';
import type { RunningServer } from '../src/index.js';
import { next } from '../src/demo/conversation.js';
import { serverWith, userOf, type TestUser } from './support.js';

function usersFile(...lines: readonly object[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-users-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'users.jsonl');
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return file;
}

function client(server: RunningServer, name: string, password: string, transport: 'udp' | 'tcp'): ImClient {
  const [, host = '', port = ''] = (server.ready.sip.find((listen) => listen.startsWith(transport)) ?? '').split(':');
  const made = new ImClient({
    platform: nodePlatform, aor: `sip:${name}@example.com`, password, proxy: `sip:${host}:${port};transport=${transport}`,
    // Nothing is held back for what proxies add, so that it is the server that finds the request too large.
    limits: { pagerReserve: 0 },
  });
  onTestFinished(() => made.close());
  return made;
}

describe('a message that only just fits (RFC 3428 §8)', () => {
  it('and no more with the Via of the server is refused with 513 towards UDP, and goes as a large one', async () => {
    const server = await serverWith();
    const [alice, bob] = [client(server, 'alice', 'wonderland', 'udp'), client(server, 'bob', 'builder', 'udp')];
    await alice.register();
    await bob.register();
    const statuses: string[] = [];
    const stop = server.trace.listen('sip:alice@example.com', ({ direction, title }) => {
      if (direction === 'out') statuses.push(title);
    });
    for (const [octets, mode] of [[100, 'pager'], [830, 'large']] as const) {
      const received = next(bob.messages);
      const sent = await alice.send('sip:bob@example.com', 'x'.repeat(octets));
      expect([sent.mode, sent.status, (await received).body.length]).toEqual([mode, 200, octets]);
    }
    stop();
    expect(statuses.filter((title) => title === '513 (MESSAGE)')).toHaveLength(1);
  });
});

const INSTANCES = ['urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'urn:uuid:00000000-0000-1000-8000-000a95a0e128'];

interface Device {
  readonly user: TestUser;
  readonly gruu: string;
  readonly received: string[];
}

async function device(server: RunningServer, instance: string, transport: 'UDP' | 'TCP'): Promise<Device> {
  const user = await userOf(server, 'bob', { transport });
  // Over TCP a name that leads nowhere, another one for each.
  const contact = user.contact.replace('client', instance.slice(-4));
  const received: string[] = [];
  user.ua.handle('MESSAGE', (request) => {
    received.push(utf8Text(request.request.body));
    request.respond(200);
  });
  const registered = await user.ua.request('REGISTER', 'sip:example.com', {
    to: user.aor, headers: [['Contact', `<${contact}>;+sip.instance="<${instance}>";+g.oma.sip-im`], ['Supported', 'gruu'], ['Expires', '600']],
  });
  return { user, received, gruu: gruusOf(registered, instance).public ?? '' };
}

describe.each(['UDP', 'TCP'] as const)('a user with two devices over %s', (transport) => {
  it('has each of them reached by its GRUU (RFC 5627 §6.1), and both by the address-of-record', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport });
    const [phone, tablet] = [await device(server, INSTANCES[0] as string, transport), await device(server, INSTANCES[1] as string, transport)];
    const send = async (uri: string, body: string): Promise<SipResponse> => alice.ua.request('MESSAGE', uri, { contentType: 'text/plain', body: utf8(body) });
    expect((await send(tablet.gruu, 'to the tablet')).status).toBe(200);
    expect([phone.received, tablet.received]).toEqual([[], ['to the tablet']]);
    expect((await send('sip:bob@example.com;gr=urn:uuid:nobody', '')).status).toBe(404);
    expect((await send('sip:bob@example.com', 'to both')).status).toBe(200);
    await expect.poll(() => [phone.received.at(-1), tablet.received.at(-1)]).toEqual(['to both', 'to both']);
  });

  it('has the one invited to a session that its GRUU names, and the dialog goes on with it', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport });
    const [phone, tablet] = [await device(server, INSTANCES[0] as string, transport), await device(server, INSTANCES[1] as string, transport)];
    const invited: string[] = [];
    for (const [name, { user }] of [['phone', phone], ['tablet', tablet]] as const) {
      user.ua.handle('INVITE', (invite) => {
        invited.push(name);
        invite.respond(486);
      });
    }
    const offer = formatMsrpOffer({ address: { host: '127.0.0.1', port: 9 }, path: ['msrp://127.0.0.1:9/alice;tcp'], acceptTypes: ['text/plain'], setup: 'active' }, { sessionId: 1, version: 1 });
    const invite = alice.ua.invite(phone.gruu, { contentType: 'application/sdp', body: utf8(offer) });
    await expect(invite.answered).rejects.toMatchObject({ code: 'SIP_REJECTED' });
    expect(invited).toEqual(['phone']);
  });
});

describe('a user with some of the services (docs/profile.md)', () => {
  it('neither sends nor gets what is not among them: 403 with the warning', async () => {
    const users = usersFile(
      { aor: 'sip:alice@example.com', password: 'wonderland' },
      { aor: 'sip:bob@example.com', password: 'builder', services: ['session'] },
    );
    const server = await serverWith(['--users', users]);
    const [alice, bob] = [await userOf(server, 'alice'), await userOf(server, 'bob')];
    for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
      const { status, headers } = await from.ua.request('MESSAGE', to.aor, { contentType: 'text/plain', body: utf8('hi') });
      expect([status, headers.get('Warning')]).toEqual([403, '399 example.com "127 Service not authorised"']);
    }
  });
});
