import { describe, expect, it } from 'vitest';
import type { UaDialog } from '@simple-im/sip';
import { register, serverWith, userOf } from '../support.js';

describe.each([['UDP', 'UDP'], ['TCP', 'TCP'], ['UDP', 'TCP'], ['TCP', 'UDP']] as const)('a dialog between %s and %s on real sockets (RFC 3261 §16.12, RFC 5658 §3)', (from, to) => {
  it('is made with an INVITE that is not for the IM service, acknowledged end to end, and ended by either side', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport: from });
    const bob = await userOf(server, 'bob', { transport: to });
    expect(await register(alice)).toBe(200);
    expect(await register(bob)).toBe(200);
    for (const ender of ['caller', 'callee'] as const) {
      // `accept` resolves when the ACK is there.
      const callee = new Promise<UaDialog>((resolve, reject) => {
        bob.ua.handle('INVITE', (invite) => {
          invite.respond(180);
          invite.accept({}).then(resolve, reject);
        });
      });
      const invite = alice.ua.invite('sip:bob@example.com', {});
      const { response, dialog } = await invite.answered;
      expect(response.headers.all('Record-Route')).toHaveLength(from === to ? 1 : 2);
      invite.ack();
      const dialogs = { caller: dialog, callee: await callee };
      const other = dialogs[ender === 'caller' ? 'callee' : 'caller'];
      const ended = new Promise((resolve) => { other.onTerminated = resolve; });
      expect((await dialogs[ender].bye()).status).toBe(200);
      expect(await ended).toBe('remote');
    }
  });

  it('is refused as the callee refuses it', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport: from });
    const bob = await userOf(server, 'bob', { transport: to });
    await register(bob);
    bob.ua.handle('INVITE', (invite) => invite.respond(486));
    await expect(alice.ua.invite('sip:bob@example.com', {}).answered).rejects.toMatchObject({ code: 'SIP_REJECTED', cause: { status: 486 } });
  });
});

describe('a registration on real sockets (RFC 3261 §10)', () => {
  it.each(['UDP', 'TCP'] as const)('is challenged, made, refreshed and removed, over %s', async (transport) => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport });
    expect(await register(alice)).toBe(200);
    expect(await register(alice, { expires: 300 })).toBe(200);
    expect(await register(alice, { expires: 10 })).toBe(423);
    expect(await register(alice, { expires: 0 })).toBe(200);
  });

  it('is not made with a wrong password', async () => {
    const server = await serverWith();
    expect(await register(await userOf(server, 'alice', { password: 'wrong' }))).toBe(401);
    expect(await register(await userOf(server, 'mallory', { username: 'alice', password: 'wonderland' }))).toBe(403);
  });
});
