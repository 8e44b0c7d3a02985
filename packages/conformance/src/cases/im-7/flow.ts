/* The architecture's flow of a session (OMA IM SIMPLE AD, session based messaging), in the terms of docs/profile.md. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { MsrpPeer } from '../../raw-msrp.js';
import { dialogOfCaller, userPart, type SipMessage, type SipPeer, type User } from '../../raw-sip.js';
import { uriOf } from '../../sip-text.js';
import { registered, session } from '../preconditions.js';
import { bye, okToBye } from './end.js';
import { bodiless, chunk, ident, ok, send } from './frames.js';

const sdp = `
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

const invite = `
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
${sdp}`;

const accept = `
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
${sdp}`;

const ack = `
  ACK {target} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  {routes}
  From: <{aor}>;tag={tag}
  To: {remote}
  Call-ID: {callId}
  CSeq: {number} ACK
  Content-Length: 0
`;

function attribute(message: SipMessage, name: string): string {
  const line = message.body.split('\r\n').find((text) => text.startsWith(`a=${name}:`));
  return line?.slice(name.length + 3) ?? fail(`the SDP of "${message.startLine}" has no a=${name}`);
}

const mediaUri = (peer: SipPeer, { aor }: User): string => `msrp://${peer.localHost}:9/${userPart(aor)}${ident()};tcp`;

/** Steps 4 and 6, or 5: the first request on a connection is answered by the IM server itself, under the path it gave. */
async function bound(media: MsrpPeer, path: string): Promise<void> {
  const response = await media.expectResponse(media.send(bodiless), 200);
  equal('the From-Path of the 200 to the first SEND', response.header('From-Path'), path);
}

/** Steps 11 and 12, or 13 and 14. */
async function exchanged(sender: MsrpPeer, receiver: MsrpPeer, body: string): Promise<void> {
  const values = chunk(body);
  const tid = sender.send(send, values);
  const arrived = await receiver.expectRequest('SEND');
  equal('the body', arrived.body, body);
  equal('the Message-ID', arrived.header('Message-ID'), values.messageId);
  receiver.respond(arrived, ok);
  await sender.expectResponse(tid, 200);
}

interface SetUp {
  readonly bob: SipPeer;
  readonly tom: SipPeer;
  readonly invitation: SipMessage;
}

/** Steps 2 to 10: Bob is the first user, Tom the second. */
async function setUp(context: CaseContext): Promise<SetUp> {
  const [host, guest] = [context.users[0]!, context.users[1]!];
  const [bob, tom] = [await registered(context, host), await registered(context, guest)];
  const [bobUri, tomUri] = [mediaUri(bob, host), mediaUri(tom, guest)];
  const answered = bob.request(invite, { recipient: guest.aor, path: bobUri });
  answered.catch(() => undefined);
  const invitation = await tom.expect('INVITE ');
  const toTom = attribute(invitation, 'path');
  check(toTom !== bobUri, 'step 3: the INVITE has the path of the inviting user, so the IM server is not on the media path');
  equal('step 3: the a=setup that lets the invited user connect', attribute(invitation, 'setup'), 'actpass');
  tom.respond(invitation, accept, { path: tomUri });
  const accepted = await answered;
  equal('step 8: the status', accepted.status, 200);
  const toBob = attribute(accepted, 'path');
  check(toBob !== tomUri && toBob !== toTom, 'step 8: the 200 has no path of the IM server\'s own');
  equal('step 8: the a=setup that lets the inviting user connect', attribute(accepted, 'setup'), 'passive');
  bob.send(ack, { ...dialogOfCaller(accepted), number: accepted.header('CSeq')?.split(' ')[0] ?? '' });
  await tom.expect('ACK ');
  await bound(await context.msrp(toTom, tomUri), toTom);
  await bound(await context.msrp(toBob, bobUri), toBob);
  return { bob, tom, invitation };
}

/** What requests of the invited user within the dialog are filled with (RFC 3261 §12.1.1). */
function dialogOfGuest(invitation: SipMessage): { readonly target: string; readonly routes: string; readonly remote: string; readonly callId: string } {
  return {
    target: uriOf(invitation.header('Contact')) ?? '',
    routes: invitation.headers('Record-Route').map((route) => `Route: ${route}`).join('\r\n'),
    remote: invitation.header('From') ?? '',
    callId: invitation.header('Call-ID') ?? '',
  };
}

export const flowCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/oma-003/4.2/session-set-up',
    clause: 'OMA IM SIMPLE AD §4.2 (session based messaging, steps 2 to 10), RFC 4975 §5.4, §8, RFC 6135 §4.2',
    level: 'SHALL',
    asks: 'The IM server passes an invitation and its answer on with paths of its own, so that both users connect to it.',
    does: 'Invites, answers, acknowledges, connects from both sides, and looks at a=path, a=setup and the 200 to each first SEND.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => void await setUp(context),
  },
  {
    id: 'IM-7/oma-003/4.2/messages-both-ways',
    clause: 'OMA IM SIMPLE AD §4.2 (session based messaging, steps 11 to 14), RFC 4975 §7.1, §7.2',
    level: 'SHALL',
    asks: 'Messages of either user reach the other with their Message-ID, and are acknowledged on each hop.',
    does: 'Sends a message from the inviting user, one from the invited user, and one more each.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const { callerMedia: bob, calleeMedia: tom } = await session(context, context.users[0]!, context.users[1]!);
      await exchanged(bob, tom, 'Hello Tom');
      await exchanged(tom, bob, 'Hello Bob');
      await exchanged(bob, tom, 'Are you there?');
      await exchanged(tom, bob, 'I am.');
    },
  },
  {
    id: 'IM-7/oma-003/4.2/session-ended-by-guest',
    clause: 'OMA IM SIMPLE AD §4.2 (session based messaging, steps 15 to 18), RFC 3261 §15.1.2',
    level: 'SHALL',
    asks: 'Either user may end the session; the IM server ends it for the other, who is alone in it, and answers the first.',
    does: 'Sends BYE from the invited user; expects a BYE in the dialog of the inviting user, and 200 at the invited one.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const { bob, tom, invitation } = await precondition('a session is set up', () => setUp(context));
      const answered = tom.request(bye, dialogOfGuest(invitation));
      answered.catch(() => undefined);
      bob.respond(await bob.expect('BYE '), okToBye);
      equal('the status', (await answered).status, 200);
    },
  },
];
