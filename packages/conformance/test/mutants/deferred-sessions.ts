/* Sessions with users who are away. */
import { deferred, type Rewrite } from './deferred.js';
import { rewrite, withBody, type Mutant } from './mutant.js';

const aFrame = /^MSRP /;
/** The 200 to the first SEND may be in one segment with it. */
const aSend = /^MSRP \S+ SEND/m;
const heard = (pattern: RegExp, instead: string): Rewrite => rewrite(aSend, pattern, instead);
const invitation = (pattern: RegExp, instead: string): Rewrite => rewrite(/^INVITE /, pattern, instead);
const answer = (pattern: RegExp, instead: string): Rewrite =>
  (text) => (/^SIP\/2\.0 200 [^]*CSeq: \d+ INVITE/i.test(text) ? withBody(text, text.replace(pattern, instead)) : text);
/** What a peer answers to an INVITE. */
const refusal = (from: number, to: string): Rewrite => rewrite(/CSeq: \d+ INVITE/i, new RegExp(`^SIP/2\\.0 ${from} [^\\r]*`), `SIP/2.0 ${to}`);
const profile = (name: string): string => `IM-7/profile/deferred/${name}`;

/** The Message-ID of each SEND ends with another digit. */
function otherMessageIds(): Rewrite {
  let count = 0;
  return (text) => (aSend.test(text) ? text.replace(/(\r\nMessage-ID: \S+)\S/, (_, id: string) => `${id}${++count % 10}`) : text);
}

export const deferredSessionMutants: readonly Mutant[] = deferred([
  {
    breaks: 'Nobody answers for who is away',
    kills: ['IM-7/oma-004/5.3.2.3.2/answered-for-absent'],
    fromServer: rewrite(/CSeq: \d+ INVITE/i, /^SIP\/2\.0 200 [^\r]*/, 'SIP/2.0 480 Temporarily Unavailable'),
  },
  {
    breaks: 'The answer for who is away does not say what is accepted',
    kills: ['IM-7/oma-004/5.3.2.3.2/answered-for-absent'],
    fromServer: answer(/a=accept-types:[^\r]*\r\n/, ''),
  },
  {
    breaks: 'What was said is changed',
    kills: ['IM-7/oma-004/5.3.2.4.3/session-message-delivered', profile('recvonly-accepted'), 'IM-7/rfc4975/7.1.1/chunks-kept-as-one'],
    fromServer: heard(/said before|now hear/, '???'),
  },
  {
    breaks: 'NUL in what was said is replaced',
    kills: [profile('octets-kept')],
    fromServer: heard(/\0/g, '?'),
  },
  {
    breaks: 'Who keeps a message does not report it',
    kills: ['IM-7/rfc4975/7.1.3/success-of-what-is-kept'],
    toServer: rewrite(aFrame, /Success-Report: yes\r\n/, ''),
  },
  {
    breaks: 'Every message that is kept is reported',
    kills: ['IM-7/rfc4975/7.1.3/no-success-unasked'],
    toServer: rewrite(/unreported/, /Content-Type/, 'Success-Report: yes\r\nContent-Type'),
  },
  {
    breaks: 'What is kept is answered, whatever Failure-Report says',
    kills: ['IM-7/rfc4975/7.1.4/failure-report-no-kept-unanswered'],
    toServer: rewrite(aFrame, /Failure-Report: no\r\n/, ''),
  },
  {
    breaks: 'What came of a message is kept as a whole one',
    kills: ['IM-7/rfc4975/7.1/given-up-not-kept', profile('incomplete-not-kept')],
    toServer: (text) => (text.includes('half a') ? text.replace('1-6/20', '1-6/6').replace(/[#+]\r\n$/, '$$\r\n') : text),
  },
  {
    breaks: 'That somebody is writing is kept',
    kills: [profile('composing-not-kept')],
    toServer: rewrite(aFrame, /application\/im-iscomposing\+xml/, 'text/plain'),
  },
  {
    breaks: 'What is too large is taken',
    kills: ['IM-7/rfc4975/10.5/too-large-to-be-kept-413'],
    fromServer: rewrite(aFrame, /^(MSRP \S+) 413[^\r]*/, '$1 200 OK'),
  },
  {
    breaks: 'It is not said how large a message may be',
    kills: ['IM-7/rfc4975/10.5/too-large-to-be-kept-413'],
    fromServer: answer(/a=max-size:\d+\r\n/, ''),
  },
  {
    breaks: 'Who is busy is answered for',
    kills: [profile('busy-passed-on')],
    toServer: refusal(486, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'A file is a message as any other',
    kills: [profile('file-not-answered-for')],
    toServer: invitation(/a=file-selector/, 'a=pile-selector'),
  },
  {
    breaks: 'An INVITE for what was said is referred by nobody',
    kills: [profile('invitation-of-the-target')],
    fromServer: invitation(/\r\nReferred-By:[^\r]*/i, ''),
  },
  {
    breaks: 'An INVITE for what was said is asserted for its sender',
    kills: [profile('invitation-of-the-target')],
    fromServer: invitation(/sip:rcse-standfw@/g, 'sip:alice@'),
  },
  {
    breaks: 'The second message of a session is the first to come',
    kills: [profile('one-session-in-order')],
    fromServer: heard(/\r\n\r\none\r\n/, '\r\n\r\ntwo\r\n'),
  },
  {
    breaks: 'A session in which something came goes on',
    kills: [profile('one-session-in-order')],
    fromServer: rewrite(/^BYE /, /^[^]*$/, ''),
  },
  {
    breaks: 'Each try has a Message-ID of MSRP of its own',
    kills: [profile('same-message-id-after-lost-200')],
    fromServer: otherMessageIds(),
  },
  {
    breaks: 'That what was said has come is not heard',
    kills: [profile('comes-once')],
    toServer: rewrite(aFrame, /^(MSRP \S+) 200 OK/, '$1 481 No such session'),
  },
  {
    breaks: 'Who is busy has declined',
    kills: [profile('not-now-comes-later'), profile('busy-passed-on')],
    toServer: refusal(486, '603 Decline'),
  },
  {
    breaks: 'Who has declined is busy',
    kills: [profile('declined-is-gone')],
    toServer: refusal(603, '486 Busy Here'),
  },
  {
    breaks: 'A first message in an INVITE is changed when it is kept',
    kills: [profile('first-message-kept')],
    toServer: invitation(/Are you there\?/, 'Are we there??'),
  },
  {
    breaks: 'A large message comes as one of a session',
    kills: ['IM-7/profile/large/kept-and-delivered'],
    fromServer: invitation(/\+g\.oma\.sip-im\.large-message/g, '+g.oma.sip-im'),
  },
]);
