/* Mutants for requests within a call, and for what a proxy must leave alone. */
import { rewrite, type Mutant } from './mutant.js';

const methods = ['INFO', 'UPDATE', 'MESSAGE', 'REFER', 'NOTIFY', 'GOSSIP'];
const within = methods.map((method) => `IM-1/rfc3261/16.6/${method.toLowerCase()}-within-dialog`);
const fields = [
  'rfc3261/16.6/unknown-fields-kept', 'rfc3261/16.6/require-end-to-end', 'rfc7044/10/history-info-kept', 'rfc4028/8.1/session-interval-kept',
  'rfc3891/3/replaces-kept', 'rfc3261/16.6/contact-and-capabilities-kept',
].map((id) => `IM-1/${id}`);
const inDialog = /^[A-Z]+ [^]*\r\nTo:[^\r]*;tag=/i;
const call = /^INVITE [^]*m=audio/;

/** A header field of a call is gone. */
const without = (names: string): ((text: string) => string) => rewrite(call, new RegExp(`\\r\\n(?:${names}):[^\\r]*`, 'gi'), '');

export const dialogMutants: readonly Mutant[] = [
  {
    breaks: 'Record-Route has no lr',
    kills: ['IM-1/rfc3261/16.6/record-route-loose'],
    fromServer: rewrite(/\r\nRecord-Route:/i, /;lr(?=[>;=])/g, ''),
  },
  {
    breaks: 'The body of a request within a dialog is changed',
    kills: within,
    fromServer: rewrite(inDialog, /\xff(?=[A-Z]+\r\n$)/, '?'),
  },
  {
    breaks: 'A proxy refuses what it does not know within a dialog',
    kills: within,
    fromServer: rewrite(/^SIP\/2\.0 299 /, /^[^\r]*/, 'SIP/2.0 501 Not Implemented'),
  },
  {
    breaks: 'A proxy keeps to itself what it does not know in requests within a dialog',
    kills: within.filter((id) => !id.includes('/message-')),
    fromServer: rewrite(inDialog, /\r\n(?:Info-Package|Supported|Refer-To|Subscription-State|Require):[^\r]*/gi, ''),
  },
  {
    breaks: 'The offer of a re-INVITE is changed',
    kills: ['IM-1/rfc3261/14/re-invite-both-ways'],
    fromServer: rewrite(/^INVITE [^]*o=- 2 2/, /o=- 2 2/, 'o=- 2 3'),
  },
  {
    breaks: 'The ACK to a re-INVITE goes no further',
    kills: ['IM-1/rfc3261/14/re-invite-both-ways'],
    ...lateAck(),
  },
  {
    breaks: 'A 491 becomes a 500',
    kills: ['IM-1/rfc3261/14.1/glare-491-passed-on'],
    fromServer: rewrite(/^SIP\/2\.0 491 /, /^[^\r]*/, 'SIP/2.0 500 No'),
  },
  {
    breaks: 'A 183 loses its RSeq',
    kills: ['IM-1/rfc3262/3/reliable-provisional-response'],
    fromServer: rewrite(/^SIP\/2\.0 183 /, /\r\nRSeq:[^\r]*/i, ''),
  },
  {
    breaks: 'A PRACK goes no further',
    kills: ['IM-1/rfc3262/3/reliable-provisional-response'],
    fromServer: rewrite(/^PRACK /, /^[^]*$/, ''),
  },
  {
    breaks: 'A BYE to a device that rings goes no further',
    kills: ['IM-1/rfc3261/15/bye-in-early-dialog'],
    fromServer: rewrite(/^BYE /, /^[^]*$/, ''),
  },
  {
    breaks: 'A CANCEL that comes too late is a failure of the server',
    kills: ['IM-1/rfc3261/9.2/cancel-after-answer'],
    fromServer: rewrite(/CSeq: \d+ CANCEL/i, /^SIP\/2\.0 (?:200|481) [^\r]*/, 'SIP/2.0 500 No'),
  },
  {
    breaks: 'A 200 that is repeated stays with the proxy',
    kills: ['IM-1/rfc3261/16.7/repeated-2xx-forwarded'],
    fromServer: once(/^SIP\/2\.0 200 [^]*\r\nCSeq: \d+ INVITE/i),
  },
  {
    breaks: 'Max-Forwards is not looked at within a dialog',
    kills: ['IM-1/rfc3261/16.3/max-forwards-within-dialog'],
    toServer: rewrite(/^INFO /, /\r\nMax-Forwards: 0\r/, '\r\nMax-Forwards: 70\r'),
  },
  {
    breaks: 'A proxy forwards the header fields it knows',
    kills: fields,
    fromServer: without('X-Conformance|Require|Supported|History-Info|Replaces|Allow-Events'),
  },
  {
    breaks: 'The values of a header field come in reverse order',
    kills: ['IM-1/rfc3261/16.6/unknown-fields-kept'],
    fromServer: rewrite(call, /(\r\nX-Conformance: first[^\r]*)(\r\nX-Conformance: third)/, '$2$1'),
  },
  {
    breaks: 'A Session-Expires that is taken is raised',
    kills: ['IM-1/rfc4028/8.1/session-interval-kept'],
    fromServer: rewrite(call, /\r\nSession-Expires: 1800/, '\r\nSession-Expires: 3600'),
  },
  {
    breaks: 'The entries of History-Info are replaced',
    kills: ['IM-1/rfc7044/10/history-info-kept'],
    fromServer: rewrite(call, /index=1\.1/, 'index=1.2'),
  },
  {
    breaks: 'A Replaces is rewritten',
    kills: ['IM-1/rfc3891/3/replaces-kept'],
    fromServer: rewrite(call, /;early-only/, ''),
  },
  {
    breaks: 'The Reason of a BYE is left out',
    kills: ['IM-1/rfc3326/2/reason-of-bye-kept'],
    fromServer: rewrite(/^BYE /, /\r\nReason:[^\r]*/i, ''),
  },
];

/** A message like this that came before, octet for octet, does not come again. */
function once(which: RegExp): (text: string) => string {
  const seen = new Set<string>();
  return (text) => {
    if (!which.test(text)) return text;
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew ? text : '';
  };
}

/** Of the ACKs of a call the first one passes, which is that to the INVITE. */
function lateAck(): Pick<Mutant, 'fromServer'> {
  let count = 0;
  return { fromServer: (text) => (text.startsWith('ACK ') && ++count > 1 ? '' : text) };
}
