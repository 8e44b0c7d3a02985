import { rewrite, withBody, type Mutant } from './mutant.js';

const whole = /^[^]*$/;
const aFrame = /^MSRP /;
const status = (from: number, to: string): Mutant['fromServer'] => rewrite(aFrame, new RegExp(`^(MSRP \\S+) ${from}[^\\r]*`, 'gm'), `$1 ${to}`);

/** Hears nothing any more, on any connection, after something like this came. */
function deafAfter(pattern: RegExp): (text: string) => string {
  let deaf = false;
  return (text) => {
    const heard = deaf ? '' : text;
    deaf ||= pattern.test(text);
    return heard;
  };
}

/** The callee gets the path of the caller: its port says so, the rest of the URI is of another length. */
function withPathOfCaller(): Pick<Mutant, 'fromServer' | 'toServer'> {
  let path = '';
  return {
    toServer: (text) => {
      if (text.startsWith('INVITE ')) path = /\r\na=path:(\S+)/.exec(text)?.[1] ?? '';
      return text;
    },
    fromServer: (text) => (text.startsWith('INVITE ') ? withBody(text, text.replace(/(?<=\r\na=path:)\S+/, path)) : text),
  };
}

export const msrpMutants: readonly Mutant[] = [
  {
    breaks: 'The end-line of another transaction ends a message',
    kills: ['IM-7/rfc4975/7.1/foreign-end-line-is-body'],
    fromServer: rewrite(aFrame, /\r\n-------cAnotherId0815\$[^]*(?=\r\n-------\S+\$\r\n$)/, ''),
  },
  {
    breaks: 'What does not begin with a start line when it is read is thrown away',
    kills: ['IM-7/rfc4975/7.1/octet-by-octet'],
    toServer: (text) => (/^MSRP |SIP\/2\.0/.test(text) ? text : ''),
  },
  {
    breaks: 'Of what is read together only the first request is seen',
    kills: ['IM-7/rfc4975/7.1/frames-in-one-segment'],
    toServer: rewrite(aFrame, /^(MSRP (\S+) SEND[^]*?\r\n-------\2[$+#]\r\n)MSRP [^]+$/, '$1'),
  },
  {
    breaks: 'A CR without LF in a body becomes CRLF',
    kills: ['IM-7/rfc4975/7.1.1/binary-body-unchanged'],
    fromServer: rewrite(aFrame, /\r(?!\n)/g, '\r\n'),
  },
  {
    breaks: 'A NUL ends a body',
    kills: ['IM-7/rfc4975/7.1.1/binary-body-unchanged'],
    fromServer: rewrite(aFrame, /\0[^]*(?=\r\n-------)/, ''),
  },
  {
    breaks: 'A request with an unknown header field is not carried out',
    kills: ['IM-7/rfc4975/12/unknown-header-ignored'],
    toServer: rewrite(/X-Conformance-One/, whole, ''),
  },
  {
    breaks: 'Content-Type is not the last header field',
    kills: ['IM-7/rfc4975/12/unknown-header-ignored'],
    fromServer: rewrite(aFrame, /(Message-ID: [^]*?)(Content-Type: [^\r]*\r\n)/, '$2$1'),
  },
  {
    breaks: 'Content-Disposition gets lost',
    kills: ['IM-7/rfc4975/7.1/content-fields-kept'],
    fromServer: rewrite(aFrame, /Content-Disposition: [^\r]*\r\n/, ''),
  },
  {
    breaks: 'A malformed Byte-Range is answered 200',
    kills: ['IM-7/rfc4975/10.2/malformed-byte-range-refused'],
    fromServer: status(400, '200 OK'),
  },
  {
    breaks: 'A malformed SEND is refused and carried out all the same',
    kills: ['IM-7/rfc4975/10.2/malformed-byte-range-refused'],
    toServer: (text) => (text.includes('1-x/14') ? text + text.replace('1-x/14', '1-14/14').replace('Content-Type', 'Failure-Report: no\r\nContent-Type') : text),
  },
  {
    breaks: 'The method of a request may be written in small letters',
    kills: ['IM-7/rfc4975/9/lower-case-method-refused'],
    toServer: rewrite(aFrame, /^(MSRP \S+) send\r/, '$1 SEND\r'),
  },
  {
    breaks: 'The server hears nothing any more after a header line that is very long',
    kills: ['IM-7/rfc4975/10.2/overlong-header-survived'],
    toServer: deafAfter(/X-Long: a{1000}/),
  },
  {
    breaks: 'A header line that is very long is accepted',
    kills: ['IM-7/rfc4975/10.2/overlong-header-survived'],
    fromServer: status(400, '200 OK'),
  },
  {
    breaks: 'The second chunk of a message has another Message-ID',
    kills: ['IM-7/rfc4975/7.1.1/two-chunks'],
    fromServer: rewrite(/Byte-Range: 6-/, /Message-ID: \S+(\r\nByte-Range: 6-)/, 'Message-ID: another$1'),
  },
  {
    breaks: 'Positions in a message are counted from zero',
    kills: ['IM-7/rfc4975/7.1.1/two-chunks'],
    fromServer: rewrite(aFrame, /Byte-Range: 6-10/, 'Byte-Range: 5-9'),
  },
  {
    breaks: 'A chunk with an open end is taken for the start of its message',
    kills: ['IM-7/rfc4975/7.1.1/total-unknown'],
    fromServer: rewrite(aFrame, /Byte-Range: 3001-/, 'Byte-Range: 1-'),
  },
  {
    breaks: 'The chunk with "$" is taken for the end of what came so far',
    kills: ['IM-7/rfc4975/7.3.1/chunks-out-of-order'],
    fromServer: rewrite(aFrame, /Byte-Range: 6-10\/10/, 'Byte-Range: 1-5/5'),
  },
  {
    breaks: 'A chunk is put behind what came before, whatever its Byte-Range',
    kills: ['IM-7/rfc4975/7.3.1/chunks-overlap'],
    fromServer: rewrite(aFrame, /Byte-Range: 5-10\/10/, 'Byte-Range: 7-12/12'),
  },
  {
    breaks: 'A message that was given up is ended as a whole one',
    kills: ['IM-7/rfc4975/7.1/aborted-message', 'IM-7/rfc4975/7.1/sender-lost-in-chunk'],
    fromServer: rewrite(/./, /^(-------\S+)#\r$/gm, '$1$$\r'),
  },
  {
    breaks: 'That a message was given up is not passed on',
    kills: ['IM-7/rfc4975/7.1/aborted-message', 'IM-7/rfc4975/7.1/sender-lost-in-chunk'],
    fromServer: rewrite(/./, /^(-------\S+)#\r$/gm, '$1+\r'),
  },
  {
    breaks: 'A SEND is not answered before its receiver answered it',
    kills: ['IM-7/rfc4975/7.2/hop-receipt-at-once'],
    toServer: rewrite(/Hello you\./, /Content-Type/, 'Failure-Report: partial\r\nContent-Type'),
  },
  {
    breaks: 'The sender hears of a response of the receiver that is no failure',
    kills: ['IM-7/rfc4975/7.2/hop-receipt-at-once'],
    toServer: rewrite(aFrame, /^(MSRP \S+) 200 OK/, '$1 413 No'),
  },
  {
    breaks: 'Failure-Report: no is not heeded',
    kills: ['IM-7/rfc4975/7.1.4/failure-report-no-unanswered', 'IM-7/rfc4975/7.3/unknown-session-unanswered', 'IM-7/rfc4975/7.1.4/failure-report-no-no-report'],
    toServer: rewrite(aFrame, /Failure-Report: no\r\n/g, ''),
  },
  {
    breaks: 'Failure-Report: partial is taken for yes',
    kills: ['IM-7/rfc4975/7.1.4/failure-report-partial-no-200'],
    toServer: rewrite(aFrame, /Failure-Report: partial\r\n/g, ''),
  },
  {
    breaks: 'Success-Report gets lost on the way to the receiver',
    kills: ['IM-7/rfc4975/7.1.3/success-reported'],
    fromServer: rewrite(aFrame, /Success-Report: yes\r\n/, ''),
  },
  {
    breaks: 'A REPORT comes back with the Message-ID of the wrong side',
    kills: ['IM-7/rfc4975/7.1.3/success-reported'],
    fromServer: rewrite(/^MSRP \S+ REPORT/, /Message-ID: \S+/, 'Message-ID: another'),
  },
  {
    breaks: 'A REPORT is answered',
    kills: ['IM-7/rfc4975/7.1.2/report-not-answered', 'IM-7/rfc4975/7.1.2/stray-report-unanswered'],
    toServer: rewrite(aFrame, /^(MSRP \S+) REPORT([^]*?)Status: [^\r]*\r\n/gm, '$1 SEND$2'),
  },
  {
    breaks: 'That the receiver refused a chunk is kept from its sender',
    kills: ['IM-7/rfc4975/7.1.4/refused-413', 'IM-7/rfc4975/7.1.4/refused-415'],
    fromServer: rewrite(/^MSRP \S+ REPORT/, whole, ''),
  },
  {
    breaks: 'A failure REPORT does not say which octets it is about',
    kills: ['IM-7/rfc4975/7.1.4/refused-413', 'IM-7/rfc4975/7.1.4/refused-415'],
    fromServer: rewrite(/^MSRP \S+ REPORT/, /Byte-Range: [^\r]*\r\n/, ''),
  },
  {
    breaks: 'A receiver that is silent for 30 seconds is reported with 200',
    kills: ['IM-7/rfc4975/7.1.4/silence-reported'],
    fromServer: rewrite(/^MSRP \S+ REPORT/, /Status: 000 408/, 'Status: 000 200'),
  },
  {
    breaks: 'A session may be used from two connections',
    kills: ['IM-7/rfc4975/5.4/session-on-other-connection-refused'],
    fromServer: status(506, '200 OK'),
  },
  {
    breaks: 'An unknown method is taken for SEND',
    kills: ['IM-7/rfc4975/12/unknown-method-501'],
    toServer: rewrite(aFrame, /^(MSRP \S+) GOSSIP/, '$1 SEND'),
  },
  {
    breaks: 'A BYE is answered and ends nothing',
    kills: ['IM-7/rfc3261/15.1.2/bye-ends-media'],
    toServer: rewrite(/^BYE /, /^BYE |(?<=CSeq: \d+ )BYE/g, 'OPTIONS '),
    fromServer: rewrite(/CSeq: \d+ OPTIONS/, /(CSeq: \d+ )OPTIONS/, '$1BYE'),
  },
  {
    breaks: 'An offer has the path of who invites',
    kills: ['IM-7/oma-003/4.2/session-set-up'],
    ...withPathOfCaller(),
  },
  {
    breaks: 'A session goes on for the other user when a connection is lost',
    kills: ['IM-7/rfc4975/5.4/connection-lost-ends-session'],
    fromServer: rewrite(/^BYE /, whole, ''),
  },
  {
    breaks: 'Header fields of CPIM are written anew',
    kills: ['IM-1/rfc3862/2.2/cpim-unchanged', 'IM-1/rfc3862/2.2/imdn-unchanged', 'IM-7/rfc3862/2.2/cpim-unchanged'],
    fromServer: rewrite(/^(MESSAGE|MSRP) /, /(\r\nNS: )imdn( <urn:ietf:params:imdn>)/, '$1IMDN$2'),
  },
  {
    breaks: 'A tab in XML becomes a space',
    kills: ['IM-1/rfc3862/2.2/imdn-unchanged', 'IM-7/rfc3862/2.2/cpim-unchanged'],
    fromServer: rewrite(/^(MESSAGE|MSRP) /, /\t/g, ' '),
  },
  {
    breaks: 'The first SEND is answered under another path than that of the SDP',
    kills: ['IM-7/oma-003/4.2/session-set-up'],
    fromServer: rewrite(aFrame, /(From-Path: msrp:\/\/[^/]+\/)/, '$1x'),
  },
  {
    breaks: 'Messages of one of both users are changed',
    kills: ['IM-7/oma-003/4.2/messages-both-ways'],
    fromServer: rewrite(/^MSRP \S+ SEND/, /I am\./, 'I was'),
  },
  {
    breaks: 'Who ends a session gets no 200',
    kills: ['IM-7/oma-003/4.2/session-ended-by-guest'],
    fromServer: rewrite(/CSeq: \d+ BYE/, /^SIP\/2\.0 200 [^\r]*/, 'SIP/2.0 481 No'),
  },
];
