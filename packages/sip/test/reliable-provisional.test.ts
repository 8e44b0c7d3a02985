import type { ProtocolError } from '@simple-im/grammar';
import { describe, expect, it } from 'vitest';
import { buildRequest, formatRack, offerAnswerTable, readRack, readRseq, reliableTable, respondTo } from '../src/index.js';
import type { IncomingRequest, ReliableProvisional, SipResponse, UaInvite } from '../src/index.js';
import { alice, bob, danglingStates, pair, requests, responses, ringing, sdp } from './session-helpers.js';

/** Bob as a bare endpoint, with the INVITE of Alice and what else she sends. */
async function rawCallee(invite: { readonly contentType?: string; readonly body?: Uint8Array } = {}) {
  const both = await pair();
  const came: IncomingRequest[] = [];
  both.b.endpoint.onRequest = (incoming) => void came.push(incoming);
  const call = both.a.ua.invite(bob, invite);
  call.answered.catch(() => undefined);
  await both.world.clock.settle();
  const first = came[0] as IncomingRequest;
  const provisional = (rseq: number, status = 183, body = {}): SipResponse => respondTo(first.request, status, {
    toTag: 'b', headers: [['Contact', '<sip:bob@192.0.2.2>'], ['Require', '100rel'], ['RSeq', String(rseq)]], ...body,
  });
  const pracks = (): (string | undefined)[] =>
    came.filter(({ request }) => request.method === 'PRACK').map(({ request }) => request.headers.get('RAck'));
  return { ...both, call, came, first, provisional, pracks };
}

describe('server: reliable provisional responses (RFC 3262 §3)', () => {
  it('carries Require: 100rel and an RSeq from 1 to 2^31-1, and is acknowledged by PRACK with a matching RAck', async () => {
    const { world, a, b, incoming } = await ringing(await pair());
    incoming.respond(180, { reliable: true });
    await world.clock.settle();
    const [ringingResponse] = responses(a, 'in', 180);
    const rseq = readRseq(ringingResponse?.headers ?? incoming.request.headers);
    expect(ringingResponse?.require()).toEqual(['100rel']);
    expect(rseq).toBeGreaterThanOrEqual(1);
    expect(rseq).toBeLessThan(2 ** 31);
    const [prack] = requests(b, 'in', 'PRACK');
    expect(readRack(prack?.headers ?? incoming.request.headers)).toEqual({ rseq, cseq: 1, method: 'INVITE' });
    expect(b.lines()).toEqual(['in INVITE', 'out 180 INVITE', 'in PRACK', 'out 200 PRACK']);
    await world.clock.elapse(40_000);
    expect(responses(a, 'in', 180)).toHaveLength(1);
  });

  it('is repeated after T1, doubling without a cap, and refuses the INVITE with 504 after 64*T1', async () => {
    const { world, b, incoming } = await ringing(await pair());
    const failures: string[] = [];
    incoming.onFailed = (error) => failures.push(error.code);
    world.network.silence('192.0.2.1');
    const start = world.clock.now();
    incoming.respond(180, { reliable: true });
    const times: number[] = [];
    for (let step = 0; step < 330; step++) {
      const before = responses(b, 'out', 180).length;
      await world.clock.elapse(100);
      if (responses(b, 'out', 180).length > before) times.push(world.clock.now() - start);
    }
    expect(times).toEqual([500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(failures).toEqual(['SIP_NO_PRACK']);
    expect(responses(b, 'out', 504).length).toBeGreaterThan(0);
    expect(b.ua.dialogs).toEqual([]);
  });

  it('waits with the second until the first is acknowledged, and numbers it one higher', async () => {
    const { world, a, b, incoming } = await ringing(await pair());
    incoming.respond(183, { reliable: true });
    incoming.respond(180, { reliable: true });
    await world.clock.settle();
    expect(b.lines()).toEqual(['in INVITE', 'out 183 INVITE', 'in PRACK', 'out 200 PRACK', 'out 180 INVITE', 'in PRACK', 'out 200 PRACK']);
    const [first = 0, second = 0] = [183, 180].map((status) => readRseq((responses(a, 'in', status)[0] as SipResponse).headers));
    expect(second).toBe(first + 1);
  });

  it('is an ordinary one when the peer does not support it, and reliable without asking when the peer requires it', async () => {
    const plain = await ringing(await pair({}));
    expect(plain.incoming.supportsReliable).toBe(false);
    plain.incoming.respond(180, { reliable: true });
    await plain.world.clock.settle();
    expect(plain.a.lines()).toEqual(['out INVITE', 'in 180 INVITE']);
    const required = await ringing(await pair(), { reliable: 'required' });
    required.incoming.respond(180);
    await required.world.clock.settle();
    expect(required.a.lines()).toContain('out PRACK');
  });

  it('is refused with 420 where 100rel is not supported', async () => {
    const both = await pair(undefined, {});
    both.b.ua.handle('INVITE', () => {});
    const outcome = both.a.ua.invite(bob, { reliable: 'required' }).answered.catch((error: ProtocolError) => error);
    await both.world.clock.settle();
    expect(await outcome).toMatchObject({ code: 'SIP_REJECTED', status: 420 });
    expect(responses(both.a, 'in', 420)[0]?.headers.get('Unsupported')).toBe('100rel');
  });

  it('answers 481 to a PRACK that matches nothing, in and outside of dialogs', async () => {
    const { world, a, incoming } = await ringing(await pair());
    incoming.respond(180, { reliable: true });
    await world.clock.settle();
    const dialog = a.ua.dialogs[0];
    const headers = [['RAck', formatRack({ rseq: 7, cseq: 1, method: 'INVITE' })] as const];
    const within = dialog?.request('PRACK', { headers });
    const outside = a.ua.request('PRACK', bob, { headers });
    await world.clock.settle();
    expect([(await within)?.status, (await outside).status]).toEqual([481, 481]);
    expect(dialog?.session).toBeDefined();
  });

  it('delays the 2xx until a provisional response with a session description is acknowledged (§5)', async () => {
    const { world, a, b, first, incoming } = await withOffer();
    incoming.respond(183, { reliable: true, ...sdp('answer') });
    const accepted = incoming.accept();
    expect(incoming.answered).toBe(true);
    await world.clock.settle();
    expect(b.lines().filter((one) => one.startsWith('out'))).toEqual(['out 183 INVITE', 'out 200 PRACK', 'out 200 INVITE']);
    first.ack();
    await world.clock.settle();
    expect((await accepted).dialog.state).toBe('confirmed');
    expect(a.ua.dialogs[0]?.session?.offers.state).toBe('stable');
  });

  it('does not delay a 2xx behind one without, and answers the PRACK that comes after it', async () => {
    const { world, b, came, incoming, request } = await rawCaller();
    incoming.respond(180, { reliable: true });
    void incoming.accept().catch(() => undefined);
    await world.clock.settle();
    expect(came.map((one) => one.status)).toEqual([180, 200]);
    const statuses = await request('PRACK', 2, [['RAck', `${came[0]?.headers.get('RSeq')} 1 INVITE`]]);
    expect(statuses).toEqual([200]);
    expect(b.errors).toEqual([]);
  });

  it('answers the PRACK to one of an INVITE it has refused', async () => {
    const { world, came, incoming, request } = await rawCaller();
    incoming.respond(180, { reliable: true });
    incoming.respond(486);
    await world.clock.settle();
    const rack: [string, string][] = [['RAck', `${came[0]?.headers.get('RSeq')} 1 INVITE`]];
    expect(await request('PRACK', 2, rack)).toEqual([200]);
    expect(await request('PRACK', 3, rack)).toEqual([481]);
  });

  it('gives up a 2xx that waits when the caller cancels', async () => {
    const { world, invite, incoming } = await withOffer();
    world.network.silence('192.0.2.1');
    incoming.respond(183, { reliable: true, ...sdp('answer') });
    const accepted = incoming.accept().catch((error: ProtocolError) => error.code);
    await world.clock.elapse(40_000);
    expect(await accepted).toBe('SIP_NO_PRACK');
    invite.cancel();
  });

  it('repeats itself every 2.5 minutes with a new number', async () => {
    const { world, a, incoming } = await ringing(await pair());
    incoming.respond(180, { reliable: true });
    await world.clock.elapse(149_000);
    expect(responses(a, 'in', 180)).toHaveLength(1);
    await world.clock.elapse(2000);
    const [one = 0, two = 0] = responses(a, 'in', 180).map((response) => readRseq(response.headers));
    expect(two).toBe(one + 1);
    expect(requests(a, 'out', 'PRACK')).toHaveLength(2);
  });
});

describe('client: PRACK (RFC 3262 §4)', () => {
  it('acknowledges each once, in order; repeated ones and gaps are ignored', async () => {
    const { world, call, came, first, provisional, pracks } = await rawCallee();
    const seen: number[] = [];
    call.onProvisional = (response) => seen.push(response.status);
    for (const [rseq, status] of [[9, 180], [9, 180], [11, 182], [10, 181], [11, 182], [11, 182]] as const) {
      first.respond(provisional(rseq, status));
      await world.clock.settle();
      for (const one of came) if (one.request.method === 'PRACK' && !one.answered) one.respond(respondTo(one.request, 200));
      await world.clock.settle();
    }
    expect(seen).toEqual([180, 181, 182]);
    expect(pracks()).toEqual(['9 1 INVITE', '10 1 INVITE', '11 1 INVITE']);
  });

  it('leaves the answer to an offer in the response to the caller (§5)', async () => {
    const { world, call, first, came, provisional } = await rawCallee();
    let reliable: ReliableProvisional | undefined;
    call.onProvisional = (_, __, given) => (reliable = given);
    first.respond(provisional(1, 183, sdp('offer')));
    await world.clock.settle();
    expect(came).toHaveLength(1);
    reliable?.prack(sdp('answer')).catch(() => undefined);
    await world.clock.settle();
    expect(came[1]?.request.contentType?.type).toBe('application/sdp');
  });

  it('acknowledges in the dialog of each fork', async () => {
    const { world, came, first, provisional } = await rawCallee(sdp());
    for (const tag of ['one', 'two']) {
      const response = provisional(5);
      response.headers.set('To', `<${bob}>;tag=${tag}`);
      first.respond(response);
    }
    await world.clock.settle();
    expect(came.slice(1).map(({ request }) => request.toTag)).toEqual(['one', 'two']);
  });

  it('does not lose the call when a PRACK crosses the refusal and is answered 481', async () => {
    const { world, call, came, first, provisional } = await rawCallee();
    first.respond(provisional(1));
    await world.clock.settle();
    came[1]?.respond(respondTo((came[1] as IncomingRequest).request, 481));
    await world.clock.settle();
    first.respond(respondTo(first.request, 486, { toTag: 'b' }));
    await world.clock.settle();
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_REJECTED', status: 486 });
    expect(came.map(({ request }) => request.method)).toEqual(['INVITE', 'PRACK']);
  });

  it('acknowledges reliable provisional responses to a re-INVITE', async () => {
    const { world, a, b, incoming, invite } = await ringing(await pair());
    const accepted = incoming.accept();
    await world.clock.settle();
    const { dialog } = await invite.answered;
    invite.ack();
    await world.clock.settle();
    (await accepted).handle('INVITE', async (again) => {
      again.respond(183, { reliable: true });
      await again.accept();
    });
    const seen: boolean[] = [];
    const answer = dialog.request('INVITE', { onProvisional: (_, reliable) => seen.push(reliable !== undefined) });
    await world.clock.settle();
    expect((await answer).status).toBe(200);
    expect(seen).toEqual([true]);
    expect(requests(b, 'in', 'PRACK')).toHaveLength(1);
    expect(a.errors).toEqual([]);
  });

  it('may carry a new offer, which is answered in the 2xx to it (§5)', async () => {
    const { world, a, first, incoming } = await withOffer();
    incoming.onPrack = (prack) => prack.respond(200, sdp('second answer'));
    let answer: Promise<SipResponse> | undefined;
    first.onProvisional = (_, __, reliable) => (answer = reliable?.prack(sdp('second offer')));
    incoming.respond(183, { reliable: true, ...sdp('answer') });
    await world.clock.settle();
    expect((await answer)?.body.length).toBe('second answer'.length);
    expect([a.ua.dialogs[0]?.session?.offers.state, incoming.established?.session?.offers.state]).toEqual(['stable', 'stable']);
  });
});

describe('tables', () => {
  it('lead from each state to one there is', () => {
    expect([danglingStates(reliableTable), danglingStates(offerAnswerTable)]).toEqual([[], []]);
  });
});

async function withOffer() {
  const call = await ringing(await pair(), sdp('offer'));
  return { ...call, first: call.invite };
}

/** Alice as a bare endpoint. */
async function rawCaller() {
  const both = await pair();
  let incoming: UaInvite | undefined;
  both.b.ua.handle('INVITE', (one) => void (incoming = one));
  const headers: [string, string][] = [['Contact', `<${alice}>`], ['Supported', '100rel']];
  const target = await both.a.endpoint.resolve(bob);
  const came: SipResponse[] = [];
  const from = '<sip:alice@example.com>;tag=a';
  const invite = buildRequest({ method: 'INVITE', uri: bob, from, to: `<${bob}>`, callId: 'c', cseq: 1, headers });
  both.a.endpoint.request(invite, target, { response: (response) => came.push(response), failed: () => undefined });
  await both.world.clock.settle();
  const request = async (method: string, cseq: number, fields: [string, string][]): Promise<number[]> => {
    const statuses: number[] = [];
    const to = `<${bob}>;tag=${came[0]?.toTag}`;
    const made = buildRequest({ method, uri: bob, from, to, callId: 'c', cseq, headers: fields });
    both.a.endpoint.request(made, target, { response: (response) => statuses.push(response.status), failed: () => statuses.push(0) });
    await both.world.clock.settle();
    return statuses;
  };
  return { ...both, came, request, incoming: incoming as UaInvite };
}
