import { defineErrors, type ErrorKind } from '@simple-im/grammar';

/** What a patch can fail of; the codes are the error elements of RFC 5261 §5.1, and the limits of `patchXml`. */
export const xmlPatchErrors = {
  XML_PATCH_INVALID_ATTRIBUTE_VALUE: {
    meaning: 'A sel, type, pos or ws attribute has no value that is allowed', fault: 'remote', status: 400, section: 'RFC 5261 §5.1',
  },
  XML_PATCH_INVALID_DIFF_FORMAT: {
    meaning: 'A patch operation is not as its schema says', fault: 'remote', status: 400, section: 'RFC 5261 §5.1',
  },
  XML_PATCH_INVALID_NAMESPACE_PREFIX: {
    meaning: 'A prefix is not declared where the patch needs it, or is in use where it must not be', fault: 'remote', status: 400,
    section: 'RFC 5261 §5.1',
  },
  XML_PATCH_INVALID_NAMESPACE_URI: {
    meaning: 'The document declares no prefix for a namespace of the added content, or the namespace name is not valid', fault: 'remote',
    status: 400,
    section: 'RFC 5261 §4.2.3',
  },
  XML_PATCH_INVALID_NODE_TYPES: {
    meaning: 'The new content is not of the type of what it is to replace', fault: 'remote', status: 400, section: 'RFC 5261 §4.4',
  },
  XML_PATCH_INVALID_PATCH_DIRECTIVE: {
    meaning: 'The element is no add, replace or remove', fault: 'remote', status: 400, section: 'RFC 5261 §5.1',
  },
  XML_PATCH_INVALID_ROOT_ELEMENT_OPERATION: {
    meaning: 'The root element can be neither removed nor given a sibling element or text', fault: 'remote', status: 400,
    section: 'RFC 5261 §3',
  },
  XML_PATCH_INVALID_WHITESPACE_DIRECTIVE: {
    meaning: 'There is no white space text beside the removed node', fault: 'remote', status: 400, section: 'RFC 5261 §4.5',
  },
  XML_PATCH_UNLOCATED_NODE: {
    meaning: 'The selector finds no node, or more than one', fault: 'remote', status: 400, section: 'RFC 5261 §4.1',
  },
  XML_PATCH_TOO_MANY_OPERATIONS: { meaning: 'There are more patch operations than allowed', fault: 'remote', status: 400 },
  XML_PATCH_TOO_COSTLY: { meaning: 'The patches visit or leave more nodes than allowed', fault: 'remote', status: 400 },
} as const satisfies Record<string, ErrorKind>;

export const xmlPatchError = defineErrors(xmlPatchErrors);
