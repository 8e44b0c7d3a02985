import { attribute, child, elements, readXml, text, XML_NAMESPACE, type XmlElement, type XmlReadOptions } from '@simple-im/xml';
import { cpimError } from './errors.js';
import type { CpimSubject } from './message.js';

/** The namespace of the document; that of the headers is another one. */
export const IMDN_NAMESPACE = 'urn:ietf:params:xml:ns:imdn';

export type ImdnKind = 'delivery' | 'processing' | 'display';
export type ImdnStatus = 'delivered' | 'failed' | 'displayed' | 'processed' | 'stored' | 'forbidden' | 'error';

/** The statuses of each kind (RFC 5438 §11.1.7). */
export const imdnStatuses = {
  delivery: ['delivered', 'failed', 'forbidden', 'error'],
  processing: ['processed', 'stored', 'forbidden', 'error'],
  display: ['displayed', 'forbidden', 'error'],
} as const satisfies Record<ImdnKind, readonly ImdnStatus[]>;

/** The document `message/imdn+xml` (RFC 5438 §11). */
export interface ImdnDocument {
  /** Of the message that is reported on. */
  readonly messageId: string;
  /** When that message was sent, as it said itself. */
  readonly dateTime: string;
  readonly recipientUri?: string;
  readonly originalRecipientUri?: string;
  readonly subject?: CpimSubject;
  readonly kind: ImdnKind;
  /** `extension` for a status of another namespace alone (§11.1.7). */
  readonly status: ImdnStatus | 'extension';
}

/** Documents are small; these are the limits of reading one. */
const limits: XmlReadOptions = { maxOctets: 65_536, maxDepth: 16, maxAttributes: 32, maxNodes: 1000 };

/**
 * Reads a notification document. Elements of other namespaces are passed over. `failed` is taken for a processing
 * notification too, since clients in the field send it.
 * @throws ProtocolError `IMDN_BAD_DOCUMENT`, or `XML_...` of `@simple-im/xml`
 */
export function parseImdn(bytes: Uint8Array, options: XmlReadOptions = {}): ImdnDocument {
  const { root } = readXml(bytes, { ...limits, ...options });
  if (root.local !== 'imdn' || root.namespace !== IMDN_NAMESPACE) throw bad('the root is not imdn');
  const { kind, status } = dispositionOf(root);
  const recipientUri = contentOf(root, 'recipient-uri');
  const originalRecipientUri = contentOf(root, 'original-recipient-uri');
  const subject = child(root, IMDN_NAMESPACE, 'subject');
  return {
    messageId: required(root, 'message-id'),
    dateTime: required(root, 'datetime'),
    ...(recipientUri === undefined ? {} : { recipientUri }),
    ...(originalRecipientUri === undefined ? {} : { originalRecipientUri }),
    ...(subject === undefined ? {} : { subject: subjectOf(subject) }),
    kind,
    status,
  };
}

/** The document without what says who received the message: for the members of a list that is not disclosed (§8, §14.2). */
export function withoutRecipients(document: ImdnDocument): ImdnDocument {
  const { recipientUri: _recipient, originalRecipientUri: _original, ...rest } = document;
  return rest;
}

const kinds: readonly ImdnKind[] = ['delivery', 'processing', 'display'];

function dispositionOf(root: XmlElement): Pick<ImdnDocument, 'kind' | 'status'> {
  const found = kinds.filter((kind) => child(root, IMDN_NAMESPACE, `${kind}-notification`) !== undefined);
  const [kind] = found;
  if (kind === undefined || found.length > 1) throw bad('not exactly one kind of notification');
  const notification = child(root, IMDN_NAMESPACE, `${kind}-notification`) as XmlElement;
  const status = child(notification, IMDN_NAMESPACE, 'status');
  if (status === undefined) throw bad('no status');
  return { kind, status: statusOf(status, kind) };
}

function statusOf(status: XmlElement, kind: ImdnKind): ImdnStatus | 'extension' {
  const names = elements(status).filter((one) => one.namespace === IMDN_NAMESPACE).map((one) => one.local);
  const [name] = names;
  if (names.length > 1) throw bad('more than one status');
  if (name === undefined) {
    if (elements(status).length === 0) throw bad('an empty status');
    return 'extension';
  }
  const accepted: readonly string[] = kind === 'processing' ? [...imdnStatuses.processing, 'failed'] : imdnStatuses[kind];
  if (!accepted.includes(name)) throw bad(`a status that ${kind} does not have`);
  return name as ImdnStatus;
}

/** All values are of types that collapse white space (token, anyURI) or have none that counts. */
function contentOf(root: XmlElement, local: string): string | undefined {
  const found = child(root, IMDN_NAMESPACE, local);
  return found && text(found).trim();
}

function required(root: XmlElement, local: string): string {
  const value = contentOf(root, local);
  if (value === undefined || value === '') throw bad(`no ${local}`);
  return value;
}

function subjectOf(element: XmlElement): CpimSubject {
  const lang = attribute(element, 'lang', XML_NAMESPACE);
  return lang === undefined ? { text: text(element) } : { text: text(element), lang };
}

function bad(detail: string): Error {
  return cpimError('IMDN_BAD_DOCUMENT', { detail });
}
