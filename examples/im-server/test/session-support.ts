/* Users of a whole server who talk in sessions, over real sockets. */
import { onTestFinished } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { MsrpEndpoint, type IncomingMessage, type MessageReport, type MessageSession } from '@simple-im/msrp';
import { formatMsrpAnswer, formatMsrpOffer, parseMsrpSdp, type MediaToWrite, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { SipRequest, SipResponse, UaDialog, UaInvite } from '@simple-im/sip';
import { nodeClock, nodeNetwork, nodeRandom } from '@simple-im/transport/node';
import type { TestUser } from './support.js';

export interface Got {
  readonly contentType: string;
  readonly messageId: string;
  readonly text: string;
}

/** One end of a session: what came, and what was reported. */
export interface End {
  readonly media: MessageSession;
  readonly got: Got[];
  readonly reports: MessageReport[];
}

export function msrp(): MsrpEndpoint {
  const endpoint = new MsrpEndpoint({ network: nodeNetwork, clock: nodeClock, random: nodeRandom });
  onTestFinished(() => endpoint.close());
  return endpoint;
}

/** `got` is where messages go to; each is read whole. */
export function endOf(endpoint: MsrpEndpoint, got: Got[] = []): End {
  const media = endpoint.createSession({});
  const reports: MessageReport[] = [];
  media.attach({ message: (message) => void read(message, got), report: (report) => reports.push(report) });
  return { media, got, reports };
}

async function read(message: IncomingMessage, got: Got[]): Promise<void> {
  const { contentType, messageId } = message;
  const place = got.length;
  got.push({ contentType, messageId, text: '' });
  got[place] = { contentType, messageId, text: utf8Text(await message.bytes()) };
}

export function descriptionOf(media: MessageSession, more: Partial<MsrpMedia> = {}): MediaToWrite {
  return { address: { host: '127.0.0.1', port: 9 }, path: [media.uri], acceptTypes: ['text/plain', 'message/cpim'], setup: 'active', ...more };
}

export interface Call extends End {
  readonly dialog: UaDialog;
  readonly response: SipResponse;
  readonly answer: MsrpMedia;
  readonly ended: Promise<unknown>;
}

/** Invites, connects, and leaves at the end of the test. Rejects as the user agent does. */
export async function call(user: TestUser, to: string, headers: readonly (readonly [string, string])[] = []): Promise<Call> {
  const end = endOf(msrp());
  const invite = user.ua.invite(to, {
    contentType: 'application/sdp', body: utf8(formatMsrpOffer(descriptionOf(end.media), { sessionId: 1, version: 1 })), headers: [...headers],
  });
  const { response, dialog } = await invite.answered;
  invite.ack();
  const ended = new Promise((resolve) => { dialog.onTerminated = resolve; });
  onTestFinished(async () => {
    if (dialog.dialog.state !== 'terminated') await dialog.bye();
  });
  const answer = parseMsrpSdp(response.body);
  await end.media.connect(answer.path);
  return { ...end, dialog, response, answer, ended };
}

/** How a user's device takes sessions: every invitation, every message in the order it came, and how each session ended. */
export interface Device {
  readonly invitations: SipRequest[];
  readonly got: Got[];
  readonly ends: End[];
  readonly dialogs: UaDialog[];
  /** Sessions that were ended by the other side. */
  over: number;
}

/** Takes every session; `refuse` says what an invitation is refused with instead. */
export function answering(user: TestUser, options: { readonly refuse?: (request: SipRequest) => number | undefined; readonly media?: Partial<MsrpMedia> } = {}): Device {
  const device: Device = { invitations: [], got: [], ends: [], dialogs: [], over: 0 };
  const endpoint = msrp();
  user.ua.handle('INVITE', async (invite: UaInvite) => {
    device.invitations.push(invite.request);
    const status = options.refuse?.(invite.request);
    if (status !== undefined) return invite.respond(status);
    const end = endOf(endpoint, device.got);
    device.ends.push(end);
    const answer = formatMsrpAnswer(invite.request.body, descriptionOf(end.media, options.media), { sessionId: 1, version: 1 });
    const accepted = invite.accept({ contentType: 'application/sdp', body: utf8(answer) });
    await end.media.connect(parseMsrpSdp(invite.request.body).path);
    const dialog = await accepted;
    device.dialogs.push(dialog);
    dialog.onTerminated = () => { device.over += 1; };
  });
  return device;
}

export function cpim(text: string, id: string, asks = 'positive-delivery', from = 'alice', to = 'bob'): Uint8Array {
  return utf8([
    `From: <sip:${from}@example.com>`, `To: <sip:${to}@example.com>`, 'DateTime: 2026-01-01T00:00:00Z', 'NS: imdn <urn:ietf:params:imdn>',
    `imdn.Message-ID: ${id}`, `imdn.Disposition-Notification: ${asks}`, '', 'Content-Type: text/plain', '', text,
  ].join('\r\n'));
}
