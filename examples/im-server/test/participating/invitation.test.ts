import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { buildMultipart, splitMultipart } from '@simple-im/mime';
import { parseMsrpSdp } from '@simple-im/msrp/sdp';
import { respondTo } from '@simple-im/sip';
import { FakeRandom } from '@simple-im/transport/fake';
import type { AdmissionQuestion } from '../../src/internal-ports.js';
import { accept, addressOf, answerTo, invited, inviteOf, lines, offer, scene, sdpOf, thirdPartyRegister, within } from './core.js';

describe('the INVITE to the callee', () => {
  it("is one of the IM server's own, with the caller's URIs and identity (RFC 7092 §3.1.2)", async () => {
    const { toBob, caller } = await invited({
      headers: [
        ['Subject', 'hi'],
        ['Accept-Contact', '*;+g.oma.sip-im'],
        ['Route', '<sip:elsewhere;lr>'],
        ['Supported', '100rel'],
      ],
    });
    const { request } = toBob;
    expect(toBob.originalDialog).toBe('od-terminating');
    expect([request.uri, request.from?.uriText, request.from?.displayName, request.to?.uriText]).toEqual([
      'sip:bob@example.com',
      'sip:alice@example.com',
      'Alice',
      'sip:bob@example.com',
    ]);
    expect(request.callId).not.toBe('call-1');
    expect(request.fromTag).not.toBe('a1');
    expect(request.headers.get('P-Asserted-Identity')).toBe('<sip:alice@example.com>');
    expect([request.headers.get('Subject'), request.headers.get('Accept-Contact')]).toEqual(['hi', '*;+g.oma.sip-im']);
    expect(['Route', 'Via', 'Record-Route'].filter((name) => request.headers.has(name))).toEqual([]);
    expect(request.headers.all('Supported')).toEqual(['timer']);
    expect(request.maxForwards).toBe(10);
    expect(addressOf(request.headers.get('Contact'))).toMatch(/^sip:im-server\.\w+@example\.com;transport=tcp$/);
    expect(caller.statuses).toEqual([]);
  });

  it("offers the caller's media with a path of our own (RFC 4975 §8, FACTS §3)", async () => {
    const more = {
      acceptTypes: ['message/cpim'],
      acceptWrappedTypes: ['text/plain', 'message/imdn+xml'],
      maxSize: 12_345,
      direction: 'sendonly' as const,
      attributes: ['file-selector:name:"a b.jpg" type:image/jpeg size:4092', 'x-unknown', 'fingerprint:SHA-1 AA', 'msrp-cema'],
    };
    const { toBob } = await invited({ body: offer('active', more) });
    const ours = sdpOf(toBob.request);
    expect(ours).toMatchObject({
      ...more,
      setup: 'actpass',
      secure: false,
      attributes: ['file-selector:name:"a b.jpg" type:image/jpeg size:4092', 'x-unknown'],
    });
    expect(ours.path).toHaveLength(1);
    expect(ours.path[0]).toMatch(/^msrp:\/\/192\.0\.2\.1:2855\/\w{20};tcp$/);
    expect(ours.address).toEqual({ host: '192.0.2.1', port: 2855 });
  });

  it('has IPv6 addresses in SDP and path (RFC 4566 §5.7, RFC 4975 §6)', async () => {
    const { toBob } = await invited({ host: '2001:db8::1' });
    expect(sdpOf(toBob.request).path[0]).toMatch(/^msrp:\/\/\[2001:db8::1\]:2855\//);
    expect(lines(toBob.request)).toContain('c=IN IP6 2001:db8::1');
  });
});

describe('an INVITE with a multipart body (RFC 5621 §3)', () => {
  const message = utf8('From: <sip:anonymous@anonymous.invalid>\r\n\r\nContent-Type: text/plain\r\n\r\nfirst');
  const cpim = { headers: [['Content-Type', 'message/cpim'], ['Content-Disposition', 'render;handling=optional']], body: message } as const;
  const random = new FakeRandom(3);
  /** With a length as some clients write it there, which no longer fits another description. */
  const description = { headers: [['Content-Type', 'application/sdp'], ['Content-Length', String(offer().length)]], body: offer() } as const;

  it('goes on with our description, and the first message as it came (FACTS §3)', async () => {
    const { toBob, caller } = await invited(buildMultipart([description, cpim], { random }));
    const { parts } = splitMultipart(toBob.request.body, toBob.request.headers.get('Content-Type') ?? '');
    expect(parts.map(({ headers }) => headers.fields)).toEqual([[['Content-Type', 'application/sdp']], cpim.headers]);
    expect(utf8Text(parts[1]?.body as Uint8Array)).toBe(utf8Text(message));
    const ours = parseMsrpSdp(parts[0]?.body as Uint8Array);
    expect(ours.path[0]).toMatch(/^msrp:\/\/192\.0\.2\.1:2855\//);
    accept(toBob, { body: answerTo(parts[0]?.body as Uint8Array) });
    expect([caller.statuses, sdpOf(caller.last).setup]).toEqual([[200], 'passive']);
  });

  it.each([
    ['no description', buildMultipart([cpim], { random }), 488],
    ['an encoded description', buildMultipart([{ ...description, headers: [...description.headers, ['Content-Transfer-Encoding', 'base64']] }], { random }), 488],
    ['no parts', { contentType: 'multipart/mixed;boundary=x', body: utf8('--x--') }, 400],
    ['no boundary', { contentType: 'multipart/mixed', body: utf8('--x--') }, 400],
    ['alternatives', { ...buildMultipart([description, cpim], { random }), contentType: 'multipart/alternative;boundary=x' }, 415],
  ])('with %s is refused', async (_what, body, status) => {
    const { receive, core } = await scene();
    expect((await receive(inviteOf(body), 'terminating', 'sip:bob@example.com')).statuses).toEqual([status]);
    expect(core.sent).toEqual([]);
  });
});

describe('the answer to the caller', () => {
  it('has a path of its own, and what the callee accepted (RFC 4975 §8)', async () => {
    const { toBob, caller } = await invited();
    accept(toBob, { body: answerTo(toBob.request.body, 'active', { acceptTypes: ['text/plain'], maxSize: 77, attributes: ['x-bob'] }) });
    const ours = sdpOf(caller.last);
    expect(caller.statuses).toEqual([200]);
    expect(ours).toMatchObject({ acceptTypes: ['text/plain'], maxSize: 77, attributes: ['x-bob'], setup: 'passive' });
    expect(ours.path).toHaveLength(1);
    expect(ours.path[0]).not.toBe(sdpOf(toBob.request).path[0]);
    expect(ours.path[0]).toMatch(/^msrp:\/\/192\.0\.2\.1:2855\//);
    expect(caller.last.toTag).toBeDefined();
    expect(caller.last.headers.has('Record-Route')).toBe(true);
  });

  it('refuses every other m-line with port 0 (RFC 3264 §6)', async () => {
    const own = utf8Text(offer()).split('m=')[1] as string;
    const body = utf8(`${utf8Text(offer()).split('m=')[0]}m=audio 4000 RTP/AVP 0\r\nm=${own}m=${own}`);
    const { toBob, caller } = await invited({ body });
    expect(lines(toBob.request).filter((line) => line.startsWith('m='))).toEqual(['m=message 2855 TCP/MSRP *']);
    accept(toBob);
    expect(lines(caller.last).filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 0 RTP/AVP 0',
      'm=message 2855 TCP/MSRP *',
      'm=message 0 TCP/MSRP *',
    ]);
  });

  it.each([
    ['no SDP', { body: utf8('hello'), contentType: 'text/plain' }, 415, ['Accept', 'application/sdp, multipart/mixed']],
    [
      'no m=message',
      { body: utf8('v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n') },
      488,
      undefined,
    ],
    ['no path', { body: utf8(utf8Text(offer()).replace(/a=path.*\r\n/, '')) }, 488, undefined],
    ['MSRP over TLS', { body: utf8(utf8Text(offer()).replace('TCP/MSRP', 'TCP/TLS/MSRP')) }, 488, undefined],
    [
      'an attribute that cannot be written',
      {
        body: offer('actpass', { attributes: ['x-nul:a'] }).map((octet, at, all) =>
          octet === 97 && all[at - 1] === 58 && all[at - 2] === 108 ? 0 : octet,
        ),
      },
      400,
      undefined,
    ],
    ['no offer', { body: new Uint8Array(0) }, 488, undefined],
    ['an extension we must know', { headers: [['Require', '100rel']] as const }, 420, ['Unsupported', '100rel']],
    ['a compressed body', { headers: [['Content-Encoding', 'gzip']] as const }, 415, ['Accept-Encoding', 'identity']],
    ['no Contact', { contact: undefined }, 400, undefined],
  ] as const)('is a refusal for %s (RFC 3261 §8.2, §13.3.1.3)', async (_what, options, status, header) => {
    const { receive, core, metrics } = await scene();
    const exchange = await receive(inviteOf(options), 'terminating', 'sip:bob@example.com');
    expect(exchange.statuses).toEqual([status]);
    if (header !== undefined) expect(exchange.last.headers.get(header[0])).toBe(header[1]);
    expect(core.sent).toEqual([]);
    expect(metrics.values.get('im_sessions_active') ?? 0).toBe(0);
    expect(metrics.values.get('msrp_sessions_active') ?? 0).toBe(0);
  });

  it('is 480 where the callee is not registered, as third-party registration tells (RFC 3261 §21.4.18)', async () => {
    const { receive, clock } = await scene({ bobAway: true });
    const invite = async (): Promise<number[]> => (await receive(inviteOf(), 'terminating', 'sip:bob@example.com')).statuses;
    expect(await invite()).toEqual([480]);
    expect((await receive(thirdPartyRegister('sip:bob@example.com', 60))).statuses).toEqual([200]);
    expect(await invite()).toEqual([]);
    await clock.elapse(60_000);
    expect(await invite()).toEqual([480]);
    await receive(thirdPartyRegister('sip:bob@example.com', 60));
    await receive(thirdPartyRegister('sip:bob@example.com', 0));
    expect(await invite()).toEqual([480]);
  });

  it('is sent again until its ACK, at T1 doubling up to T2 (RFC 3261 §13.3.1.4)', async () => {
    const up = await invited();
    accept(up.toBob);
    const times: number[] = [];
    for (let at = 0; at < 12_000; at += 500) {
      const before = up.caller.responses.length;
      await up.clock.elapse(500);
      if (up.caller.responses.length > before) times.push(at + 500);
    }
    expect(times).toEqual([500, 1500, 3500, 7500, 11_500]);
    const { length } = up.caller.responses;
    up.participating.ack(within('alice', up, 'ACK', 7));
    await up.clock.elapse(4000);
    expect(up.caller.responses.length).toBe(length + 1);
    up.participating.ack(within('alice', up, 'ACK', 1));
    await up.clock.elapse(20_000);
    expect(up.caller.responses.length).toBe(length + 1);
    expect(up.core.of('BYE')).toEqual([]);
  });

  it('is given up after 64*T1 without ACK, with BYE on both legs (RFC 3261 §13.3.1.4)', async () => {
    const up = await invited();
    accept(up.toBob);
    await up.clock.elapse(31_999);
    expect(up.core.of('BYE')).toEqual([]);
    await up.clock.elapse(1);
    expect(
      up.core
        .of('BYE')
        .map(({ request }) => request.uri)
        .sort(),
    ).toEqual(['sip:alice@192.0.2.11', 'sip:bob@192.0.2.12']);
    expect(up.metrics.values.get('im_sessions_active')).toBe(0);
    expect(up.metrics.values.get('msrp_sessions_active')).toBe(0);
  });

  it('passes ringing on (RFC 3261 §13.2.2.1)', async () => {
    const { toBob, caller } = await invited();
    toBob.handlers.response(respondTo(toBob.request, 100));
    toBob.handlers.response(respondTo(toBob.request, 180, { toTag: 'b1', reason: 'Ringing loudly' }));
    expect(caller.responses.map(({ status, reason }) => [status, reason])).toEqual([[180, 'Ringing loudly']]);
    expect(caller.last.toTag).not.toBe('b1');
    const ringing = caller.last.toTag;
    accept(toBob);
    expect(caller.last.toTag).toBe(ringing);
  });

  it.each([
    [486, 'Busy'],
    [603, 'Not now'],
    [403, 'No'],
    [302, 'Over there'],
  ])("is the callee's refusal %i with its reason and what goes with it (RFC 3261 §13.2.2)", async (status, reason) => {
    const { toBob, caller, metrics, core } = await invited();
    const headers = [
      ['Warning', '399 bob "x"'],
      ['Retry-After', '60'],
      ['Reason', 'SIP;cause=200'],
      ['X-Secret', 'no'],
      ...(status === 302 ? [['Contact', '<sip:bob2@example.com>']] : []),
    ] as [string, string][];
    toBob.handlers.response(respondTo(toBob.request, status, { toTag: 'b1', reason, headers }));
    expect([
      caller.last.status,
      caller.last.reason,
      caller.last.headers.get('Warning'),
      caller.last.headers.get('Retry-After'),
      caller.last.headers.get('Reason'),
      caller.last.headers.has('X-Secret'),
    ]).toEqual([status, reason, '399 bob "x"', '60', 'SIP;cause=200', false]);
    expect(caller.last.headers.get('Contact')).toBe(status === 302 ? '<sip:bob2@example.com>' : undefined);
    expect([metrics.values.get('im_sessions_active'), metrics.values.get('msrp_sessions_active'), core.of('BYE').length]).toEqual([
      0, 0, 0,
    ]);
  });

  it.each([
    ['no SDP', new Uint8Array(0)],
    ['a secure connection nobody offered', 'TLS'],
    ['actpass, which is no answer (RFC 6135 §4.2)', 'actpass'],
  ])('is 488, and BYE for the callee, when that answers with %s (RFC 3261 §13.2.2.4)', async (_what, answer) => {
    const { toBob, caller, core, metrics } = await invited();
    const text = utf8Text(answerTo(toBob.request.body));
    accept(toBob, {
      body:
        answer === 'TLS'
          ? utf8(text.replace('TCP/MSRP', 'TCP/TLS/MSRP'))
          : answer === 'actpass'
            ? utf8(text.replace('setup:active', 'setup:actpass'))
            : new Uint8Array(0),
    });
    expect(caller.statuses).toEqual([488]);
    expect(core.acks).toHaveLength(1);
    expect(core.of('BYE').map(({ request }) => request.uri)).toEqual(['sip:bob@192.0.2.12']);
    expect(metrics.values.get('msrp_sessions_active')).toBe(0);
  });
});

describe('CANCEL', () => {
  it('is 487 for the caller and CANCEL for the callee (RFC 3261 §9)', async () => {
    const { toBob, caller, metrics } = await invited();
    caller.onCancelled?.();
    expect(caller.statuses).toEqual([487]);
    expect(toBob.cancelled).toBe(true);
    toBob.handlers.response(respondTo(toBob.request, 487, { toTag: 'b1' }));
    expect(caller.statuses).toEqual([487]);
    expect([metrics.values.get('im_sessions_active'), metrics.values.get('msrp_sessions_active')]).toEqual([0, 0]);
  });

  it("that crosses the callee's 200 is ACK and BYE (RFC 3261 §9.1)", async () => {
    const { toBob, caller, core } = await invited();
    caller.onCancelled?.();
    accept(toBob);
    expect(core.acks).toHaveLength(1);
    expect(core.of('BYE').map(({ request }) => request.uri)).toEqual(['sip:bob@192.0.2.12']);
    expect(caller.statuses).toEqual([487]);
  });

  it('during admission stops the INVITE before it reaches anybody (RFC 3261 §9.2)', async () => {
    let admit: (() => void) | undefined;
    const { receive, core, clock } = await scene({
      admission: {
        admit: () =>
          new Promise((resolve) => {
            admit = () => resolve({ admitted: true });
          }),
      },
    });
    const exchange = await receive(inviteOf(), 'terminating', 'sip:bob@example.com');
    exchange.onCancelled?.();
    admit?.();
    await clock.settle();
    expect(exchange.statuses).toEqual([487]);
    expect(core.sent).toEqual([]);
  });

  it('may be a BYE in the early dialog (RFC 3261 §15.1.2)', async () => {
    const up = await invited();
    up.toBob.handlers.response(respondTo(up.toBob.request, 180, { toTag: 'b1' }));
    const bye = await up.receive(within('alice', up, 'BYE', 2));
    expect(bye.statuses).toEqual([200]);
    expect(up.caller.statuses).toEqual([180, 487]);
    expect(up.toBob.cancelled).toBe(true);
  });
});

describe('a 2xx of the callee', () => {
  it('that comes again gets the same ACK again (RFC 3261 §13.2.2.4)', async () => {
    const { toBob, core, caller } = await invited();
    accept(toBob);
    accept(toBob);
    expect(core.acks.map(({ uri, cseq, toTag }) => [uri, cseq?.number, toTag])).toEqual([1, 2].map(() => ['sip:bob@192.0.2.12', 1, 'b1']));
    expect(caller.statuses).toEqual([200]);
  });

  it('of another branch gets ACK and BYE (RFC 3261 §13.2.2.4)', async () => {
    const { toBob, core, caller } = await invited();
    accept(toBob);
    accept(toBob, { tag: 'b2' });
    expect(core.acks.map(({ toTag }) => toTag)).toEqual(['b1', 'b2']);
    expect(core.of('BYE').map(({ request }) => request.toTag)).toEqual(['b2']);
    expect(caller.statuses).toEqual([200]);
  });
});

describe('admission', () => {
  it('is asked for both sides with the asserted identity, never From (RFC 3325)', async () => {
    const questions: AdmissionQuestion[] = [];
    const { receive } = await scene({ admission: { admit: async (question) => (questions.push(question), { admitted: true }) } });
    const request = inviteOf();
    request.headers.set('From', '<sip:mallory@example.com>;tag=a1');
    await receive(request, 'originating', 'sip:alice@example.com');
    await receive(request, 'terminating', 'sip:bob@example.com');
    const question = { sender: 'sip:alice@example.com', recipient: 'sip:bob@example.com', mode: 'session' };
    expect(questions).toEqual([question, question]);
  });

  it.each(['originating', 'terminating'] as const)('that refuses on the %s side is the answer, with its reason', async (sessionCase) => {
    const { receive, core } = await scene({ admission: { admit: async () => ({ admitted: false, status: 403, reason: 'Blocked' }) } });
    const exchange = await receive(
      inviteOf(),
      sessionCase,
      sessionCase === 'originating' ? 'sip:alice@example.com' : 'sip:bob@example.com',
    );
    expect([exchange.last.status, exchange.last.reason]).toEqual([403, 'Blocked']);
    expect(core.sent).toEqual([]);
  });

  it('of a caller of ours to a user of ours hands the INVITE back untouched: one media hop (DESIGN, walks)', async () => {
    const { receive, core, metrics } = await scene();
    const request = inviteOf();
    const exchange = await receive(request, 'originating', 'sip:alice@example.com');
    expect(core.sent.map((sent) => [sent.request, sent.originalDialog])).toEqual([[request, 'od-originating']]);
    expect(metrics.values.get('msrp_sessions_active') ?? 0).toBe(0);
    exchange.onCancelled?.();
    expect(core.sent[0]?.cancelled).toBe(true);
  });

  it('to a user of another domain puts the originating side on the media path (FACTS §3)', async () => {
    const { receive, core, media } = await scene();
    await receive(inviteOf({ uri: 'sip:carol@elsewhere.example' }), 'originating', 'sip:alice@example.com');
    const [sent] = core.of('INVITE');
    const uri = sent === undefined ? '' : (sdpOf(sent.request).path[0] ?? '');
    expect(sent?.request.uri).toBe('sip:carol@elsewhere.example');
    expect(media.ownerOf(uri)).toBe('sip:carol@elsewhere.example');
  });
});
