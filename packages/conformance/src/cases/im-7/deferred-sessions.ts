/* Sessions with users who are away, and how what was said comes to them (docs/profile.md, "Deferred messages in sessions"). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { MsrpFrame } from '../../raw-msrp.js';
import type { SipMessage, SipPeer, User } from '../../raw-sip.js';
import { parameter, uriOf } from '../../sip-text.js';
import {
  acceptedDelivery, answeredFor, endsDelivery, needsDeferredSessions as needs, sessionInAbsence, type AnsweredSession, type DeliverySession,
} from '../deferred-sessions.js';
import { back, cpimAsking, nothingWaits, senderTo } from '../deferred.js';
import { firstMessage, multipartInvite } from '../im-1/bodies.js';
import { acknowledge, callerPath, inviting, pathOf, registered } from '../preconditions.js';
import { attributes, finalResponse, inDialog, invite, messageMedia } from '../templates.js';
import { bodiless, chunk, ident, received, send } from './frames.js';

const profile = 'docs/profile.md, "Deferred messages in sessions"';

/** Every octet there is, among them those that end lines. */
const octets = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('');

/** The tag of Large Message Mode. */
const large = invite.replaceAll('*;+g.oma.sip-im\n', '*;+g.oma.sip-im.large-message\n');

interface Absence extends AnsweredSession {
  readonly to: User;
}

/** Alice is in a session with the target, which answers for Bob. */
async function absence(context: CaseContext, template = invite): Promise<Absence> {
  const { alice, to } = await senderTo(context);
  return { ...await sessionInAbsence(context, alice, to, template), to };
}

/** Says something, which is answered 200: the target has it (RFC 4975 §7.2). */
async function says({ media }: AnsweredSession, body: string, fields = '', template = send): Promise<string> {
  const values = chunk(body, { fields });
  const tid = media.send(template, values);
  await precondition('a message is taken', () => media.expectResponse(tid, 200));
  return values.messageId;
}

/** The sender ends the session; what was said in it is what waits. */
async function hangsUp({ caller, dialog }: AnsweredSession): Promise<void> {
  await precondition('the session of the sender ends', async () => equal('the status', (await caller.request(inDialog('BYE'), dialog)).status, 200));
  caller.newCall();
}

interface Delivery extends DeliverySession {
  readonly bob: SipPeer;
}

/** Bob comes back and is invited, and accepts. */
async function delivery(context: CaseContext, to: User, ...lines: readonly string[]): Promise<Delivery> {
  const bob = await back(context, to);
  const invitation = await bob.expect('INVITE ');
  return { bob, ...await acceptedDelivery(context, bob, to, invitation, ...lines) };
}

/** What was said comes to Bob as this. */
async function hears(context: CaseContext, to: User, ...bodies: readonly string[]): Promise<Delivery> {
  const session = await delivery(context, to);
  for (const body of bodies) equal('what comes', (await received(session.media)).body, body);
  return session;
}

/** Nothing of what was said in the session waits. */
async function nothingSaid(context: CaseContext, session: Absence): Promise<void> {
  await nothingWaits(session.caller, await back(context, session.to), session.to);
}

const number = (value: string | undefined): number => Number(/^(\d+)/.exec(value ?? '')?.[1]);

/** A SEND of the delivery, taken after an answer or not. */
async function firstFrame(session: DeliverySession): Promise<MsrpFrame> {
  return session.media.expectRequest('SEND');
}

export const deferredSessionCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/oma-004/5.3.2.3.2/answered-for-absent',
    clause: 'OMA IM SIMPLE AD §5.3.2.3.2, RFC 4975 §8',
    level: 'SHOULD',
    asks: 'The IM server accepts a session on behalf of a user who is away, and is the end point of its media.',
    does: 'Invites a user who is away; expects 200 with a=path and a=accept-types, and binds the MSRP connection.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const { accepted } = await answeredFor(context, alice, to);
      check((attributes(accepted.body, 'accept-types')[0] ?? '') !== '', 'the answer has no a=accept-types (RFC 4975 §8.6)');
      check(/^m=message [1-9]/m.test(accepted.body), 'the answer has no m=message with a port');
      check(/^msrps?:/.test(pathOf(accepted)), 'the answer has no a=path with an MSRP URI');
    },
  },
  {
    id: 'IM-7/oma-004/5.3.2.4.3/session-message-delivered',
    clause: 'OMA IM SIMPLE AD §5.3.2.4.3, §5.3.2.1.3',
    level: 'SHOULD',
    asks: 'What was said in a session to a user who was away comes when the user is there.',
    does: 'Says something in such a session and ends it; the user registers, accepts an INVITE and compares what comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'said before');
      await hangsUp(session);
      const { media } = await delivery(context, session.to);
      const { body, first } = await received(media);
      equal('what comes', body, 'said before');
      equal('the Content-Type', first.header('Content-Type'), 'text/plain');
    },
  },
  {
    id: 'IM-7/profile/deferred/octets-kept',
    clause: profile,
    level: 'MAY',
    asks: 'What is said is kept octet for octet.',
    does: 'Sends every octet from 0 to 255 four times over in a session, and compares what comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, octets.repeat(4));
      await hangsUp(session);
      await hears(context, session.to, octets.repeat(4));
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.1/chunks-kept-as-one',
    clause: 'RFC 4975 §7.1.1, §7.3.1',
    level: 'SHALL',
    asks: 'A message in chunks is one message, also when it is kept.',
    does: 'Sends a message in three chunks, the last with a total; expects 200 to each, and the whole message later.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      const messageId = ident();
      for (const [at, text] of ['now ', 'hear ', 'this'].entries()) {
        const start = [1, 5, 10][at]!;
        const values = chunk(text, { messageId, range: `${start}-${start + text.length - 1}/13`, flag: at === 2 ? '$' : '+' });
        await session.media.expectResponse(session.media.send(send, values), 200);
      }
      await hangsUp(session);
      await hears(context, session.to, 'now hear this');
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.3/success-of-what-is-kept',
    clause: 'RFC 4975 §7.1.3, §7.1.2',
    level: 'SHALL',
    asks: 'Who asks for success reports gets one from the end point that took the message.',
    does: 'Sends a message with Success-Report: yes in a session with a user who is away; expects 200 and a REPORT on all octets.',
    needs,
    users: 2,
    run: async (context) => {
      const { media } = await absence(context);
      const values = chunk('Hello you.', { fields: 'Success-Report: yes' });
      const tid = media.send(send, values);
      const frames = [await media.next('a 200 and a REPORT'), await media.next('a 200 and a REPORT')];
      check(frames.some((frame) => frame.tid === tid && frame.status === 200), 'the SEND is not answered 200');
      const report = frames.find((frame) => frame.startLine.endsWith(' REPORT'));
      check(report !== undefined, 'there is no REPORT');
      equal('the Message-ID of the REPORT', report?.header('Message-ID'), values.messageId);
      check(/^000 200( |$)/.test(report?.header('Status') ?? ''), `the Status of the REPORT is ${report?.header('Status')}`);
      check(/^1-10\/(10|\*)$/.test(report?.header('Byte-Range') ?? ''), `the Byte-Range of the REPORT is ${report?.header('Byte-Range')}`);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.3/no-success-unasked',
    clause: 'RFC 4975 §7.1.3',
    level: 'SHALL',
    asks: 'Who does not ask for success reports gets none.',
    does: 'Sends a message without Success-Report in a session with a user who is away; its 200 and that of the next request is all that comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'unreported');
      await session.media.expectResponse(session.media.send(bodiless), 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.4/failure-report-no-kept-unanswered',
    clause: 'RFC 4975 §7.1.4',
    level: 'SHALL',
    asks: 'A SEND with Failure-Report: no is not answered, also where it is kept.',
    does: 'Sends such a message in a session with a user who is away; the next request is answered first, and the message comes later.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      session.media.send(send, chunk('unanswered', { fields: 'Failure-Report: no' }));
      await session.media.expectResponse(session.media.send(bodiless), 200);
      await hangsUp(session);
      await hears(context, session.to, 'unanswered');
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/given-up-not-kept',
    clause: 'RFC 4975 §7.1, §7.3.1',
    level: 'SHALL',
    asks: 'A message that its sender gives up ("#") is no message.',
    does: 'Sends half a message and gives it up; nothing comes to the user who was away.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      const tid = session.media.send(send, chunk('half a', { range: '1-6/20', flag: '#' }));
      await session.media.expectResponse(tid, 200);
      await hangsUp(session);
      await nothingSaid(context, session);
    },
  },
  {
    id: 'IM-7/profile/deferred/incomplete-not-kept',
    clause: `${profile}, RFC 4975 §7.1`,
    level: 'MAY',
    asks: 'What its sender does not complete leaves nothing.',
    does: 'Sends the first chunk of a message, and loses the connection; nothing comes to the user who was away.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      const tid = session.media.send(send, chunk('half a', { range: '1-6/20', flag: '+' }));
      await precondition('the chunk is taken', () => session.media.expectResponse(tid, 200));
      await session.media.close();
      await precondition('the session of the sender ends', () => endsDelivery(session.caller));
      session.caller.newCall();
      await nothingSaid(context, session);
    },
  },
  {
    id: 'IM-7/profile/deferred/composing-not-kept',
    clause: `${profile}, RFC 3994 §3.1`,
    level: 'MAY',
    asks: 'That somebody was writing is not kept.',
    does: 'Sends application/im-iscomposing+xml in a session with a user who is away; it is answered 200, and nothing comes later.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      const composing = send.replace('text/plain', 'application/im-iscomposing+xml');
      await says(session, '<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>', '', composing);
      await hangsUp(session);
      await nothingSaid(context, session);
    },
  },
  {
    id: 'IM-7/rfc4975/10.5/too-large-to-be-kept-413',
    clause: 'RFC 4975 §10.5, §8.6, §7.3.1',
    level: 'SHALL',
    asks: 'A message that is larger than the a=max-size of the target is not taken: it is answered 413, or its sender is told by a REPORT.',
    does: 'Sends the first chunk of a message that is to be one octet larger than a=max-size; expects 413.',
    needs: [...needs, 'size-limit'],
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      const most = number(attributes(session.accepted.body, 'max-size')[0]);
      check(most > 0, 'the answer has no a=max-size');
      const tid = session.media.send(send, chunk('x'.repeat(100), { range: `1-100/${most + 1}`, flag: '+' }));
      await session.media.expectResponse(tid, 413);
    },
  },
  {
    id: 'IM-7/profile/deferred/busy-passed-on',
    clause: `${profile}, RFC 3261 §16.7 (6)`,
    level: 'MAY',
    asks: 'A user who is there and declines is not answered for.',
    does: 'Invites a user who answers 486; expects 486.',
    needs,
    users: 2,
    run: async (context) => {
      const [from, to] = [context.users[0]!, context.users[1]!];
      const [caller, callee] = [await registered(context, from), await registered(context, to)];
      const invitation = await precondition('an INVITE arrives', () => inviting(caller, callee, from, to, messageMedia('active', callerPath)));
      callee.respond(invitation.arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal is acknowledged', () => callee.expect('ACK '));
      const answer = await caller.expect('SIP/2.0 ');
      acknowledge(invitation, answer);
      equal('the status', answer.status, 486);
    },
  },
  {
    id: 'IM-7/profile/deferred/file-not-answered-for',
    clause: `${profile}, RFC 5547 §6`,
    level: 'MAY',
    asks: 'A file offered to a user who is away is refused: what would be shown of it is not kept.',
    does: 'Invites a user who is away with an a=file-selector; expects an error.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const media = `${messageMedia('active', callerPath)}\r\na=sendonly\r\na=file-selector:name:"a.txt" type:text/plain size:7`;
      const { status = 0 } = await alice.request(invite, { recipient: to.aor, media });
      check(status >= 400, `the status is ${status}, expected an error`);
    },
  },
  {
    id: 'IM-7/profile/deferred/invitation-of-the-target',
    clause: `${profile}, RFC 3892 §2, RFC 3325 §9.1`,
    level: 'MAY',
    asks: 'What was said comes in an INVITE of its sender, by whom it is referred, which the store and forward function asserts.',
    does: 'Looks at From, Referred-By, P-Asserted-Identity and Accept-Contact of the INVITE to a user who comes back.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'said before');
      await hangsUp(session);
      const bob = await back(context, session.to);
      const invitation = await bob.expect('INVITE ');
      const [{ aor: sender }] = [context.users[0]!];
      equal('the address in From', uriOf(invitation.header('From')), sender);
      equal('the Referred-By', uriOf(invitation.header('Referred-By')), sender);
      equal('the P-Asserted-Identity', uriOf(invitation.header('P-Asserted-Identity')), `sip:rcse-standfw@${context.domain}`);
      equal('the tag of To', parameter(invitation.header('To'), 'tag'), undefined);
      check(invitation.header('Contact') !== undefined, 'the INVITE has no Contact (RFC 3261 §8.1.1.8)');
      bob.respond(invitation, finalResponse('603 Decline'));
    },
  },
  {
    id: 'IM-7/profile/deferred/recvonly-accepted',
    clause: `${profile}, RFC 3264 §6.1`,
    level: 'MAY',
    asks: 'A client that only receives is delivered to.',
    does: 'The user who comes back answers the INVITE with a=recvonly; what was said comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'said before');
      await hangsUp(session);
      const { media } = await delivery(context, session.to, 'a=recvonly');
      equal('what comes', (await received(media)).body, 'said before');
    },
  },
  {
    id: 'IM-7/profile/deferred/one-session-in-order',
    clause: profile,
    level: 'MAY',
    asks: 'Several messages of a sender come in one session, in their order, which the target then ends.',
    does: 'Says three things to a user who is away; compares what comes in the one session, and expects its BYE.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      for (const text of ['one', 'two', 'three']) await says(session, text);
      await hangsUp(session);
      const { bob } = await hears(context, session.to, 'one', 'two', 'three');
      await endsDelivery(bob);
    },
  },
  {
    id: 'IM-7/profile/deferred/same-message-id-after-lost-200',
    clause: `${profile}, RFC 4975 §7.1.1, RFC 5438 §6.3`,
    level: 'MAY',
    asks: 'What was not answered comes again when the user is back, with the same Message-ID of MSRP and of CPIM.',
    does: 'Loses the connection over which a CPIM message came before it is answered; registers anew, and compares what comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      const message = cpimAsking('', { id: 'lost200' });
      await says(session, message, '', send.replace('text/plain', 'message/cpim'));
      await hangsUp(session);
      const before = await delivery(context, session.to);
      const unanswered = await precondition('the message comes', () => firstFrame(before));
      await before.media.close();
      await precondition('the session ends', () => endsDelivery(before.bob));
      await before.bob.close();
      const { body, first } = await received((await delivery(context, session.to)).media);
      equal('what comes again', body, message);
      equal('the Message-ID', first.header('Message-ID'), unanswered.header('Message-ID'));
    },
  },
  {
    id: 'IM-7/profile/deferred/comes-once',
    clause: profile,
    level: 'MAY',
    asks: 'What was answered does not come again.',
    does: 'Takes what was said, waits for the end of the session, and registers anew; a new message is the first that comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'once');
      await hangsUp(session);
      const { bob } = await precondition('the message comes', () => hears(context, session.to, 'once'));
      await precondition('the session ends', () => endsDelivery(bob));
      await bob.close();
      await nothingSaid(context, session);
    },
  },
  {
    id: 'IM-7/profile/deferred/not-now-comes-later',
    clause: profile,
    level: 'MAY',
    asks: 'Where the user is busy when the target invites, everything stays for the next time.',
    does: 'The user who comes back answers the INVITE 486, registers anew, and accepts; what was said comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'later');
      await hangsUp(session);
      await turnedDown(context, session.to, '486 Busy Here');
      await hears(context, session.to, 'later');
    },
  },
  {
    id: 'IM-7/profile/deferred/declined-is-gone',
    clause: profile,
    level: 'MAY',
    asks: 'What the user declines for good does not come again.',
    does: 'The user who comes back answers the INVITE 603, and registers anew; nothing of what was said comes.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context);
      await says(session, 'never');
      await hangsUp(session);
      await turnedDown(context, session.to, '603 Decline');
      await nothingSaid(context, session);
    },
  },
  {
    id: 'IM-7/profile/deferred/first-message-kept',
    clause: `${profile}, "Which requests pass through the IM server"`,
    level: 'MAY',
    asks: 'A first message in the INVITE is kept before the INVITE is answered.',
    does: 'Invites a user who is away with a message beside the description, says nothing more, and compares what comes later.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context, multipartInvite());
      await hangsUp(session);
      equal('what comes', (await received((await delivery(context, session.to)).media)).body, firstMessage);
    },
  },
  {
    id: 'IM-7/profile/large/kept-and-delivered',
    clause: 'docs/profile.md, "Large Message Mode", "Deferred messages in sessions"',
    level: 'MAY',
    asks: 'A large message to a user who is away is taken, and comes as a large message.',
    does: 'Sends 20,000 octets in a session that asks for Large Message Mode; compares what comes, and the Accept-Contact of the INVITE.',
    needs,
    users: 2,
    run: async (context) => {
      const session = await absence(context, large);
      const text = 'All work and no play. '.repeat(1000).slice(0, 20_000);
      await says(session, text);
      await hangsUp(session);
      const { invitation } = await hears(context, session.to, text);
      const wanted = invitation.headers('Accept-Contact').join();
      check(wanted.includes('+g.oma.sip-im.large-message'), `the Accept-Contact is ${JSON.stringify(wanted)}`);
    },
  },
];

/** The user comes back, does not accept, and is gone again. */
async function turnedDown(context: CaseContext, to: User, status: string): Promise<void> {
  await precondition('the target invites the user who comes back', async () => {
    const bob = await back(context, to);
    const invitation: SipMessage = await bob.expect('INVITE ');
    bob.respond(invitation, finalResponse(status));
    await bob.expect('ACK ');
    await bob.close();
  });
}
