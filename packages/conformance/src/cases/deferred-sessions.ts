/* Sessions with users who are away, and those in which what was kept comes: what the cases on them share. */
import type { CaseContext } from '../case.js';
import { dialogOfCallee, dialogOfCaller, type Dialog } from '../dialog.js';
import { precondition } from '../expectation.js';
import type { MsrpPeer } from '../raw-msrp.js';
import { SipMessage, type SipPeer, type User } from '../raw-sip.js';
import { header } from '../sip-text.js';
import { acknowledge, connected, connectedTo, endpoint, pathOf, setupOf } from './preconditions.js';
import { credentialsFor } from './steps.js';
import { accept, invite, messageMedia, withinDialog } from './templates.js';

export const needsDeferredSessions = ['registrar', 'pager', 'session', 'deferred', 'deferred-sessions'] as const;

/** A session of a user with the target, which answers for somebody else. */
export interface AnsweredSession {
  readonly caller: SipPeer;
  readonly accepted: SipMessage;
  readonly dialog: Dialog;
  readonly media: MsrpPeer;
}

/** Invites a user who is away; the target must answer for the user. */
export async function answeredFor(context: CaseContext, caller: SipPeer, to: User, template = invite): Promise<AnsweredSession> {
  const from = context.users[0]!;
  const own = await endpoint(context, caller, from);
  const authorization = await credentialsFor(caller, from, 'INVITE', to.aor);
  const octets = caller.send(template, { recipient: to.aor, authorization, media: messageMedia('actpass', own.uri, own.port) });
  const accepted = await caller.expect('SIP/2.0 200');
  acknowledge({ caller, sent: new SipMessage({ octets, reply: () => undefined }) }, accepted);
  const path = pathOf(accepted);
  const media = setupOf(accepted) === 'active' ? await connectedTo(own, path) : await connected(own, path);
  return { caller, accepted, dialog: dialogOfCaller(accepted), media };
}

/** The same, where what is said in the session is what the case is about. */
export function sessionInAbsence(context: CaseContext, caller: SipPeer, to: User, template = invite): Promise<AnsweredSession> {
  return precondition('the target answers for a user who is away', () => answeredFor(context, caller, to, template));
}

/** A session that the target began to deliver what it had kept. */
export interface DeliverySession {
  readonly invitation: SipMessage;
  readonly dialog: Dialog;
  readonly media: MsrpPeer;
}

/** The user accepts an INVITE of the target; lines are added to the media of the answer. */
export async function acceptedDelivery(context: CaseContext, peer: SipPeer, user: User, invitation: SipMessage, ...lines: readonly string[]): Promise<DeliverySession> {
  const own = await endpoint(context, peer, user);
  const offered = setupOf(invitation);
  const answered = offered === 'actpass' || offered === 'passive' ? 'active' : 'passive';
  const octets = peer.respond(invitation, accept, { media: [messageMedia(answered, own.uri, own.port), ...lines].join('\r\n') });
  await precondition('an ACK arrives', () => peer.expect('ACK '));
  const path = pathOf(invitation);
  const media = answered === 'active' ? await connected(own, path) : await connectedTo(own, path);
  return { invitation, dialog: dialogOfCallee(invitation, header(octets, 'To') ?? ''), media };
}

/** The target ends the session. */
export async function endsDelivery(peer: SipPeer): Promise<void> {
  peer.respond(await peer.expect('BYE '), withinDialog('200 OK'));
}
