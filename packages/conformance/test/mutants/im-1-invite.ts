/* Mutants for INVITE at IM-1. What is rewritten in SDP keeps its length, as Content-Length stays. */
import { rewrite, type Mutant } from './mutant.js';

const answered = (method: string, status: number, instead: string): ((text: string) => string) =>
  rewrite(new RegExp(`CSeq: \\d+ ${method}`, 'i'), new RegExp(`^SIP/2\\.0 ${status} [^\\r]*`), `SIP/2.0 ${instead}`);

/** The path of the offer at the callee stands in the answer at the caller too. */
function onePath(): (text: string) => string {
  let path = '';
  return (text) => {
    if (text.startsWith('INVITE ')) path = /\r\n(a=path:[^\r]*)/.exec(text)?.[1] ?? '';
    return rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ INVITE/i, /(?<=\r\n)a=path:[^\r]*/, path)(text);
  };
}

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

export const im1InviteMutants: readonly Mutant[] = [
  {
    breaks: 'No 100 is sent',
    kills: ['IM-1/rfc3261/17.2.1/invite-trying'],
    fromServer: rewrite(/^SIP\/2\.0 100 /, /^[^]*?\r\n\r\n/, ''),
  },
  {
    breaks: 'Ringing stays with the server',
    kills: ['IM-1/rfc3261/16.7/ringing-passed-on'],
    fromServer: rewrite(/SIP\/2\.0 180 /, /SIP\/2\.0 180 [^]*?\r\n\r\n/, ''),
  },
  {
    breaks: 'The 180 has no tag in its To',
    kills: ['IM-1/rfc3261/16.7/ringing-passed-on'],
    fromServer: rewrite(/SIP\/2\.0 180 /, /(\r\nTo:[^\r;]*);tag=[^\r]*/gi, '$1'),
  },
  {
    breaks: 'A callee who declines counts as busy',
    kills: ['IM-1/rfc3261/16.7/decline-passed-on'],
    fromServer: answered('INVITE', 603, '486 Busy Here'),
  },
  {
    breaks: 'The ACK to a refusal has a branch of its own',
    kills: ['IM-1/rfc3261/16.7/decline-passed-on'],
    fromServer: rewrite(/^ACK /, /;branch=z9hG4bK/, ';branch=z9hG4bKother'),
  },
  {
    breaks: 'The ACK to a refusal goes on to the callee',
    kills: ['IM-1/rfc3261/17.2.1/ack-of-refusal-absorbed'],
    fromServer: (text) => (text.startsWith('ACK ') ? text + text.replace(/;branch=z9hG4bK/, ';branch=z9hG4bKother') : text),
  },
  {
    breaks: 'A CANCEL stays with the server',
    kills: ['IM-1/rfc3261/9.2/cancel-487'],
    fromServer: rewrite(/^CANCEL /, /^[^]*$/, ''),
  },
  {
    breaks: 'A cancelled INVITE ends with 480',
    kills: ['IM-1/rfc3261/9.2/cancel-487'],
    fromServer: rewrite(/SIP\/2\.0 487 /, /SIP\/2\.0 487 [^\r]*/, 'SIP/2.0 480 Temporarily Unavailable'),
  },
  {
    breaks: 'A CANCEL of nothing is answered 200',
    kills: ['IM-1/rfc3261/9.2/cancel-of-nothing-481'],
    fromServer: answered('CANCEL', 481, '200 OK'),
  },
  {
    breaks: 'The offer says a=setup:passive',
    kills: ['IM-1/rfc6135/4.2.2/offer-setup'],
    fromServer: rewrite(/^INVITE /, /a=setup:actpass/, 'a=setup:passive'),
  },
  {
    breaks: 'Both users get one path',
    kills: ['IM-1/rfc4975/8.2/paths-of-its-own'],
    fromServer: onePath(),
  },
  {
    breaks: 'The answer says a=setup:actpass',
    kills: ['IM-1/rfc6135/4.2.1/answer-setup'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ INVITE/i, /a=setup:passive/, 'a=setup:actpass'),
  },
  {
    breaks: 'Audio is accepted',
    kills: ['IM-1/rfc3264/6/second-media-refused'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ INVITE/i, /m=audio 0 /, 'm=audio 9 '),
  },
  {
    breaks: 'An offer without m=message is refused as if the callee were away',
    kills: ['IM-1/rfc3261/13.3.1.3/no-message-media-488'],
    fromServer: answered('INVITE', 488, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'The 415 to an INVITE does not say what is accepted',
    kills: ['IM-1/rfc3261/8.2.3/unknown-body-415'],
    fromServer: rewrite(/^SIP\/2\.0 415/, /\r\nAccept:[^\r]*/i, ''),
  },
  {
    breaks: 'The BYE of the callee does not end the session of the caller',
    kills: ['IM-1/rfc3261/15.1.2/bye-from-callee'],
    fromServer: rewrite(/^BYE /, /^[^]*$/, ''),
  },
  {
    breaks: 'A 2xx to an INVITE is sent once',
    kills: ['IM-1/rfc3261/13.3.1.4/2xx-repeated-until-ack'],
    fromServer: once(/^SIP\/2\.0 200 [^]*\r\nCSeq: \d+ INVITE/i),
  },
  {
    breaks: 'A 2xx to an INVITE is repeated after its ACK',
    kills: ['IM-1/rfc3261/13.3.1.4/2xx-repeated-until-ack'],
    toServer: rewrite(/^ACK /, /^[^]*$/, ''),
  },
  {
    breaks: 'A BYE with a tag of no dialog is answered 200',
    kills: ['IM-1/rfc3261/15.1.2/bye-of-unknown-dialog-481'],
    fromServer: answered('BYE', 481, '200 OK'),
  },
];
