/* Service settings, PUBLISH (RFC 3903), and what waits for a user (RFC 3842). */
import { deferred, type Rewrite } from './deferred.js';
import { rewrite, withBody, type Mutant } from './mutant.js';

const answered = (pattern: RegExp, instead: string): Rewrite => rewrite(/CSeq: \d+ PUBLISH/i, pattern, instead);
const refusal = (from: number, to: string): Rewrite => answered(new RegExp(`^SIP/2\\.0 ${from} [^\\r]*`), `SIP/2.0 ${to}`);
const wanted = (pattern: RegExp, instead: string): Rewrite => (text) => (text.startsWith('PUBLISH ') ? withBody(text, text.replace(pattern, instead)) : text);
const notify = (pattern: RegExp, instead: string): Rewrite =>
  (text) => (text.startsWith('NOTIFY ') && text.includes('Messages-Waiting') ? withBody(text, text.replace(pattern, instead)) : text);
const rfc = (name: string): string => `IM-1/rfc3903/6/${name}`;
const profile = (name: string): string => `IM-1/profile/settings/${name}`;
const waits = ['IM-1/rfc3842/3.5/kept-message-waits', 'IM-1/rfc3842/3.5/kept-messages-counted'];

/** A message that was refused is told of as one that waits. */
function waitingAfterRefusal(): Pick<Mutant, 'fromServer' | 'toServer'> {
  let refused = 0;
  return {
    toServer: (text) => {
      if (/^SIP\/2\.0 486 [^]*CSeq: \d+ MESSAGE/i.test(text)) refused += 1;
      return text;
    },
    fromServer: (text) => (text.startsWith('NOTIFY ') ? text.replace(/(-Message: )(\d)\//i, (_, name: string, count: string) => `${name}${Number(count) + refused}/`) : text),
  };
}

export const settingsMutants: readonly Mutant[] = deferred([
  {
    breaks: 'The 200 to a PUBLISH has no tag',
    kills: [rfc('published'), rfc('refreshed'), rfc('modified')],
    fromServer: answered(/\r\nSIP-ETag:[^\r]*/i, ''),
  },
  {
    breaks: 'The 200 to a PUBLISH does not say how long it lasts',
    kills: [rfc('published'), rfc('refreshed'), rfc('removed')],
    fromServer: answered(/\r\nExpires:[^\r]*/i, ''),
  },
  {
    breaks: 'A publication lasts longer than was asked for',
    kills: [rfc('published')],
    fromServer: answered(/\r\nExpires: \d+/i, '\r\nExpires: 86400'),
  },
  {
    breaks: 'Publications have one tag',
    kills: [rfc('refreshed'), rfc('modified')],
    fromServer: answered(/\r\nSIP-ETag:[^\r]*/i, '\r\nSIP-ETag: one-for-all'),
  },
  {
    breaks: 'A tag that is not known is answered 400',
    kills: [rfc('unknown-tag-412'), rfc('modified'), rfc('removed')],
    fromServer: refusal(412, '400 Bad Request'),
  },
  {
    breaks: 'A publication that was removed is there',
    kills: [rfc('removed'), profile('barring-removed')],
    toServer: rewrite(/^PUBLISH /, /\r\nExpires: 0/, '\r\nExpires: 600'),
  },
  {
    breaks: 'Of several tags the first counts',
    kills: [rfc('two-tags-400')],
    toServer: rewrite(/^PUBLISH /, /(\r\nSIP-If-Match: [^,\r]*),[^\r]*/, '$1'),
  },
  {
    breaks: 'A publication may be as short as one likes',
    kills: [rfc('too-brief-423')],
    toServer: rewrite(/^PUBLISH /, /\r\nExpires: 1\r/, '\r\nExpires: 600\r'),
  },
  {
    breaks: 'It is not said what is too brief',
    kills: [rfc('too-brief-423')],
    fromServer: answered(/\r\nMin-Expires:[^\r]*/i, ''),
  },
  {
    breaks: 'Who publishes what nobody knows is unavailable',
    kills: [rfc('unknown-event-489'), rfc('no-event-489')],
    fromServer: refusal(489, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'The type of a publication is not looked at',
    kills: [rfc('other-type-415')],
    fromServer: refusal(415, '200 OK'),
  },
  {
    breaks: 'The 415 to a PUBLISH does not say what is accepted',
    kills: [rfc('other-type-415')],
    fromServer: answered(/\r\nAccept:[^\r]*/i, ''),
  },
  {
    breaks: 'A document that cannot be read, or is not there, is taken',
    kills: [profile('unreadable-400'), rfc('nothing-at-first-400')],
    fromServer: refusal(400, '200 OK'),
  },
  {
    breaks: 'Anybody may publish for anybody',
    kills: ['IM-1/rfc3903/14.1/settings-of-another-403', 'IM-1/rfc3903/14.1/challenged'],
    fromServer: answered(/^SIP\/2\.0 40[37] [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'What is barred is not looked at',
    kills: [profile('barring'), profile('barring-of-sessions'), profile('barring-changed'), profile('barring-removed'), profile('several-devices')],
    toServer: wanted(/active="true"/, 'active="false"'),
  },
  {
    breaks: 'What is barred stays so',
    kills: [profile('barring-changed')],
    toServer: wanted(/active="false"/, 'active="true"'),
  },
  {
    breaks: 'Who bars messages sends none either',
    kills: [profile('of-the-user-alone')],
    fromServer: rewrite(/^MESSAGE /, /^[^]*$/, ''),
  },
  {
    breaks: 'Messages are pushed to whoever wants them held',
    kills: [profile('hold')],
    toServer: wanted(/mode="hold"/, 'mode="push"'),
  },
  {
    breaks: 'Who is told what waits is told no',
    kills: [...waits, 'IM-1/profile/message-waiting/notifications-not-counted', 'IM-1/profile/message-waiting/refused-not-counted'],
    fromServer: notify(/Messages-Waiting: yes/i, 'Messages-Waiting: no'),
  },
  {
    breaks: 'Two messages are told of for each that waits',
    kills: waits,
    fromServer: notify(/-Message: (\d+)\//i, '-Message: 1$1/'),
  },
  {
    breaks: 'A notification waits as a message does',
    kills: ['IM-1/profile/message-waiting/notifications-not-counted'],
    toServer: (text) => (text.startsWith('MESSAGE ')
      ? withBody(text, text.replace(/Content-type: message\/imdn\+xml\r\nContent-Disposition: notification/, 'Content-type: text/plain')) : text),
  },
  {
    breaks: 'What was refused waits',
    kills: ['IM-1/profile/message-waiting/refused-not-counted'],
    ...waitingAfterRefusal(),
  },
  {
    breaks: 'What has come waits still',
    kills: ['IM-1/rfc3842/3.8/none-after-delivery'],
    toServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 200 OK/, 'SIP/2.0 480 Temporarily Unavailable'),
  },
]);
