import { rewrite, type Mutant } from './mutant.js';

export const im1Mutants: readonly Mutant[] = [
  {
    breaks: 'The 200 to REGISTER lists no contact',
    kills: ['IM-1/rfc3261/10.3/register'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ REGISTER/i, /\r\nContact:[^\r]*/gi, ''),
  },
  {
    breaks: 'A binding is kept for longer than was asked for',
    kills: ['IM-1/rfc3261/10.3/register'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*CSeq: \d+ REGISTER/i, /expires=\d+/gi, 'expires=9999'),
  },
  {
    breaks: 'REGISTER is answered 200 whatever the credentials',
    kills: ['IM-1/rfc3261/22.2/wrong-password'],
    fromServer: rewrite(/CSeq: \d+ REGISTER/i, /^SIP\/2\.0 40[13] [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'The second REGISTER, with a wrong password, is answered 200',
    kills: ['IM-1/rfc3261/22.2/wrong-password'],
    fromServer: rewrite(/CSeq: 2 REGISTER/i, /^SIP\/2\.0 40[13] [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'The body of a MESSAGE changes on its way',
    kills: ['IM-1/rfc3428/4/message-delivered'],
    fromServer: rewrite(/^MESSAGE /, /come here/, 'stay away'),
  },
  {
    breaks: 'The sender of a MESSAGE gets 500 when the recipient took it',
    kills: ['IM-1/rfc3428/4/message-delivered'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 200 [^\r]*/, 'SIP/2.0 500 No'),
  },
  {
    breaks: 'A MESSAGE to nobody is answered 200',
    kills: ['IM-1/rfc3261/16.5/no-binding-error', 'IM-1/rfc3261/16.5/no-binding-480', 'IM-1/rfc3261/10/delivery-until-removed'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 480 [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'A MESSAGE to nobody is answered 202, and is not kept',
    kills: ['IM-1/rfc3261/16.5/no-binding-error'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 480 [^\r]*/, 'SIP/2.0 202 Accepted'),
  },
  {
    breaks: 'A MESSAGE to nobody is answered 404',
    kills: ['IM-1/rfc3261/16.5/no-binding-480'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 480 [^\r]*/, 'SIP/2.0 404 Not Found'),
  },
  {
    breaks: 'A request that is malformed is answered 200',
    kills: ['IM-1/rfc3261/16.3/missing-call-id-refused'],
    fromServer: rewrite(/^/, /^SIP\/2\.0 400 [^\r]*/, 'SIP/2.0 200 OK'),
  },
];
