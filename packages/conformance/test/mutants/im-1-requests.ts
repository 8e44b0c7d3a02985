/* Mutants for routing, validation and pager messages at IM-1. */
import { rewrite, type Mutant } from './mutant.js';

/** Responses to a method with one status get another. */
const answered = (method: string, status: number, instead: string): ((text: string) => string) =>
  rewrite(new RegExp(`CSeq: \\d+ ${method}`, 'i'), new RegExp(`^SIP/2\\.0 ${status} [^\\r]*`), `SIP/2.0 ${instead}`);

/** Nothing reaches the server any more once this was in what a peer sent. */
function deadAfter(what: string): (text: string) => string {
  let dead = false;
  return (text) => {
    dead ||= text.includes(what);
    return dead ? '' : text;
  };
}

export const im1RequestMutants: readonly Mutant[] = [
  {
    breaks: 'A MESSAGE with Max-Forwards 0 is forwarded',
    kills: ['IM-1/rfc3261/16.3/max-forwards-zero-483'],
    toServer: rewrite(/^MESSAGE /, /\r\nMax-Forwards: 0\r/, '\r\nMax-Forwards: 70\r'),
  },
  {
    breaks: 'A MESSAGE with Max-Forwards 0 is answered 500',
    kills: ['IM-1/rfc3261/16.3/max-forwards-zero-483'],
    fromServer: answered('MESSAGE', 483, '500 No'),
  },
  {
    breaks: 'Max-Forwards stays as it was',
    kills: ['IM-1/rfc3261/16.6/max-forwards-decremented'],
    fromServer: rewrite(/^MESSAGE /, /\r\nMax-Forwards: \d+/i, '\r\nMax-Forwards: 41'),
  },
  {
    breaks: 'Proxy-Require is not looked at',
    kills: ['IM-1/rfc3261/16.3/proxy-require-unknown-420'],
    toServer: rewrite(/^MESSAGE /, /\r\nProxy-Require:[^\r]*/, ''),
  },
  {
    breaks: 'The 420 does not say what is unsupported',
    kills: ['IM-1/rfc3261/16.3/proxy-require-unknown-420'],
    fromServer: rewrite(/^SIP\/2\.0 420/, /\r\nUnsupported:[^\r]*/i, ''),
  },
  {
    breaks: 'A MESSAGE that looped is answered 200',
    kills: ['IM-1/rfc5393/4.2/loop-482'],
    fromServer: answered('MESSAGE', 482, '200 OK'),
  },
  {
    breaks: 'A MESSAGE to a user there is not is answered as if he were away',
    kills: ['IM-1/rfc3261/16.5/unknown-user-404'],
    fromServer: answered('MESSAGE', 404, '480 Temporarily Unavailable'),
  },
  {
    breaks: 'A MESSAGE of a stranger to a stranger is accepted',
    kills: ['IM-1/rfc3261/26.3.2.2/stranger-not-relayed'],
    fromServer: answered('MESSAGE', 403, '202 Accepted'),
  },
  {
    breaks: 'The method in CSeq is not looked at',
    kills: ['IM-1/rfc4475/3.1.2.17/cseq-method-mismatch-400'],
    toServer: rewrite(/^OPTIONS /, /\r\nCSeq: (\d+) INVITE/, '\r\nCSeq: $1 OPTIONS'),
  },
  {
    breaks: 'The second of two Call-IDs is passed over',
    kills: ['IM-1/rfc4475/3.3.8/two-call-ids-400'],
    toServer: rewrite(/^OPTIONS /, /\r\nCall-ID: second[^\r]*/, ''),
  },
  {
    breaks: 'A negative Content-Length counts as none',
    kills: ['IM-1/rfc4475/3.1.2.3/negative-content-length-refused'],
    toServer: rewrite(/^OPTIONS /, /\r\nContent-Length: -999/, '\r\nContent-Length: 0'),
  },
  {
    breaks: 'A CSeq is cut to 64 bits',
    kills: ['IM-1/rfc4475/3.1.2.4/overlarge-cseq-400'],
    toServer: rewrite(/^OPTIONS /, /\r\nCSeq: 36893488147419103232/, '\r\nCSeq: 0'),
  },
  {
    breaks: 'A body that is cut off counts as whole',
    kills: ['IM-1/rfc3261/18.3/body-cut-off-400'],
    toServer: rewrite(/^OPTIONS /, /\r\nContent-Length: 500/, '\r\nContent-Length: 5'),
  },
  {
    breaks: 'The version of SIP is not looked at',
    kills: ['IM-1/rfc4475/3.1.2.16/version-505'],
    toServer: rewrite(/^OPTIONS /, / SIP\/7\.0\r/, ' SIP/2.0\r'),
  },
  {
    breaks: 'A URI of an unknown scheme counts as that of the server',
    kills: ['IM-1/rfc3261/16.3/unknown-scheme-416'],
    toServer: rewrite(/^OPTIONS /, / nobodyKnowsThisScheme:\S+/, ' sip:example.com'),
  },
  {
    breaks: 'Nothing is served any more after a datagram that is no SIP',
    kills: ['IM-1/rfc3261/16.3/serves-after-garbage'],
    toServer: deadAfter('garbage'),
  },
  {
    breaks: 'NUL in a body is replaced',
    kills: ['IM-1/rfc3261/16.6/body-octets-untouched'],
    fromServer: rewrite(/^MESSAGE /, /\0/g, '?'),
  },
  {
    breaks: 'Octets of a body that are no ASCII are replaced',
    kills: ['IM-1/rfc3261/16.6/body-octets-untouched'],
    fromServer: rewrite(/^MESSAGE /, /[\x80-\xff]/g, '?'),
  },
  {
    breaks: 'The 200 to a MESSAGE has a Contact',
    kills: ['IM-1/rfc3428/7/no-contact-no-body-in-200'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ MESSAGE/i, /\r\nContent-Length/i, '\r\nContact: <sip:example.com>\r\nContent-Length'),
  },
  {
    breaks: 'The 200 to a MESSAGE has a body',
    kills: ['IM-1/rfc3428/7/no-contact-no-body-in-200'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ MESSAGE/i, /\r\nContent-Length: 0\r\n\r\n/i, '\r\nContent-Length: 2\r\n\r\nOK'),
  },
  {
    breaks: 'A 180 to a MESSAGE is passed on',
    kills: ['IM-1/rfc4320/4.1/no-180-to-message'],
    // The server drops it, so it travels as a final response.
    toServer: answered('MESSAGE', 180, '299 Ringing'),
    fromServer: answered('MESSAGE', 299, '180 Ringing'),
  },
  {
    breaks: 'A 408 to a MESSAGE is passed on',
    kills: ['IM-1/rfc4320/4.2/no-408-to-message'],
    fromServer: answered('MESSAGE', 480, '408 Request Timeout'),
  },
  {
    breaks: 'What the recipient of a MESSAGE refuses becomes a failure of the server',
    kills: ['IM-1/rfc3261/16.7/message-415-passed-on', 'IM-1/rfc3261/16.7/message-486-passed-on'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 4(15|86) [^\r]*/, 'SIP/2.0 500 No'),
  },
  {
    breaks: 'The 415 to a MESSAGE loses its Accept',
    kills: ['IM-1/rfc3261/16.7/message-415-passed-on'],
    fromServer: rewrite(/^SIP\/2\.0 415/, /\r\nAccept:[^\r]*/i, ''),
  },
  {
    breaks: 'The sender of a forked MESSAGE gets two answers',
    kills: ['IM-1/rfc3261/16.7/forked-answered-once'],
    fromServer: (text) => (/^SIP\/2\.0 200[^]*CSeq: \d+ MESSAGE/i.test(text) ? text + text.replace(/(\r\nTo:[^\r]*;tag=)/i, '$1other') : text),
  },
  {
    breaks: 'A datagram is body to its end, whatever Content-Length says',
    kills: ['IM-1/rfc3261/18.3/octets-behind-body-dropped'],
    toServer: (text) => text.replace(/^(MESSAGE [^]*\r\nContent-Length: )18(\r\n\r\n)([^]*)$/, (_, head: string, end: string, body: string) => `${head}${body.length}${end}${body}`),
  },
];
