/* GRUUs in registration information. Over UDP, where what the server sends to a Contact comes through the proxy. */
import { withBody, type Mutant } from './mutant.js';

const id = (name: string): string => `IM-1/rfc5628/5/${name}`;
const inBody = (pattern: RegExp, instead: string) => (text: string): string =>
  (text.startsWith('NOTIFY ') ? withBody(text, text.replace(pattern, instead)) : text);

const overUdp: readonly Mutant[] = [
  {
    breaks: 'Public GRUUs are not shown',
    kills: ['public-shown', 'same-for-contacts-of-an-instance', 'change-shows-them', 'given-by-client-not-shown', 'hostile-instance'].map(id),
    fromServer: inBody(/<(?:\w+:)?pub-gruu [^>]*>/g, ''),
  },
  {
    breaks: 'GRUUs are shown in a namespace of their own',
    kills: ['public-shown', 'temporary-shown-to-who-may-register', 'change-shows-them'].map(id),
    fromServer: inBody(/urn:ietf:params:xml:ns:gruuinfo/g, 'urn:ietf:params:xml:ns:gruus'),
  },
  {
    breaks: 'GRUUs stand beside the contact',
    kills: ['public-shown', 'temporary-shown-to-who-may-register', 'change-shows-them'].map(id),
    fromServer: inBody(/((?:<(?:\w+:)?(?:pub|temp)-gruu [^>]*>)+)<\/contact>/g, '</contact>$1'),
  },
  {
    breaks: 'A public GRUU is shown twice',
    kills: [id('public-shown')],
    fromServer: inBody(/<(?:\w+:)?pub-gruu [^>]*>/g, '$&$&'),
  },
  {
    breaks: 'Temporary GRUUs are shown to nobody',
    kills: [id('temporary-shown-to-who-may-register')],
    fromServer: inBody(/<(?:\w+:)?temp-gruu [^>]*>/g, ''),
  },
  {
    breaks: 'The temporary GRUU that is shown is another than the last',
    kills: [id('temporary-is-the-latest')],
    fromServer: inBody(/(temp-gruu uri="sip:)[^@]*@/g, '$1first@'),
  },
  {
    breaks: 'The temporary GRUU that is shown has no number',
    kills: ['first-cseq', 'temporary-shown-to-who-may-register', 'temporary-is-the-latest'].map(id),
    fromServer: inBody(/ first-cseq="\d+"/g, ''),
  },
  {
    breaks: 'The first-cseq is the CSeq of the last REGISTER',
    kills: [id('first-cseq')],
    fromServer: inBody(/(<contact [^>]*cseq=")(\d+)("[^]*? first-cseq=")\d+/g, '$1$2$3$2'),
  },
  {
    breaks: 'Contacts without an instance show the GRUUs of another',
    kills: [id('none-without-instance')],
    fromServer: inBody(/<\/uri>(?=<\/contact>)/g, '$&<g:pub-gruu xmlns:g="urn:ietf:params:xml:ns:gruuinfo" uri="sip:other@example.com;gr=other"/>'),
  },
  {
    breaks: 'Contacts of one device have public GRUUs of their own',
    kills: [id('same-for-contacts-of-an-instance')],
    fromServer: (text) => {
      let count = 0;
      return text.startsWith('NOTIFY ') ? withBody(text, text.replace(/(pub-gruu uri="[^"]*)/g, (found) => `${found}${++count}`)) : text;
    },
  },
  {
    breaks: 'A contact that has ended keeps its temporary GRUU',
    kills: [id('no-temporary-after-the-end')],
    fromServer: inBody(
      /(<contact [^>]*state="terminated"[^]*?)<\/contact>/g,
      '$1<g:temp-gruu xmlns:g="urn:ietf:params:xml:ns:gruuinfo" uri="sip:gone@example.com;gr" first-cseq="1"/></contact>',
    ),
  },
  {
    breaks: 'The GRUUs that a client names are shown',
    kills: [id('given-by-client-not-shown')],
    fromServer: inBody(/(pub-gruu uri=")[^"]*/g, '$1sip:mine@example.com;gr=mine'),
  },
  {
    breaks: 'An ampersand in a GRUU is not escaped',
    kills: [id('hostile-instance')],
    fromServer: inBody(/&amp;/g, '&'),
  },
];

export const eventGruuMutants: readonly Mutant[] = overUdp.map((mutant): Mutant => ({ ...mutant, over: 'udp' }));
