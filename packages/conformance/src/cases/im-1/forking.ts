/* A call to several devices of one user: what a forking proxy sends, passes on, chooses and cancels (RFC 3261 §16.6, §16.7). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import { dialogOfCaller } from '../../dialog.js';
import { header, parameter } from '../../sip-text.js';
import { acknowledge, cancel } from '../preconditions.js';
import { beyondTrying, nothingComes, sameBranch, shortWait } from '../steps.js';
import { accept, fields, finalResponse, inDialog } from '../templates.js';
import { arrivals, audio, calling, cancelled, hungUpCall, refusedWith, rings, taken } from './calls.js';

const needs = ['registrar', 'proxy', 'forking'] as const;
const both = ['', ''] as const;

export const forkingCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/16.6/copies-of-a-fork',
    clause: 'RFC 3261 §16.6 (2), (8)',
    level: 'SHALL',
    asks: 'Each copy of a forked request has the contact it goes to as its Request-URI, and a branch of its own.',
    does: 'Calls a user with two devices and compares Request-URI and branch of the copies.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const arrived = await arrivals(ringing);
      for (const [at, copy] of arrived.entries()) equal('the Request-URI', copy.startLine.split(' ')[1], ringing.devices[at]!.contact);
      const [one, other] = arrived.map((copy) => parameter(copy.header('Via'), 'branch'));
      check(one !== other, 'both copies have one branch');
      for (const [at, device] of ringing.devices.entries()) device.respond(arrived[at]!, finalResponse('486 Busy Here'));
      await precondition('the refusals end it', () => refusedWith(ringing, 486));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/both-ring',
    clause: 'RFC 3261 §16.7 (5), (6)',
    level: 'SHALL',
    asks: 'Every provisional response but 100 is forwarded, whichever device it is of, with the To tag of that device.',
    does: 'Lets two devices ring one after the other and looks for both, with their tags, at the caller.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const arrived = await arrivals(ringing);
      const tags: (string | undefined)[] = [];
      for (const [at, device] of ringing.devices.entries()) {
        const own = device.respond(arrived[at]!, finalResponse('180 Ringing'));
        const heard = await beyondTrying(ringing.caller);
        equal('the status', heard.status, 180);
        tags.push(parameter(heard.header('To'), 'tag'));
        check(own.includes(`;tag=${tags[at]}\r\n`), 'the 180 has another To tag than the device gave it');
      }
      check(tags[0] !== tags[1], 'both devices ring with one To tag');
      for (const [at, device] of ringing.devices.entries()) device.respond(arrived[at]!, finalResponse('486 Busy Here'));
      await precondition('the refusals end it', () => refusedWith(ringing, 486));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/losers-cancelled',
    clause: 'RFC 3261 §16.7 (10), §9.1',
    level: 'SHALL',
    asks: 'When one device has taken a call, the others are cancelled, and what they answer then does not reach the caller.',
    does: 'Lets two devices ring, takes the call at one, expects CANCEL with its branch at the other, whose 487 must go no further.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const [winner, loser] = ringing.devices;
      const [here, there] = await arrivals(ringing);
      await rings(ringing, loser!, there!);
      const talk = await taken(ringing, winner!, here!);
      const request = await cancelled(loser!, there!);
      sameBranch('CANCEL', request, there!);
      await nothingComes(ringing.caller, 'the caller, who has a 200,', shortWait(context));
      await precondition('the call ends', () => hungUpCall(talk));
    },
  },
  {
    id: 'IM-1/rfc3261/9.1/no-cancel-before-provisional',
    clause: 'RFC 3261 §9.1',
    level: 'SHALL',
    asks: 'A device that has answered nothing yet is not sent a CANCEL; it is when it begins to ring.',
    does: 'Takes a call at one of two devices; the other, silent so far, must get CANCEL only after its 180.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const [winner, loser] = ringing.devices;
      const [here, there] = await arrivals(ringing);
      const talk = await precondition('the call is taken', () => taken(ringing, winner!, here!));
      await nothingComes(loser!, 'the device that has answered nothing', shortWait(context));
      loser!.respond(there!, finalResponse('180 Ringing'));
      await cancelled(loser!, there!);
      await precondition('the call ends', () => hungUpCall(talk));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/two-devices-accept',
    clause: 'RFC 3261 §16.7 (5), §13.2.2.4',
    level: 'SHALL',
    asks: 'Every 2xx to an INVITE is forwarded, also one that comes after another; each makes a dialog of its own.',
    does: 'Takes a call at both devices at once; expects both 200 at the caller, and each ACK and BYE at its own device.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const { caller, devices } = ringing;
      const arrived = await arrivals(ringing);
      const owners = new Map(devices.map((device, at) => {
        const octets = device.respond(arrived[at]!, accept, { media: audio });
        return [parameter(header(octets, 'To'), 'tag'), device] as const;
      }));
      const answers = [await caller.expect('SIP/2.0 200'), await caller.expect('SIP/2.0 200')];
      const tags = answers.map((answer) => parameter(answer.header('To'), 'tag'));
      check(tags[0] !== tags[1], 'both 200 have one To tag');
      for (const answer of answers) {
        const dialog = dialogOfCaller(answer);
        const device = owners.get(parameter(dialog.remote, 'tag')) ?? fail('the To tag of the 200 is that of no device');
        caller.send(inDialog('ACK'), { ...dialog, cseq: answer.header('CSeq')?.split(' ')[0] ?? '' });
        // The CANCEL that crossed its 200 is of no consequence (§9.2).
        const next = await device.expect('');
        if (next.startLine.startsWith('CANCEL ')) device.respond(next, finalResponse('200 OK'));
        const ack = next.startLine.startsWith('CANCEL ') ? await device.expect('ACK ') : next;
        equal('the To of the ACK', ack.header('To'), dialog.remote);
        await hungUpCall({ caller, callee: device, callerDialog: dialog });
      }
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/global-failure-cancels',
    clause: 'RFC 3261 §16.7 (5)',
    level: 'SHOULD',
    asks: 'A 6xx of one device cancels the others, and is what the caller gets when they have ended.',
    does: 'Lets one of two devices ring and declines with 603 at the other; expects CANCEL there and 603 at the caller after it.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const [ringer, decliner] = ringing.devices;
      const [here, there] = await arrivals(ringing);
      await rings(ringing, ringer!, here!);
      decliner!.respond(there!, finalResponse('603 Decline'));
      await cancelled(ringer!, here!);
      await refusedWith(ringing, 603);
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/global-failure-preferred',
    clause: 'RFC 3261 §16.7 (6)',
    level: 'SHALL',
    asks: 'Of several refusals a 6xx is the one that is forwarded, whatever came first.',
    does: 'Refuses with 486 at one device, then with 600 at the other; expects 600.',
    needs,
    users: 2,
    run: async (context) => refusedAs(context, ['486 Busy Here', '600 Busy Everywhere'], 600),
  },
  {
    id: 'IM-1/rfc3261/16.7/lowest-class-preferred',
    clause: 'RFC 3261 §16.7 (6)',
    level: 'SHOULD',
    asks: 'Of several refusals without a 6xx, one of the lowest class is forwarded.',
    does: 'Refuses with 500 at one device, then with 486 at the other; expects 486.',
    needs,
    users: 2,
    run: async (context) => refusedAs(context, ['500 Server Internal Error', '486 Busy Here'], 486),
  },
  {
    id: 'IM-1/rfc3261/16.7/resubmission-preferred',
    clause: 'RFC 3261 §16.7 (6)',
    level: 'SHOULD',
    asks: 'Of refusals of the 4xx class, one that says how to try again, such as 415, is preferred.',
    does: 'Refuses with 404 at one device, then with 415 at the other; expects 415.',
    needs,
    users: 2,
    run: async (context) => refusedAs(context, ['404 Not Found', '415 Unsupported Media Type'], 415),
  },
  {
    id: 'IM-1/rfc3261/16.7/challenges-collected',
    clause: 'RFC 3261 §16.7 (7)',
    level: 'SHALL',
    asks: 'A 401 or 407 is forwarded with the challenges of every device that sent one.',
    does: 'Answers 401 at both devices, each with a realm of its own, and looks for both realms in what the caller gets.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const arrived = await arrivals(ringing);
      for (const [at, device] of ringing.devices.entries()) {
        const challenge = `WWW-Authenticate: Digest realm="device${at}.invalid", nonce="n${at}", algorithm=MD5`;
        device.respond(arrived[at]!, finalResponse('401 Unauthorized'), fields(challenge));
      }
      const refusal = await refusedWith(ringing, 401);
      const challenges = refusal.headers('WWW-Authenticate').join(', ');
      for (const at of [0, 1]) {
        const whole = challenges.includes(`realm="device${at}.invalid"`) && challenges.includes(`nonce="n${at}"`);
        check(whole, `the challenge of device ${at} is missing or changed: ${challenges}`);
      }
    },
  },
  {
    id: 'IM-1/rfc3261/16.10/cancel-reaches-all',
    clause: 'RFC 3261 §16.10',
    level: 'SHALL',
    asks: 'A CANCEL of the caller cancels every device the call is pending at; the call ends with 487.',
    does: 'Lets two devices ring, cancels at the caller, expects CANCEL at both, then 200 and 487 at the caller.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, both);
      const arrived = await arrivals(ringing);
      for (const [at, device] of ringing.devices.entries()) await rings(ringing, device, arrived[at]!);
      cancel(ringing);
      await Promise.all(ringing.devices.map((device, at) => cancelled(device, arrived[at]!)));
      const ok = await ringing.caller.expect('SIP/2.0 200');
      check(ok.header('CSeq')?.endsWith('CANCEL') === true, 'the 200 is not that of the CANCEL');
      await refusedWith(ringing, 487);
    },
  },
];

/** The devices refuse one after the other; the caller must get this status. */
async function refusedAs(context: CaseContext, refusals: readonly string[], status: number): Promise<void> {
  const ringing = await calling(context, both);
  const arrived = await arrivals(ringing);
  for (const [at, device] of ringing.devices.entries()) {
    device.respond(arrived[at]!, finalResponse(refusals[at]!));
    await precondition('the refusal is acknowledged', () => device.expect('ACK '));
  }
  const refusal = await beyondTrying(ringing.caller);
  equal('the status', refusal.status, status);
  acknowledge(ringing, refusal);
}
