import { defineErrors, type ErrorKind } from './errors.js';

/** Every error of this package. */
export const grammarErrors = {
  GRAMMAR_BAD_URI: { meaning: 'The text is not a URI', fault: 'remote', status: 400, section: 'RFC 3261 §19.1.1' },
  GRAMMAR_URI_TOO_LONG: { meaning: 'The URI is longer than the limit', fault: 'remote', status: 414, section: 'RFC 3261 §21.4.12' },
  GRAMMAR_BAD_NAME_ADDR: {
    meaning: 'The value is neither name-addr nor addr-spec',
    fault: 'remote', status: 400, section: 'RFC 3261 §20.10',
  },
  GRAMMAR_NAME_ADDR_TOO_LONG: {
    meaning: 'The name-addr is longer than the limit',
    fault: 'remote', status: 400, section: 'RFC 3261 §20.10',
  },
  GRAMMAR_BAD_PARAMETERS: { meaning: 'The parameters are malformed', fault: 'remote', status: 400, section: 'RFC 3261 §7.3.1' },
  GRAMMAR_DUPLICATE_PARAMETER: { meaning: 'A parameter name appears twice', fault: 'remote', status: 400, section: 'RFC 3261 §7.3.1' },
  GRAMMAR_TOO_MANY_PARAMETERS: {
    meaning: 'There are more parameters than the limit',
    fault: 'remote', status: 400, section: 'RFC 3261 §7.3.1',
  },
  GRAMMAR_BAD_QUOTED_STRING: { meaning: 'The text is not a quoted-string', fault: 'remote', status: 400, section: 'RFC 3261 §25.1' },
  GRAMMAR_UNENCODABLE: { meaning: 'The value cannot be written in this syntax', fault: 'local', section: 'RFC 3261 §25.1' },
} as const satisfies Record<string, ErrorKind>;

/** Makes an error of this package. */
export const grammarError = defineErrors(grammarErrors);
