/* Disposition notifications (RFC 5438). */
import { deferred, type Rewrite } from './deferred.js';
import { withBody, type Mutant } from './mutant.js';

/** What CPIM messages are in a MESSAGE, either way. */
const cpim = (pattern: RegExp | string, instead: string): Rewrite =>
  (text) => (/^MESSAGE [^]*\r\nContent-Type: message\/cpim/i.test(text) ? withBody(text, text.replace(pattern, instead)) : text);
const document = (pattern: RegExp, instead: string): Rewrite =>
  (text) => (text.includes('message/imdn+xml') ? withBody(text, text.replace(pattern, instead)) : text);
const asks = /(imdn\.Disposition-Notification: )[^\r]*/;
const own = 'IM-1/rfc5438/11.1/notification-of-the-target';
const stored = ['IM-1/rfc5438/8.1/stored-if-asked', 'IM-1/rfc5438/8.1/stored-beside-others'];
const failed = ['IM-1/rfc5438/8.2/failed-when-expired', 'IM-1/rfc5438/12.2/failed-when-refused', 'IM-1/profile/dispositions/own-notification-kept'];

export const dispositionMutants: readonly Mutant[] = deferred([
  {
    breaks: 'Nobody asks for notifications, for the server',
    kills: [...stored, ...failed],
    toServer: cpim(asks, '$1display'),
  },
  {
    breaks: 'Of what is asked for only the first counts',
    kills: ['IM-1/rfc5438/8.1/stored-beside-others'],
    toServer: cpim(/(imdn\.Disposition-Notification: [\w-]+),[^\r]*/, '$1'),
  },
  {
    breaks: 'Everybody is notified, whatever was asked for',
    kills: ['IM-1/rfc5438/8.1/not-stored-unless-asked', 'IM-1/rfc5438/8.2/not-failed-unless-asked', 'IM-1/rfc5438/8.2/refused-not-asked'],
    toServer: cpim(asks, '$1processing, negative-delivery'),
  },
  {
    breaks: 'A notification that a message is stored says that it is processed',
    kills: stored,
    fromServer: document(/<((?:\w+:)?)stored(\/?>)/, '<$1processed$2'),
  },
  {
    breaks: 'There are two notifications that a message is stored',
    kills: ['IM-1/rfc5438/8.1/one-of-a-type'],
    fromServer: (text) => (text.startsWith('MESSAGE ') && /<(?:\w+:)?stored/.test(text) ? text + text.replace(/\r\nCSeq: /, '\r\nCSeq: 1') : text),
  },
  {
    breaks: 'A notification is about another message',
    kills: [...stored, ...failed, own],
    fromServer: document(/(?<=message-id>)asked0001/, 'asked0002'),
  },
  {
    breaks: 'A notification has the Message-ID of the message',
    kills: [own],
    fromServer: document(/(imdn\.Message-ID: )[^\r]*/, '$1asked0001'),
  },
  {
    breaks: 'A notification does not say that it is one',
    kills: [own],
    fromServer: document(/\r\nContent-Disposition: notification/i, ''),
  },
  {
    breaks: 'A notification asks for notifications',
    kills: [own],
    fromServer: document(/\r\nimdn\.Message-ID:/, '\r\nimdn.Disposition-Notification: processing$&'),
  },
  {
    breaks: 'A notification is of the time it was made',
    kills: [own],
    fromServer: document(/(datetime>)2026-01-01/, '$12026-02-01'),
  },
  {
    breaks: 'A notification is a message as any other',
    kills: ['IM-1/rfc5438/7.2.1/none-about-a-notification'],
    toServer: cpim(/Content-type: message\/imdn\+xml\r\nContent-Disposition: notification/, 'Content-type: text/plain'),
  },
  {
    breaks: 'A notification that delivery has failed says that it was forbidden',
    // What comes over MSRP is as long as it was said to be.
    kills: failed.slice(0, 2),
    fromServer: document(/<((?:\w+:)?)failed(\/?>)/, '<$1forbidden$2'),
  },
  {
    breaks: 'What a device has taken has failed',
    kills: ['IM-1/rfc5438/12.2/delivered-is-not-for-the-target'],
    toServer: (text) => (/^SIP\/2\.0 200 OK[^]*CSeq: \d+ MESSAGE/i.test(text) ? text.replace('200 OK', '415 Unsupported Media Type') : text),
  },
  {
    breaks: 'Who does not want to be known is not asked',
    kills: ['IM-1/rfc5438/12.1.1/anonymous-sender'],
    toServer: (text) => {
      const name = /username="(\w+)"/.exec(text)?.[1] ?? 'anonymous';
      return text.replace(/\r\nPrivacy: id/, '').replace('sip:anonymous@anonymous.invalid', `sip:${name}@example.com`);
    },
  },
  {
    breaks: 'A notification that was kept is changed',
    kills: ['IM-1/oma-004/5.3.2.1.3/notification-kept-for-its-recipient'],
    toServer: cpim('<delivered/>', '<failed/>'),
  },
  {
    breaks: 'An IMDN-Record-Route is put below those of others, which change places',
    kills: ['IM-1/rfc5438/8/record-routes-kept', 'IM-1/rfc5438/8/own-record-route-on-top'],
    fromServer: cpim(/(imdn\.IMDN-Record-Route: [^\r]*\r\n)(imdn\.IMDN-Record-Route: [^\r]*\r\n)(imdn\.IMDN-Record-Route: [^\r]*\r\n)?/, '$3$2$1'),
  },
  {
    breaks: 'The top IMDN-Route stays',
    kills: ['IM-1/rfc5438/8/route-followed'],
    fromServer: (text) => (text.includes('message/imdn+xml') && text.startsWith('MESSAGE ')
      ? withBody(text, text.replace(/\r\nimdn\.Message-ID:/, '\r\nimdn.IMDN-Route: <sip:im-server@example.com>$&')) : text),
  },
  {
    breaks: 'A message without a Message-ID is given one',
    kills: ['IM-1/rfc5438/7.1.1.1/request-without-message-id'],
    toServer: (text) => (text.includes('imdn.Message-ID') ? text : cpim(/\r\nimdn\.Disposition/, '\r\nimdn.Message-ID: made-up-1$&')(text)),
  },
]);
