/* Who may see whose registrations. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { SipMessage, User } from '../../raw-sip.js';
import { isRefusedWith, stateOf, subscribe, subscription, watcher, type Watcher } from '../events.js';
import { activeIn, reginfoOf } from '../reginfo.js';
import { shortWait } from '../steps.js';
import { bound, desk, mobile } from './events-bindings.js';
import { challengesOf, isRefused, withoutCredentials } from './requests.js';

/**
 * Refused; or accepted without showing anything: the subscription is pending, ended, or says what could be true (RFC 6665 §6.2),
 * which the contact of the other is not part of.
 */
async function showsNothing(of: Watcher, response: SipMessage, contact: string): Promise<void> {
  if ((response.status ?? 0) >= 300) return isRefusedWith(response, 'the SUBSCRIBE', 401, 403, 404, 407, 480, 603);
  const notify = await of.notified();
  const { value } = stateOf(notify);
  check(!notify.body.includes(contact.replace('sip:', '')), `a NOTIFY with "${value}" shows the contact ${contact} of somebody else`);
}

async function withContactOf(context: CaseContext, victim: User): Promise<void> {
  await precondition('the other registers a contact', async () => bound(await context.sip({ user: victim }), `Contact: <${desk}>`));
}

export const subscribeAuthorizationCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3680/4.6/challenged',
    clause: 'RFC 3680 §4.6, RFC 6665 §4.2.1.3',
    level: 'SHOULD',
    asks: 'A subscription to registrations is authenticated before it is approved.',
    does: 'Subscribes without credentials; expects a challenge, and no NOTIFY.',
    needs: ['reg-event', 'digest'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const response = await alice.ask(withoutCredentials(subscribe), { fields: 'Expires: 600' });
      isRefusedWith(response, 'a SUBSCRIBE without credentials', 401, 407);
      if (challengesOf(response).length === 0) fail(`the ${response.status} has no Digest challenge`);
      await alice.nothingMore(shortWait(context), `a ${response.status}`);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.3/challenge-401',
    clause: 'RFC 6665 §4.2.1.3',
    level: 'SHOULD',
    asks: 'A notifier is a user agent, also where it is a proxy for other requests: it challenges with 401, not with 407.',
    does: 'Subscribes without credentials and looks at the status.',
    needs: ['reg-event', 'digest'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      equal('the status', (await alice.ask(withoutCredentials(subscribe), { fields: 'Expires: 600' })).status, 401);
    },
  },
  {
    id: 'IM-1/rfc3261/22.1/subscribe-wrong-password',
    clause: 'RFC 3261 §22.1, RFC 3680 §4.6',
    level: 'SHALL',
    asks: 'A SUBSCRIBE whose credentials do not prove the user makes no subscription.',
    does: 'Subscribes with a password that is not the user\'s; expects another challenge or 403, and no NOTIFY.',
    needs: ['reg-event', 'digest'],
    users: 1,
    run: async (context) => {
      const { aor, password } = context.users[0]!;
      const mallory = await watcher(context, { user: { aor, password: `not ${password}` } });
      const response = await mallory.first('Expires: 600');
      isRefused(response, 'a wrong password');
      await mallory.nothingMore(shortWait(context), `a ${response.status}`);
    },
  },
  {
    id: 'IM-1/rfc3680/4.6/own-registrations',
    clause: 'RFC 3680 §4.6',
    level: 'SHOULD',
    asks: 'Users may subscribe to their own registrations.',
    does: 'Registers a contact, and subscribes as the same user from another device; the subscription must be active and show it.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await withContactOf(context, user!);
      const alice = await watcher(context, { user: user! });
      const { notify } = await alice.subscribed('Expires: 600');
      equal('the Subscription-State', stateOf(notify).value, 'active');
      equal('what is registered', activeIn(reginfoOf(notify), user!.aor), desk);
    },
  },
  {
    id: 'IM-1/rfc3680/4.6/registrations-of-another',
    clause: 'RFC 3680 §4.6, RFC 6665 §4.2.1.3, §6.2',
    level: 'SHOULD',
    asks: 'Who is not authorised to see the registrations of a user is refused, or does not see them.',
    does: 'Subscribes to the registrations of another user, with its own From and credentials.',
    needs: ['reg-event', 'registrar', 'digest'],
    users: 2,
    run: async (context) => {
      const [stranger, victim] = context.users;
      await withContactOf(context, victim!);
      const mallory = await watcher(context, { user: stranger!, resource: victim!.aor });
      await showsNothing(mallory, await mallory.first('Expires: 600'), desk);
    },
  },
  {
    id: 'IM-1/rfc3680/4.6/impersonated-watcher',
    clause: 'RFC 3680 §4.6, RFC 3261 §22.1',
    level: 'SHOULD',
    asks: 'The watcher is who the credentials say, not who the From says.',
    does: 'Subscribes to the registrations of another user with the From of that user and with its own credentials.',
    needs: ['reg-event', 'registrar', 'digest'],
    users: 2,
    run: async (context) => {
      const [stranger, victim] = context.users;
      await withContactOf(context, victim!);
      const mallory = await watcher(context, { user: stranger!, resource: victim!.aor });
      const template = subscribe.replace('From: <{aor}>', 'From: <{resource}>');
      await showsNothing(mallory, await mallory.ask(template, { fields: 'Expires: 600' }), desk);
    },
  },
  {
    id: 'IM-1/rfc3680/4.5/only-this-address-of-record',
    clause: 'RFC 3680 §4.5, §5.1, RFC 6665 §3.1.2',
    level: 'SHALL',
    asks: 'What is notified is about the address-of-record that the Request-URI names, and no other.',
    does: 'Two users register; one subscribes to its own, the other registers once more; no NOTIFY may show what is the other\'s.',
    needs: ['reg-event', 'registrar'],
    users: 2,
    run: async (context) => {
      const [user, other] = context.users;
      await withContactOf(context, other!);
      const alice = await watcher(context, { user: user! });
      const first = await subscription(alice, 'Expires: 600');
      equal('what the first NOTIFY shows', activeIn(reginfoOf(first.notify), user!.aor), '');
      await precondition('the other registers again', async () => bound(await context.sip({ user: other! }), `Contact: <${mobile}>`));
      const { notify } = await alice.refreshed('Expires: 600');
      equal('what the next NOTIFY shows', activeIn(reginfoOf(notify), user!.aor), '');
    },
  },
];
