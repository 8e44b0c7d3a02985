/* Within a call of another service: what a proxy that stays on the way passes through (RFC 3261 §12, §16). */
import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { Dialog } from '../../dialog.js';
import type { SipMessage, SipPeer } from '../../raw-sip.js';
import { dialogOfCaller } from '../../dialog.js';
import { uriOf } from '../../sip-text.js';
import { acknowledge, cancel } from '../preconditions.js';
import { beyondTrying, nothingComes, shortWait } from '../steps.js';
import { accept, fields, finalResponse, inDialog, withinDialog } from '../templates.js';
import { audio, calling, hungUpCall, refusedWith, rings, taken, talking, type Talk } from './calls.js';

const needs = ['registrar', 'proxy'] as const;

const inDialogWithContact = (method: string): string => inDialog(method).replace('{fields}', 'Contact: <{contact}>\n    {fields}');

/** A request with a body of its own, so that a change of either is seen. */
const withBody = (method: string): string =>
  `${inDialogWithContact(method).replace('Content-Length: 0', 'Content-Type: application/x-conformance\n    Content-Length: {length}').trimEnd()}\n\n    {body}\n`;

/** One request, its answer, and both as they came. */
async function passes(from: SipPeer, to: SipPeer, dialog: Dialog, method: string, ...lines: readonly string[]): Promise<void> {
  const body = `\0\xff${method}`;
  const answered = from.request(withBody(method), { ...dialog, body, ...fields(...lines) });
  answered.catch(() => undefined);
  const arrived = await to.expect(`${method} `);
  equal(`the body of the ${method}`, arrived.body, `${body}\r\n`);
  for (const line of lines) equal(`the ${line.split(':')[0]} of the ${method}`, arrived.header(line.split(':')[0]!), line.split(': ')[1]);
  to.respond(arrived, withinDialog('299 Conformant'), fields('X-Answer: as it is'));
  const answer = await answered;
  equal(`the status line at the sender of the ${method}`, answer.startLine, 'SIP/2.0 299 Conformant');
  equal('the X-Answer', answer.header('X-Answer'), 'as it is');
}

/** A method within a dialog, both ways. */
function carried(method: string, clause: string, ...lines: readonly string[]): ConformanceCase {
  return {
    id: `IM-1/rfc3261/16.6/${method.toLowerCase()}-within-dialog`,
    clause,
    level: 'SHALL',
    asks: `A proxy forwards ${method} within a dialog whatever it knows of it, with its fields and its body, and the response back.`,
    does: `Sends ${method} from the caller and from the callee of a call, compares it there, answers 299 and compares that.`,
    needs,
    users: 2,
    run: async (context) => {
      const talk = await talking(context);
      await passes(talk.caller, talk.callee, talk.callerDialog, method, ...lines);
      await passes(talk.callee, talk.caller, talk.calleeDialog, method, ...lines);
      await precondition('the call ends', () => hungUpCall(talk));
    },
  };
}

const reInvite = withBody('INVITE').replace('application/x-conformance', 'application/sdp');

/** A re-INVITE of either side, up to the ACK. */
async function renewed({ caller, callee, callerDialog, calleeDialog }: Talk, byCaller: boolean): Promise<void> {
  const [from, to, dialog] = byCaller ? [caller, callee, callerDialog] : [callee, caller, calleeDialog];
  const sdp = `v=0\r\no=- 2 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n${audio}`;
  from.send(reInvite, { ...dialog, body: sdp });
  const arrived = await to.expect('INVITE ');
  equal('the offer', arrived.body, `${sdp}\r\n`);
  to.respond(arrived, accept.replace(';tag={toTag}', ''), { media: audio });
  const answer = await from.expect('SIP/2.0 200');
  check(answer.body.includes('m=audio 49170'), 'the answer to the re-INVITE has lost its SDP');
  from.send(inDialog('ACK'), { ...dialog, cseq: answer.header('CSeq')?.split(' ')[0] ?? '' });
  await to.expect('ACK ');
}

export const dialogCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/16.6/record-route-loose',
    clause: 'RFC 3261 §16.6 (4), §16.12.1.1',
    level: 'SHALL',
    asks: 'A proxy that stays on the way of a dialog names itself in Record-Route with a SIP URI that has lr, and both sides get it.',
    does: 'Sets up a call and looks at Record-Route of the INVITE at the callee and of the 200 at the caller.',
    needs,
    users: 2,
    run: async (context) => {
      const talk = await talking(context);
      for (const [where, came] of [['the INVITE', talk.arrived], ['the 200', talk.accepted]] as const) {
        const routes = came.headers('Record-Route').flatMap((value) => value.split(/,(?=\s*<)/)).map((value) => uriOf(value) ?? '');
        check(routes.length > 0 || talk.arrived.headers('Record-Route').length === 0, `${where} has lost its Record-Route`);
        for (const route of routes) check(/^sips?:[^>]*;lr(?=;|=|$)/.test(route), `the Record-Route ${route} of ${where} is no SIP URI with lr`);
      }
      await hungUpCall(talk);
    },
  },
  carried('INFO', 'RFC 3261 §16.6 (1), RFC 6086 §6', 'Info-Package: conformance'),
  carried('UPDATE', 'RFC 3261 §16.6 (1), RFC 3311 §5', 'Supported: timer'),
  carried('MESSAGE', 'RFC 3261 §16.6 (1), RFC 3428 §4'),
  carried('REFER', 'RFC 3261 §16.6 (1), RFC 3515 §2.4.3', 'Refer-To: <sip:someone@192.0.2.7;method=INVITE?Replaces=a%3Bto-tag%3Db>'),
  carried('NOTIFY', 'RFC 3261 §16.6 (1), RFC 6665 §4.3', 'Event: refer;id=7', 'Subscription-State: active;expires=60'),
  carried('GOSSIP', 'RFC 3261 §16.3, §16.6 (1)', 'Require: conformance-unheard-of'),
  {
    id: 'IM-1/rfc3261/14/re-invite-both-ways',
    clause: 'RFC 3261 §14.1, §16.6',
    level: 'SHALL',
    asks: 'Either side may change a session by a re-INVITE; a proxy passes offer, answer and ACK of it along the route set.',
    does: 'Sends a re-INVITE from the caller and one from the callee of a call, each with its answer and its ACK.',
    needs,
    users: 2,
    run: async (context) => {
      const talk = await talking(context);
      await renewed(talk, true);
      await renewed(talk, false);
      await precondition('the call ends', () => hungUpCall(talk));
    },
  },
  {
    id: 'IM-1/rfc3261/14.1/glare-491-passed-on',
    clause: 'RFC 3261 §14.1, §14.2',
    level: 'SHALL',
    asks: 'When both sides send a re-INVITE at once, each refuses with 491, which is theirs to send and reaches the other.',
    does: 'Sends re-INVITEs from both sides of a call before either is answered, refuses both with 491, looks for both.',
    needs,
    users: 2,
    run: async (context) => {
      const talk = await talking(context);
      const { caller, callee, callerDialog, calleeDialog } = talk;
      const sides = [[caller, callerDialog], [callee, calleeDialog]] as const;
      const sent = sides.map(([peer, dialog]) => peer.send(reInvite, { ...dialog, body: audio }));
      for (const [peer] of sides) peer.respond(await peer.expect('INVITE '), withinDialog('491 Request Pending'));
      for (const [at, [peer, dialog]] of sides.entries()) {
        // The ACK of the target to our 491, and the 491 to our INVITE, in either order.
        const came = [await peer.expect(''), await peer.expect('')].filter(({ startLine }) => !startLine.startsWith('ACK '));
        const refusal = came.find(({ status = 0 }) => status >= 200) ?? await peer.expect('SIP/2.0 4');
        equal('the status of the re-INVITE', refusal.status, 491);
        const via = /\r\nVia: ([^\r]*)/.exec(sent[at]!)?.[1] ?? '';
        peer.send(inDialog('ACK').replace(/Via: .*/, 'Via: {via}'), { ...dialog, via, cseq: refusal.header('CSeq')?.split(' ')[0] ?? '' });
      }
      await precondition('the call ends', () => hungUpCall(talk));
    },
  },
  {
    id: 'IM-1/rfc3262/3/reliable-provisional-response',
    clause: 'RFC 3262 §3, §4, RFC 3261 §16.7 (5)',
    level: 'SHALL',
    asks: 'A reliable provisional response passes with Require: 100rel and RSeq, and the PRACK to it reaches the device.',
    does: 'Answers 183 with RSeq at the callee, sends PRACK from the caller, answers it 200, takes the call.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, [''], 'Supported: 100rel');
      const { caller, devices: [callee] } = ringing;
      const arrived = await precondition('the INVITE arrives', () => callee!.expect('INVITE '));
      equal('the Supported of the INVITE', arrived.header('Supported'), '100rel');
      const early = accept.replace('SIP/2.0 200 OK', 'SIP/2.0 183 Session Progress').replace('Contact:', 'Require: 100rel\n  RSeq: 813520\n  Contact:');
      callee!.respond(arrived, early, { media: audio });
      const progress = await beyondTrying(caller);
      equal('the status', progress.status, 183);
      equal('the RSeq', progress.header('RSeq'), '813520');
      equal('the Require', progress.header('Require'), '100rel');
      const dialog = dialogOfCaller(progress);
      const answered = caller.request(inDialog('PRACK'), { ...dialog, ...fields(`RAck: 813520 ${progress.header('CSeq')}`) });
      answered.catch(() => undefined);
      const prack = await callee!.expect('PRACK ');
      equal('the RAck', prack.header('RAck'), `813520 ${progress.header('CSeq')}`);
      callee!.respond(prack, withinDialog('200 OK'));
      equal('the status of the PRACK', (await answered).status, 200);
      await precondition('the call is taken and ends', async () => hungUpCall(await taken(ringing, callee!, arrived)));
    },
  },
  {
    id: 'IM-1/rfc3261/15/bye-in-early-dialog',
    clause: 'RFC 3261 §15, §12.1',
    level: 'SHALL',
    asks: 'The caller may end an early dialog by BYE, which reaches the device that rings.',
    does: 'Lets a device ring with a Contact, sends BYE from the caller, answers it 200 and the INVITE 487.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const { caller, devices: [callee] } = ringing;
      const arrived = await precondition('the INVITE arrives', () => callee!.expect('INVITE '));
      const early = accept.replace('SIP/2.0 200 OK', 'SIP/2.0 180 Ringing');
      callee!.respond(arrived, early, { media: audio });
      const progress = await precondition('the caller hears it ring', () => beyondTrying(caller));
      const answered = caller.request(inDialog('BYE'), dialogOfCaller(progress));
      answered.catch(() => undefined);
      callee!.respond(await callee!.expect('BYE '), withinDialog('200 OK'));
      equal('the status of the BYE', (await answered).status, 200);
      callee!.respond(arrived, finalResponse('487 Request Terminated'));
      await refusedWith(ringing, 487);
    },
  },
  {
    id: 'IM-1/rfc3261/9.2/cancel-after-answer',
    clause: 'RFC 3261 §9.1, §9.2',
    level: 'SHALL',
    asks: 'A CANCEL that comes after the final response has no effect: the device gets none, and the call goes on.',
    does: 'Takes a call and sends CANCEL after its 200; expects nothing at the callee, and that the call can be hung up.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const { caller, devices: [callee] } = ringing;
      const arrived = await precondition('the INVITE arrives', () => callee!.expect('INVITE '));
      await rings(ringing, callee!, arrived);
      const talk = await precondition('the call is taken', () => taken(ringing, callee!, arrived));
      cancel(ringing);
      const answer = await caller.expect('SIP/2.0 ');
      check(answer.status === 200 || answer.status === 481, `the CANCEL is answered ${answer.status}, expected 200 or 481`);
      await nothingComes(callee!, 'the callee, who is talking,', shortWait(context));
      await hungUpCall(talk);
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/repeated-2xx-forwarded',
    clause: 'RFC 3261 §16.7 (5), RFC 6026 §7.3',
    level: 'SHALL',
    asks: 'A 2xx to an INVITE that its device repeats is forwarded each time: the ACK may be what is lost.',
    does: 'Sends the 200 of a call twice at the callee, expects it twice at the caller, then acknowledges and hangs up.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const { caller, devices: [callee] } = ringing;
      const arrived = await precondition('the INVITE arrives', () => callee!.expect('INVITE '));
      const octets = callee!.respond(arrived, accept, { media: audio });
      const first = await precondition('the 200 arrives', () => caller.expect('SIP/2.0 200'));
      arrived.reply(octets);
      const again: SipMessage = await caller.expect('SIP/2.0 200', { repeats: true });
      equal('the To of the repeated 200', again.header('To'), first.header('To'));
      acknowledge(ringing, first);
      await precondition('the ACK arrives', () => callee!.expect('ACK '));
      await precondition('the call ends', () => hungUpCall({ caller, callee: callee!, callerDialog: dialogOfCaller(first) }));
    },
  },
  {
    id: 'IM-1/rfc3261/16.3/max-forwards-within-dialog',
    clause: 'RFC 3261 §16.3 (3)',
    level: 'SHALL',
    asks: 'Within a dialog as well, a request whose Max-Forwards is 0 is not forwarded and is answered 483.',
    does: 'Sends INFO with Max-Forwards 0 within a call; expects 483 and nothing at the callee.',
    needs,
    users: 2,
    run: async (context) => {
      const talk = await talking(context);
      const answered = talk.caller.request(inDialog('INFO').replace('Max-Forwards: 70', 'Max-Forwards: 0'), talk.callerDialog);
      answered.catch(() => undefined);
      await nothingComes(talk.callee, 'the callee', shortWait(context));
      equal('the status', (await answered).status, 483);
      await precondition('the call ends', () => hungUpCall(talk));
    },
  },
];
