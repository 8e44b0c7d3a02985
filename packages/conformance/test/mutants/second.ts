/* Mutants for what our server does not have: they stand before the second target, over UDP. */
import { rewrite, type Mutant } from './mutant.js';

const call = /^INVITE /;
const registered = /^SIP\/2\.0 200[^]*CSeq: \d+ REGISTER/i;
const rfc3841 = (what: string): string => `IM-1/rfc3841/${what}`;
const rfc5627 = (what: string): string => `IM-1/rfc5627/${what}`;

const preferences: readonly Mutant[] = [
  {
    breaks: 'Reject-Contact is passed over',
    kills: [rfc3841('7.2.4/reject-contact'), rfc3841('7.2.4/none-survives-480'), rfc3841('7.2.4/one-of-several-values')],
    toServer: rewrite(call, /\r\nReject-Contact:[^\r]*/g, ''),
  },
  {
    breaks: 'A contact is discarded for one of the features Reject-Contact names',
    kills: [rfc3841('7.2.4/reject-only-what-is-said')],
    toServer: rewrite(call, /;actor="msg-taker"/, ''),
  },
  {
    breaks: 'require is passed over',
    kills: ['7.2.4/require', '7.2.4/explicit-and-require', '7.2.4/tokens-in-any-case', '7.2.4/strings-in-their-case', '9.2/short-forms'].map(rfc3841),
    toServer: rewrite(call, /;require/g, ''),
  },
  {
    breaks: 'Every Accept-Contact counts as one with require',
    kills: [rfc3841('7.2.4/no-require-keeps')],
    toServer: rewrite(call, /(Accept-Contact:[^\r]*)/g, '$1;require'),
  },
  {
    breaks: 'Every Accept-Contact counts as one with explicit',
    kills: [rfc3841('7.2.4/require-keeps-who-says-nothing')],
    toServer: rewrite(call, /(Accept-Contact:[^\r]*)/g, '$1;explicit'),
  },
  {
    breaks: 'Accept-Contact is passed over',
    kills: ['7.2.4/better-match-first', '7.2.4/several-accept-contacts-averaged'].map(rfc3841),
    toServer: rewrite(call, /\r\nAccept-Contact:[^\r]*/g, ''),
  },
  {
    breaks: 'Contacts are tried by preference of the caller alone',
    kills: [rfc3841('7.2.4/q-before-preference')],
    toServer: rewrite(/^REGISTER /, /;q=0\.\d/, ''),
  },
  {
    breaks: 'A contact without features has none of them',
    kills: [rfc3841('7.2.3/immune-contact')],
    toServer: rewrite(/^REGISTER /, /(\r\nContact: <[^>]*>)\r/, '$1;video="FALSE"\r'),
  },
  {
    breaks: 'Tokens are compared in their case',
    kills: [rfc3841('7.2.4/tokens-in-any-case')],
    toServer: rewrite(/^REGISTER /, /"Fixed"/, '"other"'),
  },
  {
    breaks: 'Strings are compared in any case',
    kills: [rfc3841('7.2.4/strings-in-their-case')],
    toServer: rewrite(/^REGISTER /, /"<pc>"/, '"<PC>"'),
  },
  {
    breaks: 'Of several values the first one counts',
    kills: [rfc3841('7.2.4/one-of-several-values')],
    toServer: rewrite(call, /language="en,fr"/, 'language="en"'),
  },
  {
    breaks: 'The short forms of Accept-Contact and Reject-Contact are not known',
    kills: [rfc3841('9.2/short-forms')],
    toServer: rewrite(call, /\r\n[aj]: [^\r]*/g, ''),
  },
  {
    breaks: 'The method of a request is no preference',
    kills: [rfc3841('7.2.2/implicit-method')],
    toServer: rewrite(call, /\r\nCSeq:/i, '\r\nAccept-Contact: *$&'),
  },
  {
    breaks: 'A call that nobody\'s methods allow is answered 480',
    kills: [rfc3841('7.2.4/implicit-method-leaves-none')],
    toServer: rewrite(call, /\r\nCSeq:/i, '\r\nAccept-Contact: *;methods="INVITE";require$&'),
  },
];

const gruus: readonly Mutant[] = [
  {
    breaks: 'There is no temp-gruu',
    kills: ['5.2/both-gruus-given', '5.1/given-by-client-ignored'].map(rfc5627),
    fromServer: rewrite(registered, /;temp-gruu="[^"]*"/g, ''),
  },
  {
    breaks: 'The pub-gruu is not that of the address-of-record',
    kills: [rfc5627('5.2/both-gruus-given')],
    fromServer: rewrite(registered, /;pub-gruu="sip:[^@]*@/g, ';pub-gruu="sip:other@'),
  },
  {
    breaks: 'A request to a GRUU goes to every device of the user',
    kills: ['6.1/public-reaches-one-device', '6.1/temporary-reaches-one-device', '6.1/unknown-404', '5.3/public-without-contact-480', '5.3/removal-ends-temporary'].map(rfc5627),
    ...widely(),
  },
  {
    breaks: 'gr goes on with the request',
    kills: ['6.1/public-reaches-one-device', '6.1/temporary-reaches-one-device'].map(rfc5627),
    fromServer: rewrite(/^MESSAGE /, / SIP\/2\.0/, ';gr SIP/2.0'),
  },
  {
    breaks: 'A URI with gr that is no GRUU is answered 480',
    kills: ['6.1/unknown-404', '5.1/temporary-ends-with-call-id', '5.3/removal-ends-temporary'].map(rfc5627),
    fromServer: rewrite(/CSeq: \d+ MESSAGE/, /^SIP\/2\.0 404 [^\r]*/, 'SIP/2.0 480 Temporarily Unavailable'),
  },
  {
    breaks: 'The pub-gruu of a device is another one each time',
    kills: [rfc5627('5.1/public-stays')],
    fromServer: counted(registered, /;pub-gruu="[^"]*/g),
  },
  {
    breaks: 'The temp-gruu is the same each time',
    kills: [rfc5627('5.1/temporary-changes-and-old-stays')],
    ...fixedTemporary(),
  },
  {
    breaks: 'Another Call-ID leaves the temp-gruus as they are',
    kills: [rfc5627('5.1/temporary-ends-with-call-id')],
    toServer: rewrite(/^REGISTER [^]*Contact: <[^]*\+sip\.instance/, /\r\nCall-ID:[^\r]*/, '\r\nCall-ID: the-same'),
  },
  {
    breaks: 'The pub-gruu of a device that is away is not known',
    kills: [rfc5627('5.3/public-without-contact-480')],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/, /^SIP\/2\.0 480 [^\r]*/, 'SIP/2.0 404 Not Found'),
  },
  {
    breaks: 'The GRUUs a client names are taken',
    kills: [rfc5627('5.1/given-by-client-ignored')],
    fromServer: rewrite(registered, /;pub-gruu="[^"]*"/g, ';pub-gruu="sip:mine@example.com;gr=mine"'),
  },
  {
    breaks: 'A GRUU is taken as a contact of its own user',
    kills: [rfc5627('5.1/own-gruu-as-contact-403')],
    fromServer: rewrite(/CSeq: \d+ REGISTER/, /^SIP\/2\.0 403 [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'The 200 to a REGISTER leaves out instances',
    kills: [rfc5627('5.2/instance-returned')],
    fromServer: rewrite(registered, /;\+sip\.instance="[^"]*"/g, ''),
  },
];

export const secondMutants: readonly Mutant[] = [
  ...preferences, ...gruus,
  {
    breaks: 'A MESSAGE of any size goes over UDP',
    kills: ['IM-1/profile/message-size/too-large-for-udp-513'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/, /^SIP\/2\.0 513 [^\r]*/, 'SIP/2.0 200 OK'),
  },
];

/** The address-of-record instead of its GRUU. */
function widely(): Pick<Mutant, 'fromServer' | 'toServer'> {
  const owners = new Map<string, string>();
  return {
    fromServer: (text) => {
      const aor = /\r\nTo: <([^>]*)>/.exec(text)?.[1] ?? '';
      if (registered.test(text)) for (const [, uri = ''] of text.matchAll(/-gruu="([^"]*)"/g)) owners.set(uri, aor);
      return text;
    },
    toServer: (text) => text.replace(/^(MESSAGE) (\S+)/, (_, method: string, uri: string) => `${method} ${owners.get(uri) ?? uri.replace(/;gr=.*/, '')}`),
  };
}

function counted(where: RegExp, pattern: RegExp): (text: string) => string {
  let count = 0;
  return (text) => (where.test(text) ? text.replace(pattern, (found) => `${found}${++count}`) : text);
}

/** The first temp-gruu there was. */
function fixedTemporary(): Pick<Mutant, 'fromServer'> {
  let first: string | undefined;
  return {
    fromServer: (text) => text.replace(/(;\+sip\.instance="<[^"]*6>"[^\r]*);temp-gruu="([^"]*)"/g, (_, before: string, uri: string) => {
      first ??= uri;
      return `${before};temp-gruu="${first}"`;
    }),
  };
}
