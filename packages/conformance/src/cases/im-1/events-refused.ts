/* A first SUBSCRIBE that must not be accepted as it stands. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { without } from '../../template.js';
import { isRefusedWith, seconds, stateOf, subscribe, watcher, type Watcher } from '../events.js';
import { shortWait } from '../steps.js';

/** What a SUBSCRIBE that was refused has not made: a subscription, which a NOTIFY would tell of. */
async function leavesNothing(context: CaseContext, of: Watcher, response: SipMessage): Promise<void> {
  await of.nothingMore(shortWait(context), `a ${response.status}`);
}

/** A case that sends one SUBSCRIBE and expects one of these statuses. */
const refused = (
  about: Pick<ConformanceCase, 'id' | 'clause' | 'level' | 'asks' | 'does'>, template: string, values: Readonly<Record<string, string>>,
  statuses: readonly number[], more: (response: SipMessage) => void = () => undefined,
): ConformanceCase => ({
  ...about,
  needs: ['reg-event'],
  users: 1,
  run: async (context) => {
    const alice = await watcher(context, { user: context.users[0]! });
    const response = await alice.ask(template, { fields: 'Expires: 600', ...values });
    isRefusedWith(response, 'the SUBSCRIBE', ...statuses);
    more(response);
    await leavesNothing(context, alice, response);
  },
});

function listsReg(response: SipMessage): void {
  const listed = response.headers('Allow-Events').join(',').split(',').map((name) => name.trim());
  check(listed.includes('reg'), `the ${response.status} has Allow-Events: ${listed.join(', ')}; expected reg among them`);
}

export const refusedSubscribeCases: readonly ConformanceCase[] = [
  refused({
    id: 'IM-1/rfc6665/4.2.1.1/unknown-event-489',
    clause: 'RFC 6665 §4.2.1.1, §8.3.2',
    level: 'SHOULD',
    asks: 'A SUBSCRIBE to an event package that is not understood is refused with 489.',
    does: 'Subscribes to Event: conformance-unheard-of.',
  }, subscribe, { event: 'conformance-unheard-of' }, [489]),
  refused({
    id: 'IM-1/rfc6665/4.4.4/489-lists-events',
    clause: 'RFC 6665 §4.4.4, RFC 3265 §7.2',
    level: 'SHOULD',
    asks: 'A 489 lists in Allow-Events every package there is.',
    does: 'Subscribes to Event: conformance-unheard-of and looks for reg in the Allow-Events of what refuses it.',
  }, subscribe, { event: 'conformance-unheard-of' }, [], listsReg),
  refused({
    id: 'IM-1/rfc6665/8.2.1/event-compared-byte-by-byte',
    clause: 'RFC 6665 §8.2.1, §4.2.1.1',
    level: 'SHOULD',
    asks: 'The name of a package is compared byte by byte: Reg is not reg, and is not understood.',
    does: 'Subscribes to Event: Reg.',
  }, subscribe, { event: 'Reg' }, [489]),
  refused({
    id: 'IM-1/rfc6665/8.4/template-unknown',
    clause: 'RFC 6665 §4.2.1.1, §4.4.4',
    level: 'SHOULD',
    asks: 'A template of a package is another package, and is refused with 489 where it is not understood.',
    does: 'Subscribes to Event: reg.conformance.',
  }, subscribe, { event: 'reg.conformance' }, [489]),
  refused({
    id: 'IM-1/rfc6665/4.2.3/no-event-489',
    clause: 'RFC 6665 §4.2.3',
    level: 'SHOULD',
    asks: 'A SUBSCRIBE without Event is refused with 489.',
    does: 'Subscribes without saying to what.',
  }, without(subscribe, 'Event:'), {}, [489]),
  refused({
    id: 'IM-1/rfc6665/8.2.1/two-events',
    clause: 'RFC 6665 §8.2.1, §4.2.1.1, RFC 3261 §21.4.1',
    level: 'SHOULD',
    asks: 'A SUBSCRIBE with two events in its Event is malformed and is not taken for either.',
    does: 'Subscribes to Event: reg, presence.',
  }, subscribe, { event: 'reg, presence' }, [400, 489]),
  refused({
    id: 'IM-1/rfc3261/12.1.1/subscribe-without-contact',
    clause: 'RFC 3261 §12.1.1, §8.1.1.8',
    level: 'SHALL',
    asks: 'A SUBSCRIBE without Contact makes no dialog, as nobody could be notified: it is refused.',
    does: 'Subscribes without Contact.',
  }, without(subscribe, 'Contact:'), {}, []),
  refused({
    id: 'IM-1/rfc3261/8.2.2.3/subscribe-unknown-require-420',
    clause: 'RFC 3261 §8.2.2.3',
    level: 'SHALL',
    asks: 'A SUBSCRIBE that requires an extension the target does not know is refused with 420 that names it in Unsupported.',
    does: 'Subscribes with Require: conformance-unheard-of.',
  }, subscribe, { fields: 'Expires: 600\r\nRequire: conformance-unheard-of' }, [420], (response) => {
    equal('Unsupported', response.header('Unsupported'), 'conformance-unheard-of');
  }),
  refused({
    id: 'IM-1/rfc3261/12.2.2/subscribe-unknown-dialog-481',
    clause: 'RFC 3261 §12.2.2',
    level: 'SHALL',
    asks: 'A SUBSCRIBE within a dialog there is not is refused with 481.',
    does: 'Subscribes with a tag in To that the target never gave.',
  }, subscribe.replace('To: <{resource}>', 'To: <{resource}>;tag=conformance'), {}, [481]),
  {
    id: 'IM-1/rfc3261/8.2.2.1/subscribe-to-nobody',
    clause: 'RFC 3261 §8.2.2.1, RFC 6665 §4.2.1.1, §4.2.1.3',
    level: 'SHOULD',
    asks: 'A SUBSCRIBE for an address-of-record there is not is refused as not found, or as forbidden to hide that.',
    does: 'Subscribes to the registrations of a user the domain does not have.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]!, resource: `sip:nobody.of.conformance@${context.domain}` });
      const response = await alice.first('Expires: 600');
      isRefusedWith(response, 'the SUBSCRIBE', 403, 404, 603);
      await leavesNothing(context, alice, response);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.1/too-brief-423',
    clause: 'RFC 6665 §4.2.1.1',
    level: 'SHALL',
    asks: 'A subscription is too brief only below an hour; then 423 says in Min-Expires what is long enough, and that is.',
    does: 'Asks for one second; what a 423 gives as Min-Expires must be an hour at most, and be accepted.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      const response = await alice.first('Expires: 1');
      if (response.status === 200) {
        context.note('one second is not too brief for the target');
        return check(seconds(response.header('Expires')) <= 1, 'more than the second that was asked for is granted');
      }
      equal('the status', response.status, 423);
      const least = response.header('Min-Expires') ?? '';
      check(seconds(least) > 1 && seconds(least) <= 3600, `the 423 has the Min-Expires ${JSON.stringify(least)}, expected 2 to 3600`);
      equal('the status with Min-Expires', (await alice.first(`Expires: ${least}`)).status, 200);
    },
  },
  {
    id: 'IM-1/rfc6665/4.2.1.1/hour-never-too-brief',
    clause: 'RFC 6665 §4.2.1.1',
    level: 'SHALL',
    asks: 'An hour is never too brief.',
    does: 'Subscribes for 3600 seconds.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const alice = await watcher(context, { user: context.users[0]! });
      equal('the status', (await alice.first('Expires: 3600')).status, 200);
    },
  },
  {
    id: 'IM-1/rfc6665/3.1.1/malformed-expires',
    clause: 'RFC 6665 §3.1.1, RFC 3261 §20.19, §21.4.1',
    level: 'SHALL',
    asks: 'Where a SUBSCRIBE says in a malformed way for how long, it is refused, or accepted for a time that the 2xx names.',
    does: 'Subscribes with Expires: soon, with Expires: -1, and with one of 40 digits.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      for (const expires of ['soon', '-1', '9'.repeat(40)]) {
        const alice = await watcher(context, { user: context.users[0]! });
        const response = await alice.first(`Expires: ${expires}`);
        if ((response.status ?? 0) >= 300) isRefusedWith(response, `Expires: ${expires}`, 400, 423);
        else {
          const granted = seconds(response.header('Expires'));
          check(granted <= 0xffff_ffff, `Expires: ${expires} is granted ${response.header('Expires') ?? 'without a time'}`);
          await precondition('a NOTIFY comes', async () => stateOf(await alice.notified()));
        }
      }
    },
  },
];
