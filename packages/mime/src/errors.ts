import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Every error of this package. */
export const mimeErrors = {
  MIME_BAD_HEADER: { meaning: 'An entity header field is malformed', fault: 'remote', status: 400, section: 'RFC 2045 §5.1' },
  MIME_HEADERS_TOO_LONG: {
    meaning: 'The header of a body part is longer than the limit',
    fault: 'remote', status: 413, section: 'RFC 2046 §5.1.1',
  },
  MIME_TOO_MANY_HEADERS: {
    meaning: 'A body part has more header fields than the limit',
    fault: 'remote', status: 413, section: 'RFC 2046 §5.1.1',
  },
  MIME_NOT_MULTIPART: {
    meaning: 'The content type is not multipart or has no valid boundary',
    fault: 'remote', status: 400, section: 'RFC 2046 §5.1.1',
  },
  MIME_NO_DELIMITER: {
    meaning: 'The boundary does not occur in the multipart body',
    fault: 'remote', status: 400, section: 'RFC 2046 §5.1.1',
  },
  MIME_NOT_CLOSED: { meaning: 'The multipart body has no closing delimiter', fault: 'remote', status: 400, section: 'RFC 2046 §5.1.1' },
  MIME_TOO_MANY_PARTS: {
    meaning: 'The multipart body has more parts than the limit',
    fault: 'remote', status: 413, section: 'RFC 2046 §5.1',
  },
  MIME_TOO_DEEP: { meaning: 'Multipart bodies are nested deeper than the limit', fault: 'remote', status: 413, section: 'RFC 2046 §5.1' },
  MIME_BAD_CID: { meaning: 'The text is not a cid URL', fault: 'remote', status: 400, section: 'RFC 2392 §2' },
  MIME_UNENCODABLE: { meaning: 'The part cannot be written in this syntax', fault: 'local', section: 'RFC 2046 §5.1.1' },
} as const satisfies Record<string, ErrorKind>;

/** Makes an error of this package. */
export const mimeError = defineErrors(mimeErrors);
