import type { ProtocolError } from '@simple-im/grammar';
import { describe, expect, it } from 'vitest';
import { buildRequest, respondTo, responseOf } from '../src/index.js';
import type { UaDialog, UaInvite, UaRequest } from '../src/index.js';
import { World } from './helpers.js';

const bob = 'sip:bob@192.0.2.2';

async function pair() {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2');
  return { world, a, b };
}

/** A session with Bob, acknowledged. */
async function session() {
  const both = await pair();
  let theirs: Promise<UaDialog> | undefined;
  both.b.ua.handle('INVITE', (incoming) => {
    incoming.respond(180);
    theirs = incoming.accept();
  });
  const invite = both.a.ua.invite(bob);
  await both.world.clock.settle();
  const { dialog } = await invite.answered;
  invite.ack();
  await both.world.clock.settle();
  return { ...both, ours: dialog, theirs: await (theirs as Promise<UaDialog>), invite };
}

describe('user agent client', () => {
  it('resolves with the final response, whatever its status (RFC 3261 §8.1.3)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', (incoming) => incoming.respond(486));
    const answer = a.ua.request('MESSAGE', bob, { contentType: 'text/plain', body: new TextEncoder().encode('hi') });
    await world.clock.settle();
    expect((await answer).status).toBe(486);
    expect(b.wire[0]?.message?.headers.has('Contact')).toBe(false);
  });

  it('reports a timeout as SIP_TIMEOUT with status 408 (RFC 3261 §8.1.3.1)', async () => {
    const { world, a } = await pair();
    world.network.silence('192.0.2.2');
    const answer = a.ua.request('MESSAGE', bob).catch((error: ProtocolError) => error);
    await world.clock.elapse(32_000);
    expect(await answer).toMatchObject({ code: 'SIP_TIMEOUT', status: 408 });
  });

  it('gives up waiting when its signal is aborted', async () => {
    const { world, a } = await pair();
    world.network.silence('192.0.2.2');
    const controller = new AbortController();
    const answer = a.ua.request('MESSAGE', bob, { signal: controller.signal }).catch((error: ProtocolError) => error);
    await world.clock.settle();
    controller.abort();
    expect(await answer).toMatchObject({ code: 'SIP_ABORTED' });
  });

  it('drops a response with more than one Via (RFC 3261 §8.1.3.3)', async () => {
    const { world, a, b } = await pair();
    b.endpoint.onRequest = (incoming) => {
      const response = respondTo(incoming.request, 200, { toTag: 'x' });
      response.headers.add('Via', 'SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKother');
      incoming.respond(response);
    };
    let settled = false;
    a.ua.request('MESSAGE', bob).finally(() => (settled = true)).catch(() => {});
    await world.clock.elapse(1000);
    expect(settled).toBe(false);
  });
});

describe('user agent server (RFC 3261 §8.2)', () => {
  it('answers 405 with Allow to a method without handler (§8.2.1)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', () => {});
    const answer = a.ua.request('PUBLISH', bob);
    await world.clock.settle();
    const response = await answer;
    expect(response.status).toBe(405);
    expect(response.allow()).toContain('MESSAGE');
  });

  it('answers 481 to a request with an unknown To tag (§12.2.2)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', (incoming) => incoming.respond(200));
    const request = buildRequest({ method: 'MESSAGE', uri: bob, from: '<sip:a@example.com>;tag=1', to: `<${bob}>;tag=gone`, callId: 'c', cseq: 1 });
    const seen: number[] = [];
    a.endpoint.request(request, await a.endpoint.resolve(bob), { response: (r) => seen.push(r.status), failed: () => seen.push(0) });
    await world.clock.settle();
    expect(seen).toEqual([481]);
  });

  it('answers 420 with Unsupported to an option tag it does not support (§8.2.2.3)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', (incoming) => incoming.respond(200));
    const answer = a.ua.request('MESSAGE', bob, { headers: [['Require', 'one, two']] });
    await world.clock.settle();
    expect((await answer).headers.get('Unsupported')).toBe('one, two');
    expect((await answer).status).toBe(420);
  });

  it('answers 415 with Accept to a media type the handler does not take (§8.2.3)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', (incoming) => incoming.respond(200), { accept: ['text/plain'] });
    const answer = a.ua.request('MESSAGE', bob, { contentType: 'image/png', body: new Uint8Array(3) });
    await world.clock.settle();
    expect((await answer).headers.get('Accept')).toBe('text/plain');
    expect((await answer).status).toBe(415);
  });

  it.each([[false, [482]], [true, [202, 200]]])('answers 482 to a request that came on another path before (§8.2.2.2), unless %s: the handler knows', async (takesMerged, answers) => {
    const { world, a, b } = await pair();
    const came: UaRequest[] = [];
    b.ua.handle('MESSAGE', (incoming) => { if (came.push(incoming) > 1) for (const [index, one] of came.entries()) one.respond(index === 0 ? 202 : 200); }, { takesMerged });
    const request = buildRequest({ method: 'MESSAGE', uri: bob, from: '<sip:a@example.com>;tag=1', to: `<${bob}>`, callId: 'c', cseq: 1 });
    const seen: number[] = [];
    const handlers = { response: (r: { status: number }) => seen.push(r.status), failed: () => seen.push(0) };
    const target = await a.endpoint.resolve(bob);
    a.endpoint.request(request, target, handlers);
    a.endpoint.request(request, target, handlers);
    await world.clock.settle();
    expect(seen).toEqual(answers);
  });

  it('answers OPTIONS by itself (§11.2)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', () => {});
    const answer = a.ua.request('OPTIONS', bob);
    await world.clock.settle();
    expect((await answer).status).toBe(200);
    expect((await answer).allow()).toContain('MESSAGE');
  });

  it('answers 500 when a handler fails, and 481 to a CANCEL that matches nothing (§9.2)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('MESSAGE', () => Promise.reject(new Error('broken')));
    const answer = a.ua.request('MESSAGE', bob);
    await world.clock.settle();
    expect((await answer).status).toBe(500);
    expect(b.errors.map((error) => error.message)).toEqual(['broken']);
    const cancel = a.ua.request('CANCEL', bob);
    await world.clock.settle();
    expect((await cancel).status).toBe(481);
  });
});

describe('INVITE', () => {
  it('makes a dialog on both sides, the 2xx acknowledged (RFC 3261 §13)', async () => {
    const { a, b, ours, theirs } = await session();
    expect(a.lines()).toEqual(['out INVITE', 'in 180 INVITE', 'in 200 INVITE', 'out ACK']);
    expect(ours.dialog.state).toBe('confirmed');
    expect(theirs.dialog.state).toBe('confirmed');
    expect(theirs.dialog.remoteTag).toBe(ours.dialog.localTag);
    expect(b.endpoint.load.transactions).toBe(1);
  });

  it('repeats the 2xx at T1 doubling to T2 until the ACK, and the ACK for each (§13.3.1.4, §13.2.2.4)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('INVITE', (incoming) => {
      incoming.accept().catch(() => {});
    });
    const invite = a.ua.invite(bob);
    await world.clock.settle();
    await invite.answered;
    const times: number[] = [];
    const start = world.clock.now();
    for (let step = 0; step < 160; step++) {
      const before = a.wire.length;
      await world.clock.elapse(100);
      if (a.wire.length > before) times.push(world.clock.now() - start);
    }
    expect(times).toEqual([500, 1500, 3500, 7500, 11_500, 15_500]);
    invite.ack();
    await world.clock.elapse(10_000);
    expect(a.lines().filter((one) => one === 'out ACK')).toHaveLength(1);
    expect(a.lines().at(-1)).toBe('out ACK');
  });

  it('ends the dialog with BYE when no ACK comes in 64*T1 (§13.3.1.4)', async () => {
    const { world, a, b } = await pair();
    let outcome: Promise<unknown> | undefined;
    b.ua.handle('INVITE', (incoming) => {
      outcome = incoming.accept().catch((error: ProtocolError) => error.code);
    });
    const invite = a.ua.invite(bob);
    await world.clock.settle();
    const { dialog } = await invite.answered;
    let ended = '';
    dialog.onTerminated = (end) => (ended = end);
    await world.clock.elapse(32_000);
    expect(await outcome).toBe('SIP_NO_ACK');
    expect(b.lines()).toContain('out BYE');
    expect(ended).toBe('remote');
    expect(b.ua.dialogs).toHaveLength(0);
  });

  it('is cancelled only after a provisional response, and ends with 487 (§9.1, §9.2)', async () => {
    const { world, a, b } = await pair();
    let incoming: UaInvite | undefined;
    let cancelled = 0;
    b.ua.handle('INVITE', (one) => {
      incoming = one;
      one.onCancelled = () => (cancelled += 1);
    });
    const invite = a.ua.invite(bob);
    const outcome = invite.answered.catch((error: ProtocolError) => error);
    await world.clock.settle();
    invite.cancel();
    await world.clock.settle();
    expect(a.lines()).toEqual(['out INVITE']);
    incoming?.respond(180);
    await world.clock.settle();
    expect(a.lines()).toEqual(['out INVITE', 'in 180 INVITE', 'out CANCEL', 'in 200 CANCEL', 'in 487 INVITE', 'out ACK']);
    expect(cancelled).toBe(1);
    const error = (await outcome) as ProtocolError;
    expect(error.code).toBe('SIP_ABORTED');
    expect(responseOf(error)?.status).toBe(487);
    expect(a.ua.dialogs).toHaveLength(0);
    expect(b.ua.dialogs).toHaveLength(0);
  });

  it('ends a session that was accepted while the CANCEL was under way (§15)', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('INVITE', (one) => {
      one.respond(180);
      one.accept().catch(() => {});
    });
    const invite = a.ua.invite(bob);
    const outcome = invite.answered.catch((error: ProtocolError) => error.code);
    invite.onProvisional = () => invite.cancel();
    await world.clock.elapse(1000);
    expect(a.lines().filter((one) => one.startsWith('out'))).toEqual(['out INVITE', 'out CANCEL', 'out ACK', 'out BYE']);
    expect(await outcome).toBe('SIP_ABORTED');
    expect(a.ua.dialogs).toHaveLength(0);
    expect(b.ua.dialogs).toHaveLength(0);
  });

  it('repeats a provisional response every minute, and is refused 487 when Expires has passed (§13.3.1, §13.3.1.1)', async () => {
    const { world, a, b } = await pair();
    let cancelled = 0;
    b.ua.handle('INVITE', (incoming) => {
      incoming.respond(180);
      incoming.onCancelled = () => (cancelled += 1);
    });
    const outcome = a.ua.invite(bob, { headers: [['Expires', '150']] }).answered.catch((error: ProtocolError) => error);
    await world.clock.elapse(149_999);
    expect(a.lines()).toEqual(['out INVITE', 'in 180 INVITE', 'in 180 INVITE', 'in 180 INVITE']);
    await world.clock.elapse(1);
    expect(await outcome).toMatchObject({ code: 'SIP_REJECTED', status: 487 });
    await world.clock.elapse(100_000);
    expect([cancelled, a.lines().length]).toEqual([1, 6]);
    expect(world.clock.timers).toBe(0);
  });

  it('rejects with the response when refused', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('INVITE', (incoming) => incoming.respond(486));
    const outcome = a.ua.invite(bob).answered.catch((error: ProtocolError) => error);
    await world.clock.settle();
    const error = (await outcome) as ProtocolError;
    expect(error).toMatchObject({ code: 'SIP_REJECTED', status: 486 });
    expect(responseOf(error)?.status).toBe(486);
  });

  it('acknowledges every forked 2xx and ends the others with BYE (§13.2.2.4)', async () => {
    const { world, a, b } = await pair();
    b.endpoint.onRequest = (incoming) => {
      if (incoming.request.method !== 'INVITE') return incoming.respond(respondTo(incoming.request, 200, { toTag: 'bye' }));
      for (const tag of ['first', 'second', 'second']) {
        incoming.respond(respondTo(incoming.request, 200, { toTag: tag, headers: [['Contact', `<sip:${tag}@192.0.2.2>`]] }));
      }
    };
    const invite = a.ua.invite(bob);
    await world.clock.settle();
    const { dialog } = await invite.answered;
    invite.ack();
    await world.clock.settle();
    expect(dialog.dialog.remoteTag).toBe('first');
    const sent = a.wire.filter((event) => event.direction === 'out').map(({ message }) => `${(message as { method: string }).method} ${message?.toTag ?? ''}`);
    expect(sent.toSorted()).toEqual(['ACK first', 'ACK second', 'ACK second', 'BYE second', 'INVITE ']);
    expect(a.ua.dialogs).toEqual([dialog]);
  });
});

describe('requests in a dialog', () => {
  it('carries requests both ways and ends with BYE (§12.2, §15.1)', async () => {
    const { world, a, b, ours, theirs } = await session();
    theirs.handle('INFO', (incoming) => incoming.respond(200));
    ours.handle('INFO', (incoming) => incoming.respond(204));
    const one = ours.request('INFO');
    const other = theirs.request('INFO');
    await world.clock.settle();
    expect((await one).status).toBe(200);
    expect((await other).status).toBe(204);
    const ends: string[] = [];
    theirs.onTerminated = (end, bye) => ends.push(`${end} ${bye?.method}`);
    ours.onTerminated = (end) => ends.push(end);
    const bye = ours.bye();
    await world.clock.settle();
    expect((await bye).status).toBe(200);
    expect(ends).toEqual(['local', 'remote BYE']);
    expect([a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([0, 0]);
    await expect(ours.request('INFO')).rejects.toMatchObject({ code: 'SIP_DIALOG_ENDED' });
  });

  it('acknowledges a re-INVITE and refreshes the target (§12.2.1.2, §14)', async () => {
    const { world, a, ours, theirs } = await session();
    theirs.handle('INVITE', (incoming) => {
      incoming.accept({ headers: [['Contact', '<sip:new@192.0.2.2>']] }).catch(() => {});
    });
    const answer = ours.request('INVITE');
    await world.clock.settle();
    expect((await answer).status).toBe(200);
    expect(ours.dialog.remoteTarget).toBe('sip:new@192.0.2.2');
    expect(a.lines().at(-1)).toBe('out ACK');
    await world.clock.elapse(40_000);
    expect(theirs.dialog.state).toBe('confirmed');
  });

  it('answers 491 to a re-INVITE while its own is under way (§14.2)', async () => {
    const { world, ours, theirs } = await session();
    theirs.handle('INVITE', () => {});
    const one = ours.request('INVITE').catch(() => undefined);
    const other = theirs.request('INVITE').catch((error: ProtocolError) => error);
    await world.clock.settle();
    expect(((await other) as { status: number }).status).toBe(491);
    void one;
  });

  it('answers 500 to a CSeq number lower than before (§12.2.2)', async () => {
    const { world, ours, theirs } = await session();
    theirs.handle('INFO', (incoming) => incoming.respond(200));
    theirs.dialog.remoteSeq = 100;
    const answer = ours.request('INFO');
    await world.clock.settle();
    expect((await answer).status).toBe(500);
  });

  it('ends the dialog when the peer answers 481 (§12.2.1.2)', async () => {
    const { world, b, ours } = await session();
    let ended = '';
    ours.onTerminated = (end) => (ended = end);
    b.ua.close();
    const answer = ours.request('INFO');
    await world.clock.settle();
    expect((await answer).status).toBe(481);
    expect(ended).toBe('lost');
  });
});

describe('credentials (RFC 3261 §22)', () => {
  it('answers 401 and 407, counts nc, and renews a stale nonce without asking', async () => {
    const world = new World();
    const a = await world.agent('alice', '192.0.2.1', { credentials: { username: 'alice', password: 'secret' } });
    const b = await world.host('192.0.2.2');
    const counts: string[] = [];
    let nonce = 'n1';
    b.endpoint.onRequest = (incoming) => {
      const { request } = incoming;
      const proxy = request.headers.get('Proxy-Authorization');
      const own = request.headers.get('Authorization');
      if (proxy === undefined) {
        incoming.respond(respondTo(request, 407, { toTag: 't', headers: [['Proxy-Authenticate', 'Digest realm="p", nonce="pn", qop="auth", algorithm=SHA-256']] }));
      } else if (own === undefined || !own.includes(`nonce="${nonce}"`)) {
        const stale = own === undefined ? '' : ', stale=true';
        incoming.respond(respondTo(request, 401, { toTag: 't', headers: [['WWW-Authenticate', `Digest realm="u", nonce="${nonce}", qop="auth"${stale}`]] }));
      } else {
        counts.push(`${/nc=(\d+)/.exec(proxy)?.[1]} ${/nc=(\d+)/.exec(own)?.[1]} ${request.cseq?.number}`);
        incoming.respond(respondTo(request, 200, { toTag: 't' }));
      }
    };
    const first = a.ua.request('MESSAGE', bob);
    await world.clock.settle();
    expect((await first).status).toBe(200);
    const second = a.ua.request('MESSAGE', bob);
    await world.clock.settle();
    expect((await second).status).toBe(200);
    nonce = 'n2';
    const third = a.ua.request('MESSAGE', bob);
    await world.clock.settle();
    expect((await third).status).toBe(200);
    expect(counts).toEqual(['00000002 00000001 3', '00000003 00000002 1', '00000005 00000001 2']);
  });

  it('passes the 401 on when the password is wrong', async () => {
    const world = new World();
    const a = await world.agent('alice', '192.0.2.1', { credentials: { username: 'alice', password: 'wrong' } });
    const b = await world.host('192.0.2.2');
    let asked = 0;
    b.endpoint.onRequest = (incoming) => {
      asked += 1;
      incoming.respond(respondTo(incoming.request, 401, { toTag: 't', headers: [['WWW-Authenticate', `Digest realm="u", nonce="${asked}", qop="auth"`]] }));
    };
    const answer = a.ua.request('MESSAGE', bob);
    await world.clock.settle();
    expect((await answer).status).toBe(401);
    expect(asked).toBe(2);
  });
});
