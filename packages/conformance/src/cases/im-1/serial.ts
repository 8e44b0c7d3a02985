/* One device after the other, and what a proxy makes of refusals (RFC 3261 §16.6, §16.7). */
import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { acknowledge, cancel, registered } from '../preconditions.js';
import { beyondTrying, isTaken, nothingComes, shortWait } from '../steps.js';
import { fields, finalResponse, message } from '../templates.js';
import { nothingHasCome, registeredWith } from './requests.js';
import { calling, cancelled, hungUpCall, refusedWith, rings, taken, type Ringing } from './calls.js';
import type { SipMessage } from '../../raw-sip.js';

const needs = ['registrar', 'proxy'] as const;
const preferred = [';q=0.9', ';q=0.3'] as const;

/** The INVITE at the device with the better q; the other must not have it. */
async function first(ringing: Ringing): Promise<SipMessage> {
  return precondition('the INVITE arrives at the preferred device alone', async () => {
    const arrived = await ringing.devices[0]!.expect('INVITE ');
    await nothingComes(ringing.devices[1]!, 'the other device', 200);
    return arrived;
  });
}

/** A status that the only device answers, and what the caller may get then. */
function passedOn(id: string, asks: string, status: string, more: readonly string[], expected = status): ConformanceCase {
  return {
    id: `IM-1/rfc3261/${id}`,
    clause: 'RFC 3261 §16.7 (6), (9)',
    level: 'SHALL',
    asks,
    does: `Refuses a call with ${status} at the only device, and looks for it at the caller.`,
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const device = ringing.devices[0]!;
      const arrived = await precondition('the INVITE arrives', () => device.expect('INVITE '));
      const own = device.respond(arrived, finalResponse(status), fields(...more));
      const refusal = await beyondTrying(ringing.caller);
      acknowledge(ringing, refusal);
      equal('the status line', refusal.startLine, `SIP/2.0 ${expected}`);
      for (const line of more) {
        const [name = '', value = ''] = line.split(/: (.*)/);
        equal(`the ${name}`, refusal.header(name), value);
      }
      check(own !== '', 'nothing was answered');
    },
  };
}

export const serialCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/16.6/next-device-after-refusal',
    clause: 'RFC 3261 §16.5, §16.6',
    level: 'MAY',
    asks: 'A contact with a lower q is tried when that with the higher one has refused.',
    does: 'Calls a user with devices of q 0.9 and 0.3, refuses with 486 at the first, takes the call at the second.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, preferred);
      const [better, other] = ringing.devices;
      better!.respond(await first(ringing), finalResponse('486 Busy Here'));
      const arrived = await other!.expect('INVITE ');
      await hungUpCall(await precondition('the call is taken', () => taken(ringing, other!, arrived)));
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/no-branch-after-global-failure',
    clause: 'RFC 3261 §16.7 (5)',
    level: 'SHALL',
    asks: 'After a 6xx no further contact is tried.',
    does: 'Calls a user with devices of q 0.9 and 0.3, declines with 603 at the first; expects 603 and nothing at the second.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, preferred);
      ringing.devices[0]!.respond(await first(ringing), finalResponse('603 Decline'));
      await refusedWith(ringing, 603);
      await nothingHasCome(ringing.devices[1]!);
    },
  },
  {
    id: 'IM-1/rfc3261/16.10/no-branch-after-cancel',
    clause: 'RFC 3261 §16.10',
    level: 'SHALL',
    asks: 'A call that is cancelled ends; it does not go on to the next contact.',
    does: 'Calls a user with devices of q 0.9 and 0.3, cancels while the first rings; expects 487 and nothing at the second.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, preferred);
      const arrived = await first(ringing);
      await rings(ringing, ringing.devices[0]!, arrived);
      cancel(ringing);
      await cancelled(ringing.devices[0]!, arrived);
      await precondition('the CANCEL is answered', () => ringing.caller.expect('SIP/2.0 200'));
      await refusedWith(ringing, 487);
      await nothingHasCome(ringing.devices[1]!);
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/message-taken-by-one-refused-by-other',
    clause: 'RFC 3261 §16.7 (5)',
    level: 'SHALL',
    asks: 'A MESSAGE that one device refuses and another takes is taken: its sender gets the 2xx.',
    does: 'Sends a MESSAGE to a user with devices of q 0.9 and 0.3, refuses it with 486 at the first, takes it at the second.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const [better, other] = [await context.sip({ user: to! }), await context.sip({ user: to! })];
      await precondition('two contacts are registered', async () => {
        await registeredWith(better, `Contact: <${better.contact}>;q=0.9;+g.oma.sip-im`, 'Expires: 600');
        await registeredWith(other, `Contact: <${other.contact}>;q=0.3;+g.oma.sip-im`, 'Expires: 600');
      });
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const [here, there] = [better.expect('MESSAGE '), other.expect('MESSAGE ')];
      for (const promise of [here, there]) promise.catch(() => undefined);
      better.respond(await precondition('the MESSAGE arrives', () => here), finalResponse('486 Busy Here'));
      other.respond(await there, finalResponse('200 OK'));
      isTaken(await answered);
    },
  },
  {
    id: 'IM-1/rfc3261/16.7/service-unavailable-becomes-500',
    clause: 'RFC 3261 §16.7 (6)',
    level: 'SHOULD',
    asks: 'A 503 of the only device is not forwarded, as it would say that the proxy itself can serve nothing: the caller gets 500.',
    does: 'Refuses a call with 503 at the only device; expects 500 at the caller.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const device = ringing.devices[0]!;
      const arrived = await precondition('the INVITE arrives', () => device.expect('INVITE '));
      device.respond(arrived, finalResponse('503 Service Unavailable'));
      const refusal = await beyondTrying(ringing.caller);
      acknowledge(ringing, refusal);
      equal('the status', refusal.status, 500);
    },
  },
  passedOn('16.7/unknown-status-forwarded', 'A status nobody knows is forwarded with its reason phrase and header fields.', '499 Gone Fishing', [
    'X-Conformance: kept  as it is', 'Reason: SIP;cause=499;text="gone fishing"', 'Retry-After: 3600 (at sea)',
  ]),
  passedOn('16.7/session-interval-422-forwarded', 'The 422 of a device goes back to the caller with its Min-SE (RFC 4028 §6).', '422 Session Interval Too Small', [
    'Min-SE: 1800',
  ]),
  passedOn('16.7/redirection-forwarded', 'A 3xx of the only device is forwarded, unless the proxy recurses, with its Contact.', '302 Moved Temporarily', [
    'Contact: <sip:elsewhere@192.0.2.7>;expires=60',
  ]),
  {
    id: 'IM-1/rfc3261/16.7/no-second-answer',
    clause: 'RFC 3261 §16.7 (5), §17.1.1.2',
    level: 'SHALL',
    asks: 'What a device answers after its final response goes no further.',
    does: 'Refuses a call with 486 at the only device and then with 404; expects 486 and nothing more at the caller.',
    needs,
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const device = ringing.devices[0]!;
      const arrived = await precondition('the INVITE arrives', () => device.expect('INVITE '));
      device.respond(arrived, finalResponse('486 Busy Here'));
      await refusedWith(ringing, 486);
      device.respond(arrived, finalResponse('404 Not Found'));
      await nothingComes(ringing.caller, 'the caller, whose call was refused,', shortWait(context));
    },
  },
];
