/* Entity tags of event packages (RFC 5839), on the package `reg`. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { SipMessage, User } from '../../raw-sip.js';
import { seconds, stateOf, subscription, watcher, type Watcher } from '../events.js';
import { activeIn, reginfoOf } from '../reginfo.js';
import { shortWait } from '../steps.js';
import { bound, desk } from './events-bindings.js';

/** A token that is not `*` (RFC 3903 §11.2, RFC 5839 §6.1). */
function tagOf(notify: SipMessage): string {
  const tag = notify.header('SIP-ETag') ?? fail('the NOTIFY has no SIP-ETag');
  check(/^[\w.!%*+`'~-]+$/.test(tag) && tag !== '*', `the SIP-ETag is ${JSON.stringify(tag)}, expected a token other than *`);
  return tag;
}

/** A subscription and the tag of what it was shown. */
async function tagged(context: CaseContext, user: User): Promise<{ readonly alice: Watcher; readonly tag: string }> {
  const alice = await watcher(context, { user });
  const { notify } = await subscription(alice, 'Expires: 600');
  return { alice, tag: await precondition('the NOTIFY has a tag', async () => tagOf(notify)) };
}

/** RFC 5839 §6.2: nothing of a body is left. */
function hasNoBody(notify: SipMessage): void {
  equal('the body of the NOTIFY', notify.body, '');
  equal('the Content-Type of the NOTIFY', notify.header('Content-Type'), undefined);
}

async function registersContact(context: CaseContext): Promise<void> {
  await precondition('a contact is registered', async () => bound(await context.sip({ user: context.users[0]! }), `Contact: <${desk}>`));
}

export const entityTagCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc5839/6.1/tag-of-every-notify',
    clause: 'RFC 5839 §6.1',
    level: 'SHALL',
    asks: 'Every notification has the tag of the state it shows, a token that is not *.',
    does: 'Subscribes and refreshes, and reads the SIP-ETag of both NOTIFYs.',
    needs: ['reg-event', 'event-tags'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      tagOf((await subscription(alice, 'Expires: 600')).notify);
      tagOf((await alice.refreshed('Expires: 600')).notify);
    },
  },
  {
    id: 'IM-1/rfc5839/6.1/other-state-other-tag',
    clause: 'RFC 5839 §6.1, §4',
    level: 'SHALL',
    asks: 'Another state has another tag.',
    does: 'Subscribes, registers a contact, refreshes, and compares the tags.',
    needs: ['reg-event', 'registrar', 'event-tags'],
    users: 1,
    run: async (context) => {
      const { alice, tag } = await tagged(context, context.users[0]!);
      await registersContact(context);
      const { notify } = await alice.refreshed('Expires: 600');
      check(tagOf(notify) !== tag, `the tag is ${JSON.stringify(tag)} before and after a contact was registered`);
    },
  },
  {
    id: 'IM-1/rfc5839/6.3/refresh-suppressed',
    clause: 'RFC 5839 §6.3, §7.1',
    level: 'SHALL',
    asks: 'A refresh with the present tag in Suppress-If-Match is answered 204 with an Expires, and brings no NOTIFY.',
    does: 'Subscribes, refreshes with the tag it was given, and waits for a NOTIFY.',
    needs: ['reg-event', 'event-tags'],
    users: 1,
    run: async (context) => {
      const { alice, tag } = await tagged(context, context.users[0]!);
      const response = await alice.again('Expires: 300', `Suppress-If-Match: ${tag}`);
      equal('the status', response.status, 204);
      const granted = seconds(response.header('Expires'));
      check(granted > 0 && granted <= 300, `the Expires of the 204 is ${response.header('Expires') ?? 'missing'}, expected 300 at most`);
      await alice.nothingMore(shortWait(context), 'a 204');
    },
  },
  {
    id: 'IM-1/rfc5839/6.3/any-tag-suppressed',
    clause: 'RFC 5839 §6.3',
    level: 'SHALL',
    asks: 'A Suppress-If-Match of * is always true: 204, and no NOTIFY for what changes then.',
    does: 'Subscribes, refreshes with *, registers a contact, and waits for a NOTIFY.',
    needs: ['reg-event', 'registrar', 'event-tags'],
    users: 1,
    run: async (context) => {
      const { alice } = await tagged(context, context.users[0]!);
      equal('the status', (await alice.again('Expires: 600', 'Suppress-If-Match: *')).status, 204);
      await registersContact(context);
      await alice.nothingMore(3 * shortWait(context), 'a Suppress-If-Match of *');
    },
  },
  {
    id: 'IM-1/rfc5839/6.3/change-ends-suppression',
    clause: 'RFC 5839 §5.2, §6.3, RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'What was suppressed is so as long as the tag is that of the state: a change is notified again.',
    does: 'Subscribes, refreshes with the present tag, registers a contact, and expects the NOTIFY.',
    needs: ['reg-event', 'registrar', 'event-tags'],
    users: 1,
    run: async (context) => {
      const { alice, tag } = await tagged(context, context.users[0]!);
      await precondition('a refresh is suppressed', async () => {
        equal('the status', (await alice.again('Expires: 600', `Suppress-If-Match: ${tag}`)).status, 204);
      });
      await registersContact(context);
      equal('what is notified', activeIn(reginfoOf(await alice.changed()), context.users[0]!.aor), desk);
    },
  },
  {
    id: 'IM-1/rfc5839/5.2/other-tag-notified',
    clause: 'RFC 5839 §5.2, RFC 6665 §4.2.1.2',
    level: 'SHALL',
    asks: 'A refresh with a tag that is not the present one is answered 200 and brings the state.',
    does: 'Subscribes and refreshes with a tag it made up.',
    needs: ['reg-event', 'event-tags'],
    users: 1,
    run: async (context) => {
      const { alice, tag } = await tagged(context, context.users[0]!);
      const { response, notify } = await alice.refreshed('Expires: 600', `Suppress-If-Match: not-${tag}`);
      equal('the status', response.status, 200);
      reginfoOf(notify);
      tagOf(notify);
    },
  },
  {
    id: 'IM-1/rfc5839/6.2/resumed-without-body',
    clause: 'RFC 5839 §6.2, §6.3, §5.5',
    level: 'SHALL',
    asks: 'A first SUBSCRIBE with the present tag brings a NOTIFY all the same, without a body and with the same tag.',
    does: 'Subscribes, and at another peer again with the tag of the first.',
    needs: ['reg-event', 'event-tags'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { tag } = await tagged(context, user!);
      const other = await watcher(context, { user: user! });
      const { response, notify } = await other.subscribed('Expires: 600', `Suppress-If-Match: ${tag}`);
      equal('the status', response.status, 200);
      hasNoBody(notify);
      equal('the SIP-ETag', tagOf(notify), tag);
      equal('the Subscription-State', stateOf(notify).value, 'active');
    },
  },
  {
    id: 'IM-1/rfc5839/5.4/poll-without-body',
    clause: 'RFC 5839 §5.4, §6.2',
    level: 'SHALL',
    asks: 'A fetch with the present tag brings a NOTIFY that says terminated, without a body and with the same tag.',
    does: 'Subscribes, and fetches at another peer with the tag of the first.',
    needs: ['reg-event', 'event-tags'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { tag } = await tagged(context, user!);
      const other = await watcher(context, { user: user! });
      const { notify } = await other.subscribed('Expires: 0', `Suppress-If-Match: ${tag}`);
      hasNoBody(notify);
      equal('the SIP-ETag', tagOf(notify), tag);
      equal('the Subscription-State', stateOf(notify).value, 'terminated');
    },
  },
  {
    id: 'IM-1/rfc5839/5.7/unsubscribe-suppressed',
    clause: 'RFC 5839 §5.7, §6.3',
    level: 'SHALL',
    asks: 'To unsubscribe with the present tag is answered 204 and ends the subscription without a NOTIFY.',
    does: 'Subscribes, unsubscribes with the tag, waits for a NOTIFY, and tries to refresh: 481.',
    needs: ['reg-event', 'event-tags'],
    users: 1,
    run: async (context) => {
      const { alice, tag } = await tagged(context, context.users[0]!);
      equal('the status', (await alice.again('Expires: 0', `Suppress-If-Match: ${tag}`)).status, 204);
      await alice.nothingMore(shortWait(context), 'a 204');
      equal('the status of a SUBSCRIBE in the dialog', (await alice.again('Expires: 600')).status, 481);
    },
  },
];
