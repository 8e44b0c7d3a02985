import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** Every error of the documents. The status is for the NOTIFY or PUBLISH that carried the document. */
export const documentErrors = {
  EVENT_DOCUMENT_WRONG_ROOT: { meaning: 'The document has another root element than expected', fault: 'remote', status: 400 },
  EVENT_DOCUMENT_MISSING: { meaning: 'The document lacks an attribute or element that is required', fault: 'remote', status: 400 },
  EVENT_DOCUMENT_REPEATED: { meaning: 'An element that can stand once stands twice', fault: 'remote', status: 400 },
  EVENT_DOCUMENT_BAD_VALUE: { meaning: 'A value is not of its type', fault: 'remote', status: 400 },
  EVENT_DOCUMENT_BAD_VERSION: { meaning: 'The version is not a number from 0 to 4294967295', fault: 'remote', status: 400 },
  EVENT_DOCUMENT_DUPLICATE_ID: { meaning: 'Two entries have the same identifier or key', fault: 'remote', status: 400 },
  EVENT_DOCUMENT_TOO_MANY_ENTRIES: {
    meaning: 'The document or the state kept has more entries than allowed', fault: 'remote', status: 400,
  },
  EVENT_DOCUMENT_UNWRITABLE: { meaning: 'A value cannot be written as its type', fault: 'local' },
  PIDF_DIFF_OTHER_ENTITY: {
    meaning: 'The changes are for another presentity than the document kept', fault: 'remote', status: 400, section: 'RFC 5262 §3.2',
  },
  MESSAGE_SUMMARY_SYNTAX: {
    meaning: 'The message summary does not follow its grammar', fault: 'remote', status: 400, section: 'RFC 3842 §5.2',
  },
  MESSAGE_SUMMARY_TOO_LARGE: { meaning: 'The message summary has more octets than allowed', fault: 'remote', status: 413 },
  MESSAGE_SUMMARY_TOO_MANY_LINES: { meaning: 'The message summary has more lines than allowed', fault: 'remote', status: 400 },
  MESSAGE_SUMMARY_UNWRITABLE: { meaning: 'A value cannot be written into a message summary', fault: 'local', section: 'RFC 3842 §5.2' },
  RLMI_NO_ROOT_PART: {
    meaning: 'The list notification has no application/rlmi+xml part as its root', fault: 'remote', status: 400, section: 'RFC 4662 §5.1',
  },
  RLMI_UNKNOWN_CID: {
    meaning: 'A cid refers to none of the parts beside the document', fault: 'remote', status: 400, section: 'RFC 4662 §5.5',
  },
  RLMI_DUPLICATE_CID: {
    meaning: 'Two parts of the list notification have the same Content-ID', fault: 'remote', status: 400, section: 'RFC 2045 §7',
  },
} as const satisfies Record<string, ErrorKind>;

export const documentError = defineErrors(documentErrors);
