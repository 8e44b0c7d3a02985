import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Errors of messages: decoding, reading values, validation, building. */
const messageErrors = {
  SIP_NO_MESSAGE: { meaning: 'The datagram holds nothing but line ends, as keepalives do', fault: 'remote', section: 'RFC 5626 §4.4.1' },
  SIP_NOT_SIP: { meaning: 'The start line is neither a SIP request line nor a SIP status line', fault: 'remote', status: 400, section: 'RFC 3261 §7.1' },
  SIP_HEAD_UNFINISHED: { meaning: 'The datagram ends before the empty line behind the header fields', fault: 'remote', status: 400, section: 'RFC 3261 §7' },
  SIP_HEAD_TOO_LARGE: { meaning: 'Start line and header fields exceed the limit headOctets', fault: 'remote', status: 513, section: 'RFC 3261 §21.5.7' },
  SIP_TOO_MANY_FIELDS: { meaning: 'There are more header fields than the limit fields', fault: 'remote', status: 513, section: 'RFC 3261 §21.5.7' },
  SIP_BODY_TOO_LARGE: { meaning: 'The body exceeds the limit bodyOctets', fault: 'remote', status: 513, section: 'RFC 3261 §21.5.7' },
  SIP_STREAM_UNUSABLE: { meaning: 'The stream cannot be framed any further; close the connection', fault: 'remote', section: 'RFC 3261 §18.3' },
  SIP_BAD_REQUEST_LINE: { meaning: 'The request line is malformed', fault: 'remote', status: 400, section: 'RFC 3261 §7.1' },
  SIP_BAD_STATUS_LINE: { meaning: 'The status line is malformed', fault: 'remote', section: 'RFC 3261 §7.2' },
  SIP_UNSUPPORTED_VERSION: { meaning: 'The version of SIP is not 2.0', fault: 'remote', status: 505, section: 'RFC 3261 §21.5.6' },
  SIP_BAD_LINE: { meaning: 'A header line has no name, no colon, or a line end that is not CRLF', fault: 'remote', status: 400, section: 'RFC 3261 §7.3.1' },
  SIP_NO_CONTENT_LENGTH: { meaning: 'A message on a stream has no Content-Length', fault: 'remote', status: 400, section: 'RFC 3261 §18.3' },
  SIP_BAD_CONTENT_LENGTH: { meaning: 'Content-Length is not one number', fault: 'remote', status: 400, section: 'RFC 3261 §20.14' },
  SIP_BODY_TRUNCATED: { meaning: 'The body is shorter than Content-Length says', fault: 'remote', status: 400, section: 'RFC 3261 §18.3' },
  SIP_BAD_URI: { meaning: 'The Request-URI is malformed', fault: 'remote', status: 400, section: 'RFC 3261 §19.1' },
  SIP_UNSUPPORTED_SCHEME: { meaning: 'The scheme of the Request-URI is not known here', fault: 'remote', status: 416, section: 'RFC 3261 §8.2.2.1' },
  SIP_BAD_HEADER: { meaning: 'A header field is malformed', fault: 'remote', status: 400, section: 'RFC 3261 §20' },
  SIP_MISSING_HEADER: { meaning: 'A mandatory header field is missing', fault: 'remote', status: 400, section: 'RFC 3261 §8.1.1' },
  SIP_DUPLICATE_HEADER: { meaning: 'A header field that may appear once appears twice', fault: 'remote', status: 400, section: 'RFC 3261 §7.3.1' },
  SIP_CSEQ_METHOD: { meaning: 'The method in CSeq is not the method of the request', fault: 'remote', status: 400, section: 'RFC 3261 §8.1.1.5' },
  SIP_OUT_OF_RANGE: { meaning: 'A number in a header field is out of its range', fault: 'remote', status: 400, section: 'RFC 4475 §3.1.2.4' },
  SIP_TOO_MANY_PREFERENCES: { meaning: 'There are more than 32 values of Accept-Contact or of Reject-Contact', fault: 'remote', status: 400, section: 'RFC 3841 §9.2' },
  SIP_TOO_MANY_VALUES: { meaning: 'There are more than 64 values of a header field such as Reason or History-Info, or 16 of Privacy', fault: 'remote', status: 400, section: 'RFC 3261 §7.3.1' },
  SIP_BAD_SIPFRAG: { meaning: 'A message/sipfrag does not begin with a status line', fault: 'remote', status: 400, section: 'RFC 3515 §2.4.5' },
  SIP_MORE_THAN_ONE_MESSAGE: { meaning: 'A WebSocket message goes on behind the SIP message in it', fault: 'remote', status: 400, section: 'RFC 7118 §5' },
  SIP_UNSAFE_FIELD: { meaning: 'The text cannot be put into a message without changing its structure', fault: 'local', section: 'RFC 3261 §7.3.1' },
} as const satisfies Record<string, ErrorKind>;

/** Errors of transactions, dialogs, the endpoint and the user agent. */
const transactionErrors = {
  SIP_TIMEOUT: { meaning: 'No final response came in time', fault: 'remote', status: 408, section: 'RFC 3261 §8.1.3.1' },
  SIP_TRANSPORT: { meaning: 'The message could not be sent, or the connection was lost before the response', fault: 'remote', status: 503, section: 'RFC 3261 §8.1.3.1' },
  SIP_NO_ACK: { meaning: 'No ACK came for the final response to an INVITE', fault: 'remote', section: 'RFC 3261 §17.2.1' },
  SIP_TOO_MANY_TRANSACTIONS: { meaning: 'There are as many transactions as the limits maxTransactions and maxAnswered allow', fault: 'local', status: 503, section: 'RFC 3261 §21.5.4' },
  SIP_TOO_MANY_CONNECTIONS: { meaning: 'There are as many connections as the limit maxConnections allows', fault: 'local', status: 503, section: 'RFC 3261 §21.5.4' },
  SIP_PEER_DOES_NOT_READ: { meaning: 'More octets wait for the peer to read than the limit maxPendingOutput; the connection was closed', fault: 'remote' },
  SIP_NO_SOCKET: { meaning: 'There is no UDP socket of the address family of the destination; call listenUdp first', fault: 'local', status: 503 },
  SIP_KEEPALIVE_UNANSWERED: { meaning: 'The peer did not answer a keepalive in time, so the flow is dead', fault: 'remote', status: 503, section: 'RFC 5626 §4.4' },
  SIP_ADDRESS_CHANGED: { meaning: 'The peer sees us at another address than before, so the flow is dead', fault: 'remote', status: 503, section: 'RFC 5626 §4.4.2' },
  SIP_REGISTRATION_REFUSED: { meaning: 'The REGISTER was answered with a failure; the response is the cause', fault: 'remote', section: 'RFC 3261 §10.3' },
  SIP_TOO_LARGE_FOR_UDP: { meaning: 'The request is too large for UDP and the next hop cannot be reached otherwise', fault: 'remote', status: 513, section: 'RFC 3428 §8' },
  SIP_TLS_REQUIRED: { meaning: 'The request is for a sips URI and the flow is not secured by TLS', fault: 'local', status: 503, section: 'RFC 3261 §26.2.2' },
  SIP_SUBPROTOCOL: { meaning: 'The WebSocket was not opened for the subprotocol sip; the connection was closed', fault: 'remote', section: 'RFC 7118 §4.1' },
  SIP_ENDPOINT_CLOSED: { meaning: 'The endpoint was closed', fault: 'local', status: 503 },
  SIP_UNRESOLVED: { meaning: 'No address was found for the URI', fault: 'remote', status: 503, section: 'RFC 3263 §4' },
  SIP_UNSUPPORTED_TRANSPORT: { meaning: 'The URI asks for a transport this endpoint does not have', fault: 'local', status: 503, section: 'RFC 3263 §4.1' },
  SIP_CSEQ_OUT_OF_ORDER: { meaning: 'A request in a dialog has a lower CSeq number than one before it', fault: 'remote', status: 500, section: 'RFC 3261 §12.2.2' },
  SIP_NO_DIALOG: { meaning: 'The message belongs to no dialog or cannot make one', fault: 'remote', status: 481, section: 'RFC 3261 §12.2.2' },
  SIP_DIALOG_ENDED: { meaning: 'The dialog is over; nothing more can be sent in it', fault: 'local', status: 481, section: 'RFC 3261 §12.3' },
  SIP_GLARE: { meaning: 'An INVITE is still under way in this dialog, or an offer not answered; try again when it is done', fault: 'local', status: 491, section: 'RFC 3261 §14.1' },
  SIP_NO_PRACK: { meaning: 'No PRACK came for a reliable provisional response; the INVITE was refused', fault: 'remote', status: 504, section: 'RFC 3262 §3' },
  SIP_INTERVAL_TOO_SMALL: { meaning: 'The peer asks for too short a session interval; the request was answered 422', fault: 'remote', status: 422, section: 'RFC 4028 §9' },
  SIP_REJECTED: { meaning: 'The INVITE was answered with a failure; the response is the cause', fault: 'remote', section: 'RFC 3261 §13.2.2.3' },
  SIP_ABORTED: { meaning: 'The caller gave the request up', fault: 'local', status: 487 },
  SIP_ALREADY_ANSWERED: { meaning: 'The request has had its final response, or was cancelled', fault: 'local' },
} as const satisfies Record<string, ErrorKind>;

/** Every error of this package: code, meaning, whose fault, status to answer with, section. */
export const sipErrors = { ...messageErrors, ...transactionErrors } as const satisfies Record<string, ErrorKind>;
/** Makes an error of this package. */
export const sipError = defineErrors(sipErrors);
