/* A subscription that lives: refreshed, polled, ended, and what is out of order in its dialog. */
import type { ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { eventOf, isRefusedWith, seconds, stateOf, subscribeAgain, subscription, watcher } from '../events.js';
import { activeIn, reginfoOf, registrationIn } from '../reginfo.js';
import { shortWait, unlessSilent } from '../steps.js';
import { bound, desk, mobile } from './events-bindings.js';

const numberOf = (message: SipMessage): number => Number(/^\d+/.exec(message.header('CSeq') ?? '')?.[0] ?? NaN);

export const subscriptionCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc6665/4.2.1.2/refresh-notified',
    clause: 'RFC 6665 §4.2.1.2, §4.2.1.4',
    level: 'SHALL',
    asks: 'A SUBSCRIBE in the dialog refreshes the subscription, for no longer than it asks, and brings a NOTIFY at once.',
    does: 'Subscribes for 600 seconds, refreshes for 300, and reads the Expires of the 2xx and the NOTIFY.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      await subscription(alice, 'Expires: 600');
      const { response, notify } = await alice.refreshed('Expires: 300');
      const granted = seconds(response.header('Expires'));
      check(granted > 0 && granted <= 300, `the Expires of the 2xx is ${response.header('Expires') ?? 'missing'}, expected 300 at most`);
      check(stateOf(notify).expires <= 300, `the NOTIFY says ${stateOf(notify).expires} s are left, 300 were asked for`);
      equal('the Event of the NOTIFY', eventOf(notify), 'reg');
    },
  },
  {
    id: 'IM-1/rfc6665/4.3/notify-record-routed',
    clause: 'RFC 6665 §4.3',
    level: 'SHALL',
    asks: 'A proxy that put itself into the route of a SUBSCRIBE does so in every NOTIFY, from which a watcher may have its route set; others do not.',
    does: 'Subscribes, refreshes by the route set of the first NOTIFY, and compares the Record-Route of the 2xx and of both NOTIFYs.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const first = await subscription(alice, 'Expires: 600');
      const hasRoute = (message: SipMessage): string => (message.headers('Record-Route').length > 0 ? 'yes' : 'no');
      equal('whether the first NOTIFY has a Record-Route', hasRoute(first.notify), hasRoute(first.response));
      const { notify } = await alice.refreshed('Expires: 600');
      equal('whether the second NOTIFY has a Record-Route', hasRoute(notify), hasRoute(first.response));
    },
  },
  {
    id: 'IM-1/rfc3261/12.2.1.1/notify-numbers',
    clause: 'RFC 3261 §12.2.1.1',
    level: 'SHALL',
    asks: 'The CSeq of each NOTIFY of a dialog is one higher than that of the one before.',
    does: 'Subscribes and refreshes twice, and compares the CSeq of the three NOTIFYs.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const first = numberOf((await subscription(alice, 'Expires: 600')).notify);
      equal('the CSeq of the second NOTIFY', numberOf((await alice.refreshed('Expires: 600')).notify), first + 1);
      equal('the CSeq of the third NOTIFY', numberOf((await alice.refreshed('Expires: 600')).notify), first + 2);
    },
  },
  {
    id: 'IM-1/rfc6665/3.1/target-refresh',
    clause: 'RFC 6665 §3.1, RFC 3261 §12.2.2',
    level: 'SHALL',
    asks: 'A SUBSCRIBE is a target refresh request: its Contact is the Request-URI of NOTIFYs from then on.',
    does: 'Subscribes, then refreshes with the Contact of another port; the NOTIFY arrives there, or where the SUBSCRIBE came from.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const moved = await watcher(context, { user: context.users[0]! });
      await subscription(alice, 'Expires: 600');
      const response = await alice.ask(subscribeAgain, { ...alice.dialog, contact: moved.peer.contact, fields: 'Expires: 600' });
      equal('the status of the refresh', response.status, 200);
      const notify = await unlessSilent(moved.notified(shortWait(context))) ?? await alice.notified();
      equal('the Request-URI of the NOTIFY', notify.startLine.split(' ')[1], moved.peer.contact);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.4/unsubscribe',
    clause: 'RFC 6665 §4.1.2.3, §4.2.1.4',
    level: 'SHALL',
    asks: 'A SUBSCRIBE with Expires: 0 ends the subscription with a last NOTIFY that says terminated.',
    does: 'Subscribes, unsubscribes, and reads the Subscription-State.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      await subscription(alice, 'Expires: 600');
      const { response, notify } = await alice.refreshed('Expires: 0');
      equal('the Expires of the 2xx', seconds(response.header('Expires')), 0);
      equal('the Subscription-State', stateOf(notify).value, 'terminated');
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.4/unsubscribe-reason',
    clause: 'RFC 6665 §4.2.1.4, §4.2.2, §4.1.3',
    level: 'SHOULD',
    asks: 'The NOTIFY that ends a subscription on request has the reason timeout, and no expires.',
    does: 'Subscribes, unsubscribes, and reads the parameters of Subscription-State.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      await subscription(alice, 'Expires: 600');
      const { reason, expires } = stateOf((await alice.refreshed('Expires: 0')).notify);
      equal('the reason', reason, 'timeout');
      check(Number.isNaN(expires), 'a Subscription-State with "terminated" has an expires');
    },
  },
  {
    id: 'IM-1/rfc6665/4.4.1/nothing-after-the-end',
    clause: 'RFC 6665 §4.4.1, RFC 3261 §12.2.2',
    level: 'SHALL',
    asks: 'With the subscription its dialog ends: changes are notified no more, and a SUBSCRIBE in it is answered 481.',
    does: 'Subscribes, unsubscribes, registers a contact, and then tries to refresh.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const alice = await watcher(context, { user: user! });
      await subscription(alice, 'Expires: 600');
      await precondition('the subscription ends', () => alice.refreshed('Expires: 0'));
      await precondition('a contact is registered', async () => bound(await context.sip({ user: user! }), `Contact: <${desk}>`));
      await alice.nothingMore(shortWait(context), 'the end of the subscription');
      equal('the status of a SUBSCRIBE in the dialog', (await alice.again('Expires: 600')).status, 481);
    },
  },
  {
    id: 'IM-1/rfc6665/4.4.3/fetch',
    clause: 'RFC 6665 §4.4.3',
    level: 'SHALL',
    asks: 'A first SUBSCRIBE with Expires: 0 is a fetch: one NOTIFY with the state, terminated, and nothing after.',
    does: 'Fetches the registrations of a user; registers another contact and looks that it is not told of it.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const device = await context.sip({ user: user! });
      await precondition('a contact is registered', () => bound(device, `Contact: <${desk}>`));
      const alice = await watcher(context, { user: user! });
      const { response, notify } = await alice.subscribed('Expires: 0');
      equal('the Expires of the 2xx', seconds(response.header('Expires')), 0);
      equal('the Subscription-State', `${stateOf(notify).value};reason=${stateOf(notify).reason}`, 'terminated;reason=timeout');
      equal('what is registered', activeIn(reginfoOf(notify), user!.aor), desk);
      await precondition('another contact is registered', () => bound(device, `Contact: <${mobile}>`));
      await alice.nothingMore(shortWait(context), 'a fetch');
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.2/fetch-full-state',
    clause: 'RFC 3680 §4.7.2, §4.3',
    level: 'SHOULD',
    asks: 'What a fetch shows is the full state: every contact there is.',
    does: 'Registers two contacts and fetches.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const device = await context.sip({ user: user! });
      await precondition('two contacts are registered', () => bound(device, `Contact: <${desk}>, <${mobile}>`));
      const alice = await watcher(context, { user: user! });
      const document = reginfoOf((await alice.subscribed('Expires: 0')).notify);
      equal('the state of the document', document.state, 'full');
      equal('what is registered', activeIn(document, user!.aor), `${desk} ${mobile}`);
    },
  },
  {
    id: 'IM-1/rfc6665/4.5.2/two-in-one-dialog',
    clause: 'RFC 6665 §4.5.2',
    level: 'SHOULD',
    asks: 'A second subscription in a dialog is refused with 403; or it lives by itself, told apart by its id.',
    does: 'Subscribes with id=1, then in the dialog with id=2; where that is accepted, ends the second, and refreshes the first.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]!, event: 'reg;id=1' });
      await subscription(alice, 'Expires: 600');
      const second = await alice.ask(subscribeAgain, { ...alice.dialog, event: 'reg;id=2', fields: 'Expires: 600' });
      if (second.status === 403) return;
      equal('the status of the second', second.status, 200);
      const { callId } = alice.dialog;
      equal('the Event of its NOTIFY', eventOf(await alice.notified()), 'reg;id=2');
      equal('its Call-ID', alice.dialog.callId, callId);
      const end = await alice.ask(subscribeAgain, { ...alice.dialog, event: 'reg;id=2', fields: 'Expires: 0' });
      equal('the status of its end', end.status, 200);
      const last = await alice.notified();
      equal('the last NOTIFY of the second', `${eventOf(last)} ${stateOf(last).value}`, 'reg;id=2 terminated');
      const { notify } = await alice.refreshed('Expires: 600');
      equal('the next NOTIFY of the first', `${eventOf(notify)} ${stateOf(notify).value}`, 'reg;id=1 active');
    },
  },
  {
    id: 'IM-1/rfc3261/12.2.2/subscribe-out-of-order-500',
    clause: 'RFC 3261 §12.2.2',
    level: 'SHALL',
    asks: 'A request in a dialog with a CSeq lower than the last is refused with 500, and changes nothing.',
    does: 'Subscribes, and tries to unsubscribe with CSeq 0; then the subscription must still be there.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      await subscription(alice, 'Expires: 600');
      equal('the status', (await alice.ask(subscribeAgain, { ...alice.dialog, cseq: '0', fields: 'Expires: 0' })).status, 500);
      equal('the Subscription-State after a refresh', stateOf((await alice.refreshed('Expires: 600')).notify).value, 'active');
    },
  },
  {
    id: 'IM-1/rfc6665/4.1.2.2/refused-refresh-changes-nothing',
    clause: 'RFC 6665 §4.1.2.2, RFC 3261 §12.2.2',
    level: 'SHALL',
    asks: 'A refresh that is refused with 420 changes nothing: the subscription lives as before.',
    does: 'Subscribes; a SUBSCRIBE with Expires: 0 that requires what nobody knows is refused; then it refreshes.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const alice = await watcher(context, { user: user! });
      await subscription(alice, 'Expires: 600');
      isRefusedWith(await alice.again('Expires: 0', 'Require: conformance-unheard-of'), 'the refresh', 420);
      await alice.nothingMore(shortWait(context), 'a refresh that was refused');
      const { notify } = await alice.refreshed('Expires: 600');
      if (stateOf(notify).value === 'terminated') fail('the subscription has ended');
      registrationIn(reginfoOf(notify), user!.aor);
    },
  },
];
