import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** What the server itself refuses; errors of the protocols are their packages'. */
export const serverErrors = {
  IM_MEDIA_DENIED: { meaning: 'MSRP is not dialled out to this address; see --media-deny', fault: 'remote', status: 403 },
  IM_ROUTE_REFUSED: { meaning: 'A Route of a user leads to the IM server', fault: 'remote', status: 403 },
  IM_MEDIA_TRANSPORT: {
    meaning: 'MSRP cannot be spoken the way the description asks for', fault: 'remote', status: 488, section: 'RFC 4975 §8.1',
  },
  IM_DOWNSTREAM_REFUSED: { meaning: 'The other side of the session refused the message', fault: 'remote', section: 'RFC 4975 §7.2' },
  IM_INVITE_REFUSED: { meaning: 'A user does not take a session that the server began', fault: 'remote', section: 'RFC 3261 §13.2.2' },
  IM_SESSION_GONE: { meaning: 'The other side of the session is gone', fault: 'remote', status: 481, section: 'RFC 4975 §10.9' },
} as const satisfies Record<string, ErrorKind>;

export const serverError = defineErrors(serverErrors);
