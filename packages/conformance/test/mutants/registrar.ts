import { answering } from './answering.js';
import { rewrite, type Mutant } from './mutant.js';

const registered = /^SIP\/2\.0 200[^]*CSeq: \d+ REGISTER/i;
const fetch = /^REGISTER (?![^]*\r\nContact:)/;

export const registrarMutants: readonly Mutant[] = [
  {
    breaks: 'The 200 to REGISTER lists the first contact only',
    kills: ['IM-1/rfc3261/10.3/several-contacts', 'IM-1/rfc3261/10.3/expires-parameter-over-header'],
    fromServer: rewrite(registered, /(\r\nContact:[^\r]*)(?:\r\nContact:[^\r]*)+/i, '$1'),
  },
  {
    breaks: 'A second REGISTER replaces the bindings of the first',
    kills: ['IM-1/rfc3261/10.3/several-contacts'],
    fromServer: rewrite(/tablet@/, /\r\nContact: <sip:(?:desk|mobile)[^\r]*/gi, ''),
  },
  {
    breaks: 'The contacts of the 200 to REGISTER have no expires parameter',
    kills: ['IM-1/rfc3261/10.3/several-contacts', 'IM-1/rfc3261/10.3/expires-parameter-over-header'],
    fromServer: rewrite(registered, /;expires=\d+/gi, ''),
  },
  {
    breaks: 'The Expires header field wins over the expires parameter',
    kills: ['IM-1/rfc3261/10.3/expires-parameter-over-header'],
    toServer: rewrite(/^REGISTER /, /;expires=300/, ''),
  },
  {
    breaks: 'A REGISTER without Contact removes every binding',
    kills: [
      'IM-1/rfc3261/10.2.3/fetch-bindings', 'IM-1/rfc3261/10.2.2/expires-zero-removes', 'IM-1/rfc3261/10.3/star-with-expiry-400',
      'IM-1/rfc3261/10.3/star-beside-contact-400', 'IM-1/rfc3261/10.3/cseq-out-of-order', 'IM-1/rfc3261/10.3/register-for-another-403',
      'IM-1/rfc3261/10.3/register-with-credentials-of-another-403', 'IM-1/rfc3261/10.3/removal-without-credentials',
      'IM-1/rfc7616/3.4/nonce-count-replayed',
    ],
    toServer: rewrite(fetch, /\r\nCSeq: [^\r]*/, '$&\r\nContact: *\r\nExpires: 0'),
  },
  {
    breaks: 'A REGISTER without Contact binds where it came from',
    kills: [
      'IM-1/rfc3261/10.3/interval-too-brief-423', 'IM-1/rfc3261/10.2.2/star-removes-all',
      'IM-1/rfc3261/8.2.2.3/register-unknown-require-420', 'IM-1/rfc3261/22.2/register-challenged',
      'IM-1/rfc8760/2.6/basic-refused', 'IM-1/rfc7616/3.4.3/credentials-of-another-method',
    ],
    toServer: rewrite(fetch, /\r\nCSeq: [^\r]*/, '$&\r\nContact: <sip:ghost@192.0.2.9>'),
  },
  {
    breaks: 'A 423 has no Min-Expires',
    kills: ['IM-1/rfc3261/10.3/interval-too-brief-423'],
    fromServer: rewrite(/^SIP\/2\.0 423/, /\r\nMin-Expires:[^\r]*/i, ''),
  },
  {
    breaks: 'The Min-Expires of a 423 is less than what is taken',
    kills: ['IM-1/rfc3261/10.3/interval-too-brief-423'],
    fromServer: rewrite(/^SIP\/2\.0 423/, /\r\nMin-Expires:[^\r]*/i, '\r\nMin-Expires: 2'),
  },
  {
    breaks: 'A lifetime of a second is granted as a minute',
    kills: ['IM-1/rfc3261/10.3/interval-too-brief-423'],
    toServer: rewrite(/^REGISTER /, /;expires=1\r\n/, ';expires=60\r\n'),
  },
  {
    breaks: 'A contact with expires=0 stays',
    kills: ['IM-1/rfc3261/10.2.2/expires-zero-removes'],
    toServer: rewrite(/^REGISTER /, /;expires=0(?=\r\n)/, ';expires=600'),
  },
  {
    breaks: 'A contact with expires=0 removes the others too',
    kills: ['IM-1/rfc3261/10.2.2/expires-zero-removes'],
    toServer: rewrite(/^REGISTER /, /Contact: <[^>]*>;expires=0\r\n/, 'Contact: *\r\nExpires: 0\r\n'),
  },
  {
    breaks: 'Contact: * removes one binding only',
    kills: ['IM-1/rfc3261/10.2.2/star-removes-all'],
    toServer: rewrite(/^REGISTER /, /Contact: \*\r\nExpires: 0/, 'Contact: <sip:desk@192.0.2.1>\r\nExpires: 0'),
  },
  {
    breaks: 'Contact: * removes whatever Expires says',
    kills: ['IM-1/rfc3261/10.3/star-with-expiry-400'],
    toServer: rewrite(/^REGISTER /, /Contact: \*\r\nExpires: 600/, 'Contact: *\r\nExpires: 0'),
  },
  {
    breaks: 'Contact: * removes without an Expires',
    kills: ['IM-1/rfc3261/10.3/star-with-expiry-400'],
    toServer: rewrite(/^REGISTER /, /Contact: \*\r\n(?!Expires)/, 'Contact: *\r\nExpires: 0\r\n'),
  },
  {
    breaks: 'A contact beside Contact: * is passed over',
    kills: ['IM-1/rfc3261/10.3/star-beside-contact-400'],
    toServer: rewrite(/Contact: \*\r\nContact: </, /\r\nContact: <[^\r]*/, ''),
  },
  {
    breaks: 'The CSeq of a REGISTER is not compared',
    kills: ['IM-1/rfc3261/10.3/cseq-out-of-order'],
    toServer: rewrite(/^REGISTER /, /CSeq: 10 /, 'CSeq: 30 '),
  },
  {
    breaks: 'Of a REGISTER out of order, what makes a new binding is carried out',
    kills: ['IM-1/rfc3261/10.3/cseq-out-of-order'],
    toServer: rewrite(/CSeq: 10 REGISTER/, /\r\nContact: <sip:desk[^\r]*/, ''),
    fromServer: rewrite(/CSeq: 10 REGISTER/i, /^SIP\/2\.0 200 [^\r]*/, 'SIP/2.0 500 No'),
  },
  {
    breaks: 'Contacts are compared letter by letter',
    kills: ['IM-1/rfc3261/10.3/same-uri-one-binding'],
    toServer: rewrite(/^REGISTER /, /%64esk@/, 'other@'),
  },
  {
    breaks: 'A REGISTER for somebody else is answered 200',
    kills: ['IM-1/rfc3261/10.3/register-for-another-403', 'IM-1/rfc3261/10.3/register-with-credentials-of-another-403'],
    fromServer: rewrite(/CSeq: \d+ REGISTER/i, /^SIP\/2\.0 403 [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'The Require of a REGISTER is passed over',
    kills: ['IM-1/rfc3261/8.2.2.3/register-unknown-require-420'],
    toServer: rewrite(/^REGISTER /, /Require: conformance-unheard-of\r\n/, ''),
  },
  {
    breaks: 'A 420 names no extension',
    kills: ['IM-1/rfc3261/8.2.2.3/register-unknown-require-420'],
    fromServer: rewrite(/^SIP\/2\.0 420/, /\r\nUnsupported:[^\r]*/i, ''),
  },
  {
    breaks: 'The 200 to REGISTER has no Path',
    kills: ['IM-1/rfc3327/5.3/path-returned'],
    fromServer: rewrite(registered, /\r\nPath:[^\r]*/gi, ''),
  },
  {
    breaks: 'The 200 to REGISTER has the Path values in reverse order',
    kills: ['IM-1/rfc3327/5.3/path-returned'],
    fromServer: (text) => text.replace(/p([12])(?=\.conformance)/g, (_, n: string) => `p${3 - Number(n)}`),
  },
  {
    breaks: 'The 200 to REGISTER has a Record-Route',
    kills: ['IM-1/rfc3261/10.3/no-record-route'],
    fromServer: rewrite(registered, /\r\nCall-ID:/i, '\r\nRecord-Route: <sip:p1.conformance.invalid;lr>$&'),
  },
  {
    breaks: 'A binding outlives its removal',
    kills: ['IM-1/rfc3261/10/delivery-until-removed'],
    toServer: rewrite(/^REGISTER [^]*Contact: </, /\r\nExpires: 0\r\n/, '\r\nExpires: 600\r\n'),
  },
  {
    breaks: 'The contact with the lower q is tried first',
    kills: ['IM-1/rfc3261/16.6/highest-q-first'],
    toServer: (text) => text.replace(/;q=0\.([39])/, (_, tenths: string) => `;q=0.${12 - Number(tenths)}`),
  },
  {
    breaks: 'Contacts are tried at once whatever their q',
    kills: ['IM-1/rfc3261/16.6/highest-q-first'],
    toServer: rewrite(/^REGISTER /, /;q=0\.[39]/, ';q=0.5'),
  },
  {
    breaks: 'What was refused, or was for another contact, arrives nevertheless',
    kills: [
      'IM-1/rfc3261/10/delivery-until-removed', 'IM-1/rfc3261/16.6/highest-q-first', 'IM-1/rfc3261/22.3/message-challenged',
      'IM-1/rfc3261/22.3/invite-challenged', 'IM-1/rfc3261/22.3/wrong-password-message', 'IM-1/rfc8760/2.6/credentials-for-another-uri',
      'IM-1/profile/who-may-send/from-of-another',
    ],
    ...answering(fetch, /^/, 'MESSAGE sip:somebody@192.0.2.1 SIP/2.0\r\nCall-ID: stray\r\nContent-Length: 0\r\n\r\n'),
  },
];
