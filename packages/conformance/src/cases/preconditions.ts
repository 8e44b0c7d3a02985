/* What many cases build on. A step that fails here makes a case inconclusive, never failed. */
import type { CaseContext } from '../case.js';
import { dialogOfCallee, dialogOfCaller, type Dialog } from '../dialog.js';
import { check, equal, fail, precondition } from '../expectation.js';
import type { MsrpEndpoint } from '../msrp-endpoint.js';
import type { MsrpPeer } from '../raw-msrp.js';
import { SipMessage, userPart, type SipPeer, type User } from '../raw-sip.js';
import { header } from '../sip-text.js';
import type { SipTransport } from '../target-address.js';
import { bodiless, ok } from './im-7/frames.js';
import { credentialsFor } from './steps.js';
import { accept, attributes, fields, inDialog, invite, messageMedia, register, withinDialog } from './templates.js';

/** A peer whose user is registered at it for ten minutes, for the IM service and with these parameters of its Contact. */
export async function registered(context: CaseContext, user: User, transport?: SipTransport, parameters = ''): Promise<SipPeer> {
  return registeredAs(context, user, `;+g.oma.sip-im${parameters}`, transport);
}

/** The same, with no parameters but these. With a reg-id it asks for its connection to be kept (RFC 5626 §4.2). */
export async function registeredAs(context: CaseContext, user: User, parameters: string, transport?: SipTransport): Promise<SipPeer> {
  const peer = await context.sip({ user, ...(transport === undefined ? {} : { transport }) });
  const lines = [`Contact: <${peer.contact}>${parameters}`, 'Expires: 600'];
  await precondition(`${user.aor} registers`, async () => {
    const supported = parameters.includes(';reg-id=') ? ['Supported: path, outbound, gruu'] : [];
    equal('the status', (await peer.request(register, fields(...lines, ...supported))).status, 200);
  });
  peer.newCall();
  return peer;
}

export const callerPath = 'msrp://127.0.0.1:9/conformancecaller;tcp';
export const calleePath = 'msrp://127.0.0.1:9/conformancecallee;tcp';

/** An INVITE that has reached the invited user and has no final response. */
export interface Invitation {
  readonly caller: SipPeer;
  readonly callee: SipPeer;
  /** As the caller sent it. */
  readonly sent: SipMessage;
  /** As the callee got it. */
  readonly arrived: SipMessage;
}

/** Invites the second user of the case from the first. Without media that is for a session whose MSRP is not looked at. */
export async function invited(context: CaseContext, media = messageMedia('active', callerPath), template = invite): Promise<Invitation> {
  const [from, to] = [context.users[0]!, context.users[1]!];
  const [caller, callee] = [await registered(context, from), await registered(context, to)];
  return precondition('an INVITE arrives', () => inviting(caller, callee, from, to, media, template));
}

/** The same of registered users, where whether it arrives is what the case is about. */
export async function inviting(caller: SipPeer, callee: SipPeer, from: User, to: User, media: string, template = invite): Promise<Invitation> {
  const authorization = await credentialsFor(caller, from, 'INVITE', to.aor);
  const octets = caller.send(template, { recipient: to.aor, authorization, media });
  return { caller, callee, sent: new SipMessage({ octets, reply: () => undefined }), arrived: await callee.expect('INVITE ') };
}

/** A session both users agreed to, without its MSRP connections. */
export interface Call extends Invitation {
  /** The 200 the caller got. */
  readonly accepted: SipMessage;
  /** What later requests of each side are filled with: `caller.request(inDialog('BYE'), callerDialog)`. */
  readonly callerDialog: Dialog;
  readonly calleeDialog: Dialog;
}

/** The callee accepts; the caller gets a 200 and sends its ACK. */
export async function accepted(invitation: Invitation, media = messageMedia('active', calleePath)): Promise<Call> {
  const { caller, callee, arrived } = invitation;
  const octets = callee.respond(arrived, accept, { media });
  const response = await caller.expect('SIP/2.0 200');
  const callerDialog = dialogOfCaller(response);
  acknowledge(invitation, response);
  await precondition('an ACK arrives at the callee', () => callee.expect('ACK '));
  return { ...invitation, accepted: response, callerDialog, calleeDialog: dialogOfCallee(arrived, header(octets, 'To') ?? '') };
}

/** The caller's ACK to a final response: to a 2xx along the dialog (RFC 3261 §13.2.2.4), else as §17.1.1.3 says. */
export function acknowledge({ caller, sent }: Pick<Invitation, 'caller' | 'sent'>, response: SipMessage): void {
  const cseq = response.header('CSeq')?.split(' ')[0] ?? '';
  if ((response.status ?? 0) < 300) caller.send(inDialog('ACK'), { ...dialogOfCaller(response), cseq });
  else caller.send(hopByHop('ACK'), { ...ofInvite(sent), to: response.header('To') ?? '', reason: '' });
}

/** CANCEL of the INVITE (RFC 3261 §9.1), perhaps with a Reason line (RFC 3326). */
export function cancel({ caller, sent }: Pick<Invitation, 'caller' | 'sent'>, reason = ''): void {
  caller.send(hopByHop('CANCEL'), { ...ofInvite(sent), reason });
}

function hopByHop(method: 'ACK' | 'CANCEL'): string {
  return `
    ${method} {uri} SIP/2.0
    Via: {via}
    Max-Forwards: 70
    From: {from}
    To: {to}
    Call-ID: {callId}
    CSeq: {number} ${method}
    {reason}
    Content-Length: 0
  `;
}

function ofInvite(sent: SipMessage): Record<'uri' | 'via' | 'from' | 'to' | 'callId' | 'number', string> {
  return {
    uri: sent.startLine.split(' ')[1] ?? '', via: sent.header('Via') ?? '', from: sent.header('From') ?? '', to: sent.header('To') ?? '',
    callId: sent.header('Call-ID') ?? '', number: sent.header('CSeq')?.split(' ')[0] ?? '',
  };
}

/** The caller hangs up; what the callee gets is answered. */
export async function hungUp({ caller, callee, callerDialog }: Call): Promise<void> {
  await ended(caller, callerDialog, callee);
}

/** The callee hangs up; what the caller gets is answered. */
export async function hungUpByCallee({ caller, callee, calleeDialog }: Call): Promise<void> {
  await ended(callee, calleeDialog, caller);
}

async function ended(from: SipPeer, dialog: Dialog, other: SipPeer): Promise<void> {
  const answered = from.request(inDialog('BYE'), dialog);
  answered.catch(() => undefined);
  other.respond(await other.expect('BYE '), withinDialog('200 OK'));
  const { status = 0 } = await answered;
  check(status >= 200 && status < 300, `the status of the BYE is ${status}, expected 200`);
}

/** A session between two users, over the target, with the media of each side; the first SEND has bound both. */
export interface Session extends Call {
  readonly callerMedia: MsrpPeer;
  readonly calleeMedia: MsrpPeer;
}

/** Sets up a session between the first and the second user of the case. */
export async function session(context: CaseContext): Promise<Session> {
  return precondition('a session is set up', () => sessionSetUp(context));
}

/** The same, where how it is set up is what the case is about. */
export async function sessionSetUp(context: CaseContext): Promise<Session> {
  const [from, to] = [context.users[0]!, context.users[1]!];
  const [caller, callee] = [await registered(context, from), await registered(context, to)];
  const [own, theirs] = [await endpoint(context, caller, from), await endpoint(context, callee, to)];
  const invitation = await inviting(caller, callee, from, to, messageMedia('actpass', own.uri, own.port));
  // Who offers without a=setup connects (RFC 4975 §5.4).
  const offered = setupOf(invitation.arrived);
  const answered = offered === 'actpass' || offered === 'passive' ? 'active' : 'passive';
  const call = await accepted(invitation, messageMedia(answered, theirs.uri, theirs.port));
  const toCallee = pathOf(call.arrived);
  const calleeMedia = answered === 'active' ? await connected(theirs, toCallee) : await connectedTo(theirs, toCallee);
  const toCaller = pathOf(call.accepted);
  const callerMedia = setupOf(call.accepted) === 'active' ? await connectedTo(own, toCaller) : await connected(own, toCaller);
  return { ...call, callerMedia, calleeMedia };
}

export const endpoint = (context: CaseContext, { localHost }: SipPeer, { aor }: User): Promise<MsrpEndpoint> =>
  context.msrpEndpoint(localHost, userPart(aor) ?? '');
export const setupOf = (message: SipMessage): string | undefined => attributes(message.body, 'setup')[0];

export function pathOf(message: SipMessage): string {
  return attributes(message.body, 'path')[0] ?? fail(`the SDP of "${message.startLine}" has no a=path`);
}

/** The active side sends at once, so that the other knows whose connection it is (RFC 4975 §5.4). */
export async function connected(own: MsrpEndpoint, path: string): Promise<MsrpPeer> {
  const media = await own.connect(path);
  const response = await media.expectResponse(media.send(bodiless), 200);
  equal('the From-Path of the 200 to the first SEND', response.header('From-Path'), path.split(' ')[0]);
  equal('the To-Path of the 200 to the first SEND', response.header('To-Path'), own.uri);
  return media;
}

/** The target is the active side. */
export async function connectedTo(own: MsrpEndpoint, path: string): Promise<MsrpPeer> {
  const media = own.accept(path);
  media.respond(await media.expectRequest('SEND'), ok);
  return media;
}
