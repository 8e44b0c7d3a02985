/* Other ways than our server's of doing what the standards ask: through each of these the cases beside it must pass. */
import { eventLegalWays } from './events-legal.js';
import { rewrite, withBody, type Mutant } from './mutant.js';

export interface LegalWay extends Omit<Mutant, 'breaks' | 'kills'> {
  readonly says: string;
  readonly passes: readonly string[];
}

const status = (method: string, from: number, to: string): ((text: string) => string) =>
  rewrite(new RegExp(`CSeq: \\d+ ${method}`, 'i'), new RegExp(`^SIP/2\\.0 ${from} [^\\r]*`), `SIP/2.0 ${to}`);

const rewritten = (pattern: RegExp, instead: string) => (text: string): string =>
  (text.startsWith('INVITE ') ? withBody(text, text.replace(pattern, instead)) : text);

export const legalWays: readonly LegalWay[] = [
  ...eventLegalWays,
  {
    says: 'MESSAGE and INVITE are challenged by a user agent, with 401',
    passes: [
      'IM-1/rfc3261/22.3/message-challenged', 'IM-1/rfc3261/22.3/invite-challenged', 'IM-1/rfc3261/22.3/wrong-password-message',
      'IM-1/rfc3428/4/message-delivered', 'IM-7/rfc4975/7.1/message-delivered',
    ],
    toServer: rewrite(/^(MESSAGE|INVITE) /, /(?<=\r\n)Authorization(?=:)/g, 'Proxy-Authorization'),
    fromServer: (text) => (text.startsWith('SIP/2.0 407 ')
      ? text.replace(/^[^\r]*/, 'SIP/2.0 401 Unauthorized').replace(/(?<=\r\n)Proxy-Authenticate(?=:)/gi, 'WWW-Authenticate') : text),
  },
  {
    says: 'A wrong password is forbidden instead of challenged again',
    passes: ['IM-1/rfc3261/22.3/wrong-password-message', 'IM-1/rfc3428/4/message-delivered'],
    fromServer: rewrite(/CSeq: 2 MESSAGE/i, /^SIP\/2\.0 407 [^\r]*/, 'SIP/2.0 403 Forbidden'),
  },
  {
    says: 'A user without a binding is not found',
    passes: ['IM-1/rfc3261/16.5/no-binding-error', 'IM-1/rfc3261/10/delivery-until-removed'],
    fromServer: status('MESSAGE', 480, '404 Not Found'),
  },
  {
    says: 'A MESSAGE is accepted for delivery',
    passes: ['IM-1/rfc3428/4/message-delivered', 'IM-1/rfc3862/2.2/cpim-unchanged', 'IM-1/rfc3261/16.7/forked-answered-once'],
    fromServer: status('MESSAGE', 200, '202 Accepted'),
  },
  {
    // What the invited user sends goes by the path in the SDP, which leads through here; its connection does not.
    says: 'The IM server opens the connection to the invited user',
    passes: ['IM-7/oma-003/4.2/session-set-up', 'IM-7/rfc4975/7.1.1/two-chunks', 'IM-1/rfc6135/4.2.2/offer-setup'],
    fromServer: rewritten(/a=setup:actpass/, 'a=setup:active'),
  },
  {
    says: 'The IM server knows nothing of RFC 6135: who offers connects',
    passes: ['IM-7/oma-003/4.2/session-set-up', 'IM-7/rfc4975/7.1.1/two-chunks', 'IM-7/rfc3261/15.1.2/bye-ends-session'],
    fromServer: (text) => rewritten(/\r\na=setup:\w+/, '')(text).replace(/(?<=^SIP\/2\.0 200[^]*\r\n)a=setup:/, 'a=other:'),
  },
  {
    says: 'A session on another connection is denied instead of refused',
    passes: ['IM-7/rfc4975/5.4/session-on-other-connection-refused'],
    fromServer: rewrite(/^MSRP /, /^(MSRP \S+) 506[^\r]*/gm, '$1 481 No such session'),
  },
  {
    says: 'Messages are passed on under a Message-ID of the IM server\'s own',
    passes: ['IM-7/oma-003/4.2/messages-both-ways', 'IM-7/rfc4975/7.1/message-delivered'],
    fromServer: rewrite(/^MSRP \S+ SEND/, /Message-ID: \S+/, 'Message-ID: another'),
  },
];
