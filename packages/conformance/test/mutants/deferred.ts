/* Messages for users who are away. */
import { header } from '../../src/sip-text.js';
import { eachMessage, rewrite, withBody, type Mutant } from './mutant.js';

export type Rewrite = (text: string) => string;

const toMessage = (from: number, to: string): Rewrite =>
  rewrite(/CSeq: \d+ MESSAGE/i, new RegExp(`^SIP/2\\.0 ${from} [^\\r]*`), `SIP/2.0 ${to}`);
/** The header, or the body, of a MESSAGE to a peer. */
const headOf = (pattern: RegExp, instead: string): Rewrite => rewrite(/^MESSAGE /, pattern, instead);
const bodyOf = (pattern: RegExp, instead: string): Rewrite => (text) => (text.startsWith('MESSAGE ') ? withBody(text, text.replace(pattern, instead)) : text);

/** What the peers answer to a MESSAGE gets to the server as another status. */
const answered = (from: number, to: string): Pick<Mutant, 'toServer'> => ({ toServer: toMessage(from, to) });
const refusal = (status: number): string => `IM-1/profile/deferred/${status}-passed-on-not-kept`;
const kept = (status: number): string => `IM-1/profile/deferred/${status}-kept`;
const refusals = [403, 415, 486, 488, 600, 603];
const unavailable = [408, 480, 500, 503];

/** Two MESSAGEs of one user change places: what stands in the body of the first is in the second, and the other way round. */
const exchanged = (one: string, two: string): Rewrite => (text) => (text.startsWith('MESSAGE ')
  ? withBody(text, text.replace(new RegExp(`\\r\\n\\r\\n(${one}|${two})\\r\\n$`), (_, body: string) => `\r\n\r\n${body === one ? two : one}\r\n`)) : text);

/** Each message that was kept comes with another digit in this place. */
const changing = (pattern: RegExp): Rewrite => {
  let count = 0;
  return (text) => (text.startsWith('MESSAGE ') ? text.replace(pattern, (found) => found.slice(0, -1) + (++count % 10)) : text);
};

/** What a device answers to what was kept gets to the server as another status; what it answers to new messages does not. */
function answeredToKept(from: number, to: string): Pick<Mutant, 'fromServer' | 'toServer'> {
  const calls = new Set<string>();
  return {
    fromServer: (text) => {
      if (/^MESSAGE [^]*\r\nRequest-Disposition:/i.test(text)) calls.add(header(text, 'Call-ID') ?? '');
      return text;
    },
    toServer: (text) => (calls.has(header(text, 'Call-ID') ?? '') ? toMessage(from, to)(text) : text),
  };
}

/** A REGISTER may be answered in one segment with what was kept: each message is changed by itself. */
export function deferred(mutants: readonly Mutant[]): readonly Mutant[] {
  const each = (change: Rewrite | undefined): Rewrite | undefined => change && ((text) => (text.startsWith('MSRP ') ? change(text) : eachMessage(change)(text)));
  return mutants.map(({ fromServer, toServer, ...mutant }) => ({ ...mutant, fromServer: each(fromServer), toServer: each(toServer) }));
}

export const deferredMutants: readonly Mutant[] = deferred([
  {
    breaks: 'What is kept is answered 200',
    kills: ['IM-1/rfc3428/7/202-for-absent', 'IM-1/profile/deferred/dead-device-202', kept(480)],
    fromServer: toMessage(202, '200 OK'),
  },
  {
    breaks: 'The 202 has a Contact',
    kills: ['IM-1/rfc3428/7/no-contact-no-body-in-202'],
    fromServer: rewrite(/^SIP\/2\.0 202 /, /\r\nCall-ID:/i, '\r\nContact: <sip:im-server@192.0.2.1>$&'),
  },
  {
    breaks: 'The 202 has a body',
    kills: ['IM-1/rfc3428/7/no-contact-no-body-in-202'],
    fromServer: rewrite(/^SIP\/2\.0 202 /, /Content-Length: 0\r\n\r\n/i, 'Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK'),
  },
  {
    breaks: 'A message to a device that is silent is answered 480',
    kills: ['IM-1/profile/deferred/dead-device-202', ...unavailable.map(kept)],
    fromServer: toMessage(202, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'Whatever a device refuses is kept',
    kills: refusals.map(refusal),
    toServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 [3-6]\d\d [^\r]*/, 'SIP/2.0 480 Temporarily Unavailable'),
  },
  {
    breaks: 'What a device refuses is a failure of the server for the sender',
    kills: refusals.map(refusal),
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 (?:403|415|486|488|60[03]) [^\r]*/, 'SIP/2.0 500 Server Internal Error'),
  },
  {
    breaks: 'A device that cannot now has refused for good',
    kills: unavailable.map(kept),
    toServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 (?:408|480|500|503) [^\r]*/, 'SIP/2.0 488 Not Acceptable Here'),
  },
  {
    breaks: 'A 200 that comes late is not heard',
    kills: ['IM-1/profile/deferred/late-200-removes-copy'],
    toServer: rewrite(/^SIP\/2\.0 200 OK[^]*CSeq: \d+ MESSAGE/i, /^[^]*$/, ''),
  },
  {
    breaks: 'A message without credentials is taken',
    kills: ['IM-1/rfc3261/22.3/challenged-not-kept', 'IM-1/rfc3261/26.1.2/impersonation-not-kept'],
    fromServer: rewrite(/^SIP\/2\.0 40[37] [^]*CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 40[37] [^\r]*/, 'SIP/2.0 202 Accepted'),
  },
  {
    breaks: 'A message to a user there is not is taken',
    kills: ['IM-1/rfc3261/16.5/unknown-user-not-kept'],
    fromServer: toMessage(404, '202 Accepted'),
  },
  {
    breaks: 'A repeated MESSAGE is another one',
    kills: ['IM-1/rfc3261/17.2.2/retransmission-kept-once'],
    toServer: ((): Rewrite => {
      let sent = 0;
      // Of both credentials and both transactions the first is passed as it is.
      return (text) => (text.startsWith('MESSAGE ') && text.endsWith('once\r\n') && ++sent > 1 ? text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKx').replace(/(Call-ID: )/i, '$1x') : text);
    })(),
  },
  {
    breaks: 'A repeated MESSAGE is not answered',
    kills: ['IM-1/rfc3261/17.2.2/retransmission-kept-once'],
    fromServer: ((): Rewrite => {
      const seen = new Set<string>();
      return (text) => {
        if (!/^SIP\/2\.0 202 [^]*CSeq: \d+ MESSAGE/i.test(text)) return text;
        const isNew = !seen.has(text);
        seen.add(text);
        return isNew ? text : '';
      };
    })(),
  },
  {
    breaks: 'Message-IDs are not compared',
    kills: ['IM-1/profile/deferred/message-id-kept-once'],
    toServer: ((): Rewrite => {
      let count = 0;
      return (text) => (text.startsWith('MESSAGE ') ? text.replace(/the-very-same/, `the-very-same`.slice(0, -1) + (++count % 10)) : text);
    })(),
  },
  {
    breaks: 'Expires does not count from Date',
    kills: ['IM-1/rfc3428/7/expired-when-it-comes'],
    toServer: rewrite(/^MESSAGE /, /\r\nDate: [^\r]*/, ''),
  },
  {
    breaks: 'Expires is not looked at',
    kills: ['IM-1/rfc3428/7/not-delivered-expired', 'IM-1/rfc3428/4/delivered-before-it-expires'],
    toServer: rewrite(/^MESSAGE /, /\r\nExpires: \d+/, ''),
  },
  {
    breaks: 'What was kept has all its time again',
    kills: ['IM-1/rfc3428/4/delivered-before-it-expires'],
    fromServer: rewrite(/^MESSAGE /, /\r\nExpires: \d+/, '\r\nExpires: 86400'),
  },
  {
    breaks: 'What was kept is of now',
    kills: ['IM-1/profile/deferred/date-of-its-coming'],
    fromServer: (text) => (text.startsWith('MESSAGE ') ? text.replace(/\r\nDate: [^\r]*/, `\r\nDate: ${new Date(Date.now() + 1000).toUTCString()}`) : text),
  },
  {
    breaks: 'The body of what was kept is changed',
    kills: ['IM-1/oma-004/5.3.2.4.3/delivered-on-registration', 'IM-1/profile/deferred/octets-kept', ...unavailable.map(kept)],
    fromServer: bodyOf(/for later|\0/, '?'),
  },
  {
    breaks: 'What was kept comes as text',
    kills: ['IM-1/oma-004/5.3.2.4.3/delivered-on-registration'],
    fromServer: headOf(/Content-Type: text\/plain/i, 'Content-Type: text/html'),
  },
  {
    breaks: 'The last message comes first',
    kills: ['IM-1/profile/deferred/in-order', 'IM-1/profile/deferred/newer-behind-older'],
    fromServer: exchanged('two', 'three'),
  },
  {
    breaks: 'A device that takes a message is not heard',
    kills: ['IM-1/profile/deferred/once', 'IM-1/profile/deferred/refused-not-repeated'],
    ...answered(200, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'A device that takes a message does not have it, for the server',
    kills: ['IM-1/profile/deferred/to-one-device'],
    toServer: rewrite(/^SIP\/2\.0 200 OK[^]*CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 200 OK/, 'SIP/2.0 480 Temporarily Unavailable'),
  },
  {
    breaks: 'Where one device cannot, no other is asked',
    kills: ['IM-1/profile/deferred/next-device'],
    ...answeredToKept(480, '603 Decline'),
  },
  {
    breaks: 'Each try has a Call-ID of its own',
    kills: ['IM-1/profile/deferred/repeated-with-same-call-id', 'IM-1/profile/deferred/repeated-after-lost-200'],
    fromServer: changing(/\r\nCall-ID: \S/i),
  },
  {
    breaks: 'Each try has a Message-ID of its own',
    kills: ['IM-1/profile/deferred/repeated-after-lost-200'],
    fromServer: changing(/\r\nimdn\.Message-ID: \S/),
  },
  {
    breaks: 'What was refused for good stays and is tried again',
    kills: ['IM-1/profile/deferred/refused-not-repeated'],
    ...answered(415, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'What was kept has a Contact',
    kills: ['IM-1/rfc3428/4/pushed-request'],
    fromServer: headOf(/\r\nCall-ID:/i, '\r\nContact: <sip:im-server@192.0.2.1>$&'),
  },
  {
    breaks: 'What was kept comes from the server',
    kills: ['IM-1/rfc3325/8/sender-asserted-later'],
    fromServer: headOf(/\r\nP-Asserted-Identity: <[^>]*>/i, '\r\nP-Asserted-Identity: <sip:im-server@example.com>'),
  },
  {
    breaks: 'Who wanted to be unknown is told of',
    kills: ['IM-1/rfc3325/7/private-sender-unknown-later'],
    fromServer: headOf(/\r\nCall-ID:/i, '\r\nP-Asserted-Identity: <sip:fresh0@example.com>$&'),
  },
  {
    breaks: 'Header fields of what was kept get lost',
    kills: ['IM-1/profile/deferred/fields-kept'],
    fromServer: headOf(/\r\nSubject: [^\r]*/i, ''),
  },
]);
