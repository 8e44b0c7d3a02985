/* INVITE with an MSRP offer: responses on their way back, cancellation, offer and answer, dialogs. */
import type { ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import {
  accepted, acknowledge, calleePath, callerPath, cancel, hungUp, hungUpByCallee, invited, registered, session,
} from '../preconditions.js';
import { beyondTrying, nothingComes, sameBranch, shortWait, unlessSilent } from '../steps.js';
import { accept, attributes, fields, finalResponse, inDialog, invite, messageMedia } from '../templates.js';

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
      check((ringing.status ?? 0) > 100 && (ringing.status ?? 0) < 200, `the status is ${ringing.status}, expected 180`);
      check(ringing.header('To')?.includes('tag=') === true, `the ${ringing.status} has no tag in its To (RFC 3261 §8.2.6.2)`);
      callee.respond(arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', async () => acknowledge(invitation, await caller.expect('SIP/2.0 486')));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/decline-passed-on',
    clause: 'RFC 3261 §16.7 (6), §17.1.1.3',
    level: 'SHALL',
    asks: 'The refusal of the invited user reaches the caller, and the target acknowledges it with the branch of the INVITE.',
    does: 'Invites a user, refuses with 603 there, expects an ACK with the branch of the INVITE there and 603 at the caller.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const { caller, callee, arrived } = invitation;
      callee.respond(arrived, finalResponse('603 Decline'));
      const ack = await callee.expect('ACK ');
      sameBranch('ACK', ack, arrived);
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
      sameBranch('CANCEL', cancelled, arrived);
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
    level: 'SHOULD',
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
    needs: ['registrar', 'session', 'msrp', 'comedia'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const setup = attributes(invitation.arrived.body, 'setup');
      const isOne = setup.length === 1 && /^(actpass|active)$/.test(setup[0] ?? '');
      check(isOne, `a=setup of the offer is ${JSON.stringify(setup)}, expected actpass or active`);
      invitation.callee.respond(invitation.arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', async () => acknowledge(invitation, await invitation.caller.expect('SIP/2.0 486')));
    },
  },
  {
    id: 'IM-1/rfc4975/8.2/paths-of-its-own',
    clause: 'RFC 4975 §8.2',
    level: 'SHALL',
    asks: 'Where the target is an MSRP endpoint itself, each user gets a path of the target\'s own, with a port, for this session alone.',
    does: 'Sets up the dialogs of a session, compares the a=path of the offer at the callee and of the answer at the caller.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const call = await accepted(await invited(context));
      const [offered, answered] = [attributes(call.arrived.body, 'path'), attributes(call.accepted.body, 'path')];
      for (const [where, paths] of [['the offer', offered], ['the answer', answered]] as const) {
        const uris = paths[0]?.split(' ') ?? [];
        const whole = paths.length === 1 && uris.every((uri) => /^msrps?:\/\/[^ ]*:\d+\/[^ ;]+;tcp/.test(uri));
        check(whole, `a=path of ${where} is ${JSON.stringify(paths)}, expected MSRP URIs with a port and a session id`);
        check(uris.at(-1) !== callerPath && uris.at(-1) !== calleePath, `a=path of ${where} is that of the other user`);
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
    needs: ['registrar', 'session', 'msrp', 'comedia'],
    users: 2,
    run: async (context) => {
      const call = await accepted(await invited(context, messageMedia('actpass', callerPath)));
      const setup = attributes(call.accepted.body, 'setup');
      const isOne = setup.length === 1 && /^(active|passive)$/.test(setup[0] ?? '');
      check(isOne, `a=setup of the answer is ${JSON.stringify(setup)}, expected active or passive`);
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
      const invitation = await invited(context, `${messageMedia('active', callerPath)}\r\n${audioOnly}`);
      // Where audio is offered to the callee as well, it is the callee who refuses it.
      const refusal = mediaLines(invitation.arrived.body).length > 1 ? `\r\n${audioOnly.replace(' 49170 ', ' 0 ')}` : '';
      const call = await accepted(invitation, `${messageMedia('active', calleePath)}${refusal}`);
      const [first, audio, ...others] = mediaLines(call.accepted.body);
      const isTaken = /^message [1-9]\d* /.test(first ?? '');
      check(isTaken, `the first m-line of the answer is ${JSON.stringify(first)}, expected m=message with a port`);
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
    does: 'Invites a user for the IM service, by its feature tag, with m=audio only; expects 488, of the target or of the user.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const [caller, callee] = [await registered(context, context.users[0]!), await registered(context, context.users[1]!)];
      const answered = caller.request(invite, { recipient: context.users[1]!.aor, media: audioOnly });
      answered.catch(() => undefined);
      const arrived = await unlessSilent(callee.expect('INVITE ', { within: shortWait(context) }));
      if (arrived !== undefined) callee.respond(arrived, finalResponse('488 Not Acceptable Here'));
      equal('the status', (await answered).status, 488);
    },
  },
  {
    id: 'IM-1/rfc3261/8.2.3/unknown-body-415',
    clause: 'RFC 3261 §8.2.3',
    level: 'SHALL',
    asks: 'An INVITE whose body is of a type the target does not understand is answered 415, with Accept naming those it does.',
    does: 'Invites a user for the IM service with a body of application/unknownformat; expects 415, of the target or of the user.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const [caller, callee] = [await registered(context, context.users[0]!), await registered(context, context.users[1]!)];
      const unknown = invite.replace('application/sdp', 'application/unknownformat');
      const answered = caller.request(unknown, { recipient: context.users[1]!.aor, media: 'a=none' });
      answered.catch(() => undefined);
      const arrived = await unlessSilent(callee.expect('INVITE ', { within: shortWait(context) }));
      if (arrived !== undefined) callee.respond(arrived, finalResponse('415 Unsupported Media Type'), fields('Accept: application/sdp'));
      const response = await answered;
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
      await hungUpByCallee(await precondition('a session is agreed', async () => accepted(await invited(context))));
    },
  },
  {
    id: 'IM-1/rfc3261/15.1.2/bye-of-unknown-dialog-481',
    clause: 'RFC 3261 §15.1.2',
    level: 'SHOULD',
    asks: 'A BYE that matches no dialog is answered 481, and ends none: knowing the Call-ID of a session is not enough.',
    does: 'Within a session, sends a BYE with another tag in To, expects 481 and nothing at the callee; then ends the session properly.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const call = await session(context);
      const { caller, callee, callerDialog } = call;
      const forged = { ...callerDialog, remote: callerDialog.remote.replace(/;\s*tag=[^;]*/i, ';tag=nobodyhasthis') };
      const answered = caller.request(inDialog('BYE'), forged);
      answered.catch(() => undefined);
      await nothingComes(callee, 'the callee', shortWait(context));
      equal('the status', (await answered).status, 481);
      await hungUp(call);
    },
  },
  {
    id: 'IM-1/rfc3261/13.3.1.4/2xx-repeated-until-ack',
    clause: 'RFC 3261 §13.3.1.4',
    level: 'SHALL',
    asks: 'A user agent repeats its 2xx to an INVITE, over whatever transport, until the ACK has come.',
    does: 'Invites a user who accepts, and sends no ACK until the 200 has come twice; then it comes no more.',
    needs: ['registrar', 'session', 'msrp'],
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const { caller, callee, arrived } = invitation;
      callee.respond(arrived, accept, { media: messageMedia('active', calleePath) });
      const first = await caller.expect('SIP/2.0 200');
      // T1 is 500 ms; the one after that would come a second later.
      const again = await caller.expect('SIP/2.0 200', { repeats: true, within: Math.max(context.timeout, 1500) });
      equal('the CSeq of the next 200', again.header('CSeq'), first.header('CSeq'));
      acknowledge(invitation, first);
      await nothingComes(caller, 'the caller, who sent its ACK,', 1200, true);
    },
  },
];
