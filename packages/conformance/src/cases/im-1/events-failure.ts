/* Watchers that do not answer as they should, subscriptions nobody refreshes, and publications nobody asked for. */
import type { ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import { without } from '../../template.js';
import { eventOf, isRefusedWith, seconds, stateOf, subscription, watcher } from '../events.js';
import { activeIn, reginfoOf } from '../reginfo.js';
import { message } from '../templates.js';
import { bound, desk } from './events-bindings.js';

/** A NOTIFY with this status ends the subscription (RFC 6665 §4.2.2). */
const endedBy = (status: string): ConformanceCase => ({
  id: `IM-1/rfc6665/4.2.2/notify-answered-${status.slice(0, 3)}`,
  clause: 'RFC 6665 §4.2.2, RFC 5057 §5.1',
  level: 'SHALL',
  asks: `A subscription whose NOTIFY is answered ${status.slice(0, 3)} is removed.`,
  does: `Subscribes, answers the first NOTIFY with ${status}, and tries to refresh: 481.`,
  needs: ['reg-event'],
  users: 1,
  run: async (context) => {
    const alice = await watcher(context, { user: context.users[0]!, answer: status });
    await subscription(alice, 'Expires: 600');
    const response = await alice.again('Expires: 600');
    equal(`the status of a SUBSCRIBE in the dialog after a ${status.slice(0, 3)}`, response.status, 481);
  },
});

/** To the core itself: what is for a user it may pass on to the devices of that user (RFC 3903 §6, (1)). */
const publish = message.replaceAll('MESSAGE', 'PUBLISH').replaceAll('{recipient}', 'sip:{domain}')
  .replace('{fields}', 'Event: {event}\n  Expires: 600');

export const watcherFailureCases: readonly ConformanceCase[] = [
  endedBy('481 Subscription Does Not Exist'),
  endedBy('489 Bad Event'),
  {
    id: 'IM-1/rfc6665/4.2.2/silent-watcher',
    clause: 'RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'A change is notified at once, also while another watcher of the same does not answer its NOTIFYs.',
    does: 'Subscribes twice, at one peer that answers no NOTIFY and at one that does; registers a contact, which the second must be told.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const silent = await watcher(context, { user: user!, answer: '' });
      await subscription(silent, 'Expires: 600');
      const alice = await watcher(context, { user: user! });
      await subscription(alice, 'Expires: 600');
      await precondition('a contact is registered', async () => bound(await context.sip({ user: user! }), `Contact: <${desk}>`));
      equal('what the other watcher is told', activeIn(reginfoOf(await alice.changed()), user!.aor), desk);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.4/expiry',
    clause: 'RFC 6665 §4.2.1.4',
    level: 'SHOULD',
    asks: 'A subscription that nobody refreshes ends when its time is over, with a NOTIFY that says terminated;reason=timeout.',
    does: 'Subscribes for the shortest time the target takes, and waits.',
    needs: ['reg-event'],
    users: 1,
    slow: 150,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      let response = await alice.first('Expires: 5');
      if (response.status === 423) response = await alice.first(`Expires: ${response.header('Min-Expires')}`);
      equal('the status of the SUBSCRIBE', response.status, 200);
      const granted = seconds(response.header('Expires'));
      if (!(granted <= 120)) fail(`the shortest subscription takes ${response.header('Expires')} s, too long for this case`);
      await precondition('a NOTIFY comes', () => alice.notified());
      const began = performance.now();
      const last = await alice.notified(granted * 1000 + context.timeout);
      equal('the last NOTIFY', `${eventOf(last)} ${stateOf(last).value};reason=${stateOf(last).reason}`, 'reg terminated;reason=timeout');
      const passed = (performance.now() - began) / 1000;
      check(passed > granted - 3, `the subscription of ${granted} s ended after ${Math.round(passed)} s`);
    },
  },
  {
    id: 'IM-1/rfc3903/6/unknown-event-refused',
    clause: 'RFC 3903 §6 (2), RFC 3261 §8.2.1',
    level: 'SHALL',
    asks: 'To publish events that are not understood is refused: 489, or 405 where nothing can be published, or 404.',
    does: 'Publishes Event: conformance-unheard-of at the domain itself.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await context.sip({ user: context.users[0]! });
      const response = await alice.request(publish, { event: 'conformance-unheard-of' });
      isRefusedWith(response, 'the PUBLISH', 404, 405, 489, 501);
      const { status } = response;
      const missing = { 405: 'Allow', 489: 'Allow-Events' }[status ?? 0];
      if (missing !== undefined) check(response.header(missing) !== undefined, `the ${status} has no ${missing}`);
    },
  },
  {
    id: 'IM-1/rfc3903/6/no-event-refused',
    clause: 'RFC 3903 §6 (2), RFC 3261 §8.2.1, §21.4.1',
    level: 'SHALL',
    asks: 'A publication that does not say of what is refused.',
    does: 'Publishes at the domain itself without Event.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await context.sip({ user: context.users[0]! });
      const response = await alice.request(without(publish, 'Event:'));
      isRefusedWith(response, 'the PUBLISH', 400, 404, 405, 489, 501);
    },
  },
];
