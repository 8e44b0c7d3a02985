import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Every error of this package. Where a SIP response caused it, `responseOf(error)` gives that response. */
export const imErrors = {
  IM_BAD_OPTION: { meaning: 'An option cannot be used', fault: 'local' },
  IM_CLOSED: { meaning: 'The client was closed', fault: 'local' },
  IM_REGISTRATION_REFUSED: {
    meaning: 'The registrar refused the registration; the status says why', fault: 'remote', section: 'RFC 3261 §10.3',
  },
  IM_CREDENTIALS_REFUSED: {
    meaning: 'The server does not take the user name and password', fault: 'local', section: 'RFC 3261 §22.2',
  },
  IM_REGISTRAR_UNREACHABLE: {
    meaning: 'The registration could not be sent, or was not answered; the cause says why', fault: 'remote', section: 'RFC 3261 §10.2',
  },
  IM_CERTIFICATE_REFUSED: {
    meaning: 'The server does not prove to be the one asked for: name it as its certificate does, or hand in its root as `trusted`',
    fault: 'remote', section: 'RFC 5922 §7.3',
  },
  IM_NOT_DELIVERED: {
    meaning: 'The message was not delivered; the status says why', fault: 'remote', section: 'RFC 3428 §7',
  },
  IM_TOO_LARGE: {
    meaning: 'The MESSAGE request would exceed 1300 octets: send it in mode large or auto, or in a session',
    fault: 'local', status: 413, section: 'RFC 3428 §8',
  },
  IM_TOO_LARGE_FOR_PEER: {
    meaning: 'The message exceeds what the peer takes, its a=max-size: send less at a time',
    fault: 'local', status: 413, section: 'RFC 4975 §8.6',
  },
  IM_QUEUE_FULL: {
    meaning: 'Too many messages wait for the answer to an earlier one to the same recipient', fault: 'local', section: 'RFC 3428 §8',
  },
  IM_REFUSED: { meaning: 'The invitation was refused; the status says why', fault: 'remote', section: 'RFC 3261 §13.2.2.3' },
  IM_CANCELLED: { meaning: 'The invitation was given up', fault: 'local', status: 487, section: 'RFC 3261 §9.1' },
  IM_INVITATION_OVER: { meaning: 'The invitation was withdrawn, or has been answered', fault: 'local', section: 'RFC 3261 §9.2' },
  IM_NO_COMMON_MEDIA: {
    meaning: 'The session offered or answered is not one this client can have', fault: 'remote', status: 488, section: 'RFC 4975 §8',
  },
  IM_SESSION_FAILED: {
    meaning: 'The session was agreed upon but could not be set up; the cause says why', fault: 'remote', section: 'RFC 4975 §5.4',
  },
  IM_SESSION_LOST: { meaning: 'The session broke off; the cause says why', fault: 'remote', section: 'RFC 4975 §5.4' },
  IM_SESSION_ENDED: { meaning: 'The session is over', fault: 'local', section: 'RFC 3261 §15' },
  IM_TYPE_NOT_TAKEN: {
    meaning: 'The recipient does not take messages of this media type', fault: 'local', status: 415, section: 'RFC 4975 §8.6',
  },
  IM_RETRIEVAL_REFUSED: { meaning: 'The server does not give, delete or record what was asked for; the detail says why', fault: 'remote' },
  IM_BAD_PROVISIONING: { meaning: 'The provisioning document lacks something or has a value that cannot be', fault: 'remote' },
  IM_PROVISIONING_UNREACHABLE: { meaning: 'The provisioning document could not be fetched; the cause or the status says why', fault: 'remote' },
  IM_PROVISIONING_UNPROTECTED: {
    meaning: 'A provisioning document holds a password: fetch it with https, or from this machine', fault: 'local', section: 'RFC 7616 §5.1',
  },
  IM_UNEXPECTED_TYPE: {
    meaning: 'A message has a media type that this client does not take', fault: 'remote', status: 415, section: 'RFC 3261 §8.2.3',
  },
} as const satisfies Record<string, ErrorKind>;

export const imError = defineErrors(imErrors);
