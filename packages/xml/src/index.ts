/**
 * Strict, bounded reading of XML 1.0 with namespaces into a tree that remembers where in the source each thing stood.
 * Writing is in `@simple-im/xml/write`.
 */
export { xmlErrors } from './errors.js';
export { describe } from './describe.js';
export type { AttributeDescription, ChildDescription, ElementDescription } from './describe.js';
export { xmlLimits, type XmlLimits } from './limits.js';
export { isXmlText } from './names.js';
export { readXml, type XmlReadOptions } from './read.js';
export {
  attribute, child, children, elements, namespacesInScope, octetOffset, text, XML_NAMESPACE, XMLNS_NAMESPACE,
  type XmlAttribute, type XmlCdata, type XmlComment, type XmlDocument, type XmlElement, type XmlEncoding, type XmlInstruction, type XmlName,
  type XmlNode, type XmlRange, type XmlText,
} from './tree.js';
