import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { MsrpEndpoint, type IncomingMessage, type MessageReport, type MessageSession } from '@simple-im/msrp';
import { formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { UaDialog } from '@simple-im/sip';
import { nodeClock, nodeNetwork, nodeRandom } from '@simple-im/transport/node';
import { onTestFinished } from 'vitest';
import { register, serverWith, userOf, type TestUser } from './support.js';
import type { RunningServer } from '../src/index.js';

interface Talker {
  readonly user: TestUser;
  readonly media: MessageSession;
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
  return { user, media, received, reports };
}

function mediaOf(talking: Talker, setup: 'active'): Omit<MsrpMedia, 'attributes' | 'direction' | 'secure'> {
  return { address: { host: '127.0.0.1', port: 9 }, path: [talking.media.uri], acceptTypes: ['text/plain', 'message/cpim'], setup };
}

/** Alice invites, Bob accepts at once; both are bound when this resolves. */
async function talk(alice: Talker, bob: Talker): Promise<{ caller: UaDialog; callee: Promise<UaDialog> }> {
  const callee = new Promise<UaDialog>((resolve, reject) => {
    bob.user.ua.handle('INVITE', async (invite) => {
      const offer = parseMsrpSdp(invite.request.body);
      invite.respond(180);
      const accepted = invite.accept({ contentType: 'application/sdp', body: utf8(formatMsrpAnswer(invite.request.body, mediaOf(bob, 'active'), { sessionId: 1, version: 1 })) });
      await bob.media.connect(offer.path);
      accepted.then(resolve, reject);
    });
  });
  const invite = alice.user.ua.invite('sip:bob@example.com', { contentType: 'application/sdp', body: utf8(formatMsrpOffer(mediaOf(alice, 'active'), { sessionId: 1, version: 1 })) });
  const { response, dialog } = await invite.answered;
  invite.ack();
  await alice.media.connect(parseMsrpSdp(response.body).path);
  return { caller: dialog, callee };
}

async function textOf(message: IncomingMessage): Promise<string> {
  return utf8Text(await message.bytes());
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
    const ended = new Promise((resolve) => { bobs.onTerminated = resolve; });
    expect((await caller.bye()).status).toBe(200);
    expect(await ended).toBe('remote');
  });
});
