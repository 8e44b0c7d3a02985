import { defineErrors, type ErrorKind, type ProtocolError } from '@simple-im/grammar';

/** Every error of this package. */
export const xmlErrors = {
  XML_TOO_LARGE: { meaning: 'The document has more octets than allowed', fault: 'remote', status: 413 },
  XML_TOO_DEEP: { meaning: 'The elements are nested deeper than allowed', fault: 'remote', status: 400 },
  XML_TOO_MANY_ATTRIBUTES: { meaning: 'An element has more attributes than allowed', fault: 'remote', status: 400 },
  XML_ATTRIBUTE_TOO_LONG: { meaning: 'An attribute value is longer than allowed', fault: 'remote', status: 400 },
  XML_TEXT_TOO_LONG: { meaning: 'A run of text, comment or processing instruction is longer than allowed', fault: 'remote', status: 400 },
  XML_TOO_MANY_NODES: { meaning: 'The document has more nodes than allowed', fault: 'remote', status: 400 },
  XML_ENCODING: {
    meaning: 'The document is not in UTF-8 or UTF-16, or says so wrongly', fault: 'remote', status: 400, section: 'XML 1.0 §4.3.3',
  },
  XML_BAD_OCTETS: {
    meaning: 'The octets are not valid in the encoding of the document', fault: 'remote', status: 400, section: 'XML 1.0 §4.3.3',
  },
  XML_VERSION: { meaning: 'The document is not XML 1.0', fault: 'remote', status: 400, section: 'XML 1.0 §2.8' },
  XML_DOCTYPE: { meaning: 'A document type declaration is refused', fault: 'remote', status: 400, section: 'XML 1.0 §2.8' },
  XML_FORBIDDEN_CHARACTER: {
    meaning: 'A character is written or referred to that XML cannot hold', fault: 'remote', status: 400, section: 'XML 1.0 §2.2',
  },
  XML_DUPLICATE_ATTRIBUTE: { meaning: 'An attribute appears twice in one tag', fault: 'remote', status: 400, section: 'XML 1.0 §3.1' },
  XML_UNKNOWN_ENTITY: { meaning: 'An entity is referred to that is not declared', fault: 'remote', status: 400, section: 'XML 1.0 §4.1' },
  XML_UNBOUND_PREFIX: {
    meaning: 'A namespace prefix is used without a declaration', fault: 'remote', status: 400, section: 'Namespaces in XML 1.0 §5',
  },
  XML_BAD_NAMESPACE: {
    meaning: 'A namespace declaration or qualified name is not allowed', fault: 'remote', status: 400, section: 'Namespaces in XML 1.0 §3',
  },
  XML_MALFORMED: { meaning: 'The document is not well-formed', fault: 'remote', status: 400, section: 'XML 1.0 §2.1' },
  XML_WRITE_CHARACTER: { meaning: 'The text has a character that XML 1.0 cannot hold', fault: 'local', section: 'XML 1.0 §2.2' },
  XML_WRITE_NAME: { meaning: 'The name is not an XML name without a colon', fault: 'local', section: 'Namespaces in XML 1.0 §3' },
  XML_WRITE_NAMESPACE: {
    meaning: 'The prefix and the namespace cannot be written together here', fault: 'local', section: 'Namespaces in XML 1.0 §3',
  },
  XML_WRITE_DUPLICATE_ATTRIBUTE: { meaning: 'The element is given the same attribute twice', fault: 'local', section: 'XML 1.0 §3.1' },
  XML_WRITE_CONTENT: {
    meaning: 'A comment, processing instruction or CDATA section cannot hold this text', fault: 'local', section: 'XML 1.0 §2.5',
  },
  XML_WRITE_LIMIT: { meaning: 'The tree has more levels or attributes than the writer takes', fault: 'local' },
} as const satisfies Record<string, ErrorKind>;

export const xmlError = defineErrors(xmlErrors);

/** Makes an error of what is wrong where the reader is. */
export type XmlFail = (code: keyof typeof xmlErrors, detail?: string) => ProtocolError;
