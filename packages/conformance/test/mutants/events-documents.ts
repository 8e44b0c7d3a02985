/* What NOTIFYs carry, and their tags. Over UDP, where what the server sends to a Contact comes through the proxy. */
import { rewrite, withBody, type Mutant } from './mutant.js';

type Rewrite = (text: string) => string;

const inBody = (pattern: RegExp, instead: string): Rewrite => (text) =>
  (text.startsWith('NOTIFY ') ? withBody(text, text.replace(pattern, instead)) : text);
const notify = (pattern: RegExp, instead: string): Rewrite => rewrite(/^NOTIFY /, pattern, instead);
const accepted = /^SIP\/2\.0 2\d\d [^]*CSeq: \d+ SUBSCRIBE/i;
/** Of a contact, after its tag name. */
const ofContact = (name: string, value: string): RegExp => new RegExp(`(<contact [^>]*?\\b${name}=")${value}"`, 'g');

const overUdp: readonly Mutant[] = [
  {
    breaks: 'The document is in no namespace',
    kills: ['IM-1/rfc3680/5.1/first-document', 'IM-1/rfc3680/4.5/format-among-others'],
    fromServer: inBody(/ xmlns="[^"]*"/, ''),
  },
  {
    breaks: 'The document has no end',
    kills: ['IM-1/rfc3680/5.1/first-document', 'IM-1/rfc3680/4.7.1/init', 'IM-1/rfc3680/5.1/hostile-contact-well-formed'],
    fromServer: inBody(/<\/reginfo>/, ''),
  },
  {
    breaks: 'The first version is 1',
    kills: ['IM-1/rfc3680/5.1/first-document', 'IM-1/rfc3680/5.1/versions-of-each-subscription'],
    fromServer: inBody(/ version="0"/, ' version="1"'),
  },
  {
    breaks: 'Versions rise by two',
    kills: ['IM-1/rfc3680/5.1/versions-of-each-subscription', 'IM-1/rfc3680/5.1/version-of-a-change'],
    fromServer: (text) => inBody(/ version="\d+"/, ` version="${2 * Number(/ version="(\d+)"/.exec(text)?.[1])}"`)(text),
  },
  {
    breaks: 'Every document says it is partial',
    kills: ['IM-1/rfc3680/4.3/first-document-full', 'IM-1/rfc3680/4.7.2/fetch-full-state'],
    fromServer: inBody(/ state="full"/, ' state="partial"'),
  },
  {
    breaks: 'Every document says it is full',
    kills: ['IM-1/rfc3680/5.1/full-means-all'],
    fromServer: inBody(/ state="partial"/, ' state="full"'),
  },
  {
    breaks: 'A document says neither full nor partial',
    kills: ['IM-1/rfc3680/5.1/version-of-a-change'],
    fromServer: inBody(/ state="partial"/, ' state="changed"'),
  },
  {
    breaks: 'A registration is never in the state init',
    kills: ['IM-1/rfc3680/4.7.1/init'],
    fromServer: inBody(/ state="init"/, ' state="terminated"'),
  },
  {
    breaks: 'A registration is not in the document while it is empty',
    kills: ['IM-1/rfc3680/4.7.1/init'],
    fromServer: inBody(/<registration [^>]*\/>/, ''),
  },
  {
    breaks: 'A registration is always in the state init',
    kills: ['IM-1/rfc3680/4.7.1/active', 'IM-1/rfc6665/4.2.2/registered', 'IM-1/rfc3680/4.7.1/unregistered'],
    fromServer: inBody(/(<registration [^>]*state=")\w+/, '$1init'),
  },
  {
    breaks: 'A registration ends as if it were new',
    kills: ['IM-1/rfc3680/4.7.1/terminated', 'IM-1/rfc3680/4.7.1/all-removed'],
    fromServer: inBody(/(<registration [^>]*state=")terminated/, '$1init'),
  },
  {
    breaks: 'The document shows a registration of somebody else',
    kills: ['IM-1/rfc3680/4.5/only-this-address-of-record'],
    fromServer: inBody(/<\/reginfo>/, '<registration aor="sip:bob@example.com" id="other" state="init"/>$&'),
  },
  {
    breaks: 'The id of a registration is made anew for each document',
    kills: ['IM-1/rfc3680/5.1/registration-id-stays', 'IM-1/rfc3680/5.1/version-of-a-change'],
    fromServer: (text) => inBody(/(<registration [^>]*\bid=")/, `$1${/\r\nCSeq: (\d+)/i.exec(text)?.[1]}`)(text),
  },
  {
    breaks: 'All contacts have the same id',
    kills: ['IM-1/rfc3680/5.1/contact-ids-differ'],
    fromServer: inBody(ofContact('id', '[^"]*'), '$1same"'),
  },
  {
    breaks: 'The id of a contact is made anew for each document',
    kills: ['IM-1/rfc3680/5.1/contact-id-stays'],
    fromServer: (text) => inBody(ofContact('id', '[^"]*'), `$1number${/\r\nCSeq: (\d+)/i.exec(text)?.[1]}"`)(text),
  },
  {
    breaks: 'A contact that is new is told of as created by somebody else',
    kills: ['IM-1/rfc3680/4.7.1/active', 'IM-1/rfc6665/4.2.2/registered'],
    fromServer: inBody(ofContact('event', 'registered'), '$1created"'),
  },
  {
    breaks: 'A contact that is refreshed is told of as new',
    kills: ['IM-1/rfc3680/4.7.1/refreshed'],
    fromServer: inBody(ofContact('event', 'refreshed'), '$1registered"'),
  },
  {
    breaks: 'A contact that is shortened does not say for how long it is left',
    kills: ['IM-1/rfc3680/5.1/shorter-lifetime'],
    fromServer: (text) => inBody(ofContact('event', 'refreshed'), '$1shortened"')(inBody(/ expires="\d+"/g, '')(text)),
  },
  {
    breaks: 'A contact keeps the time it was first registered for',
    kills: ['IM-1/rfc3680/5.1/shorter-lifetime', 'IM-1/rfc3680/5.1/q-and-expires'],
    fromServer: inBody(ofContact('expires', '\\d+'), '$1600"'),
  },
  {
    breaks: 'A contact that is removed is told of as expired',
    kills: ['IM-1/rfc3680/4.7.1/unregistered', 'IM-1/rfc3680/4.7.1/terminated', 'IM-1/rfc3680/4.7.1/all-removed'],
    fromServer: inBody(ofContact('event', 'unregistered'), '$1expired"'),
  },
  {
    breaks: 'A contact that has expired is told of as removed',
    kills: ['IM-1/rfc3680/4.7.1/expired'],
    fromServer: inBody(ofContact('event', 'expired'), '$1unregistered"'),
  },
  {
    breaks: 'A contact that is gone is told of as active',
    kills: ['IM-1/rfc3680/4.7.1/unregistered', 'IM-1/rfc3680/4.7.1/terminated'],
    fromServer: inBody(ofContact('state', 'terminated'), '$1active"'),
  },
  {
    breaks: 'When all contacts are removed one of them is told of',
    kills: ['IM-1/rfc3680/4.7.1/all-removed'],
    fromServer: inBody(/(<\/contact>)<contact [^]*<\/contact>/, '$1'),
  },
  {
    breaks: 'A contact has the callid and cseq of its first REGISTER',
    kills: ['IM-1/rfc3680/5.1/callid-and-cseq'],
    fromServer: inBody(ofContact('callid', '[^"]*'), '$1first@conformance.invalid"'),
  },
  {
    breaks: 'The cseq of a contact stays 1',
    kills: ['IM-1/rfc3680/5.1/callid-and-cseq'],
    fromServer: inBody(ofContact('cseq', '\\d+'), '$199"'),
  },
  {
    breaks: 'Every contact has the q 1',
    kills: ['IM-1/rfc3680/5.1/q-and-expires'],
    fromServer: inBody(ofContact('q', '[\\d.]+'), '$11"'),
  },
  {
    breaks: 'Parameters of a contact are not told of',
    kills: ['IM-1/rfc3680/5.1/unknown-param'],
    fromServer: inBody(/<unknown-param [^]*?(?:\/>|<\/unknown-param>)/g, ''),
  },
  {
    breaks: 'An ampersand is not escaped',
    kills: ['IM-1/rfc3680/5.1/hostile-contact-well-formed'],
    fromServer: inBody(/&amp;/g, '&'),
  },
  {
    breaks: 'The document has octets that are no UTF-8',
    kills: ['IM-1/rfc3680/5.1/hostile-octets-utf8', 'IM-1/rfc3680/5.1/first-document'],
    fromServer: inBody(/<registration /, '<!--\xff-->$&'),
  },
  {
    breaks: 'The document has a control character',
    kills: ['IM-1/rfc3680/5.1/hostile-octets-utf8'],
    fromServer: inBody(/<registration /, '<!--\x07-->$&'),
  },
  {
    breaks: 'A NOTIFY has no tag',
    kills: ['IM-1/rfc5839/6.1/tag-of-every-notify'],
    fromServer: notify(/\r\nSIP-ETag: [^\r]*/i, ''),
  },
  {
    breaks: 'The tag of a NOTIFY is *',
    kills: ['IM-1/rfc5839/6.1/tag-of-every-notify'],
    fromServer: notify(/\r\nSIP-ETag: [^\r]*/i, '\r\nSIP-ETag: *'),
  },
  {
    breaks: 'The tag is the same whatever the state',
    kills: ['IM-1/rfc5839/6.1/other-state-other-tag'],
    fromServer: notify(/\r\nSIP-ETag: [^\r]*/i, '\r\nSIP-ETag: same'),
  },
  {
    breaks: 'Suppress-If-Match is passed over',
    kills: [
      'IM-1/rfc5839/6.3/refresh-suppressed', 'IM-1/rfc5839/6.3/any-tag-suppressed', 'IM-1/rfc5839/6.2/resumed-without-body',
      'IM-1/rfc5839/5.4/poll-without-body', 'IM-1/rfc5839/5.7/unsubscribe-suppressed',
    ],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nSuppress-If-Match: [^\r]*/, ''),
  },
  {
    breaks: 'Suppress-If-Match is true whatever the tag and the state',
    kills: ['IM-1/rfc5839/5.2/other-tag-notified', 'IM-1/rfc5839/6.3/change-ends-suppression'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nSuppress-If-Match: [^\r]*/, '\r\nSuppress-If-Match: *'),
  },
  {
    breaks: 'What is suppressed is suppressed once',
    kills: ['IM-1/rfc5839/6.3/any-tag-suppressed'],
    toServer: rewrite(/^SUBSCRIBE /, /\r\nSuppress-If-Match: \*/, ''),
    fromServer: rewrite(accepted, /^SIP\/2\.0 200 [^\r]*/, 'SIP/2.0 204 No Notification'),
  },
  {
    breaks: 'A 204 does not say how long the subscription is',
    kills: ['IM-1/rfc5839/6.3/refresh-suppressed'],
    fromServer: rewrite(/^SIP\/2\.0 204/, /\r\nExpires: \d+/i, ''),
  },
  {
    breaks: 'To unsubscribe with the present tag only suppresses the NOTIFY',
    kills: ['IM-1/rfc5839/5.7/unsubscribe-suppressed'],
    toServer: rewrite(/^SUBSCRIBE [^]*\r\nSuppress-If-Match: /, /\r\nExpires: 0\r\n/, '\r\nExpires: 600\r\n'),
  },
  {
    breaks: 'A NOTIFY without a body has no tag either',
    kills: ['IM-1/rfc5839/6.2/resumed-without-body', 'IM-1/rfc5839/5.4/poll-without-body'],
    fromServer: rewrite(/^NOTIFY [^]*\r\nContent-Length: 0\r\n/i, /\r\nSIP-ETag: [^\r]*/i, ''),
  },
  {
    breaks: 'A summary has no line Messages-Waiting',
    kills: ['IM-1/rfc3842/5.2/format'],
    fromServer: inBody(/Messages-Waiting: \w+\r\n/i, ''),
  },
  {
    breaks: 'A summary says maybe',
    kills: ['IM-1/rfc3842/5.2/format'],
    fromServer: inBody(/(Messages-Waiting: )\w+/i, '$1maybe'),
  },
  {
    breaks: 'A summary counts more than there can be',
    kills: ['IM-1/rfc3842/5.2/format'],
    fromServer: inBody(/(Messages-Waiting: \w+\r\n)/i, '$1Text-Message: 4294967296/0\r\n'),
  },
  {
    breaks: 'The first summary has the headers of a message',
    kills: ['IM-1/rfc3842/3.5/no-headers-at-first'],
    fromServer: inBody(/(Messages-Waiting: \w+\r\n)/i, '$1\r\nSubject: carpool tomorrow?\r\n'),
  },
];

/** Over TCP, where one message can become two. */
const initTold: Mutant = {
  breaks: 'That a registration is back in the state init is notified',
  kills: ['IM-1/rfc3680/4.7.1/init-never-told'],
  fromServer: (text) => {
    if (!/^NOTIFY [^]*<registration [^>]*state="terminated"/.test(text)) return text;
    const next = text.replace(/(?<=\r\nCSeq: )\d+/i, (number) => String(Number(number) + 1));
    return text + inBody(/(<registration [^>]*state=")terminated/, '$1init')(next);
  },
};

export const eventDocumentMutants: readonly Mutant[] = [...overUdp.map((mutant): Mutant => ({ ...mutant, over: 'udp' })), initTold];
