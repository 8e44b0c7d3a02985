/* Session timers (RFC 4028) of sessions that the target is the other end of. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { accepted, callerPath, hungUp, invited, registered, type Call } from '../preconditions.js';
import { fields, inDialog, invite, messageMedia } from '../templates.js';

const needs = ['registrar', 'session', 'media-path', 'session-timer'] as const;

/** An INVITE with these lines. */
const inviteWith = (...lines: readonly string[]): string => invite.replace('Accept-Contact:', `${lines.join('\n  ')}\n  Accept-Contact:`);

/** A session that such an INVITE made, with a user who knows no session timers. */
async function calling(context: CaseContext, ...lines: readonly string[]): Promise<Call> {
  const invitation = await invited(context, messageMedia('active', callerPath), inviteWith(...lines));
  return precondition('a session is agreed', () => accepted(invitation));
}

const requiresTimer = (response: SipMessage): boolean => response.headers('Require').some((value) => /(^|,)\s*timer\s*(,|$)/i.test(value));

/** Seconds and refresher of the timer that a 2xx agrees on. */
function agreed(response: SipMessage): { readonly seconds: number; readonly refresher: string | undefined } {
  const value = response.header('Session-Expires') ?? response.header('x') ?? fail(`the ${response.status} has no Session-Expires`);
  return { seconds: Number(/^\d+/.exec(value)?.[0]), refresher: /;\s*refresher\s*=\s*(\w+)/i.exec(value)?.[1]?.toLowerCase() };
}

/** Of a timer the caller asked for with an INVITE or UPDATE. */
function isAgreed(response: SipMessage, most: number): void {
  const { seconds, refresher } = agreed(response);
  check(seconds >= 90 && seconds <= most, `the Session-Expires is ${seconds}, expected 90 to ${most}`);
  check(refresher === 'uac' || refresher === 'uas', `the refresher is ${refresher ?? 'not named'}, expected uac or uas`);
  check(refresher === 'uas' || requiresTimer(response), 'the caller is to refresh, and Require does not say timer');
}

export const sessionTimerCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc4028/9/session-expires-in-2xx',
    clause: 'RFC 4028 §9',
    level: 'SHALL',
    asks: 'The 2xx to an INVITE that asks for a session timer has one that is no longer and names the refresher; if that is the caller, Require says so.',
    does: 'Invites a user with Supported: timer and Session-Expires: 1800, looks at the 200.',
    needs,
    users: 2,
    run: async (context) => {
      const call = await calling(context, 'Supported: timer', 'Session-Expires: 1800');
      isAgreed(call.accepted, 1800);
      await precondition('the session ends', () => hungUp(call));
    },
  },
  {
    id: 'IM-1/rfc4028/9/refresher-of-the-caller-kept',
    clause: 'RFC 4028 §9, table 2',
    level: 'SHALL',
    asks: 'Who refreshes is as the caller chose, where it chose.',
    does: 'Invites a user with Session-Expires: 600;refresher=uas, looks at the 200.',
    needs,
    users: 2,
    run: async (context) => {
      const call = await calling(context, 'Supported: timer', 'Session-Expires: 600;refresher=uas');
      isAgreed(call.accepted, 600);
      equal('the refresher', agreed(call.accepted).refresher, 'uas');
      await precondition('the session ends', () => hungUp(call));
    },
  },
  {
    id: 'IM-1/rfc4028/9/no-require-without-support',
    clause: 'RFC 4028 §9, table 2',
    level: 'SHALL',
    asks: 'A caller that does not know session timers is not required to, and does not refresh.',
    does: 'Invites a user without Supported, expects a 200 that neither requires timer nor has the caller refresh.',
    needs,
    users: 2,
    run: async (context) => {
      const invitation = await invited(context);
      const call = await precondition('a session is agreed', () => accepted(invitation));
      check(!requiresTimer(call.accepted), 'Require says timer, and Supported of the INVITE did not');
      if (call.accepted.header('Session-Expires') !== undefined) equal('the refresher', agreed(call.accepted).refresher, 'uas');
      await precondition('the session ends', () => hungUp(call));
    },
  },
  {
    id: 'IM-1/rfc4028/9/interval-too-small-422',
    clause: 'RFC 4028 §9, §4',
    level: 'SHALL',
    asks: 'A session timer below 90 seconds cannot be accepted: 422 with Min-SE, of at least 90.',
    does: 'Invites a user with Session-Expires: 30, expects 422 with a Min-SE of 90 or more.',
    needs,
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const [caller] = [await registered(context, from!), await registered(context, to!)];
      const media = messageMedia('active', callerPath);
      const response = await caller.request(inviteWith('Supported: timer', 'Session-Expires: 30'), { recipient: to!.aor, media });
      equal('the status', response.status, 422);
      const least = response.header('Min-SE') ?? fail('the 422 has no Min-SE');
      check(Number(/^\d+/.exec(least)?.[0]) >= 90, `the Min-SE is ${least}, expected 90 or more`);
    },
  },
  {
    id: 'IM-1/rfc4028/7.4/refreshed-by-update',
    clause: 'RFC 4028 §7.4, RFC 3311 §5.2',
    level: 'SHALL',
    asks: 'Where Allow has UPDATE, an UPDATE without a session description refreshes the session and gets its timer again.',
    does: 'Invites a user with a session timer, sends UPDATE if the 200 allows it, looks at the answer.',
    needs,
    users: 2,
    run: async (context) => {
      const call = await calling(context, 'Supported: timer', 'Session-Expires: 1800;refresher=uac');
      const { caller, callerDialog } = call;
      if (call.accepted.headers('Allow').some((value) => /\bUPDATE\b/.test(value))) {
        const lines = [`Contact: <${caller.contact}>`, 'Supported: timer', 'Session-Expires: 1800;refresher=uac'];
        const response = await caller.request(inDialog('UPDATE'), { ...callerDialog, ...fields(...lines) });
        equal('the status of the UPDATE', response.status, 200);
        isAgreed(response, 1800);
        equal('the refresher', agreed(response).refresher, 'uac');
      }
      await precondition('the session ends', () => hungUp(call));
    },
  },
];
