/* Mutants for the forms a request may come in, and for Via. */
import { rewrite, type Mutant } from './mutant.js';

export const formMutants: readonly Mutant[] = [
  {
    breaks: 'Short forms of header names are not known',
    kills: ['IM-1/rfc3261/7.3.3/compact-forms'],
    toServer: rewrite(/^MESSAGE /, /\r\n([vftic]): /g, '\r\nX-$1: '),
  },
  {
    breaks: 'A folded line is a header field of its own',
    kills: ['IM-1/rfc3261/7.3.1/folded-and-spaced-fields'],
    toServer: rewrite(/^MESSAGE /, /\r\n +(?=<)/, '\r\nX: '),
  },
  {
    breaks: 'Header names are compared letter by letter',
    kills: ['IM-1/rfc3261/7.3.1/folded-and-spaced-fields'],
    toServer: rewrite(/^MESSAGE /, /\r\ntO\t:/, '\r\nX-tO:'),
  },
  {
    breaks: 'An escaped user is another one',
    kills: ['IM-1/rfc3261/19.1.4/escaped-user-reached'],
    toServer: rewrite(/^MESSAGE /, /sip:%../g, 'sip:x'),
  },
  {
    breaks: 'The domain is compared letter by letter',
    kills: ['IM-1/rfc3261/19.1.4/escaped-user-reached'],
    toServer: rewrite(/^MESSAGE /, /@EXAMPLE\.COM/g, '@example.org'),
  },
  {
    breaks: 'A Route of the proxy itself goes on with the request',
    kills: ['IM-1/rfc3261/16.4/own-route-removed'],
    fromServer: rewrite(/^MESSAGE /, /\r\nCall-ID:/i, '\r\nRoute: <sip:example.com;lr>$&'),
  },
  {
    breaks: 'Max-Forwards is not added',
    kills: ['IM-1/rfc3261/16.6/max-forwards-added'],
    fromServer: rewrite(/^MESSAGE /, /\r\nMax-Forwards:[^\r]*/i, ''),
  },
  {
    breaks: 'The Via of the sender is removed',
    kills: ['IM-1/rfc3261/16.6/via-added'],
    ...oneVia(),
  },
  {
    breaks: 'The branch of the proxy does not begin with z9hG4bK',
    kills: ['IM-1/rfc3261/16.6/via-added'],
    fromServer: rewrite(/^MESSAGE /, /;branch=z9hG4bK/, ';branch=other'),
  },
  {
    breaks: 'rport is left as it is',
    kills: ['IM-1/rfc3581/4/rport-filled'],
    fromServer: rewrite(/^SIP\/2\.0 /, /;rport=\d+/g, ';rport'),
  },
  {
    breaks: 'received is not added',
    kills: ['IM-1/rfc3581/4/rport-filled', 'IM-1/rfc3261/18.2.1/received-added'],
    fromServer: rewrite(/^SIP\/2\.0 /, /;received=[^;\r]*/g, ''),
  },
  {
    breaks: 'A response has the topmost Via alone',
    kills: ['IM-1/rfc3261/8.2.6.2/response-copies'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*4711 OPTIONS/, /\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.5[^\r]*/i, ''),
  },
  {
    breaks: 'Call-IDs are written in small letters',
    kills: ['IM-1/rfc3261/8.2.6.2/response-copies'],
    fromServer: rewrite(/^SIP\/2\.0 200/, /CaSe\.Sensitive/, 'case.sensitive'),
  },
  {
    breaks: 'The To of a 200 to OPTIONS has no tag',
    kills: ['IM-1/rfc3261/8.2.6.2/response-copies'],
    fromServer: rewrite(/^SIP\/2\.0 200[^]*OPTIONS/, /(\r\nTo:[^\r]*?);tag=[^\r;]*/i, '$1'),
  },
];

/** The recipient sees one Via; for the answer the others are put back. */
function oneVia(): Pick<Mutant, 'fromServer' | 'toServer'> {
  let rest = '';
  return {
    fromServer: (text) => {
      if (!text.startsWith('MESSAGE ')) return text;
      const [first = '', ...others] = text.match(/\r\nVia:[^\r]*/gi) ?? [];
      rest = others.join('');
      return text.replace(/(?:\r\nVia:[^\r]*)+/i, first);
    },
    toServer: (text) => (/^SIP\/2\.0 200 [^]*MESSAGE/.test(text) ? text.replace(/\r\nVia:[^\r]*/i, `$&${rest}`) : text),
  };
}
