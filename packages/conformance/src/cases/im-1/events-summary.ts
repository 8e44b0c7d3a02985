/* What waits for a user (RFC 3842). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { eventOf, hasBody, isRefusedWith, seconds, stateOf, subscribe, subscription, watcher, type Watcher } from '../events.js';
import { shortWait } from '../steps.js';
import { challengesOf, withoutCredentials } from './requests.js';

const event = 'message-summary';
const summaryType = 'application/simple-message-summary';

const own = (context: CaseContext): Promise<Watcher> => watcher(context, { user: context.users[0]!, event });

/** A line of counts (RFC 3842 §5.2). */
const counts = /^[\w.!%*+`'~-]+[ \t]*:[ \t]*(\d+)[ \t]*\/[ \t]*(\d+)(?:[ \t]*\([ \t]*(\d+)[ \t]*\/[ \t]*(\d+)[ \t]*\))?[ \t]*$/;

/** Status line, perhaps the account, lines of counts; whatever follows an empty line is optional headers, not read here. */
function readSummary(notify: SipMessage): void {
  hasBody(notify, summaryType);
  check(notify.body.endsWith('\r\n'), 'the last line of the summary has no CRLF');
  const [status = '', ...rest] = notify.body.slice(0, -2).split('\r\n');
  check(/^Messages-Waiting[ \t]*:[ \t]*(yes|no)[ \t]*$/i.test(status), `the first line of the summary is ${JSON.stringify(status)}`);
  const lines = rest.slice(0, rest.includes('') ? rest.indexOf('') : undefined);
  if (/^Message-Account[ \t]*:/i.test(lines[0] ?? '')) {
    check(/^[\w-]+[ \t]*:[ \t]*[a-z][a-z0-9+.-]*:[^\s<>]+$/i.test(lines.shift() ?? ''), 'the account of the summary is no bare URI');
  }
  for (const line of lines) {
    const found = counts.exec(line) ?? fail(`a line of the summary is ${JSON.stringify(line)}`);
    const numbers = found.slice(1).filter((number) => number !== undefined);
    check(numbers.every((number) => Number(number) <= 0xffff_ffff), `a count of ${JSON.stringify(line)} is more than 2^32-1`);
  }
}

export const messageSummaryCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3842/3.8/notified-at-once',
    clause: 'RFC 3842 §3.8, §3.5, RFC 6665 §3.2.1',
    level: 'SHALL',
    asks: 'A subscription to message-summary brings a NOTIFY with the summary, of the type application/simple-message-summary.',
    does: 'Subscribes to what waits for the user itself, and reads the NOTIFY.',
    needs: ['message-summary'],
    users: 1,
    run: async (context) => {
      const { notify } = await (await own(context)).subscribed('Expires: 600');
      equal('the Event of the NOTIFY', eventOf(notify), event);
      equal('the Subscription-State', stateOf(notify).value, 'active');
      hasBody(notify, summaryType);
    },
  },
  {
    id: 'IM-1/rfc3842/5.2/format',
    clause: 'RFC 3842 §5.2',
    level: 'SHALL',
    asks: 'A summary is a line Messages-Waiting with yes or no, perhaps the account, and lines of counts that fit into 32 bits.',
    does: 'Subscribes with an Accept of the type and reads the summary line by line.',
    needs: ['message-summary'],
    users: 1,
    run: async (context) => {
      const { notify } = await subscription(await own(context), 'Expires: 600', `Accept: ${summaryType}`);
      readSummary(notify);
    },
  },
  {
    id: 'IM-1/rfc3842/3.5/no-headers-at-first',
    clause: 'RFC 3842 §3.5, §3.8',
    level: 'SHALL',
    asks: 'The first summary of a subscription has no headers of single messages.',
    does: 'Subscribes and looks for what follows an empty line.',
    needs: ['message-summary'],
    users: 1,
    run: async (context) => {
      const { notify } = await subscription(await own(context), 'Expires: 600');
      hasBody(notify, summaryType);
      check(!notify.body.includes('\r\n\r\n'), 'the first summary has headers of messages');
    },
  },
  {
    id: 'IM-1/rfc3842/3.4/default-duration',
    clause: 'RFC 3842 §3.4, RFC 6665 §3.1.1',
    level: 'SHALL',
    asks: 'Without Expires a subscription to message-summary is for an hour, or less.',
    does: 'Subscribes without Expires and reads that of the 2xx.',
    needs: ['message-summary'],
    users: 1,
    run: async (context) => {
      const { response } = await (await own(context)).subscribed();
      const granted = seconds(response.header('Expires'));
      check(granted > 0 && granted <= 3600, `the Expires of the 2xx is ${response.header('Expires') ?? 'missing'}, expected 3600 at most`);
    },
  },
  {
    id: 'IM-1/rfc3842/3.6/unsubscribe',
    clause: 'RFC 3842 §3.6, RFC 6665 §4.2.1.4',
    level: 'SHALL',
    asks: 'Whoever logs off unsubscribes with Expires: 0, and is sent a last NOTIFY that says terminated.',
    does: 'Subscribes, unsubscribes, and reads the Subscription-State.',
    needs: ['message-summary'],
    users: 1,
    run: async (context) => {
      const alice = await own(context);
      await subscription(alice, 'Expires: 600');
      const { notify } = await alice.refreshed('Expires: 0');
      equal('the last NOTIFY', `${eventOf(notify)} ${stateOf(notify).value}`, `${event} terminated`);
    },
  },
  {
    id: 'IM-1/rfc3842/3.7/challenged',
    clause: 'RFC 3842 §3.7, §6, RFC 6665 §4.2.1.3',
    level: 'SHOULD',
    asks: 'A subscription to what waits for a user is authenticated.',
    does: 'Subscribes without credentials; expects a challenge, and no NOTIFY.',
    needs: ['message-summary', 'digest'],
    users: 1,
    run: async (context) => {
      const alice = await own(context);
      const response = await alice.ask(withoutCredentials(subscribe), { fields: 'Expires: 600' });
      isRefusedWith(response, 'a SUBSCRIBE without credentials', 401, 407);
      if (challengesOf(response).length === 0) fail(`the ${response.status} has no Digest challenge`);
      await alice.nothingMore(shortWait(context), `a ${response.status}`);
    },
  },
  {
    id: 'IM-1/rfc3842/6/account-of-another',
    clause: 'RFC 3842 §6, RFC 6665 §4.2.1.3',
    level: 'SHOULD',
    asks: 'What waits for a user is not told to another, unless it is authorised.',
    does: 'Subscribes to what waits for another user, with its own From and credentials.',
    needs: ['message-summary', 'digest'],
    users: 2,
    run: async (context) => {
      const [stranger, victim] = context.users;
      const mallory = await watcher(context, { user: stranger!, resource: victim!.aor, event });
      const response = await mallory.first('Expires: 600');
      if ((response.status ?? 0) >= 300) {
        isRefusedWith(response, 'the SUBSCRIBE', 401, 403, 404, 407, 480, 603);
        return mallory.nothingMore(shortWait(context), `a ${response.status}`);
      }
      const { value } = stateOf(await mallory.notified());
      check(value !== 'active', 'the subscription to the account of another is active');
    },
  },
  {
    id: 'IM-1/rfc3842/3.5/format-not-accepted',
    clause: 'RFC 3842 §3.5, RFC 6665 §3.2.1, RFC 3261 §21.4.7',
    level: 'SHALL',
    asks: 'Who accepts no type of a summary is not sent one: the SUBSCRIBE is refused, or the NOTIFY has no body.',
    does: 'Subscribes with an Accept of application/reginfo+xml only.',
    needs: ['message-summary'],
    users: 1,
    run: async (context) => {
      const alice = await own(context);
      const response = await alice.first('Expires: 600', 'Accept: application/reginfo+xml');
      if ((response.status ?? 0) >= 300) return isRefusedWith(response, 'an Accept of another type', 406);
      equal('the body of the NOTIFY', (await alice.notified(context.timeout)).body, '');
    },
  },
];
