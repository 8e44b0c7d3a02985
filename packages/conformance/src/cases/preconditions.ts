/* What many cases build on. A step that fails here makes a case inconclusive, never failed. */
import type { CaseContext } from '../case.js';
import { check, equal, fail, precondition } from '../expectation.js';
import type { MsrpPeer } from '../raw-msrp.js';
import { dialogOfCaller, userPart, type SipMessage, type SipPeer, type User } from '../raw-sip.js';

/** A peer whose user is registered at it for ten minutes. */
export async function registered(context: CaseContext, user: User, transport?: 'udp' | 'tcp'): Promise<SipPeer> {
  const peer = await context.sip({ user, ...(transport === undefined ? {} : { transport }) });
  await precondition(`${user.aor} registers`, async () => {
    const response = await peer.request(`
      REGISTER sip:{domain} SIP/2.0
      Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
      Max-Forwards: 70
      From: <{aor}>;tag={tag}
      To: <{aor}>
      Call-ID: {callId}
      CSeq: {cseq} REGISTER
      Contact: <{contact}>;+g.oma.sip-im
      Expires: 600
      {authorization}
      Content-Length: 0
    `);
    equal('the status', response.status, 200);
  });
  peer.newCall();
  return peer;
}

/** A session between two users, over the target. */
export interface Session {
  readonly caller: SipPeer;
  readonly callee: SipPeer;
  /** The media of each side; a bodiless SEND has bound both. */
  readonly callerMedia: MsrpPeer;
  readonly calleeMedia: MsrpPeer;
  /** `{target}`, `{routes}`, `{remote}` for requests of the caller within the dialog; its Call-ID and tag are the caller's still. */
  readonly dialog: { readonly target: string; readonly routes: string; readonly remote: string };
}

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
  m=message 9 TCP/MSRP *
  a=accept-types:text/plain message/cpim
  a=setup:active
  a=path:{path}
`;

const pathOf = (message: SipMessage): string => /^a=path:(.+?)\r?$/m.exec(message.body)?.[1] ?? fail('its SDP has no a=path');

/** Invites `user` of the second peer from the first; ends with both MSRP connections bound. */
export async function session(context: CaseContext, from: User, to: User): Promise<Session> {
  const [caller, callee] = [await registered(context, from), await registered(context, to)];
  return precondition('a session is set up', async () => {
    const [callerUri, calleeUri] = [ownMsrpUri(caller, from), ownMsrpUri(callee, to)];
    const answered = caller.request(`
      INVITE ${to.aor} SIP/2.0
      Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
      Max-Forwards: 70
      From: <{aor}>;tag={tag}
      To: <${to.aor}>
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
      m=message 9 TCP/MSRP *
      a=accept-types:text/plain message/cpim
      a=setup:active
      a=path:{path}
    `, { path: callerUri });
    // Whoever fails first is reported; the other must not be an unhandled rejection.
    answered.catch(() => undefined);
    const invite = await callee.expect('INVITE ');
    callee.respond(invite, answer, { path: calleeUri });
    const calleeMedia = await context.msrp(pathOf(invite), calleeUri);
    const accepted = await answered;
    equal('the answer to INVITE', accepted.status, 200);
    const dialog = dialogOfCaller(accepted);
    caller.send(`
      ACK {target} SIP/2.0
      Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
      Max-Forwards: 70
      {routes}
      From: <{aor}>;tag={tag}
      To: {remote}
      Call-ID: {callId}
      CSeq: ${accepted.header('CSeq')?.split(' ')[0]} ACK
      Content-Length: 0
    `, dialog);
    await callee.expect('ACK ');
    const callerMedia = await context.msrp(pathOf(accepted), callerUri);
    await bind(callerMedia);
    await bind(calleeMedia);
    return { caller, callee, callerMedia, calleeMedia, dialog };
  });
}

function ownMsrpUri(peer: SipPeer, user: User): string {
  return `msrp://${peer.localHost}:9/${userPart(user.aor)}${Math.random().toString(36).slice(2, 12)};tcp`;
}

/** The active side sends at once, so that the other knows whose connection it is (RFC 4975 §5.4). */
async function bind(media: MsrpPeer): Promise<void> {
  const tid = media.send(`
    MSRP {tid} SEND
    To-Path: {to}
    From-Path: {from}
    Message-ID: {messageId}
    Byte-Range: 1-0/0
    -------{tid}$
  `);
  const response = await media.expectResponse(tid, 200);
  check(response.header('To-Path') !== undefined, 'the 200 has no To-Path');
}
