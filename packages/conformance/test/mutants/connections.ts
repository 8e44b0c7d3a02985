/* Mutants for SIP over streams, TLS and WebSocket. */
import { rewrite, type Mutant } from './mutant.js';

const tooLate = 'A client whose connection is closed counts as one that took the message';

/** The rest of a stream is lost once this has come. */
function deafAfter(what: RegExp): (text: string) => string {
  let deaf = false;
  return (text) => {
    if (deaf) return '';
    deaf = what.test(text);
    return text;
  };
}

/** What comes in pieces is nothing. */
const wholeOnly = (text: string): string => (/^[A-Z]+ |^SIP|^\r\n/.test(text) && text.length > 20 ? text : '');

export const overConnectionMutants: readonly Mutant[] = [
  {
    breaks: 'A segment is one message',
    kills: ['IM-1/rfc3261/18.3/two-messages-in-one-segment', 'IM-1/rfc3261/18.3/message-octet-by-octet', 'IM-1/rfc3261/18.3/half-message-holds-nobody'],
    toServer: (text) => {
      if (!wholeOnly(text)) return '';
      const second = text.slice(1).search(/(?<=\r\n)OPTIONS sip:example/);
      return second === -1 ? text : text.slice(0, second + 1);
    },
  },
  {
    breaks: 'What is larger than a datagram may be is cut off',
    kills: ['IM-1/rfc3428/8/large-message-over-a-stream'],
    fromServer: rewrite(/^MESSAGE /, /x{2500}/, 'x'.repeat(2499)),
  },
  {
    breaks: 'A line end before a message is part of it',
    kills: ['IM-1/rfc3261/7.5/line-ends-before-message', 'IM-1/rfc5626/4.4.1/ping-answered'],
    toServer: rewrite(/^(\r\n)+/, /^(\r\n)+[^]*$/, ''),
  },
  {
    breaks: 'A ping gets two line ends',
    kills: ['IM-1/rfc5626/4.4.1/ping-answered'],
    fromServer: rewrite(/^\r\n$/, /^/, '\r\n'),
  },
  {
    breaks: 'An answer goes where the Via says, whatever connection its request came over',
    kills: ['IM-1/rfc3261/18.2.2/answer-over-the-same-connection'],
    fromServer: rewrite(/192\.0\.2\.9:5060/, /^[^]*$/, ''),
  },
  ...([
    ['that are no SIP', 'IM-1/rfc3261/18.3/garbage-on-a-stream', /garbage/],
    ['without a length', 'IM-1/rfc3261/18.3/stream-without-content-length', /^OPTIONS (?![^]*Content-Length)/],
    ['that announce too much', 'IM-1/rfc3261/21.5.7/oversize-message-refused', /Content-Length: 2000000000/],
  ] as const).map(([what, id, pattern]): Mutant => ({
    breaks: `Nobody is served after octets ${what}`, kills: [id], toServer: deafAfter(pattern),
  })),
  {
    breaks: 'A message of any size is waited for',
    kills: ['IM-1/rfc3261/21.5.7/oversize-message-refused'],
    toServer: (text) => (/Content-Length: 2000000000|^x{1000}/.test(text) ? '' : text),
  },
  {
    breaks: 'One half of a message holds up everybody',
    kills: ['IM-1/rfc3261/18.3/half-message-holds-nobody'],
    toServer: deafAfter(/^OPTIONS [^]{30,52}$/),
  },
  {
    breaks: tooLate,
    kills: ['IM-1/rfc5626/7/closed-connection-no-delivery', 'IM-1/rfc5626/7/closed-tls-flow-no-delivery', 'IM-1/rfc7118/5/closed-websocket-no-delivery'],
    fromServer: rewrite(/CSeq: \d+ MESSAGE/i, /^SIP\/2\.0 4(?:80|30) [^\r]*/, 'SIP/2.0 200 OK'),
  },
  {
    breaks: 'The certificate is of a root that is not trusted',
    kills: [
      'IM-1/rfc5922/7.2/certificate-of-the-domain', 'IM-1/rfc3261/26.2.1/register-over-tls', 'IM-7/rfc4975/14.2/certificate-of-the-host',
    ],
    tls: 'other-root',
  },
  {
    breaks: 'The Via of a response over TLS or WebSocket says TCP',
    kills: ['IM-1/rfc3261/26.2.1/register-over-tls', 'IM-1/rfc7118/5/register-with-invalid-contact'],
    fromServer: rewrite(/^SIP\/2\.0 /, /(\r\nVia: SIP\/2\.0\/)(?:TLS|WSS?) /i, '$1TCP '),
  },
  {
    breaks: 'The body of a MESSAGE is changed between a client over TLS or WebSocket and another',
    kills: [
      'IM-1/rfc5626/7/message-over-tls-flow', 'IM-1/rfc3261/26.2.2/message-from-tls', 'IM-1/rfc7118/5/message-over-the-flow',
      'IM-1/rfc7118/5/message-from-websocket',
    ],
    fromServer: rewrite(/^MESSAGE /, /come here/, 'stay away'),
  },
  {
    breaks: 'A request over the flow of a client has another Request-URI than its contact',
    kills: ['IM-1/rfc5626/7/message-over-tls-flow', 'IM-1/rfc7118/5/message-over-the-flow'],
    fromServer: rewrite(/^MESSAGE /, /^MESSAGE \S+/, 'MESSAGE sip:somebody@example.com'),
  },
  {
    breaks: 'A SEND over TLS or WebSocket for a session nobody has is answered 200',
    kills: ['IM-7/rfc4975/14.1/served-over-tls', 'IM-7/rfc4975/14.2/certificate-of-the-host', 'IM-7/rfc7977/4.1/served-over-websocket'],
    fromServer: rewrite(/^MSRP \S+ 481/, /481[^\r]*/, '200 OK'),
  },
  {
    breaks: 'An MSRP frame is sent in two WebSocket messages',
    kills: ['IM-7/rfc7977/5.1/one-chunk-in-one-message'],
    webSocket: { splitsLater: true },
  },
  {
    breaks: 'A handshake without the subprotocol sip is taken',
    kills: ['IM-1/rfc7118/4.1/no-subprotocol-refused'],
    webSocket: { anySubprotocol: true },
  },
  {
    breaks: 'The 101 does not say which subprotocol',
    kills: ['IM-1/rfc7118/4.1/subprotocol-confirmed', 'IM-7/rfc7977/4.1/served-over-websocket'],
    webSocket: { silentSubprotocol: true },
  },
  {
    breaks: 'A SIP message is sent in two WebSocket messages',
    kills: ['IM-1/rfc7118/5/one-message-in-one'],
    webSocket: { splitsLater: true },
  },
  {
    breaks: 'Over WebSocket, too, a message needs Content-Length',
    kills: ['IM-1/rfc7118/5/no-content-length-needed'],
    webSocket: { wantsLength: true },
  },
  {
    breaks: 'Binary WebSocket messages are dropped',
    kills: ['IM-1/rfc7118/4.2/binary-taken'],
    webSocket: { deafToBinary: true },
  },
  {
    breaks: 'Everything is sent in text WebSocket messages',
    kills: ['IM-1/rfc7118/4.2/octets-that-are-no-text'],
    webSocket: { alwaysText: true },
  },
  {
    breaks: 'A fragment is a WebSocket message',
    kills: ['IM-1/rfc6455/5.4/fragments-joined'],
    webSocket: { fragmentsAlone: true },
  },
  {
    breaks: 'A Ping frame is not answered',
    kills: ['IM-1/rfc6455/5.5.2/ping-answered'],
    webSocket: { noPong: true },
  },
  {
    breaks: 'Frames without a mask are taken',
    kills: ['IM-1/rfc6455/5.1/unmasked-frame-closes'],
    webSocket: { unmasked: true },
  },
  {
    breaks: 'A Close frame is not answered',
    kills: ['IM-1/rfc6455/5.5.1/close-answered'],
    webSocket: { noClose: true },
  },
];
