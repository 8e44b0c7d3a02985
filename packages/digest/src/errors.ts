import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Every error of this package. */
export const digestErrors = {
  DIGEST_BAD_CHALLENGE: { meaning: 'The challenge is malformed', fault: 'remote', section: 'RFC 7616 §3.3' },
  DIGEST_BAD_CREDENTIALS: { meaning: 'The credentials are malformed', fault: 'remote', status: 400, section: 'RFC 7616 §3.4' },
  DIGEST_TOO_LONG: {
    meaning: 'A challenge or credentials are longer than the limit',
    fault: 'remote', status: 400, section: 'RFC 7616 §5',
  },
  DIGEST_TOO_MANY_CHALLENGES: { meaning: 'There are more challenges than the limit', fault: 'remote', section: 'RFC 8760 §2.4' },
  DIGEST_BAD_OPTION: { meaning: 'An option of the digest client or server is out of range', fault: 'local' },
} as const satisfies Record<string, ErrorKind>;

/** Makes an error of this package. */
export const digestError = defineErrors(digestErrors);
