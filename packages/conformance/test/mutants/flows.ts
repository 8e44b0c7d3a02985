/* Mutants for several devices, and several flows of one. */
import { answering } from './answering.js';
import { rewrite, type Mutant } from './mutant.js';

const registered = /^SIP\/2\.0 200[^]*CSeq: \d+ REGISTER/i;

export const flowsMutants: readonly Mutant[] = [
  {
    breaks: 'A device that removes its binding removes those of all',
    kills: ['IM-1/rfc3261/10.2.2/own-binding-removed-alone'],
    toServer: rewrite(/^REGISTER [^]*\r\nContact: <[^]*\r\nExpires: 0\r/, /Contact: [^\r]*/, 'Contact: *'),
  },
  {
    breaks: 'A device that was removed is still reached',
    kills: ['IM-1/rfc3261/10.2.2/own-binding-removed-alone'],
    ...answering(/^REGISTER (?![^]*\r\nContact:)/, /^/, 'MESSAGE sip:somebody@192.0.2.1 SIP/2.0\r\nCall-ID: stray\r\nContent-Length: 0\r\n\r\n'),
  },
  {
    breaks: 'A refreshed contact keeps its q',
    kills: ['IM-1/rfc3261/10.3/refresh-keeps-others'],
    toServer: rewrite(/^REGISTER /, /;q=0\.1/, ';q=0.5'),
  },
  {
    breaks: 'A refresh removes the contacts of other calls',
    kills: ['IM-1/rfc3261/10.3/refresh-keeps-others'],
    fromServer: rewrite(/q=0\.1/, /\r\nContact: <sip:mobile[^\r]*/i, ''),
  },
  {
    breaks: 'The 200 to a REGISTER with a reg-id does not say Require: outbound',
    kills: ['IM-1/rfc5626/6/outbound-required-in-200'],
    fromServer: rewrite(registered, /\r\nRequire: outbound/i, ''),
  },
  {
    breaks: 'Every 200 to a REGISTER says Require: outbound',
    kills: ['IM-1/rfc5626/6/outbound-required-in-200'],
    fromServer: rewrite(registered, /(?<!Require: outbound[^]*)\r\nContent-Length/i, '\r\nRequire: outbound$&'),
  },
  {
    breaks: 'The reg-id of a Contact is passed over',
    kills: [
      'IM-1/rfc5626/6/same-reg-id-replaces', 'IM-1/rfc5626/6/other-reg-id-adds', 'IM-1/rfc5626/6/several-contacts-with-reg-id-400',
      'IM-1/rfc5626/6/first-hop-lacks-outbound-439', 'IM-1/rfc5626/6/outbound-required-in-200',
    ],
    toServer: rewrite(/^REGISTER /, /;reg-id=\d/g, ''),
  },
  {
    breaks: 'Two flows of one device are two devices',
    kills: ['IM-1/rfc5626/7/one-flow-of-a-device'],
    toServer: rewrite(/^REGISTER /, /urn:uuid:0+(-[^]*reg-id=([12]))/, 'urn:uuid:$2$1'),
  },
  {
    breaks: 'Of the flows of a device one is kept',
    kills: ['IM-1/rfc5626/7/next-flow-after-lost-one'],
    toServer: rewrite(/^REGISTER /, /reg-id=2/, 'reg-id=1'),
  },
  {
    breaks: 'The Path of a registration is not used',
    kills: ['IM-1/rfc3327/5.1/path-becomes-route'],
    toServer: rewrite(/^REGISTER /, /\r\nPath:[^\r]*/, ''),
  },
  {
    breaks: 'Privacy counts only where it is id alone',
    kills: ['IM-1/rfc3325/7/privacy-id-of-a-call'],
    toServer: rewrite(/^INVITE /, /\r\nPrivacy: (?!id\r)[^\r]*/, ''),
  },
  {
    breaks: 'What a device asserts of itself is passed on',
    kills: ['IM-1/rfc3325/5/forged-identity-of-a-callee'],
    fromServer: rewrite(/^SIP\/2\.0 (?:180|486) /, /\r\nCall-ID:/i, '\r\nP-Asserted-Identity: <sip:president@example.com>$&'),
  },
];
