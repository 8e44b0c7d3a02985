import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProtocolError, utf8, utf8Text } from '@simple-im/grammar';
import { MsrpEndpoint, type IncomingMessage, type MessageReport, type MessageSession } from '@simple-im/msrp';
import { formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import { responseOf, type AnsweredInvite, type OutgoingInvite, type SipResponse, type UaDialog } from '@simple-im/sip';
import { nodeClock, nodeNetwork, nodeRandom } from '@simple-im/transport/node';
import { register, serverWith, userOf, type TestUser } from './support.js';
import type { Admission, AdmissionQuestion, RunningServer } from '../src/index.js';

interface Talker {
  readonly user: TestUser;
  readonly media: MessageSession;
  readonly endpoint: MsrpEndpoint;
  readonly received: Promise<IncomingMessage>;
  readonly reports: MessageReport[];
}

async function talker(server: RunningServer, name: string, transport: 'UDP' | 'TCP' = 'TCP'): Promise<Talker> {
  const user = await userOf(server, name, { transport });
  await register(user);
  const endpoint = new MsrpEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom });
  onTestFinished(() => endpoint.close());
  const media = endpoint.createSession({});
  const reports: MessageReport[] = [];
  const received = new Promise<IncomingMessage>((resolve) => media.attach({ message: resolve, report: (report) => reports.push(report) }));
  return { user, endpoint, media, received, reports };
}

function mediaOf(talking: Talker, setup: 'active'): Omit<MsrpMedia, 'attributes' | 'direction' | 'secure'> {
  return { address: { host: '127.0.0.1', port: 9 }, path: [talking.media.uri], acceptTypes: ['text/plain', 'message/cpim'], setup };
}

function inviteFrom(alice: Talker): OutgoingInvite {
  return alice.user.ua.invite('sip:bob@example.com', {
    contentType: 'application/sdp',
    body: utf8(formatMsrpOffer(mediaOf(alice, 'active'), { sessionId: 1, version: 1 })),
  });
}

/** What an INVITE was refused with. */
async function refusalOf(answered: Promise<AnsweredInvite>): Promise<SipResponse | undefined> {
  try {
    await answered;
    return undefined;
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return responseOf(error);
  }
}

/** Alice invites, Bob accepts at once; both are bound when this resolves. */
async function talk(alice: Talker, bob: Talker): Promise<{ caller: UaDialog; callee: Promise<UaDialog> }> {
  const callee = new Promise<UaDialog>((resolve, reject) => {
    bob.user.ua.handle('INVITE', async (invite) => {
      const offer = parseMsrpSdp(invite.request.body);
      invite.respond(180);
      const accepted = invite.accept({
        contentType: 'application/sdp',
        body: utf8(formatMsrpAnswer(invite.request.body, mediaOf(bob, 'active'), { sessionId: 1, version: 1 })),
      });
      await bob.media.connect(offer.path);
      accepted.then(resolve, reject);
    });
  });
  const invite = inviteFrom(alice);
  const { response, dialog } = await invite.answered;
  onTestFinished(async () => {
    if (dialog.dialog.state !== 'terminated') await dialog.bye();
  });
  invite.ack();
  await alice.media.connect(parseMsrpSdp(response.body).path);
  return { caller: dialog, callee };
}

async function textOf(message: IncomingMessage): Promise<string> {
  return utf8Text(await message.bytes());
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function metric(server: RunningServer, name: string): Promise<number | undefined> {
  const line = (await server.metrics.text()).body.split('\n').find((text) => text.startsWith(`simple_im_${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe.each(['UDP', 'TCP'] as const)('a session over %s', (transport) => {
  it('carries messages both ways through the server (spec 003, steps 2 to 14)', async () => {
    const server = await serverWith();
    const alice = await talker(server, 'alice', transport);
    const bob = await talker(server, 'bob', transport);
    await talk(alice, bob);
    const sent = alice.media.send({ contentType: 'text/plain', body: utf8('Hello Bob') });
    expect(await textOf(await bob.received)).toBe('Hello Bob');
    await sent.accepted;
    const back = bob.media.send({ contentType: 'text/plain', body: utf8('Hello Alice') });
    expect(await textOf(await alice.received)).toBe('Hello Alice');
    await back.accepted;
  });

  it('ends both legs when one ends (spec 003, steps 15 to 18)', async () => {
    const server = await serverWith();
    const alice = await talker(server, 'alice', transport);
    const bob = await talker(server, 'bob', transport);
    const { caller, callee } = await talk(alice, bob);
    const bobs = await callee;
    const ended = new Promise((resolve) => {
      bobs.onTerminated = resolve;
    });
    expect((await caller.bye()).status).toBe(200);
    expect(await ended).toBe('remote');
  });

  it("carries any octets whole, and the receiver's REPORT (RFC 4975 §7.1.3)", async () => {
    const server = await serverWith();
    const alice = await talker(server, 'alice', transport);
    const bob = await talker(server, 'bob', transport);
    await talk(alice, bob);
    const body = randomBytes(1_048_576);
    const sent = alice.media.send({ contentType: 'text/plain', body, successReport: true });
    expect(hashOf(await (await bob.received).bytes())).toBe(hashOf(body));
    await sent.accepted;
    await expect.poll(() => alice.reports).toMatchObject([{ status: 200, range: { start: 1, end: 1_048_576, total: 1_048_576 } }]);
  });

  it('has one media hop and asks for admission twice when both users are local (issue text, spec 003)', async () => {
    const server = await serverWith();
    const alice = await talker(server, 'alice', transport);
    const bob = await talker(server, 'bob', transport);
    const { caller } = await talk(alice, bob);
    expect(await metric(server, 'im_policy_evaluations_total{case="originating",mode="session",result="admitted"}')).toBe(1);
    expect(await metric(server, 'im_policy_evaluations_total{case="terminating",mode="session",result="admitted"}')).toBe(1);
    expect(await metric(server, 'msrp_sessions_active')).toBe(2);
    expect(await metric(server, 'im_sessions_active')).toBe(1);
    await caller.bye();
    await expect.poll(() => metric(server, 'im_sessions_active')).toBe(0);
    expect(await metric(server, 'msrp_sessions_active')).toBe(0);
  });

  it('ends both legs when a media connection is lost (FACTS §3)', async () => {
    const server = await serverWith();
    const alice = await talker(server, 'alice', transport);
    const bob = await talker(server, 'bob', transport);
    const { caller, callee } = await talk(alice, bob);
    const bobs = await callee;
    const ended = Promise.all(
      [caller, bobs].map(
        (dialog) =>
          new Promise((resolve) => {
            dialog.onTerminated = resolve;
          }),
      ),
    );
    await bob.endpoint.close();
    expect(await ended).toEqual(['remote', 'remote']);
  });

  it('passes a refusal on, and CANCEL (RFC 3261 §9, §13.2.2)', async () => {
    const server = await serverWith();
    const alice = await talker(server, 'alice', transport);
    const bob = await talker(server, 'bob', transport);
    bob.user.ua.handle('INVITE', (invite) => invite.respond(486, { headers: [['Retry-After', '7']] }));
    const refused = await refusalOf(inviteFrom(alice).answered);
    expect([refused?.status, refused?.headers.get('Retry-After')]).toEqual([486, '7']);
    const cancelled = new Promise<void>((resolve) => {
      bob.user.ua.handle('INVITE', (invite) => {
        invite.onCancelled = resolve;
        invite.respond(180);
      });
    });
    const ringing = inviteFrom(alice);
    ringing.onProvisional = () => ringing.cancel();
    expect((await refusalOf(ringing.answered))?.status).toBe(487);
    await cancelled;
  });

  it.each(['originating', 'terminating'])(
    'is refused as admission on the %s side says, by the asserted sender (RFC 3325)',
    async (refusing) => {
      const questions: AdmissionQuestion[] = [];
      const admission: Admission = {
        admit: async (question) => {
          questions.push(question);
          return questions.length < (refusing === 'originating' ? 1 : 2)
            ? { admitted: true }
            : { admitted: false, status: 403, reason: 'Blocked' };
        },
      };
      const server = await serverWith([], { admission });
      const alice = await talker(server, 'alice', transport);
      const bob = await talker(server, 'bob', transport);
      bob.user.ua.handle('INVITE', (invite) => invite.respond(500));
      const refused = await refusalOf(inviteFrom(alice).answered);
      expect([refused?.status, refused?.reason]).toEqual([403, 'Blocked']);
      const question = { sender: 'sip:alice@example.com', recipient: 'sip:bob@example.com', mode: 'session' };
    expect(questions).toEqual(refusing === 'originating' ? [question] : [question, question]);
    },
  );

  it('is 480 for a user who is not registered, where nothing is stored (RFC 3261 §21.4.18)', async () => {
    const server = await serverWith(['--deferred', 'off']);
    const alice = await talker(server, 'alice', transport);
    expect((await refusalOf(inviteFrom(alice).answered))?.status).toBe(480);
  });
});
