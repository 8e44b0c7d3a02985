import { describe, expect, it } from 'vitest';
import type { SipRequest, TransportName, UaDialog } from '@simple-im/sip';
import { utf8 } from '@simple-im/grammar';
import { register, serverWithAll, userOf } from '../support.js';

const TRANSPORTS: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS'];
/** Every transport with every other, less what sockets.test.ts has. */
const pairs = TRANSPORTS.flatMap((from) => TRANSPORTS.map((to) => [from, to] as const)).filter(([from, to]) => [from, to].some((one) => !['UDP', 'TCP'].includes(one)));

describe.each(pairs)('a dialog between %s and %s (RFC 3261 §16.12, RFC 5658 §3, RFC 7118 §8)', (from, to) => {
  it('is made, acknowledged end to end, and ended by either side', async () => {
    const server = await serverWithAll();
    const alice = await userOf(server, 'alice', { transport: from });
    const bob = await userOf(server, 'bob', { transport: to });
    expect([await register(alice), await register(bob)]).toEqual([200, 200]);
    for (const ender of ['caller', 'callee'] as const) {
      let invited: SipRequest | undefined;
      const callee = new Promise<UaDialog>((resolve, reject) => {
        bob.ua.handle('INVITE', (invite) => {
          invited = invite.request;
          invite.accept({}).then(resolve, reject);
        });
      });
      const invite = alice.ua.invite('sip:bob@example.com', {});
      const { response, dialog } = await invite.answered;
      // Each side sees a URI of its own transport next to it.
      const routes = response.recordRoutes.map(({ uriText }) => /;transport=(\w+)/.exec(uriText)?.[1]);
      const named = (transport: TransportName): string => (transport === 'WSS' ? 'ws' : transport.toLowerCase());
      expect(routes).toEqual(from === to ? [named(from)] : [named(to), named(from)]);
      expect(invited?.via?.transport).toBe(to);
      invite.ack();
      const dialogs = { caller: dialog, callee: await callee };
      const other = dialogs[ender === 'caller' ? 'callee' : 'caller'];
      const ended = new Promise((resolve) => { other.onTerminated = resolve; });
      expect((await dialogs[ender].bye()).status).toBe(200);
      expect(await ended).toBe('remote');
    }
  });
});

describe.each(['TLS', 'WS', 'WSS'] as const)('a client over %s', (transport) => {
  it('gets a MESSAGE over its flow, and none once that is gone: 480 (RFC 5626 §5.3, RFC 3261 §16.7)', async () => {
    const server = await serverWithAll(['--deferred', 'off']);
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob', { transport });
    expect([await register(alice), await register(bob)]).toEqual([200, 200]);
    const bodies: string[] = [];
    bob.ua.handle('MESSAGE', (incoming) => {
      bodies.push(new TextDecoder().decode(incoming.request.body));
      incoming.respond(200);
    });
    const send = (): Promise<number> => alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('hello') }).then(({ status }) => status);
    expect([await send(), bodies]).toEqual([200, ['hello']]);
    await bob.endpoint.close();
    await expect.poll(send).toBe(480);
  });

  it('is gone from a dialog with its flow: 430 (RFC 5626 §5.3.1)', async () => {
    const server = await serverWithAll();
    const alice = await userOf(server, 'alice');
    const bob = await userOf(server, 'bob', { transport });
    expect([await register(alice), await register(bob)]).toEqual([200, 200]);
    bob.ua.handle('INVITE', (invite) => void invite.accept({}));
    const invite = alice.ua.invite('sip:bob@example.com', {});
    const { dialog } = await invite.answered;
    invite.ack();
    await bob.endpoint.close();
    await expect.poll(async () => (await dialog.request('INFO')).status).toBe(430);
  });
});

it.each(['WS', 'WSS'] as const)('a client over %s is reached by nothing but its WebSocket, whatever its Contact says (RFC 7118 §5)', async (transport) => {
  const server = await serverWithAll(['--deferred', 'off']);
  const [alice, carol] = [await userOf(server, 'alice'), await userOf(server, 'carol')];
  const bob = await userOf(server, 'bob', { transport });
  const reached: string[] = [];
  carol.ua.handle('MESSAGE', (incoming) => { reached.push('carol'); incoming.respond(200); });
  bob.ua.handle('MESSAGE', (incoming) => { reached.push('bob'); incoming.respond(200); });
  expect(await register(bob, { contact: carol.contact.replace('carol', 'bob') })).toBe(200);
  const send = (): Promise<number> => alice.ua.request('MESSAGE', 'sip:bob@example.com', { contentType: 'text/plain', body: utf8('hello') }).then(({ status }) => status);
  expect(await send()).toBe(200);
  await bob.endpoint.close();
  // The first may be lost with the connection; after it the server knows.
  await expect.poll(send).toBe(480);
  expect(await send()).toBe(480);
  expect(new Set(reached)).toEqual(new Set(['bob']));
});
