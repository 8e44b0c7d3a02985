import { rewrite, type Mutant } from './mutant.js';

export const identityMutants: readonly Mutant[] = [
  {
    breaks: 'No P-Asserted-Identity is added',
    kills: ['IM-1/rfc3325/5/asserted-identity'],
    fromServer: rewrite(/^MESSAGE /, /\r\nP-Asserted-Identity:[^\r]*/i, ''),
  },
  {
    breaks: 'P-Asserted-Identity is whatever the client wishes',
    kills: ['IM-1/rfc3325/5/asserted-identity', 'IM-1/rfc3325/5/forged-asserted-identity', 'IM-1/rfc3325/6/preferred-identity-removed'],
    fromServer: rewrite(/^MESSAGE /, /(\r\nP-Asserted-Identity:)[^\r]*/i, '$1 <sip:president@example.com>'),
  },
  {
    breaks: 'A telephone number that the client asserts stays beside the identity of the user',
    kills: ['IM-1/rfc3325/5/forged-asserted-identity', 'IM-1/rfc3325/7/privacy-id'],
    fromServer: rewrite(/^MESSAGE /, /\r\nCall-ID:/i, '\r\nP-Asserted-Identity: <tel:+12125550199>$&'),
  },
  {
    breaks: 'P-Preferred-Identity is forwarded',
    kills: ['IM-1/rfc3325/6/preferred-identity-removed'],
    fromServer: rewrite(/^MESSAGE /, /\r\nCall-ID:/i, '\r\nP-Preferred-Identity: <sip:president@example.com>$&'),
  },
  {
    breaks: 'Privacy: id is passed over',
    kills: ['IM-1/rfc3325/7/privacy-id'],
    toServer: rewrite(/^MESSAGE /, /\r\nPrivacy: id/, ''),
  },
  {
    breaks: 'A MESSAGE with the From of somebody else is answered 200',
    kills: ['IM-1/profile/who-may-send/from-of-another'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 403 [^\r]*/, 'SIP/2.0 200 OK'),
  },
];
