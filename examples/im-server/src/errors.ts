import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** What the server itself refuses; errors of the protocols are their packages'. */
export const serverErrors = {
  IM_MEDIA_DENIED: { meaning: 'MSRP is not dialled out to this address; see --media-deny', fault: 'remote', status: 403 },
  IM_ROUTE_REFUSED: { meaning: 'A Route of a user leads to the IM server', fault: 'remote', status: 403 },
  IM_MEDIA_TRANSPORT: {
    meaning: 'MSRP cannot be spoken the way the description asks for', fault: 'remote', status: 488, section: 'RFC 4975 §8.1',
  },
  IM_NO_OFFER: { meaning: 'The invitation has no session description', fault: 'remote', status: 488, section: 'RFC 3261 §13.3.1.3' },
  IM_DOWNSTREAM_REFUSED: { meaning: 'The other side of the session refused the message', fault: 'remote', section: 'RFC 4975 §7.2' },
  IM_INVITE_REFUSED: { meaning: 'A user does not take a session that the server began', fault: 'remote', section: 'RFC 3261 §13.2.2' },
  IM_NOT_ADMITTED: { meaning: 'The sender may not reach the recipient', fault: 'remote', status: 403 },
  IM_SESSION_GONE: { meaning: 'The other side of the session is gone', fault: 'remote', status: 481, section: 'RFC 4975 §10.9' },
  IM_STORE_FULL: { meaning: 'The store is full: no room on the disk, or --store-limit is reached', fault: 'local', status: 503, section: 'RFC 3261 §21.5.4' },
  IM_QUOTA: { meaning: 'What is stored for this user has reached its limit; see --deferred-quota', fault: 'remote', status: 480, section: 'RFC 3261 §21.4.18' },
  IM_HISTORY_QUOTA: { meaning: 'What is recorded for this user has reached its limit; see --history-quota', fault: 'local' },
  IM_STORE_FAILED: { meaning: 'The store does not work', fault: 'local', status: 503, section: 'RFC 3261 §21.5.4' },
  IM_LEASE_LOST: { meaning: 'Somebody else delivers to this user by now', fault: 'local' },
  IM_EXPIRED: { meaning: 'The message is of no use any more, says its sender', fault: 'remote', status: 480, section: 'RFC 3428 §4' },
  IM_MESSAGE_TOO_LARGE: { meaning: 'The message has more octets than this server passes on; see --max-message-size', fault: 'remote', status: 413, section: 'RFC 3261 §21.4.11' },
  IM_SYSTEM_MESSAGE: { meaning: 'The operator asks for a system message that cannot be', fault: 'local', status: 400 },
  IM_ITEM_GONE: { meaning: 'The stored message was removed in the meantime', fault: 'local', status: 404, section: 'RFC 3261 §21.4.5' },
  IM_NOT_FOUND: { meaning: 'The user has no such stored message or conversation', fault: 'remote', status: 404, section: 'RFC 3261 §21.4.5' },
  IM_REQUEST_REFUSED: { meaning: 'The service does not do what it is asked for', fault: 'remote', status: 403 },
  IM_TOO_MANY_REQUESTS: { meaning: 'A session with a service has too many requests that wait', fault: 'remote', status: 413, section: 'RFC 4975 §10.5' },
} as const satisfies Record<string, ErrorKind>;

export const serverError = defineErrors(serverErrors);
