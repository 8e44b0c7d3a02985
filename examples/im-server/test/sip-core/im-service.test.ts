import { describe, expect, it } from 'vitest';
import { utf8Text } from '@simple-im/grammar';
import { buildRequest, respondTo, type IncomingRequest } from '@simple-im/sip';
import { isImService } from '../../src/sip-core/service-routing.js';
import { answer, coreWith, peerOf } from './support.js';

describe('the initial filter criteria (docs/profile.md)', () => {
  const request = (method: string, headers: readonly (readonly [string, string])[] = [], contentType?: string, body = ''): ReturnType<typeof buildRequest> =>
    buildRequest({ method, uri: 'sip:bob@example.com', from: '<sip:a@example.com>;tag=1', to: '<sip:bob@example.com>', callId: '1', cseq: 1, headers, ...(contentType === undefined ? {} : { contentType }), body: new TextEncoder().encode(body) });

  it('take MESSAGE, INVITE with m=message, and INVITE with the feature tag', () => {
    expect(isImService(request('MESSAGE'))).toBe(true);
    expect(isImService(request('INVITE', [], 'application/sdp', 'v=0\r\nm=message 1 TCP/MSRP *\r\n'))).toBe(true);
    expect(isImService(request('INVITE', [], 'multipart/mixed;boundary=b', '--b\r\n\r\nv=0\nm=message 1 TCP/MSRP *\n--b--'))).toBe(true);
    expect(isImService(request('INVITE', [['Accept-Contact', '*;+g.oma.sip-im;require']]))).toBe(true);
    expect(isImService(request('INVITE', [['Contact', '<sip:a@10.0.0.2>;+G.OMA.SIP-IM="TRUE"']]))).toBe(true);
  });

  it('leave everything else alone', () => {
    expect(isImService(request('INVITE', [], 'application/sdp', 'v=0\r\ns=m=message 1\r\nm=audio 1 RTP/AVP 0\r\n'))).toBe(false);
    expect(isImService(request('INVITE', [['Accept-Contact', '*;+g.oma.sip-im.large-message']]))).toBe(false);
    expect(isImService(request('INVITE', [], 'text/plain', 'm=message 1'))).toBe(false);
    expect(isImService(request('SUBSCRIBE', [['Accept-Contact', '*;+g.oma.sip-im']]))).toBe(false);
  });
});

describe('a PUBLISH of a user to the own address', () => {
  it('is answered 489 where nobody knows the event, whatever devices there are (RFC 3903 §6)', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    await alice.register();
    const { status, headers } = await alice.call('PUBLISH', 'sip:alice@example.com').final;
    expect([status, headers.get('Allow-Events')]).toEqual([489, 'im-settings']);
  });
});

describe('IM-2 (session case and original dialog, as ISC has them)', () => {
  it('takes a MESSAGE through the sender\'s services and then the recipient\'s, and forgets it after the answer', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
    await bob.register();
    bob.handle = (incoming) => {
      expect(on.core.handedOver).toBe(2);
      answer(incoming, 200);
    };
    expect((await alice.call('MESSAGE', 'sip:bob@example.com').final).status).toBe(200);
    const [first, second] = on.im.received.filter(({ request }) => request.method === 'MESSAGE');
    expect([first?.sessionCase, first?.servedUser]).toEqual(['originating', 'sip:alice@example.com']);
    expect([second?.sessionCase, second?.servedUser]).toEqual(['terminating', 'sip:bob@example.com']);
    expect(first?.originalDialog).not.toBe(second?.originalDialog);
    expect(on.core.handedOver).toBe(0);
  });

  it.each([
    ['a refusal by the sender\'s services', 403, 'originating'],
    ['a refusal by the recipient\'s services', 486, 'terminating'],
  ] as const)('forgets a request after %s', async (_, status, sessionCase) => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    on.im.handle = (exchange) => (exchange.sessionCase === sessionCase ? exchange.respond(respondTo(exchange.request, status)) : on.im.handBack(exchange));
    const response = await alice.call('MESSAGE', 'sip:bob@example.com').final;
    expect(response.status).toBe(status);
    expect(response.toTag).toBeDefined();
    expect(on.core.handedOver).toBe(0);
  });

  it('stands for the recipient with an INVITE of its own, whose dialog begins at the IM server', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice', 'TCP'), await peerOf(on, 'bob')];
    await bob.register();
    bob.handle = (incoming) => answer(incoming, 200, 'bob', [['Contact', `<${bob.contact}>`]]);
    let leg: ReturnType<typeof buildRequest> | undefined;
    on.im.handle = (exchange) => {
      if (exchange.sessionCase !== 'terminating') return on.im.handBack(exchange);
      leg = buildRequest({ method: 'INVITE', uri: exchange.request.uri, from: '<sip:alice@example.com>;tag=im', to: '<sip:bob@example.com>', callId: 'of-the-im-server', cseq: 1, headers: [['Contact', `<${on.core.contactUri('leg')}>`]] });
      on.core.request(leg, exchange.originalDialog, { response: (response) => exchange.respond(respondTo(exchange.request, response.status, { toTag: 'im' })), failed: () => {} });
    };
    const call = alice.call('INVITE', 'sip:bob@example.com', { headers: [['Accept-Contact', '*;+g.oma.sip-im'], ['Contact', `<${alice.contact}>`]] });
    const ok = await call.final;
    expect(on.core.handedOver).toBe(0);
    const routes = bob.requests[0]?.headers.all('Record-Route') ?? [];
    expect(routes).toHaveLength(1);
    // From the IM server to bob, not back to alice, whose leg it was.
    const within = { from: '<sip:alice@example.com>;tag=im', to: '<sip:bob@example.com>;tag=bob', callId: 'of-the-im-server' };
    on.core.request(buildRequest({ method: 'BYE', uri: bob.contact, ...within, cseq: 2, routes }), undefined, { response: () => {}, failed: () => {} });
    await on.clock.settle();
    expect(bob.requests.map(({ method }) => method)).toEqual(['INVITE', 'BYE']);
    expect(alice.requests).toHaveLength(0);
    // And from bob to the IM server, by its Contact, without a session case.
    on.im.handle = (exchange) => exchange.respond(respondTo(exchange.request, 200));
    const back = await bob.call('BYE', on.core.contactUri('leg'), { from: within.to, to: within.from, callId: within.callId, routes }).final;
    expect(back.status).toBe(200);
    expect(on.im.received.at(-1)?.sessionCase).toBeUndefined();
    // The leg towards alice goes over her connection, from the IM server's side of that dialog.
    const toAlice = { from: `<sip:bob@example.com>;tag=im`, to: call.request.headers.get('From') ?? '', callId: call.request.callId ?? '', cseq: 1, routes: ok.headers.all('Record-Route') };
    on.core.request(buildRequest({ method: 'BYE', uri: alice.contact, ...toAlice }), undefined, { response: () => {}, failed: () => {} });
    await on.clock.settle();
    expect(alice.requests.map(({ method }) => method)).toEqual(['BYE']);
  });

  it('passes a CANCEL on to the IM server, and cancels what it sends afterwards', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
    await bob.register();
    let goOn = (): void => {};
    let told = 0;
    on.im.handle = (exchange) => {
      exchange.onCancelled = () => { told++; };
      goOn = () => on.im.handBack(exchange);
    };
    const call = alice.call('INVITE', 'sip:bob@example.com', { headers: [['Accept-Contact', '*;+g.oma.sip-im']] });
    await on.clock.elapse(250);
    call.outgoing.cancel();
    await on.clock.settle();
    expect(told).toBe(1);
    on.im.handle = (exchange) => on.im.handBack(exchange);
    goOn();
    expect((await call.final).status).toBe(487);
    expect(bob.requests).toHaveLength(0);
    expect(on.core.handedOver).toBe(0);
  });

  it('ends a request whose hops are used up also behind the IM server (RFC 3261 §16.3 step 3)', async () => {
    const on = await coreWith();
    const statuses: number[] = [];
    on.core.request(buildRequest({ method: 'MESSAGE', uri: 'sip:bob@example.com', from: '<sip:a@example.com>;tag=1', to: '<sip:bob@example.com>', callId: '1', cseq: 1, maxForwards: 0 }), undefined, { response: ({ status }) => statuses.push(status), failed: () => {} });
    expect(statuses).toEqual([]);
    await on.clock.settle();
    expect(statuses).toEqual([483]);
  });

  it('gives the IM server an IM URI as the SIP URI it means (RFC 3428 §5), and refuses SIPS without TLS', async () => {
    const on = await coreWith();
    const [alice, bob] = [await peerOf(on, 'alice'), await peerOf(on, 'bob')];
    await bob.register();
    bob.handle = (incoming: IncomingRequest) => answer(incoming, 200);
    expect((await alice.call('MESSAGE', 'im:bob@example.com').final).status).toBe(200);
    expect(on.im.received.at(-1)?.request.uri).toBe('sip:bob@example.com');
    // Our own endpoint would not send it in the clear; others do.
    const statuses: number[] = [];
    const flow = alice.endpoint.flowTo(alice.target);
    const request = alice.build('MESSAGE', 'sips:bob@example.com', { headers: [['Via', `SIP/2.0/UDP ${alice.host};branch=z9hG4bKs`]] });
    on.core.receive({ key: 's', request, flow, answered: false, respond: ({ status }) => statuses.push(status) });
    await on.clock.settle();
    expect(statuses).toEqual([416]);
  });
});

describe('third-party registration (3GPP TS 24.229 §5.4.1.7)', () => {
  it('tells of registration, refresh and removal, and of nothing that changes nothing', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    await alice.register({ expires: 600 });
    on.clock.advance(100_000);
    await alice.register({ expires: 300 });
    await alice.call('REGISTER', 'sip:example.com', { to: '<sip:alice@example.com>' }).final;
    await alice.register({ expires: 10 });
    await alice.register({ expires: 0 });
    expect(on.im.registrations.map(({ expires }) => expires)).toEqual([600, 300, 0]);
    for (const request of on.im.registrations) {
      expect(request.to?.uriText).toBe('sip:alice@example.com');
      expect(request.uri).toBe(on.core.contactUri(''));
      expect(request.contentType?.type).toBe('message/sip');
    }
  });

  it('counts until the last of several contacts expires', async () => {
    const on = await coreWith();
    const [phone, desk] = [await peerOf(on, 'alice'), await peerOf(on, 'alice')];
    await phone.register({ expires: 600 });
    await desk.register({ expires: 60 });
    await phone.register({ expires: 0 });
    expect(on.im.registrations.map(({ expires }) => expires)).toEqual([600, 600, 60]);
  });

  it('carries the REGISTER as message/sip, without credentials', async () => {
    const on = await coreWith();
    const alice = await peerOf(on, 'alice');
    await alice.register({ headers: [['Authorization', 'Digest username="alice", realm="elsewhere", nonce="n", uri="sip:x", response="secret"'], ['Proxy-Authorization', 'Basic secret'], ['User-Agent', 'a phone']] });
    const body = utf8Text(on.im.registrations[0]?.body ?? new Uint8Array());
    expect(body).toMatch(/^REGISTER sip:example\.com SIP\/2\.0\r\n/);
    expect(body).toContain('User-Agent: a phone');
    expect(body).not.toContain('secret');
  });
});
