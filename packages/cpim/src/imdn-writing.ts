import { XML_NAMESPACE } from '@simple-im/xml';
import { writeXmlBytes, type ElementDescription } from '@simple-im/xml/write';
import { cpimError } from './errors.js';
import { IMDN_NAMESPACE, imdnStatuses, type ImdnDocument } from './imdn-document.js';
import type { CpimSubject } from './message.js';

/**
 * Writes a notification document. The schema has both URIs or neither (§11.1.9), so one that is missing is given the value
 * of the other.
 * @throws IMDN_BAD_STATUS for a status that the kind cannot have
 */
export function buildImdn(document: ImdnDocument): Uint8Array {
  const { messageId, dateTime, subject, kind, status } = document;
  if (!(imdnStatuses[kind] as readonly string[]).includes(status)) throw cpimError('IMDN_BAD_STATUS', { detail: `${status} of ${kind}` });
  const recipientUri = document.recipientUri ?? document.originalRecipientUri;
  const originalRecipientUri = document.originalRecipientUri ?? document.recipientUri;
  return writeXmlBytes(element('imdn', [
    element('message-id', [messageId]),
    element('datetime', [dateTime]),
    ...(recipientUri === undefined ? [] : [element('recipient-uri', [recipientUri])]),
    ...(originalRecipientUri === undefined ? [] : [element('original-recipient-uri', [originalRecipientUri])]),
    ...(subject === undefined ? [] : [subjectElement(subject)]),
    element(`${kind}-notification`, [element('status', [element(status, [])])]),
  ]));
}

/** §11.1.5 wants the language carried and the schema gives it no place; `xml:lang` is where XML has it. */
function subjectElement({ text: content, lang }: CpimSubject): ElementDescription {
  const subject = element('subject', [content]);
  return lang === undefined ? subject : { ...subject, attributes: [{ ns: XML_NAMESPACE, prefix: 'xml', name: 'lang', value: lang }] };
}

function element(name: string, children: readonly (string | ElementDescription)[]): ElementDescription {
  return { ns: IMDN_NAMESPACE, name, children };
}
