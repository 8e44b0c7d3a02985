/* How settings are published (RFC 3903 §6); what they say is in settings.ts. */
import type { CaseContext, ConformanceCase, Level } from '../../case.js';
import { check, equal } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { isRefusedWith, seconds } from '../events.js';
import { barring, endingPublications, noBarring, publish, publisher, publishNothing, wants, type Publisher } from '../settings.js';
import { fields } from '../templates.js';
import { challengesOf, withoutCredentials } from './requests.js';

const own = (context: CaseContext): Promise<Publisher> => publisher(context, context.users[0]!);
const again = 'SIP-If-Match: nobody-gave-this-tag';

interface Refusal {
  readonly id: string;
  readonly clause: string;
  readonly level?: Level;
  readonly asks: string;
  readonly does: string;
  readonly template?: string;
  readonly values: Record<string, string>;
  readonly statuses: readonly number[];
  /** A header field that the refusal must have. */
  readonly tells?: string;
}

/** A PUBLISH that is refused so. */
function refused({ id, clause, level = 'SHALL', asks, does, template = publish, values, statuses, tells }: Refusal): ConformanceCase {
  return {
    id, clause, level, asks, does, needs: ['settings'], users: 1,
    run: async (context) => {
      const response = await (await own(context)).ask(template, values);
      isRefusedWith(response, 'the PUBLISH', ...statuses);
      if (tells !== undefined) check((response.header(tells) ?? '') !== '', `the ${response.status} has no ${tells}`);
    },
  };
}

/** Accepted, with a tag and a time (RFC 3903 §6, step 6). */
function isPublished(response: SipMessage): string {
  equal('the status', response.status, 200);
  const [tag = '', ...others] = response.headers('SIP-ETag');
  check(/^[\w.!%*+`'~-]+$/.test(tag) && others.length === 0, `the SIP-ETag is ${JSON.stringify(response.headers('SIP-ETag').join())}`);
  check(seconds(response.header('Expires')) > 0, `the Expires is ${response.header('Expires') ?? 'missing'}`);
  return tag;
}

const publicationCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3903/6/published',
    clause: 'RFC 3903 §6 (6), §11.3.1',
    level: 'SHALL',
    asks: 'A publication is answered 200 with one entity tag and the time it lasts, which is not longer than was asked for.',
    does: 'Publishes settings for 600 seconds, and looks at SIP-ETag and Expires.',
    needs: ['settings'],
    users: 1,
    run: async (context) => {
      const response = await (await own(context)).published(barring);
      isPublished(response);
      check(seconds(response.header('Expires')) <= 600, `the Expires is ${response.header('Expires')}, 600 was asked for`);
    },
  },
  {
    id: 'IM-1/rfc3903/6/refreshed',
    clause: 'RFC 3903 §6 (5), (6), §4.3',
    level: 'SHALL',
    asks: 'A publication is refreshed by its tag and without a body, and has another tag from then on.',
    does: 'Publishes settings, refreshes them, and refreshes them again; compares the tags.',
    needs: ['settings'],
    users: 1,
    run: async (context) => {
      const device = await own(context);
      const tags = [isPublished(await wants(device, barring)), isPublished(await device.refreshed()), isPublished(await device.refreshed())];
      equal('how many different tags there are', new Set(tags).size, 3);
    },
  },
  {
    id: 'IM-1/rfc3903/6/modified',
    clause: 'RFC 3903 §6 (5), (6), §4.4',
    level: 'SHALL',
    asks: 'A publication is replaced by its tag and another body.',
    does: 'Publishes settings, and others in their place; expects another tag, and 412 to the first one.',
    needs: ['settings'],
    users: 1,
    run: async (context) => {
      const device = await own(context);
      const before = isPublished(await wants(device, barring));
      const after = isPublished(await device.changed(noBarring));
      check(before !== after, 'the tag is the same');
      isRefusedWith(await device.ask(publishNothing, fields(`SIP-If-Match: ${before}`)), 'a PUBLISH with the tag before', 412);
    },
  },
  {
    id: 'IM-1/rfc3903/6/removed',
    clause: 'RFC 3903 §6 (5), §4.5',
    level: 'SHALL',
    asks: 'A publication with Expires: 0 is removed at once: its tag is not known any more.',
    does: 'Publishes settings, removes them, and refreshes them; expects 412.',
    needs: ['settings'],
    users: 1,
    run: async (context) => {
      const device = await own(context);
      await wants(device, barring);
      const removed = await device.removed();
      equal('the status of the removal', removed.status, 200);
      equal('the Expires of the removal', removed.header('Expires'), '0');
      isRefusedWith(await device.refreshed(), 'a PUBLISH with the tag of what was removed', 412);
    },
  },
  refused({
    id: 'IM-1/rfc3903/6/unknown-tag-412',
    clause: 'RFC 3903 §6 (3), §11.2.1',
    asks: 'A publication whose tag is not known is answered 412.',
    does: 'Publishes with an invented SIP-If-Match.',
    values: fields('Expires: 600', again),
    statuses: [412],
  }),
  refused({
    id: 'IM-1/rfc3903/6/two-tags-400',
    clause: 'RFC 3903 §6 (3)',
    asks: 'A SIP-If-Match with more than one tag is answered 400.',
    does: 'Publishes with two tags in SIP-If-Match.',
    values: fields('Expires: 600', `${again}, another`),
    statuses: [400],
  }),
  refused({
    id: 'IM-1/rfc3903/6/too-brief-423',
    clause: 'RFC 3903 §6 (4)',
    level: 'MAY',
    asks: 'An interval that is too brief is answered 423, with the Min-Expires that would do.',
    does: 'Publishes with Expires: 1.',
    values: fields('Expires: 1'),
    statuses: [423],
    tells: 'Min-Expires',
  }),
  refused({
    id: 'IM-1/rfc3903/6/unknown-event-489',
    clause: 'RFC 3903 §6 (2)',
    asks: 'A publication of an event package there is not is answered 489.',
    does: 'Publishes settings for an invented event package to the own address.',
    values: { ...fields('Expires: 600'), event: 'no-such-package' },
    statuses: [489],
  }),
  refused({
    id: 'IM-1/rfc3903/6/no-event-489',
    clause: 'RFC 3903 §6 (2)',
    asks: 'A publication without an Event is answered 489.',
    does: 'Publishes settings without an Event to the own address.',
    template: publish.replace('  Event: {event}\n', ''),
    values: fields('Expires: 600'),
    statuses: [489],
  }),
  refused({
    id: 'IM-1/rfc3903/6/other-type-415',
    clause: 'RFC 3903 §6 (5), RFC 3261 §21.4.13',
    asks: 'A body of a type that does not belong to the package is answered 415, with what is accepted.',
    does: 'Publishes text/plain as settings.',
    values: { ...fields('Expires: 600'), type: 'text/plain', body: 'bar everything' },
    statuses: [415],
    tells: 'Accept',
  }),
  refused({
    id: 'IM-1/rfc3903/6/nothing-at-first-400',
    clause: 'RFC 3903 §6 (5)',
    level: 'SHOULD',
    asks: 'A first publication without a body is refused.',
    does: 'Publishes nothing, without a tag.',
    template: publishNothing,
    values: fields('Expires: 600'),
    statuses: [400],
  }),
  refused({
    id: 'IM-1/profile/settings/unreadable-400',
    clause: 'docs/profile.md, "Service settings"',
    level: 'MAY',
    asks: 'Settings that cannot be read are answered 400.',
    does: 'Publishes a document that ends in its middle.',
    values: { ...fields('Expires: 600'), body: barring.slice(0, -20) },
    statuses: [400],
  }),
  {
    id: 'IM-1/rfc3903/14.1/settings-of-another-403',
    clause: 'RFC 3903 §14.1, docs/profile.md, "Service settings"',
    level: 'SHALL',
    asks: 'Nobody publishes for somebody else.',
    does: 'Publishes settings to the address of another user, with one\'s own From and credentials; expects 403.',
    needs: ['settings', 'digest'],
    users: 2,
    run: async (context) => {
      const response = await (await own(context)).ask(publish, { ...fields('Expires: 600'), resource: context.users[1]!.aor });
      isRefusedWith(response, 'a PUBLISH for somebody else', 403);
    },
  },
  {
    id: 'IM-1/rfc3903/14.1/challenged',
    clause: 'RFC 3903 §14.1, RFC 3261 §22.1',
    level: 'SHOULD',
    asks: 'Whoever publishes is authenticated.',
    does: 'Publishes settings without credentials; expects a challenge.',
    needs: ['settings', 'digest'],
    users: 1,
    run: async (context) => {
      const response = await (await own(context)).ask(withoutCredentials(publish), fields('Expires: 600'));
      isRefusedWith(response, 'a PUBLISH without credentials', 401, 407);
      check(challengesOf(response).length > 0, `the ${response.status} has no Digest challenge`);
    },
  },
];

export const settingsPublicationCases = publicationCases.map(endingPublications);
