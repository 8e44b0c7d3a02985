/* Other ways of doing what is asked of event packages. */
import { cutMessage, header } from '../../src/sip-text.js';
import type { LegalWay } from './legal.js';
import { rewrite, withBody } from './mutant.js';

const accepted = /^SIP\/2\.0 200 [^]*CSeq: \d+ SUBSCRIBE/i;

const prefixed = (text: string): string => text
  .replace(/(?<=<\/?)(?=(?:reginfo|registration|contact|uri|unknown-param)\b)/g, 'r:')
  .replace(' xmlns=', ' xmlns:x="urn:other" x:version="7" xmlns:r=')
  .replace(/(?=<\/r:registration>)/, '<!-- --><x:contact id="0"/>');

/** Over TCP, where both may come in one segment: the 2xx is kept back until the NOTIFY of the same Call-ID has gone before it. */
function notifyFirst(segment: string): string {
  let passed = '';
  let left = segment;
  for (let cut = cutMessage(left); cut !== undefined; cut = cutMessage(left)) {
    const callId = header(cut.message, 'Call-ID') ?? '';
    if (accepted.test(cut.message)) kept.set(callId, cut.message);
    else passed += cut.message;
    if (cut.message.startsWith('NOTIFY ')) {
      passed += kept.get(callId) ?? '';
      kept.delete(callId);
    }
    left = cut.rest;
  }
  return passed + left;
}

const kept = new Map<string, string>();

export const eventLegalWays: readonly LegalWay[] = [
  {
    says: 'Documents have a prefix, and what nobody knows in them',
    passes: [
      'IM-1/rfc3680/5.1/first-document', 'IM-1/rfc3680/4.7.1/active', 'IM-1/rfc3680/4.7.1/unregistered', 'IM-1/rfc3680/5.1/unknown-param',
    ],
    over: 'udp',
    fromServer: (text) => (text.startsWith('NOTIFY ') ? withBody(text, prefixed(text)) : text),
  },
  {
    says: 'The NOTIFY comes before the 2xx',
    passes: [
      'IM-1/rfc6665/4.2.1.2/notify-at-once', 'IM-1/rfc6665/4.2.1.2/refresh-notified', 'IM-1/rfc6665/4.4.3/fetch',
      'IM-1/rfc3680/5.1/first-document',
    ],
    fromServer: notifyFirst,
  },
  {
    says: 'A SUBSCRIBE is accepted with 202, as before RFC 6665',
    passes: ['IM-1/rfc6665/4.2.1.2/notify-at-once', 'IM-1/rfc6665/4.2.1.2/refresh-notified', 'IM-1/rfc3842/3.8/notified-at-once'],
    over: 'udp',
    fromServer: rewrite(accepted, /^SIP\/2\.0 200 [^\r]*/, 'SIP/2.0 202 Accepted'),
  },
  {
    says: 'A SUBSCRIBE is challenged by a proxy on the way, with 407',
    passes: ['IM-1/rfc3680/4.6/challenged', 'IM-1/rfc3261/22.1/subscribe-wrong-password', 'IM-1/rfc6665/4.2.1.2/refresh-notified'],
    over: 'udp',
    toServer: rewrite(/^SUBSCRIBE /, /(?<=\r\n)Proxy-Authorization(?=:)/g, 'Authorization'),
    fromServer: (text) => (/^SIP\/2\.0 401 [^]*CSeq: \d+ SUBSCRIBE/i.test(text)
      ? text.replace(/^[^\r]*/, 'SIP/2.0 407 Proxy Authentication Required').replace(/(?<=\r\n)WWW-Authenticate(?=:)/gi, 'Proxy-Authenticate') : text),
  },
  {
    says: 'A subscription is only as long as the target likes',
    passes: [
      'IM-1/rfc6665/3.1.1/expires-of-2xx', 'IM-1/rfc6665/4.2.2/time-left', 'IM-1/rfc6665/4.2.1.2/refresh-notified',
      'IM-1/rfc6665/4.2.1.1/huge-expires',
    ],
    over: 'udp',
    toServer: rewrite(/^SUBSCRIBE /, /\r\nExpires: [1-9]\d*/, '\r\nExpires: 90'),
  },
];
