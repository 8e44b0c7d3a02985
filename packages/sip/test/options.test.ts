import { Params } from '@simple-im/grammar';
import { describe, expect, it } from 'vitest';
import { bob, pair, sdp, session } from './session-helpers.js';

describe('OPTIONS (RFC 3261 §11.2)', () => {
  it('is answered with what we can do, and a session description', async () => {
    const capabilities = {
      features: Params.of({ '+g.oma.sip-im': true, audio: true }),
      languages: ['en', 'de'],
      description: () => sdp('v=0'),
    };
    const { world, a, b } = await pair(undefined, { supported: ['100rel'], capabilities });
    b.ua.handle('MESSAGE', () => {}, { accept: ['text/plain', 'message/cpim'] });
    const answer = a.ua.request('OPTIONS', bob);
    await world.clock.settle();
    const { status, headers, body } = await answer;
    expect([status, body.length]).toEqual([200, 3]);
    const names = ['Allow', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Supported', 'Contact', 'Content-Type'];
    expect(names.map((name) => headers.get(name))).toEqual([
      'ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, MESSAGE', 'text/plain, message/cpim', 'identity', 'en, de', '100rel',
      '<sip:bob@192.0.2.2:5060>;+g.oma.sip-im;audio', 'application/sdp',
    ]);
  });

  it('is answered as an INVITE would be, without a description then; in a dialog 200', async () => {
    const capabilities = { availability: () => Promise.resolve(486), description: () => sdp() };
    const both = await pair(undefined, { capabilities });
    const answer = both.a.ua.request('OPTIONS', bob);
    await both.world.clock.settle();
    expect([(await answer).status, (await answer).body.length]).toEqual([486, 0]);
    const { world, ours } = await session(both);
    const within = ours.request('OPTIONS');
    await world.clock.settle();
    expect((await within).status).toBe(200);
  });
});
