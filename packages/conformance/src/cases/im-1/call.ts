/* An INVITE for a session from one user to another, step by step: what `session` in preconditions.ts does in one. */
import type { CaseContext } from '../../case.js';
import { equal, precondition } from '../../expectation.js';
import { dialogOfCaller, SipMessage, type SipPeer } from '../../raw-sip.js';
import { registered } from '../preconditions.js';
import { credentials } from './steps.js';

/** `{recipient}` is invited; `{media}` are the m-lines of the offer with their attributes. */
export const invite = `
  INVITE {recipient} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{recipient}>
  Call-ID: {callId}
  CSeq: {cseq} INVITE
  Contact: <{contact}>;+g.oma.sip-im
  Accept-Contact: *;+g.oma.sip-im
  {authorization}
  Content-Type: application/sdp
  Content-Length: {length}

  v=0
  o=- 1 1 IN IP4 {localHost}
  s=-
  c=IN IP4 {localHost}
  t=0 0
  {media}
`;

/** The answer of the invited user. */
const answer = `
  SIP/2.0 200 OK
  {vias}
  {recordRoutes}
  From: {from}
  To: {to};tag={toTag}
  Call-ID: {callId}
  CSeq: {cseq}
  Contact: <{contact}>
  Content-Type: application/sdp
  Content-Length: {length}

  v=0
  o=- 1 1 IN IP4 {localHost}
  s=-
  c=IN IP4 {localHost}
  t=0 0
  {media}
`;

/** Media of a message session. */
export function messageMedia(setup: 'active' | 'actpass', path: string): string {
  return ['m=message 9 TCP/MSRP *', 'a=accept-types:text/plain', `a=setup:${setup}`, `a=path:${path}`].join('\r\n');
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

/** Invites the second user from the first, both registered. */
export async function invited(context: CaseContext, media = messageMedia('active', callerPath)): Promise<Invitation> {
  const [from, to] = context.users;
  const caller = await registered(context, from!);
  const callee = await registered(context, to!);
  const authorization = await credentials(caller, from!, 'INVITE', to!.aor);
  return precondition('an INVITE arrives', async () => {
    const octets = caller.send(invite, { recipient: to!.aor, authorization, media });
    return { caller, callee, sent: new SipMessage({ octets, reply: () => undefined }), arrived: await callee.expect('INVITE ') };
  });
}

/** A session both users agreed to, without its MSRP connections. */
export interface Call extends Invitation {
  /** The 200 the caller got. */
  readonly accepted: SipMessage;
  /** For requests of the caller within the dialog. */
  readonly dialog: ReturnType<typeof dialogOfCaller>;
}

/** The callee accepts; the caller gets a 200 and sends its ACK. */
export async function accepted(invitation: Invitation): Promise<Call> {
  const { caller, callee, arrived } = invitation;
  callee.respond(arrived, answer, { media: messageMedia('active', calleePath) });
  const response = await caller.expect('SIP/2.0 200');
  const dialog = dialogOfCaller(response);
  caller.send(inDialog('ACK').replace('{cseq} ACK', response.header('CSeq')?.replace(/\s*INVITE/, ' ACK') ?? '1 ACK'), dialog);
  await precondition('an ACK arrives at the callee', () => callee.expect('ACK '));
  return { ...invitation, accepted: response, dialog };
}

/** A request of the caller within the dialog: `{target} {routes} {remote}`. */
export function inDialog(method: 'ACK' | 'BYE'): string {
  return `
    ${method} {target} SIP/2.0
    Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
    Max-Forwards: 70
    {routes}
    From: <{aor}>;tag={tag}
    To: {remote}
    Call-ID: {callId}
    CSeq: {cseq} ${method}
    {authorization}
    Content-Length: 0
  `;
}

/** The caller hangs up; whatever the callee gets is answered. */
export async function hungUp({ caller, callee, dialog }: Call): Promise<void> {
  const answered = caller.request(inDialog('BYE'), dialog);
  answered.catch(() => undefined);
  const bye = await callee.expect('BYE ');
  callee.respond(bye, withinDialog('200 OK'));
  equal('the status of the BYE', (await answered).status, 200);
}

/** A response within a dialog: its To has a tag. */
export function withinDialog(status: string): string {
  return `
    SIP/2.0 ${status}
    {vias}
    From: {from}
    To: {to}
    Call-ID: {callId}
    CSeq: {cseq}
    Content-Length: 0
  `;
}

/** The ACK to a refusal (RFC 3261 §17.1.1.3). */
export function acknowledge({ caller, sent }: Invitation, refusal: SipMessage): void {
  caller.send(`
    ACK {uri} SIP/2.0
    Via: {via}
    Max-Forwards: 70
    From: {from}
    To: {to}
    Call-ID: {callId}
    CSeq: {number} ACK
    Content-Length: 0
  `, { ...ofInvite(sent), to: refusal.header('To') ?? '' });
}

/** CANCEL of the INVITE (RFC 3261 §9.1). */
export function cancel({ caller, sent }: Invitation): void {
  caller.send(`
    CANCEL {uri} SIP/2.0
    Via: {via}
    Max-Forwards: 70
    From: {from}
    To: {to}
    Call-ID: {callId}
    CSeq: {number} CANCEL
    Content-Length: 0
  `, ofInvite(sent));
}

function ofInvite(sent: SipMessage): Record<'uri' | 'via' | 'from' | 'to' | 'callId' | 'number', string> {
  return {
    uri: sent.startLine.split(' ')[1] ?? '', via: sent.header('Via') ?? '', from: sent.header('From') ?? '', to: sent.header('To') ?? '',
    callId: sent.header('Call-ID') ?? '', number: sent.header('CSeq')?.split(' ')[0] ?? '',
  };
}
