import { rewrite, type Mutant } from './mutant.js';

export const im7Mutants: readonly Mutant[] = [
  {
    breaks: 'A SEND for an unknown session is answered 200',
    kills: ['IM-7/rfc4975/7.3/unknown-session-481'],
    fromServer: rewrite(/^MSRP /, /^(MSRP \S+) 481[^\r]*/gm, '$1 200 OK'),
  },
  {
    breaks: 'A character of a message changes on its way',
    kills: ['IM-7/rfc4975/7.1/message-delivered'],
    fromServer: rewrite(/^MSRP /, /Hello Bob/g, 'Hello Rob'),
  },
  {
    breaks: 'Octets of a message that are no UTF-8 are replaced',
    kills: ['IM-7/rfc4975/7.1/message-delivered'],
    fromServer: rewrite(/^MSRP /, /\xff/g, '?'),
  },
  {
    breaks: 'The media type of a message changes on its way',
    kills: ['IM-7/rfc4975/7.1/message-delivered'],
    fromServer: rewrite(/^MSRP /, /Content-Type: text\/plain/gi, 'Content-Type: text/html'),
  },
  {
    breaks: 'A BYE ends one side of a session only',
    kills: ['IM-7/rfc3261/15.1.2/bye-ends-session'],
    fromServer: rewrite(/^BYE /, /^[^]*$/, ''),
  },
];
