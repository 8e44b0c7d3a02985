/* Users with MSRP of each kind. */
import { X509Certificate } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { MsrpEndpoint, type IncomingMessage, type MessageSession } from '@simple-im/msrp';
import { fingerprintAttribute, formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp, type MediaToWrite, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { TransportName, UaDialog } from '@simple-im/sip';
import { certificates } from '@simple-im/testkit';
import type { TlsIdentity } from '@simple-im/transport';
import { nodeClock, nodeNetwork, nodeRandom, nodeTls, nodeWebSockets } from '@simple-im/transport/node';
import type { RunningServer } from '../../src/index.js';
import { LOOPBACK, register, userOf, type TestUser } from '../support.js';

export type Kind = 'tcp' | 'tls' | 'ws' | 'wss';
export const KINDS: readonly Kind[] = ['tcp', 'tls', 'ws', 'wss'];

/** What a client with media of a kind speaks SIP over. */
const SIP: Readonly<Record<Kind, TransportName>> = { tcp: 'UDP', tls: 'TLS', ws: 'WS', wss: 'WSS' };

export interface Talker {
  readonly user: TestUser;
  readonly media: MessageSession;
  readonly endpoint: MsrpEndpoint;
  readonly received: Promise<IncomingMessage>;
  /** For its descriptions; with TLS and a certificate of its own the fingerprint of that. */
  describe(setup: 'active' | 'passive' | 'actpass'): MediaToWrite;
}

export interface TalkerOptions {
  readonly sip?: TransportName;
  /** Listens with it, to be connected to. */
  readonly identity?: TlsIdentity;
  /** What it says of its certificate, if not the truth. */
  readonly fingerprint?: string | undefined;
}

export function fingerprintOf({ certificate }: TlsIdentity): string {
  return new X509Certificate(certificate).fingerprint256;
}

export async function talker(server: RunningServer, name: string, kind: Kind, options: TalkerOptions = {}): Promise<Talker> {
  const user = await userOf(server, name, { transport: options.sip ?? SIP[kind] });
  await register(user);
  const endpoint = new MsrpEndpoint({
    network: nodeNetwork, tls: nodeTls, webSockets: nodeWebSockets, clock: nodeClock, random: nodeRandom, tlsOptions: { trusted: certificates.root },
  });
  onTestFinished(() => endpoint.close());
  const { identity } = options;
  if (identity !== undefined) await endpoint.listenTls({ host: LOOPBACK, port: 0 }, { identity });
  const secure = kind === 'tls' || kind === 'wss';
  const media = endpoint.createSession({ secure, transport: kind === 'ws' || kind === 'wss' ? 'ws' : 'tcp' });
  const received = new Promise<IncomingMessage>((resolve) => media.attach({ message: resolve }));
  const fingerprint = 'fingerprint' in options ? options.fingerprint : identity && fingerprintOf(identity);
  return {
    user, endpoint, media, received,
    describe: (setup) => ({
      address: { host: LOOPBACK, port: 9 }, path: [media.uri], acceptTypes: ['text/plain'], secure, setup,
      attributes: fingerprint === undefined ? [] : [fingerprintAttribute(fingerprint)],
    }),
  };
}

/** What the server said to either side. */
export interface Talk {
  readonly offer: MsrpMedia;
  readonly answer: MsrpMedia;
  readonly caller: UaDialog;
}

/** Alice invites, Bob accepts; whoever is active connects. Both are bound when this resolves. */
export async function talk(alice: Talker, bob: Talker, bobs: 'active' | 'passive' = 'active'): Promise<Talk> {
  const offered = new Promise<MsrpMedia>((resolve, reject) => {
    bob.user.ua.handle('INVITE', async (invite) => {
      const offer = parseMsrpSdp(invite.request.body);
      const answer = formatMsrpAnswer(invite.request.body, bob.describe(bobs), { sessionId: 1, version: 1 });
      const bound = bobs === 'active' ? undefined : bob.media.accept(offer.path);
      const accepted = invite.accept({ contentType: 'application/sdp', body: utf8(answer) });
      if (bobs === 'active') await bob.media.connect(offer.path);
      await Promise.all([bound, accepted]).then(() => resolve(offer), reject);
    });
  });
  const invite = alice.user.ua.invite('sip:bob@example.com', {
    contentType: 'application/sdp', body: utf8(formatMsrpOffer(alice.describe('actpass'), { sessionId: 1, version: 1 })),
  });
  const { response, dialog } = await invite.answered;
  onTestFinished(async () => { if (dialog.dialog.state !== 'terminated') await dialog.bye(); });
  invite.ack();
  const answer = parseMsrpSdp(response.body);
  await alice.media.connect(answer.path);
  return { offer: await offered, answer, caller: dialog };
}
