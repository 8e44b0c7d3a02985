/* INVITE with an MSRP offer: responses on their way back, cancellation, offer and answer, dialogs. */
import type { ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import { uriOf } from '../../sip-text.js';
import { registered, session } from '../preconditions.js';
import { accepted, acknowledge, cancel, calleePath, callerPath, hungUp, inDialog, invite, invited, messageMedia, withinDialog } from './call.js';
import { beyondTrying, finalResponse, nothingComes, shortWait } from './steps.js';

/** The values of an attribute in an SDP body. */
const attributes = (sdp: string, name: string): string[] => [...sdp.matchAll(new RegExp(`^a=${name}:(.*?)\\r?$`, 'gm'))].map(([, value]) => value ?? '');
const mediaLines = (sdp: string): string[] => [...sdp.matchAll(/^m=(.*?)\r?$/gm)].map(([, value]) => value ?? '');

const audioOnly = ['m=audio 49170 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000'].join('\r\n');

export const inviteCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/17.2.1/invite-trying',
    clause: 'RFC 3261 §17.2.1',
    level: 'SHALL',
    asks: 'An INVITE that has no answer within 200 ms gets a provisional response, so that it is not sent again.',
    does: 'Invites a user who does not answer, expects a provisional response at the caller within two seconds.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      await invitation.caller.expect('SIP/2.0 1', { within: Math.min(context.timeout, 2000) });
      invitation.callee.respond(invitation.arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', async () => acknowledge(invitation, await invitation.caller.expect('SIP/2.0 486')));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/ringing-passed-on',
    clause: 'RFC 3261 §16.7 (5)',
    level: 'SHALL',
    asks: 'A provisional response other than 100 is passed on to the caller at once.',
    does: 'Invites a user, answers 180 there, expects 180 with a tag in To at the caller.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const { caller, callee, arrived } = invitation;
      callee.respond(arrived, finalResponse('180 Ringing'));
      const ringing = await beyondTrying(caller);
      equal('the status', ringing.status, 180);
      check(ringing.header('To')?.includes('tag=') === true, 'the 180 has no tag in its To (RFC 3261 §8.2.6.2)');
      callee.respond(arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', async () => acknowledge(invitation, await caller.expect('SIP/2.0 486')));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/decline-passed-on',
    clause: 'RFC 3261 §16.7 (6), §17.1.1.3',
    level: 'SHALL',
    asks: 'The refusal of the invited user reaches the caller, and the target acknowledges it to the invited user with the Via of the INVITE.',
    does: 'Invites a user, refuses with 603 there, expects an ACK with the branch of the INVITE there and 603 at the caller.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const { caller, callee, arrived } = invitation;
      callee.respond(arrived, finalResponse('603 Decline'));
      const ack = await callee.expect('ACK ');
      equal('the Via of the ACK', ack.header('Via'), arrived.header('Via'));
      const refusal = await beyondTrying(caller);
      equal('the status', refusal.status, 603);
      acknowledge(invitation, refusal);
    },
  },
  {
    id: 'IM-1/rfc3261/17.2.1/ack-of-refusal-absorbed',
    clause: 'RFC 3261 §17.2.1',
    level: 'SHALL',
    asks: 'The ACK to a refusal ends the repeats of the refusal and goes no further than the target.',
    does: 'Invites a user, refuses there, acknowledges at the caller, expects nothing more at either.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const { caller, callee, arrived } = invitation;
      callee.respond(arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal is acknowledged to the callee', () => callee.expect('ACK '));
      acknowledge(invitation, await precondition('the refusal arrives', () => caller.expect('SIP/2.0 486')));
      await nothingComes(callee, 'the callee, who had its ACK,', shortWait(context));
      await nothingComes(caller, 'the caller, who sent its ACK,', 1);
    },
  },
  {
    id: 'IM-1/rfc3261/9.2/cancel-487',
    clause: 'RFC 3261 §9.2, §16.10',
    level: 'SHALL',
    asks: 'A CANCEL of an INVITE is answered 200, cancels it at the invited user, and the INVITE ends with 487.',
    does: 'Invites a user who rings, sends CANCEL, expects CANCEL at the user and 200 and 487 at the caller.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const { caller, callee, arrived } = invitation;
      callee.respond(arrived, finalResponse('180 Ringing'));
      // No CANCEL before a provisional response (§9.1).
      await precondition('it rings', async () => equal('the status', (await beyondTrying(caller)).status, 180));
      cancel(invitation);
      const cancelled = await callee.expect('CANCEL ');
      equal('the Via of the CANCEL', cancelled.header('Via'), arrived.header('Via'));
      callee.respond(cancelled, finalResponse('200 OK'));
      callee.respond(arrived, finalResponse('487 Request Terminated'));
      // In either order.
      const both = [await beyondTrying(caller), await beyondTrying(caller)];
      const statusOf = (method: string): number | undefined => both.find((response) => response.header('CSeq')?.endsWith(method))?.status;
      equal('the status of the CANCEL', statusOf('CANCEL'), 200);
      equal('the status of the INVITE', statusOf('INVITE'), 487);
      const refusal = both.find(({ status }) => status === 487) ?? fail('there is no 487');
      acknowledge(invitation, refusal);
    },
  },
  {
    id: 'IM-1/rfc3261/9.2/cancel-of-nothing-481',
    clause: 'RFC 3261 §9.2',
    level: 'SHALL',
    asks: 'A CANCEL for the target itself that matches no transaction is answered 481.',
    does: 'Sends a CANCEL with a branch and Call-ID of no INVITE.',
    needs: [],
    users: 0,
    run: async ({ sip }) => {
      const peer = await sip();
      const response = await peer.request(`
        CANCEL sip:{domain} SIP/2.0
        Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
        Max-Forwards: 70
        From: <sip:probe@{domain}>;tag={tag}
        To: <sip:{domain}>
        Call-ID: {callId}
        CSeq: {cseq} CANCEL
        Content-Length: 0
      `);
      equal('the status', response.status, 481);
    },
  },
  {
    id: 'IM-1/rfc6135/4.2.2/offer-setup',
    clause: 'RFC 6135 §4.2.1, §4.2.2',
    level: 'SHALL',
    asks: 'An offer of MSRP says a=setup, and says actpass or active, never passive or holdconn.',
    does: 'Invites a user and looks at the a=setup of the offer that arrives, where the target is an MSRP endpoint itself.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const setup = attributes(invitation.arrived.body, 'setup');
      check(setup.length === 1 && /^(actpass|active)$/.test(setup[0] ?? ''), `a=setup of the offer is ${JSON.stringify(setup)}, expected actpass or active`);
      invitation.callee.respond(invitation.arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', async () => acknowledge(invitation, await invitation.caller.expect('SIP/2.0 486')));
    },
  },
  {
    id: 'IM-1/rfc4975/8.2/paths-of-its-own',
    clause: 'RFC 4975 §8.2',
    level: 'SHALL',
    asks: 'Where the target is an MSRP endpoint itself, either user gets a path of the target\'s with an explicit port, assigned for this session and not the other\'s.',
    does: 'Sets up the dialogs of a session, compares the a=path of the offer at the callee and of the answer at the caller.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const call = await accepted(await invited(context));
      const [offered, answered] = [attributes(call.arrived.body, 'path'), attributes(call.accepted.body, 'path')];
      for (const [where, paths] of [['the offer', offered], ['the answer', answered]] as const) {
        const [path = ''] = paths;
        check(paths.length === 1 && /^msrps?:\/\/[^ ]*:\d+\/[^ ;]+;tcp/.test(path), `a=path of ${where} is ${JSON.stringify(paths)}, expected one MSRP URI with a port and a session id`);
        check(path !== callerPath && path !== calleePath, `a=path of ${where} is that of the other user`);
      }
      check(offered[0] !== answered[0], 'both users got one path');
      await precondition('the session ends', () => hungUp(call));
    },
  },
  {
    id: 'IM-1/rfc6135/4.2.1/answer-setup',
    clause: 'RFC 6135 §4.2.1, RFC 4145 §4.1',
    level: 'SHALL',
    asks: 'The answer to an offer of MSRP says a=setup; to actpass it says active or passive.',
    does: 'Invites a user with a=setup:actpass, accepts there, looks at the a=setup of the answer at the caller.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const call = await accepted(await invited(context, messageMedia('actpass', callerPath)));
      const setup = attributes(call.accepted.body, 'setup');
      check(setup.length === 1 && /^(active|passive)$/.test(setup[0] ?? ''), `a=setup of the answer is ${JSON.stringify(setup)}, expected active or passive`);
      await precondition('the session ends', () => hungUp(call));
    },
  },
  {
    id: 'IM-1/rfc3264/6/second-media-refused',
    clause: 'RFC 3264 §6',
    level: 'SHALL',
    asks: 'The answer has an m-line for each of the offer, in its order; a stream that is not taken has port 0.',
    does: 'Offers m=message and m=audio, expects both in the answer, m=audio with port 0.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const call = await accepted(await invited(context, `${messageMedia('active', callerPath)}\r\n${audioOnly}`));
      const [first, audio, ...others] = mediaLines(call.accepted.body);
      check(/^message [1-9]\d* /.test(first ?? ''), `the first m-line of the answer is ${JSON.stringify(first)}, expected m=message with a port`);
      check(audio?.startsWith('audio 0 ') === true, `the second m-line of the answer is ${JSON.stringify(audio)}, expected m=audio 0`);
      equal('the number of further m-lines', others.length, 0);
      await precondition('the session ends', () => hungUp(call));
    },
  },
  {
    id: 'IM-1/rfc3261/13.3.1.3/no-message-media-488',
    clause: 'RFC 3261 §13.3.1.3',
    level: 'SHOULD',
    asks: 'An offer that has nothing the target can take is answered 488.',
    does: 'Invites a user for the IM service, by its feature tag, with m=audio only; expects 488 and nothing at the user.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const caller = await registered(context, from!);
      const callee = await registered(context, to!);
      const answered = caller.request(invite, { recipient: to!.aor, media: audioOnly });
      answered.catch(() => undefined);
      await nothingComes(callee, 'the callee', shortWait(context));
      equal('the status', (await answered).status, 488);
    },
  },
  {
    id: 'IM-1/rfc3261/8.2.3/unknown-body-415',
    clause: 'RFC 3261 §8.2.3',
    level: 'SHALL',
    asks: 'An INVITE whose body is of a type the target does not understand is answered 415, with Accept naming those it does.',
    does: 'Invites a user for the IM service with a body of application/unknownformat; expects 415 with application/sdp in Accept.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const caller = await registered(context, from!);
      await registered(context, to!);
      const response = await caller.request(invite.replace('application/sdp', 'application/unknownformat'), { recipient: to!.aor, media: 'a=none' });
      equal('the status', response.status, 415);
      check(response.headers('Accept').some((value) => value.includes('application/sdp')), 'the 415 has no Accept with application/sdp');
    },
  },
  {
    id: 'IM-1/rfc3261/15.1.2/bye-from-callee',
    clause: 'RFC 3261 §12.2.1.1, §15.1.2',
    level: 'SHALL',
    asks: 'A BYE of the invited user, along the Record-Route fields of the INVITE, is answered 200 and ends the session of the caller too.',
    does: 'Sets up the dialogs of a session, sends BYE from the callee, expects a BYE at the caller and 200 at the callee.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const { caller, callee, arrived } = await precondition('a session is agreed', async () => accepted(await invited(context)));
      const answered = callee.request(`
        BYE {target} SIP/2.0
        Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
        Max-Forwards: 70
        {routes}
        From: {us};tag={tag}
        To: {remote}
        Call-ID: {theirCallId}
        CSeq: {cseq} BYE
        {authorization}
        Content-Length: 0
      `, {
        target: uriOf(arrived.header('Contact')) ?? '', us: arrived.header('To') ?? '', remote: arrived.header('From') ?? '',
        theirCallId: arrived.header('Call-ID') ?? '', routes: arrived.headers('Record-Route').map((route) => `Route: ${route}`).join('\r\n'),
      });
      answered.catch(() => undefined);
      const bye = await caller.expect('BYE ');
      caller.respond(bye, withinDialog('200 OK'));
      equal('the status', (await answered).status, 200);
    },
  },
  {
    id: 'IM-1/rfc3261/15.1.2/bye-of-unknown-dialog-481',
    clause: 'RFC 3261 §15.1.2, §12.2.2',
    level: 'SHALL',
    asks: 'A BYE that matches no dialog is answered 481, and ends none: knowing the Call-ID of a session is not enough.',
    does: 'Within a session, sends a BYE with another tag in To, expects 481 and nothing at the callee; then ends the session with the right one.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const { caller, callee, dialog } = await session(context, from!, to!);
      const forged = { ...dialog, remote: dialog.remote.replace(/;\s*tag=[^;]*/i, ';tag=nobodyhasthis') };
      const answered = caller.request(inDialog('BYE'), forged);
      answered.catch(() => undefined);
      await nothingComes(callee, 'the callee', shortWait(context));
      equal('the status', (await answered).status, 481);
      const ended = caller.request(inDialog('BYE'), dialog);
      ended.catch(() => undefined);
      callee.respond(await callee.expect('BYE '), withinDialog('200 OK'));
      equal('the status of the right BYE', (await ended).status, 200);
    },
  },
];
