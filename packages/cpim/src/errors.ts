import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Every error of this package. The status is for the SIP or MSRP request that carried the message. */
export const cpimErrors = {
  CPIM_TRUNCATED: {
    meaning: 'The message ends before the headers and the MIME part do', fault: 'remote', status: 400, section: 'RFC 3862 §2',
  },
  CPIM_HEAD_TOO_LARGE: { meaning: 'Message and MIME headers have more octets than allowed', fault: 'remote', status: 413 },
  CPIM_TOO_MANY_HEADERS: { meaning: 'There are more message and MIME headers than allowed', fault: 'remote', status: 400 },
  CPIM_BAD_LINE_END: { meaning: 'A line does not end in CR LF', fault: 'remote', status: 400, section: 'RFC 3862 §2.2' },
  CPIM_BAD_HEADER: { meaning: 'A message header does not follow the syntax', fault: 'remote', status: 400, section: 'RFC 3862 §3.6' },
  CPIM_BAD_VALUE: {
    meaning: 'The value of a message header does not follow its syntax', fault: 'remote', status: 400, section: 'RFC 3862 §4',
  },
  CPIM_DUPLICATE_HEADER: {
    meaning: 'A message header that can stand once stands twice', fault: 'remote', status: 400, section: 'RFC 3862 §4',
  },
  CPIM_UNDECLARED_PREFIX: {
    meaning: 'A namespace prefix is used before its NS header', fault: 'remote', status: 400, section: 'RFC 3862 §3.4',
  },
  CPIM_REQUIRED_UNKNOWN: {
    meaning: 'The message requires a header or feature that is not understood', fault: 'remote', status: 488, section: 'RFC 3862 §3.5',
  },
  CPIM_BAD_ENTITY_HEADER: {
    meaning: 'A MIME header of the content does not follow the syntax', fault: 'remote', status: 400, section: 'RFC 2045 §2',
  },
  CPIM_NO_CONTENT_TYPE: { meaning: 'The content has no Content-Type header', fault: 'remote', status: 400, section: 'RFC 3862 §2.4' },
  CPIM_UNENCODABLE: { meaning: 'A header cannot be written as asked', fault: 'local', section: 'RFC 3862 §3' },
  IMDN_BAD_DOCUMENT: {
    meaning: 'The notification document is not as its schema says', fault: 'remote', status: 400, section: 'RFC 5438 §11',
  },
  IMDN_BAD_STATUS: { meaning: 'The notification cannot have this status', fault: 'local', section: 'RFC 5438 §11.1.7' },
  IMDN_NOT_ALLOWED: { meaning: 'The sender of the notification may not report this', fault: 'local', section: 'RFC 5438 §7.2.1' },
  IMDN_NOT_REQUESTED: { meaning: 'The message does not ask for this notification', fault: 'local', section: 'RFC 5438 §7.1.1.3' },
  IMDN_FOR_IMDN: {
    meaning: 'A notification is never answered with, and never asks for, a notification', fault: 'local', section: 'RFC 5438 §7.2.1',
  },
  IMDN_INCOMPLETE_REQUEST: {
    meaning: 'The message asks for a notification without the From, To, DateTime or Message-ID that it takes', fault: 'remote',
    status: 400,
    section: 'RFC 5438 §7.1.1',
  },
  IMDN_WEAK_RANDOM: { meaning: 'A Message-ID takes at least 8 octets of randomness', fault: 'local', section: 'RFC 5438 §6.3' },
} as const satisfies Record<string, ErrorKind>;

export const cpimError = defineErrors(cpimErrors);
