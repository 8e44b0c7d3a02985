/* A first SUBSCRIBE, its 2xx and the NOTIFY that comes with it. */
import type { ConformanceCase } from '../../case.js';
import { check, equal, fail } from '../../expectation.js';
import { subscribe, subscription, watcher, stateOf, eventOf, seconds, tagOf, isRefusedWith, mediaTypeOf } from '../events.js';
import { shortWait } from '../steps.js';
import { reginfoOf, reginfoType } from '../reginfo.js';

export const subscribeCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc6665/4.2.1.2/notify-at-once',
    clause: 'RFC 6665 §4.2.1.2, §4.2.2',
    level: 'SHALL',
    asks: 'Whoever accepts a SUBSCRIBE sends a NOTIFY at once, whether there is something to tell or not.',
    does: 'Subscribes to the registrations of a user who has none; expects a 2xx and a NOTIFY, in whatever order.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { status = 0 } = await alice.first('Expires: 600');
      check(status >= 200 && status < 300, `the status of the SUBSCRIBE is ${status}, expected 200`);
      const { value } = stateOf(await alice.notified(context.timeout));
      check(value === 'active' || value === 'pending', `the Subscription-State is ${JSON.stringify(value)}, expected active or pending`);
    },
  },
  {
    id: 'IM-1/rfc6665/8.3.1/no-202',
    clause: 'RFC 6665 §8.3.1',
    level: 'SHALL',
    asks: 'No SUBSCRIBE is answered 202.',
    does: 'Subscribes, and looks at the status.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      equal('the status of the SUBSCRIBE', (await alice.first('Expires: 600')).status, 200);
    },
  },
  {
    id: 'IM-1/rfc6665/3.1.1/expires-of-2xx',
    clause: 'RFC 6665 §3.1.1, §4.2.1.1',
    level: 'SHALL',
    asks: 'The 2xx to a SUBSCRIBE has an Expires that is not longer than what was asked for.',
    does: 'Subscribes for 600 seconds and reads the Expires of the 2xx.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { response } = await alice.subscribed('Expires: 600');
      const granted = seconds(response.header('Expires'));
      check(granted <= 600, `the Expires of the 2xx is ${response.header('Expires') ?? 'missing'}, expected 600 at most`);
    },
  },
  {
    id: 'IM-1/rfc6665/3.1.1/default-duration',
    clause: 'RFC 6665 §3.1.1, RFC 3680 §4.4',
    level: 'SHALL',
    asks: 'Without Expires a subscription is for as long as the package says, 3761 seconds, or less; the 2xx says how long.',
    does: 'Subscribes without Expires and reads that of the 2xx.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { response } = await alice.subscribed();
      const granted = seconds(response.header('Expires'));
      check(granted > 0 && granted <= 3761, `the Expires of the 2xx is ${response.header('Expires') ?? 'missing'}, expected 3761 at most`);
    },
  },
  {
    id: 'IM-1/rfc6665/3.1.1/contact-expires-without-meaning',
    clause: 'RFC 6665 §3.1.1',
    level: 'SHALL',
    asks: 'An expires parameter of the Contact of a SUBSCRIBE says nothing about the subscription.',
    does: 'Subscribes with Expires: 600 and a Contact with expires=0; the subscription must not end with its first NOTIFY.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { status } = await alice.ask(subscribe.replace('<{contact}>', '<{contact}>;expires=0'), { fields: 'Expires: 600' });
      equal('the status of the SUBSCRIBE', status, 200);
      const { value } = stateOf(await alice.notified());
      check(value !== 'terminated', 'the subscription is terminated as if Expires were 0');
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.1/huge-expires',
    clause: 'RFC 6665 §4.2.1.1, §4.2.2, RFC 3261 §20.19',
    level: 'SHALL',
    asks: 'The longest Expires there can be is granted or shortened, and the NOTIFY does not lengthen what was granted.',
    does: 'Subscribes for 4294967295 seconds; compares what the 2xx grants and what the NOTIFY says is left.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { response, notify } = await alice.subscribed('Expires: 4294967295');
      const granted = seconds(response.header('Expires'));
      const shown = response.header('Expires') ?? 'missing';
      check(granted > 0 && granted <= 0xffff_ffff, `the Expires of the 2xx is ${shown}, expected a number of 32 bits`);
      check(stateOf(notify).expires <= granted, `the NOTIFY says ${stateOf(notify).expires} s are left, the 2xx granted ${granted}`);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.2/time-left',
    clause: 'RFC 6665 §4.2.2',
    level: 'SHALL',
    asks: 'The NOTIFY of a subscription that goes on says how many seconds are left of it, no more than were granted.',
    does: 'Subscribes for 600 seconds and reads the expires parameter of Subscription-State.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { notify } = await subscription(alice, 'Expires: 600');
      const { value, expires } = stateOf(notify);
      check(value === 'active' || value === 'pending', `the Subscription-State is ${JSON.stringify(value)}, expected active or pending`);
      check(expires > 0 && expires <= 600, `the expires of "${value}" is ${expires}, expected a number of 600 at most`);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.2/notify-in-the-dialog',
    clause: 'RFC 6665 §4.2.1.2, §4.4.1, RFC 3261 §12.1.1',
    level: 'SHALL',
    asks: 'The NOTIFY is in the dialog that the 2xx makes: its Call-ID and tags, and a Contact to send later requests to.',
    does: 'Subscribes and compares the tags of the 2xx and of the NOTIFY.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { response, notify } = await subscription(alice, 'Expires: 600');
      equal('the Call-ID of the NOTIFY', notify.header('Call-ID'), response.header('Call-ID'));
      equal('the tag of its To', tagOf(notify, 'To'), tagOf(response, 'From'));
      equal('the tag of its From', tagOf(notify, 'From'), tagOf(response, 'To') ?? 'the tag of a 2xx');
      check(notify.header('Contact') !== undefined, 'the NOTIFY has no Contact');
      check(/^\d+ +NOTIFY$/.test(notify.header('CSeq') ?? ''), `the CSeq of the NOTIFY is ${JSON.stringify(notify.header('CSeq'))}`);
    },
  },
  {
    id: 'IM-1/rfc6665/8.2.1/event-with-id',
    clause: 'RFC 6665 §3.2.1, §8.2.1',
    level: 'SHALL',
    asks: 'A NOTIFY has the Event of the SUBSCRIBE with the same id, as it would match nothing without.',
    does: 'Subscribes with Event: reg;id=7x and reads the Event of the NOTIFY.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]!, event: 'reg;id=7x' });
      const { notify } = await subscription(alice, 'Expires: 600');
      equal('the Event of the NOTIFY', eventOf(notify), 'reg;id=7x');
    },
  },
  {
    id: 'IM-1/rfc6665/8.2.1/no-event-in-a-response',
    clause: 'RFC 6665 §8.2.1',
    level: 'SHALL',
    asks: 'No response has an Event header field.',
    does: 'Subscribes and looks for it in the 2xx.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const { response } = await subscription(alice, 'Expires: 600');
      equal('the Event of the 2xx', response.header('Event'), undefined);
    },
  },
  {
    id: 'IM-1/rfc3680/4.5/format-among-others',
    clause: 'RFC 3680 §4.5, RFC 6665 §3.2.1',
    level: 'SHALL',
    asks: 'What is notified is of a type that the SUBSCRIBE accepts, wherever it stands among others.',
    does: 'Subscribes with an Accept of two types nobody knows and application/reginfo+xml.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const accept = `Accept: application/x-conformance, text/x-conformance;q=0.3, ${reginfoType};q=0.1`;
      const { notify } = await alice.subscribed('Expires: 600', accept);
      reginfoOf(notify);
    },
  },
  {
    id: 'IM-1/rfc3680/4.5/format-not-accepted',
    clause: 'RFC 3680 §4.5, RFC 6665 §3.2.1, RFC 3261 §21.4.7',
    level: 'SHALL',
    asks: 'Who accepts no type the target can write is not sent one: the SUBSCRIBE is refused, or the NOTIFY has no body.',
    does: 'Subscribes with an Accept of one type nobody knows.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const response = await alice.first('Expires: 600', 'Accept: application/x-conformance');
      if ((response.status ?? 0) >= 300) {
        isRefusedWith(response, 'an Accept of one type nobody knows', 406);
        return alice.nothingMore(shortWait(context), 'a 406');
      }
      const notify = await alice.notified(context.timeout);
      if (notify.body !== '') fail(`the NOTIFY has a body of the type ${mediaTypeOf(notify)}`);
    },
  },
];
