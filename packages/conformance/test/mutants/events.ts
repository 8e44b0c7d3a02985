/* SUBSCRIBE and NOTIFY. Over UDP, where what the server sends to a Contact comes through the proxy. */
import { rewrite, type Mutant } from './mutant.js';

type Rewrite = (text: string) => string;

const accepted = /^SIP\/2\.0 2\d\d [^]*CSeq: \d+ SUBSCRIBE/i;
/** A SUBSCRIBE that begins a subscription, and one in its dialog. */
const first = /^SUBSCRIBE (?![^]*\r\nTo: [^\r]*;tag=)/;
const again = /^SUBSCRIBE [^]*\r\nTo: [^\r]*;tag=/;

const status = (from: RegExp, to: string): Rewrite =>
  rewrite(/CSeq: \d+ SUBSCRIBE/i, new RegExp(`^SIP/2\\.0 ${from.source} [^\\r]*`), `SIP/2.0 ${to}`);
const notify = (pattern: RegExp, instead: string): Rewrite => rewrite(/^NOTIFY /, pattern, instead);
const state = (instead: string): Rewrite => notify(/\r\nSubscription-State: terminated[^\r]*/i, `\r\nSubscription-State: ${instead}`);
const withoutNotify = (which: RegExp): Rewrite => (text) => (text.startsWith('NOTIFY ') && which.test(text) ? '' : text);

const overUdp: readonly Mutant[] = [
  {
    breaks: 'No NOTIFY is sent',
    kills: ['IM-1/rfc6665/4.2.1.2/notify-at-once', 'IM-1/rfc3842/3.8/notified-at-once', 'IM-1/rfc6665/4.4.3/fetch'],
    fromServer: withoutNotify(/^/),
  },
  {
    breaks: 'A refresh brings no NOTIFY',
    kills: ['IM-1/rfc6665/4.2.1.2/refresh-notified', 'IM-1/rfc6665/4.2.1.4/unsubscribe', 'IM-1/rfc3842/3.6/unsubscribe'],
    fromServer: withoutNotify(/\r\nCSeq: (?!1 )/i),
  },
  {
    breaks: 'A SUBSCRIBE is answered 202',
    kills: ['IM-1/rfc6665/8.3.1/no-202'],
    fromServer: status(/200/, '202 Accepted'),
  },
  {
    breaks: 'The 2xx to a SUBSCRIBE grants more than was asked for, and more than there is',
    kills: [
      'IM-1/rfc6665/3.1.1/expires-of-2xx', 'IM-1/rfc6665/3.1.1/default-duration', 'IM-1/rfc6665/4.2.1.1/huge-expires',
      'IM-1/rfc6665/4.2.1.2/refresh-notified', 'IM-1/rfc3842/3.4/default-duration',
    ],
    fromServer: rewrite(accepted, /\r\nExpires: [1-9]\d*/i, '\r\nExpires: 9999999999'),
  },
  {
    breaks: 'The 2xx to a SUBSCRIBE has no Expires',
    kills: [
      'IM-1/rfc6665/3.1.1/expires-of-2xx', 'IM-1/rfc6665/3.1.1/default-duration', 'IM-1/rfc6665/4.2.1.4/unsubscribe',
      'IM-1/rfc3842/3.4/default-duration',
    ],
    fromServer: rewrite(accepted, /\r\nExpires: \d+/i, ''),
  },
  {
    breaks: 'The expires parameter of a Contact wins over Expires',
    kills: ['IM-1/rfc6665/3.1.1/contact-expires-without-meaning'],
    toServer: rewrite(/^SUBSCRIBE [^]*;expires=0\r\n/, /\r\nExpires: 600/, '\r\nExpires: 0'),
  },
  {
    breaks: 'A NOTIFY says that more time is left than was granted',
    kills: ['IM-1/rfc6665/4.2.1.1/huge-expires', 'IM-1/rfc6665/4.2.2/time-left', 'IM-1/rfc6665/4.2.1.2/refresh-notified'],
    fromServer: notify(/(\r\nSubscription-State: [^\r]*;expires=)\d+/i, '$14000000000'),
  },
  {
    breaks: 'A NOTIFY does not say how much time is left',
    kills: ['IM-1/rfc6665/4.2.2/time-left', 'IM-1/rfc6665/4.2.1.1/huge-expires'],
    fromServer: notify(/(\r\nSubscription-State: \w+);expires=\d+/i, '$1'),
  },
  {
    breaks: 'A NOTIFY has another tag than the 2xx',
    kills: ['IM-1/rfc6665/4.2.1.2/notify-in-the-dialog'],
    fromServer: notify(/(\r\nFrom: [^\r]*;tag=)/i, '$1other'),
  },
  {
    breaks: 'A NOTIFY has no Contact',
    kills: ['IM-1/rfc6665/4.2.1.2/notify-in-the-dialog'],
    fromServer: notify(/\r\nContact: [^\r]*/i, ''),
  },
  {
    breaks: 'A NOTIFY has no id in its Event',
    kills: ['IM-1/rfc6665/8.2.1/event-with-id'],
    fromServer: notify(/(\r\nEvent: [\w-]+)[^\r]*/i, '$1'),
  },
  {
    breaks: 'A 2xx has an Event',
    kills: ['IM-1/rfc6665/8.2.1/no-event-in-a-response'],
    fromServer: rewrite(accepted, /\r\nCall-ID:/i, '\r\nEvent: reg$&'),
  },
  {
    breaks: 'A NOTIFY is of a type of its own',
    kills: [
      'IM-1/rfc3680/4.5/format-among-others', 'IM-1/rfc3680/5.1/first-document', 'IM-1/rfc3842/3.8/notified-at-once',
      'IM-1/rfc3842/5.2/format', 'IM-1/rfc3842/3.5/no-headers-at-first',
    ],
    fromServer: notify(/\r\nContent-Type: [^\r]*/i, '\r\nContent-Type: application/x-other'),
  },
  {
    breaks: 'Accept is passed over',
    kills: ['IM-1/rfc3680/4.5/format-not-accepted', 'IM-1/rfc3842/3.5/format-not-accepted'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nAccept: [^\r]*/, ''),
  },
  {
    breaks: 'Whatever begins with the name of a package is taken for it, and what nobody knows as well',
    kills: [
      'IM-1/rfc6665/4.2.1.1/unknown-event-489', 'IM-1/rfc6665/4.4.4/489-lists-events', 'IM-1/rfc6665/8.4/template-unknown',
      'IM-1/rfc6665/8.2.1/event-compared-byte-by-byte', 'IM-1/rfc6665/8.2.1/two-events',
    ],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nEvent: (?:conformance-unheard-of|Reg|reg\.conformance|reg, presence)/, '\r\nEvent: reg'),
  },
  {
    breaks: 'A bad event is a bad request',
    kills: [
      'IM-1/rfc6665/4.2.1.1/unknown-event-489', 'IM-1/rfc6665/8.4/template-unknown', 'IM-1/rfc6665/8.2.1/event-compared-byte-by-byte',
      'IM-1/rfc6665/4.2.3/no-event-489',
    ],
    fromServer: status(/489/, '400 Bad Request'),
  },
  {
    breaks: 'A 489 does not list the events there are',
    kills: ['IM-1/rfc6665/4.4.4/489-lists-events'],
    fromServer: rewrite(/^SIP\/2\.0 489/, /\r\nAllow-Events: [^\r]*/i, ''),
  },
  {
    breaks: 'A SUBSCRIBE without Event is taken for one to registrations',
    kills: ['IM-1/rfc6665/4.2.3/no-event-489'],
    toServer: rewrite(/^SUBSCRIBE (?![^]*\r\nEvent:)/, /\r\nExpires:/, '\r\nEvent: reg$&'),
  },
  {
    breaks: 'A SUBSCRIBE that is malformed is answered 200',
    kills: ['IM-1/rfc3261/12.1.1/subscribe-without-contact', 'IM-1/rfc6665/3.1.1/malformed-expires'],
    fromServer: status(/400/, '200 OK'),
  },
  {
    breaks: 'The Require of a SUBSCRIBE is passed over',
    kills: ['IM-1/rfc3261/8.2.2.3/subscribe-unknown-require-420', 'IM-1/rfc6665/4.1.2.2/refused-refresh-changes-nothing'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nRequire: conformance-unheard-of/, ''),
  },
  {
    breaks: 'A SUBSCRIBE that is refused with 420 is carried out',
    kills: ['IM-1/rfc6665/4.1.2.2/refused-refresh-changes-nothing'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nRequire: conformance-unheard-of/, ''),
    fromServer: rewrite(/^SIP\/2\.0 200 [^]*\r\nExpires: 0\r\n/i, /^[^\r]*/, 'SIP/2.0 420 Bad Extension'),
  },
  {
    breaks: 'The 420 to a SUBSCRIBE names no extension',
    kills: ['IM-1/rfc3261/8.2.2.3/subscribe-unknown-require-420'],
    fromServer: rewrite(/^SIP\/2\.0 420/, /\r\nUnsupported: [^\r]*/i, ''),
  },
  {
    breaks: 'A SUBSCRIBE in a dialog there is not begins one',
    kills: ['IM-1/rfc3261/12.2.2/subscribe-unknown-dialog-481'],
    toServer: rewrite(/^SUBSCRIBE /, /;tag=conformance\r\n/, '\r\n'),
  },
  {
    breaks: 'A SUBSCRIBE after the end of the subscription is answered 200',
    kills: [
      'IM-1/rfc6665/4.4.1/nothing-after-the-end', 'IM-1/rfc6665/4.2.2/notify-answered-481', 'IM-1/rfc6665/4.2.2/notify-answered-489',
      'IM-1/rfc3261/12.2.2/subscribe-unknown-dialog-481',
    ],
    fromServer: status(/481/, '200 OK'),
  },
  {
    breaks: 'A SUBSCRIBE that is not found or forbidden is answered 200, and nothing comes of it',
    kills: [
      'IM-1/rfc3261/8.2.2.1/subscribe-to-nobody', 'IM-1/rfc3680/4.6/registrations-of-another', 'IM-1/rfc3680/4.6/impersonated-watcher',
      'IM-1/rfc3842/6/account-of-another',
    ],
    fromServer: status(/40[34]/, '200 OK'),
  },
  {
    breaks: 'A 423 to a SUBSCRIBE has no Min-Expires',
    kills: ['IM-1/rfc6665/4.2.1.1/too-brief-423'],
    fromServer: rewrite(/^SIP\/2\.0 423/, /\r\nMin-Expires: [^\r]*/i, ''),
  },
  {
    breaks: 'The Min-Expires of a SUBSCRIBE is more than an hour',
    kills: ['IM-1/rfc6665/4.2.1.1/too-brief-423'],
    fromServer: rewrite(/^SIP\/2\.0 423/, /\r\nMin-Expires: [^\r]*/i, '\r\nMin-Expires: 7200'),
  },
  {
    breaks: 'A second is granted as a minute to who subscribes',
    kills: ['IM-1/rfc6665/4.2.1.1/too-brief-423'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nExpires: 1\r\n/, '\r\nExpires: 60\r\n'),
  },
  {
    breaks: 'An hour is too brief',
    kills: ['IM-1/rfc6665/4.2.1.1/hour-never-too-brief'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nExpires: 3600\r\n/, '\r\nExpires: 1\r\n'),
  },
  {
    breaks: 'A SUBSCRIBE without credentials is answered 200',
    kills: [
      'IM-1/rfc3680/4.6/challenged', 'IM-1/rfc3842/3.7/challenged', 'IM-1/rfc3261/22.1/subscribe-wrong-password',
      'IM-1/rfc6665/4.2.1.3/challenge-401',
    ],
    fromServer: rewrite(/CSeq: 1 SUBSCRIBE/i, /^SIP\/2\.0 40[17] [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'A SUBSCRIBE with a wrong password is answered 200',
    kills: ['IM-1/rfc3261/22.1/subscribe-wrong-password'],
    fromServer: rewrite(/CSeq: 2 SUBSCRIBE/i, /^SIP\/2\.0 40[17] [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'Users may not see their own registrations',
    kills: ['IM-1/rfc3680/4.6/own-registrations'],
    fromServer: status(/200/, '403 Forbidden'),
  },
  {
    breaks: 'A notifier challenges as a proxy',
    kills: ['IM-1/rfc6665/4.2.1.3/challenge-401'],
    fromServer: status(/401/, '407 Proxy Authentication Required'),
  },
  {
    breaks: 'A second subscription in a dialog is not found',
    kills: ['IM-1/rfc6665/4.5.2/two-in-one-dialog'],
    fromServer: rewrite(/CSeq: [34] SUBSCRIBE/i, /^SIP\/2\.0 (?:200|403) [^\r]*/, 'SIP/2.0 404 Not Found'),
  },
  {
    breaks: 'A NOTIFY does not record the route that the SUBSCRIBE recorded',
    kills: ['IM-1/rfc6665/4.3/notify-record-routed'],
    fromServer: notify(/\r\nRecord-Route: [^\r]*/gi, ''),
  },
  {
    breaks: 'NOTIFYs are not numbered one by one',
    kills: ['IM-1/rfc3261/12.2.1.1/notify-numbers'],
    fromServer: notify(/\r\nCSeq: 3 /i, '\r\nCSeq: 7 '),
  },
  {
    breaks: 'The Contact of a SUBSCRIBE in the dialog is passed over',
    kills: ['IM-1/rfc6665/3.1/target-refresh'],
    toServer: rewrite(again, /\r\nContact: [^\r]*/, ''),
  },
  {
    breaks: 'The last NOTIFY of a subscription says active',
    kills: [
      'IM-1/rfc6665/4.2.1.4/unsubscribe', 'IM-1/rfc3842/3.6/unsubscribe', 'IM-1/rfc6665/4.4.3/fetch', 'IM-1/rfc5839/5.4/poll-without-body',
    ],
    fromServer: state('active;expires=0'),
  },
  {
    breaks: 'The last NOTIFY of a subscription gives no reason',
    kills: ['IM-1/rfc6665/4.2.1.4/unsubscribe-reason', 'IM-1/rfc6665/4.4.3/fetch', 'IM-1/rfc6665/4.2.1.4/expiry'],
    fromServer: state('terminated'),
  },
  {
    breaks: 'The last NOTIFY of a subscription has an expires',
    kills: ['IM-1/rfc6665/4.2.1.4/unsubscribe-reason'],
    fromServer: state('terminated;reason=timeout;expires=0'),
  },
  {
    breaks: 'A fetch makes a subscription',
    kills: ['IM-1/rfc6665/4.4.3/fetch', 'IM-1/rfc5839/5.4/poll-without-body'],
    toServer: rewrite(first, /\r\nExpires: 0\r\n/, '\r\nExpires: 600\r\n'),
  },
  {
    breaks: 'A subscription lives on after its end, unseen',
    kills: ['IM-1/rfc6665/4.4.1/nothing-after-the-end'],
    toServer: rewrite(again, /\r\nExpires: 0\r\n/, '\r\nExpires: 600\r\n'),
  },
  {
    breaks: 'The CSeq of a SUBSCRIBE is not compared',
    kills: ['IM-1/rfc3261/12.2.2/subscribe-out-of-order-500'],
    toServer: rewrite(again, /\r\nCSeq: 0 /, '\r\nCSeq: 90 '),
  },
  {
    breaks: 'A SUBSCRIBE out of order is refused as too brief',
    kills: ['IM-1/rfc3261/12.2.2/subscribe-out-of-order-500'],
    fromServer: status(/500/, '423 Interval Too Brief'),
  },
  {
    breaks: 'A subscription outlives a NOTIFY that its watcher does not know',
    kills: ['IM-1/rfc6665/4.2.2/notify-answered-481', 'IM-1/rfc6665/4.2.2/notify-answered-489'],
    toServer: rewrite(/CSeq: \d+ NOTIFY/i, /^SIP\/2\.0 48[19] [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'Changes are not notified',
    kills: ['IM-1/rfc6665/4.2.2/silent-watcher', 'IM-1/rfc6665/4.2.2/registered'],
    fromServer: withoutNotify(/state="partial"/),
  },
  {
    breaks: 'A PUBLISH that is refused is answered 200',
    kills: ['IM-1/rfc3903/6/unknown-event-refused', 'IM-1/rfc3903/6/no-event-refused'],
    fromServer: rewrite(/CSeq: \d+ PUBLISH/i, /^SIP\/2\.0 4(?!0[17])\d\d [^\r]*/, 'SIP/2.0 200 OK'),
  },
];

export const eventMutants: readonly Mutant[] = overUdp.map((mutant): Mutant => ({ ...mutant, over: 'udp' }));
