import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import type { UaRequest } from '@simple-im/sip';
import { register, serverWith, userOf, type TestUser } from './support.js';

function message(from: TestUser, to: string, text = 'Watson, come here.'): Promise<{ status: number }> {
  return from.ua.request('MESSAGE', to, { contentType: 'text/plain', body: utf8(text) });
}

describe.each(['UDP', 'TCP'] as const)('pager mode over %s', (transport) => {
  it('delivers a MESSAGE and passes the recipient\'s 200 on (RFC 3428 §7)', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice', { transport });
    const bob = await userOf(server, 'bob', { transport });
    expect(await register(alice)).toBe(200);
    expect(await register(bob)).toBe(200);
    const received: UaRequest[] = [];
    bob.ua.handle('MESSAGE', (request) => {
      received.push(request);
      request.respond(200);
    });
    const response = await message(alice, 'sip:bob@example.com');
    expect(response.status).toBe(200);
    const [request] = received;
    expect(utf8Text(request?.request.body ?? new Uint8Array())).toBe('Watson, come here.');
    expect(request?.request.headers.get('P-Asserted-Identity')).toContain('sip:alice@example.com');
    expect(request?.request.headers.has('Proxy-Authorization')).toBe(false);
  });

  it('answers 480 when nobody is registered and nothing is stored (RFC 3428 §7)', async () => {
    const server = await serverWith(['--deferred', 'off']);
    const alice = await userOf(server, 'alice', { transport });
    expect((await message(alice, 'sip:bob@example.com')).status).toBe(480);
  });
});
