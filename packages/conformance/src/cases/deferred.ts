/* Messages that are kept for users who are away and come when they register: what the cases on them share. */
import type { CaseContext } from '../case.js';
import { check, equal, precondition } from '../expectation.js';
import type { SipMessage, SipPeer, User } from '../raw-sip.js';
import type { SipTransport } from '../target-address.js';
import { registered } from './preconditions.js';
import { fields, finalResponse, message, register } from './templates.js';

export const needsDeferred = ['registrar', 'pager', 'deferred'] as const;

/** A MESSAGE with `{body}` of `{type}`. */
export const messageWith = message.replace('text/plain', '{type}').replace('Watson, come here.', '{body}');

/** From somebody who does not want to be known (RFC 3323 §4.1.1.3); its credentials are of the sender. */
export const anonymously = messageWith.replace('From: <{aor}>', 'From: "Anonymous" <sip:anonymous@anonymous.invalid>');

export interface Sending {
  /** `text/plain` by default. */
  readonly type?: string;
  readonly template?: string;
  /** Header lines. */
  readonly lines?: readonly string[];
}

/** A MESSAGE to this user and its final response. What arrives has a line end behind the body. */
export function sending(sender: SipPeer, { aor }: User, body: string, { type = 'text/plain', template = messageWith, lines = [] }: Sending = {}): Promise<SipMessage> {
  return sender.request(template, { recipient: aor, type, body, ...fields(...lines) });
}

/** A message for somebody who is away, which the target takes. */
export function kept(sender: SipPeer, to: User, body: string, choice: Sending = {}): Promise<void> {
  return precondition('a message is taken for a user who is away', async () => {
    equal('the status', (await sending(sender, to, body, choice)).status, 202);
  });
}

/** A sender who is registered and a user who is not. */
export async function senderTo(context: CaseContext): Promise<{ readonly alice: SipPeer; readonly to: User }> {
  return { alice: await registered(context, context.users[0]!), to: context.users[1]! };
}

/** Registers the user at a new peer, which from then on gets what was kept. */
export async function back(context: CaseContext, user: User, transport?: SipTransport): Promise<SipPeer> {
  const peer = await context.sip({ user, ...(transport === undefined ? {} : { transport }) });
  await comesBack(peer, `<${peer.contact}>`);
  return peer;
}

/** Registers these contacts of the user of the peer. */
export async function comesBack(peer: SipPeer, ...contacts: readonly string[]): Promise<void> {
  peer.keepRequests();
  await precondition('a user who was away registers', async () => {
    const lines = contacts.map((contact) => `Contact: ${contact};+g.oma.sip-im`);
    equal('the status', (await peer.request(register, fields(...lines, 'Expires: 600'))).status, 200);
  });
  peer.newCall();
}

/** The user of the peer is away from now on. */
export async function leaves(peer: SipPeer): Promise<void> {
  peer.newCall();
  await precondition('a user leaves', async () => equal('the status', (await peer.request(register, fields('Contact: *', 'Expires: 0'))).status, 200));
}

/** The next that comes is a MESSAGE; it is answered with this status. */
export async function takes(peer: SipPeer, status = '200 OK', within?: number): Promise<SipMessage> {
  const arrived = await peer.expect('MESSAGE ', within === undefined ? {} : { within });
  peer.respond(arrived, finalResponse(status));
  return arrived;
}

/** The next that comes is this message, or one that is different and told of as what came instead. */
export async function takesBody(peer: SipPeer, body: string): Promise<SipMessage> {
  const arrived = await takes(peer);
  equal('the body of the message that comes', arrived.body, `${body}\r\n`);
  return arrived;
}

/** Nothing is kept for the user, who is there: a message that is sent now is the next that comes. */
export async function nothingWaits(sender: SipPeer, recipient: SipPeer, to: User): Promise<void> {
  const answered = sending(sender, to, 'the next');
  answered.catch(() => undefined);
  await takesBody(recipient, 'the next');
  await precondition('the message is taken', async () => {
    const { status = 0 } = await answered;
    check(status < 300, `the status is ${status}`);
  });
}


export interface CpimChoice {
  /** Its Message-ID; none for undefined. */
  readonly id?: string | undefined;
  /** Further lines of the head. */
  readonly lines?: readonly string[];
  readonly text?: string;
}

/** A message in the common format (RFC 3862) that asks for notifications (RFC 5438 §6.2), or for none. */
export function cpimAsking(dispositions: string, { id, lines = [], text = 'Watson, come here.' }: CpimChoice = {}): string {
  return [
    'From: Alice <im:alice@example.com>', 'To: Bob <im:bob@example.com>', 'DateTime: 2026-01-01T00:00:00Z', 'NS: imdn <urn:ietf:params:imdn>',
    ...(id === undefined ? [] : [`imdn.Message-ID: ${id}`]),
    ...(dispositions === '' ? [] : [`imdn.Disposition-Notification: ${dispositions}`]),
    ...lines, '', 'Content-Type: text/plain; charset=utf-8', '', text,
  ].join('\r\n');
}
