import { utf8, utf8Text, type ProtocolError } from '@simple-im/grammar';
import fc from 'fast-check';
import { codeOf } from '@simple-im/testkit';
import { describe, expect, it } from 'vitest';
import { formatSipfrag, readSipfrag, referNotifierTable, referralTable, responseOf } from '../src/index.js';
import type { Referral, ReferNotifier, UaRefer } from '../src/index.js';
import { bob, danglingStates, pair, requests, responses, session, type Pair } from './session-helpers.js';

const carol = 'sip:carol@192.0.2.3';

/** Every status of a referral, until it ends. */
function collect(referral: Referral): { seen: number[]; over: Promise<void> } {
  const seen: number[] = [];
  const over = (async () => {
    for await (const { status } of referral) seen.push(status);
  })();
  return { seen, over };
}

/** A REFER from Alice to Bob, outside of dialogs, that Bob accepted. */
async function referred(both?: Pair) {
  const made = both ?? (await pair());
  let notifier: ReferNotifier | undefined;
  let incoming: UaRefer | undefined;
  made.b.ua.handle('REFER', (refer) => {
    incoming = refer;
    notifier = refer.accept();
  });
  const referral = made.a.ua.refer(bob, carol);
  await made.world.clock.settle();
  return { ...made, referral, notifier: notifier as ReferNotifier, incoming: incoming as UaRefer };
}

describe('REFER (RFC 3515)', () => {
  it('is answered 202 and reported on at once; the dialog is made by the NOTIFY (§2.4.4)', async () => {
    const { a, b, referral, incoming } = await referred();
    expect((await referral.accepted).status).toBe(202);
    const [notify] = requests(a, 'in', 'NOTIFY');
    expect(notify?.headers.get('Event')).toBe('refer');
    expect(notify?.headers.get('Subscription-State')).toBe('active;expires=180');
    expect(notify?.contentType?.type).toBe('message/sipfrag');
    expect(utf8Text(notify?.body ?? new Uint8Array())).toBe('SIP/2.0 100 Trying\r\n');
    expect([referral.state, referral.status?.status]).toEqual(['active', 100]);
    expect(incoming.referTo).toMatchObject({ uri: carol, method: 'INVITE', replaces: undefined });
    expect(incoming.referredBy?.uriText).toBe('sip:alice@example.com');
    expect(incoming.headers).toEqual([['Referred-By', '<sip:alice@example.com>']]);
    expect([a.ua.dialogs.length, b.ua.dialogs.length]).toEqual([1, 1]);
  });

  it('reports each status in order and ends with terminated;reason=noresource (§2.4.7)', async () => {
    const { world, a, b, referral, notifier } = await referred();
    const { seen, over } = collect(referral);
    notifier.notify(180);
    notifier.notify(200, 'Done');
    notifier.notify(486);
    await world.clock.settle();
    await over;
    expect(seen).toEqual([100, 180, 200]);
    expect(referral.status?.reason).toBe('Done');
    expect(requests(a, 'in', 'NOTIFY').at(-1)?.headers.get('Subscription-State')).toBe('terminated;reason=noresource');
    expect([a.ua.dialogs, b.ua.dialogs, notifier.active, referral.state]).toEqual([[], [], false, 'terminated']);
    await world.clock.elapse(300_000);
    expect(world.clock.timers).toBe(0);
  });

  it('in a session shares its dialog, and carries the CSeq number of the REFER as id, also with two at once (§2.4.6)', async () => {
    const { world, a, b, ours, theirs } = await session();
    const notifiers: ReferNotifier[] = [];
    theirs.handle('REFER', (refer) => void notifiers.push(refer.accept()));
    const [one, other] = [ours.refer(carol), ours.refer('sip:dave@192.0.2.4')];
    const readers = [collect(one), collect(other)];
    await world.clock.settle();
    notifiers[1]?.notify(603);
    notifiers[0]?.notify(200);
    await world.clock.settle();
    await Promise.all(readers.map(({ over }) => over));
    expect(readers.map(({ seen }) => seen)).toEqual([[100, 200], [100, 603]]);
    const ids = requests(b, 'in', 'REFER').map((refer) => `refer;id=${refer.cseq?.number}`);
    expect(new Set(requests(a, 'in', 'NOTIFY').map((notify) => notify.headers.get('Event')))).toEqual(new Set(ids));
    expect([ours.dialog.state, a.ua.dialogs.length]).toEqual(['confirmed', 1]);
  });

  it('may outlive the session it was sent in (RFC 5057 §5.5)', async () => {
    const { world, a, ours, theirs } = await session();
    let notifier: ReferNotifier | undefined;
    theirs.handle('REFER', (refer) => void (notifier = refer.accept()));
    const referral = ours.refer(carol);
    await world.clock.settle();
    const bye = ours.bye();
    await world.clock.settle();
    expect((await bye).status).toBe(200);
    notifier?.notify(200);
    await world.clock.settle();
    expect([referral.status?.status, a.ua.dialogs]).toEqual([200, []]);
  });

  it.each([['none', []], ['two', ['<sip:a@example.com>', '<sip:b@example.com>']], ['what is no address', ['<sip:a@']]])(
    'is answered 400 with %s in Refer-To (§2.4.2)', async (_, values) => {
      const { world, a, b } = await pair();
      b.ua.handle('REFER', (refer) => void refer.accept());
      const answer = a.ua.request('REFER', bob, { headers: values.map((value) => ['Refer-To', value] as const) });
      await world.clock.settle();
      expect((await answer).status).toBe(400);
    });

  it('rejects with the response when it is refused', async () => {
    const { world, a, b } = await pair();
    b.ua.handle('REFER', (refer) => refer.respond(603));
    const referral = a.ua.refer(bob, carol);
    const { seen, over } = collect(referral);
    const outcome = referral.accepted.catch((error: ProtocolError) => responseOf(error)?.status);
    await world.clock.settle();
    await over;
    expect([await outcome, seen, referral.state]).toEqual([603, [], 'terminated']);
  });

  it('has no subscription when nobody wants one (RFC 4488 §4)', async () => {
    const { world, a, b } = await pair();
    let notifier: ReferNotifier | undefined;
    b.ua.handle('REFER', (refer) => void (notifier = refer.accept()));
    const referral = a.ua.refer(bob, carol, { subscription: false });
    const { seen, over } = collect(referral);
    await world.clock.settle();
    await over;
    notifier?.notify(200);
    await world.clock.settle();
    expect([seen, notifier?.active, b.ua.dialogs]).toEqual([[], false, []]);
    expect(requests(b, 'in', 'REFER')[0]?.headers.get('Refer-Sub')).toBe('false');
    expect(responses(a, 'in', 202)[0]?.headers.get('Refer-Sub')).toBe('false');
  });

  it('has one all the same where norefersub is not supported (RFC 4488 §4)', async () => {
    const { world, a, b } = await pair(undefined, {});
    b.ua.handle('REFER', (refer) => refer.accept().notify(200));
    const { seen, over } = collect(a.ua.refer(bob, carol, { subscription: false }));
    await world.clock.settle();
    await over;
    expect(seen).toEqual([100, 200]);
  });

  it('is no longer reported on after the peer unsubscribed (§2.4.4)', async () => {
    const { world, a, referral, notifier } = await referred();
    const done = referral.unsubscribe();
    await world.clock.settle();
    await done;
    expect([referral.state, notifier.active]).toEqual(['terminated', false]);
    expect(requests(a, 'in', 'NOTIFY').at(-1)?.headers.get('Subscription-State')).toBe('terminated;reason=timeout');
  });

  it('ends when its time is over, or no NOTIFY comes in 64*T1 (RFC 6665 §4.1.2, §4.2.2)', async () => {
    const { world, a, b, referral, notifier } = await referred();
    await world.clock.elapse(181_000);
    expect([referral.state, notifier.active, a.ua.dialogs, b.ua.dialogs]).toEqual(['terminated', false, [], []]);
    const silent = await pair();
    silent.b.ua.handle('REFER', (refer) => refer.respond(202));
    const second = silent.a.ua.refer(bob, carol);
    await silent.world.clock.elapse(31_000);
    expect(second.state).toBe('accepted');
    await silent.world.clock.elapse(2000);
    expect(second.state).toBe('terminated');
  });

  it('refuses a NOTIFY that is no message/sipfrag, or holds none', async () => {
    const { world, theirs, ours } = await session();
    theirs.handle('REFER', (refer) => refer.respond(202));
    const referral = ours.refer(carol);
    await world.clock.settle();
    const send = (contentType: string, body: string, state = 'active') => theirs.request('NOTIFY', {
      headers: [['Event', 'refer'], ['Subscription-State', state]], contentType, body: utf8(body), usage: NO_USAGE,
    });
    const answers = [
      send('text/plain', 'SIP/2.0 200 OK'), send('message/sipfrag', 'hello'), send('message/sipfrag', 'SIP/2.0 200 OK', 'active;expires=x'),
      send('message/sipfrag;version=2.0', 'SIP/2.0 181 On\r\nTo: x'),
    ];
    await world.clock.settle();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([415, 400, 400, 200]);
    expect(referral.status).toEqual({ status: 181, reason: 'On' });
  });

  it('reports on the INVITE that it asked for, with Referred-By (RFC 3892 §2.2)', async () => {
    const both = await pair();
    const c = await both.world.agent('carol', '192.0.2.3');
    c.ua.handle('INVITE', async (incoming) => {
      incoming.respond(180);
      await incoming.accept();
    });
    both.b.ua.handle('REFER', async (refer) => {
      const invite = both.b.ua.invite(refer.referTo.uri, { headers: refer.headers });
      refer.accept().follow(invite);
      await invite.answered;
      invite.ack();
    });
    const { seen, over } = collect(both.a.ua.refer(bob, carol));
    await both.world.clock.settle();
    await over;
    expect(seen).toEqual([100, 180, 200]);
    expect(requests(c, 'in', 'INVITE')[0]?.headers.get('Referred-By')).toBe('<sip:alice@example.com>');
  });

  it('goes on with the CSeq number of the retry when it was challenged', async () => {
    const { world, theirs, ours } = await session(await pair({ credentials: { username: 'alice', password: 'secret' } }));
    let first = true;
    let notifier: ReferNotifier | undefined;
    theirs.handle('REFER', (refer) => {
      if (first) refer.respond(401, { headers: [['WWW-Authenticate', 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256']] });
      else notifier = refer.accept();
      first = false;
    });
    const { seen, over } = collect(ours.refer(carol));
    await world.clock.settle();
    notifier?.notify(200);
    await world.clock.settle();
    await over;
    expect(seen).toEqual([100, 200]);
  });
});

describe('message/sipfrag (RFC 3420)', () => {
  it('begins with a status line', () => {
    expect(readSipfrag(formatSipfrag({ status: 486 }))).toEqual({ status: 486, reason: 'Busy Here' });
    expect(readSipfrag(utf8('SIP/2.0 200 \n'))).toEqual({ status: 200, reason: '' });
  });

  it.each([
    '', 'SIP/2.0 99 x', 'SIP/2.0 700 x', 'SIP/2.0 200', 'INVITE sip:a@b SIP/2.0', `SIP/2.0 200 ${'x'.repeat(2000)}`,
  ])('refuses %j', (text) => {
    expect(codeOf(() => readSipfrag(utf8(text)))).toBe('SIP_BAD_SIPFRAG');
  });

  it('gives a status or SIP_BAD_SIPFRAG for any octets', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const code = codeOf(() => readSipfrag(octets));
      return code === undefined || code === 'SIP_BAD_SIPFRAG';
    }));
  });
});

describe('tables', () => {
  it('lead from each state to one there is', () => {
    expect([danglingStates(referralTable), danglingStates(referNotifierTable)]).toEqual([[], []]);
  });
});

/** So that a refused NOTIFY says nothing of the session. */
const NO_USAGE = { owns: () => false, receive: () => {}, ended: () => {} };
