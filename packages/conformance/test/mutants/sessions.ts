/* Mutants for session timers, bodies of an INVITE, and keepalives. */
import { rewrite, type Mutant } from './mutant.js';

const answered = /^SIP\/2\.0 200[^]*CSeq: \d+ INVITE/i;
const updated = /^SIP\/2\.0 200[^]*CSeq: \d+ UPDATE/i;
const registered = /^SIP\/2\.0 200[^]*CSeq: \d+ REGISTER/i;

export const sessionMutants: readonly Mutant[] = [
  {
    breaks: 'The 200 to an INVITE leaves the session timer out',
    kills: ['IM-1/rfc4028/9/session-expires-in-2xx', 'IM-1/rfc4028/9/refresher-of-the-caller-kept'],
    fromServer: rewrite(answered, /\r\nSession-Expires:[^\r]*/, ''),
  },
  {
    breaks: 'The session timer is longer than was asked for',
    kills: ['IM-1/rfc4028/9/session-expires-in-2xx', 'IM-1/rfc4028/9/refresher-of-the-caller-kept'],
    fromServer: rewrite(answered, /\r\nSession-Expires: \d+/, '\r\nSession-Expires: 3600'),
  },
  {
    breaks: 'Nobody is named to refresh',
    kills: ['IM-1/rfc4028/9/session-expires-in-2xx', 'IM-1/rfc4028/7.4/refreshed-by-update'],
    fromServer: rewrite(/^SIP\/2\.0 200/, /;refresher=\w+/, ''),
  },
  {
    breaks: 'The caller is to refresh, and Require does not say so',
    kills: ['IM-1/rfc4028/9/session-expires-in-2xx'],
    fromServer: rewrite(answered, /\r\nRequire: timer/, ''),
  },
  {
    breaks: 'The caller is made to refresh who did not want to',
    kills: ['IM-1/rfc4028/9/refresher-of-the-caller-kept'],
    fromServer: rewrite(answered, /;refresher=uas/, ';refresher=uac'),
  },
  {
    breaks: 'The session timer is required of everybody',
    kills: ['IM-1/rfc4028/9/no-require-without-support'],
    fromServer: rewrite(answered, /\r\nContent-Type/, '\r\nRequire: timer$&'),
  },
  {
    breaks: 'A caller without session timers is made to refresh',
    kills: ['IM-1/rfc4028/9/no-require-without-support'],
    fromServer: rewrite(answered, /\r\nContent-Type/, '\r\nSession-Expires: 1800;refresher=uac$&'),
  },
  {
    breaks: 'A session timer that is too short is answered 400',
    kills: ['IM-1/rfc4028/9/interval-too-small-422'],
    fromServer: rewrite(/^SIP\/2\.0 422/, /^SIP\/2\.0 422[^\r]*/, 'SIP/2.0 400 Bad Request'),
  },
  {
    breaks: 'The 422 does not say how long a session timer must be',
    kills: ['IM-1/rfc4028/9/interval-too-small-422'],
    fromServer: rewrite(/^SIP\/2\.0 422/, /\r\nMin-SE:[^\r]*/, ''),
  },
  {
    breaks: 'The 422 asks for less than may be',
    kills: ['IM-1/rfc4028/9/interval-too-small-422'],
    fromServer: rewrite(/^SIP\/2\.0 422/, /\r\nMin-SE: \d+/, '\r\nMin-SE: 60'),
  },
  {
    breaks: 'UPDATE is allowed and refused',
    kills: ['IM-1/rfc4028/7.4/refreshed-by-update'],
    fromServer: rewrite(updated, /^SIP\/2\.0 200 OK/, 'SIP/2.0 405 Method Not Allowed'),
  },
  {
    breaks: 'An UPDATE ends the session timer',
    kills: ['IM-1/rfc4028/7.4/refreshed-by-update'],
    fromServer: rewrite(updated, /\r\nSession-Expires:[^\r]*/, ''),
  },
  {
    breaks: 'A multipart INVITE is one of an unknown type',
    kills: ['IM-1/rfc5621/4.2/multipart-invite', 'IM-1/profile/first-message/passed-on'],
    toServer: rewrite(/^INVITE /, /multipart\/mixed/, 'multipart/other'),
  },
  {
    breaks: 'A description in a multipart INVITE has no path',
    kills: ['IM-1/rfc5621/4.2/multipart-invite'],
    fromServer: rewrite(/^INVITE [^]*multipart\/mixed/, /\r\na=path:/, '\r\na=htap:'),
  },
  {
    breaks: 'The first message in an INVITE is written anew',
    kills: ['IM-1/profile/first-message/passed-on'],
    fromServer: rewrite(/^INVITE /, /Are you there\?/, 'Are we there??'),
  },
  {
    breaks: 'A body that cannot be read is no matter',
    kills: ['IM-1/rfc5621/4.2/multipart-that-is-none'],
    fromServer: rewrite(/^SIP\/2\.0 400[^]*CSeq: \d+ INVITE/i, /^SIP\/2\.0 400[^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'How often keepalives should come is no number',
    kills: ['IM-1/rfc6223/4.4/keepalives-taken'],
    fromServer: rewrite(registered, /;keep=\d+/, ';keep=often'),
  },
  {
    breaks: 'Keepalives are asked for and not answered',
    kills: ['IM-1/rfc6223/4.4/keepalives-taken'],
    fromServer: (text) => (text === '\r\n' ? '' : text),
  },
  {
    breaks: 'Every client is asked for keepalives',
    kills: ['IM-1/rfc6223/4.4/not-without-offer'],
    fromServer: rewrite(registered, /\r\nVia: [^\r]*/i, '$&;keep=30'),
  },
];
