/* Registration information (RFC 3680 §5) as the cases look at it. */
import { check, equal, fail } from '../expectation.js';
import type { SipMessage } from '../raw-sip.js';
import { childrenOf, readXml, type XmlElement } from '../xml-text.js';
import { hasBody } from './events.js';

export const reginfoType = 'application/reginfo+xml';
const reginfoNamespace = 'urn:ietf:params:xml:ns:reginfo';

export interface RegisteredContact {
  readonly uri: string;
  readonly id: string;
  readonly state: string;
  readonly event: string;
  /** An attribute that may be there: `callid`, `cseq`, `q`, `expires`. */
  readonly optional: (name: string) => string | undefined;
  readonly element: XmlElement;
}

export interface Registration {
  readonly aor: string;
  readonly id: string;
  readonly state: string;
  readonly contacts: readonly RegisteredContact[];
}

export interface RegInfo {
  readonly version: number;
  readonly state: string;
  readonly registrations: readonly Registration[];
}

const needed = (element: XmlElement, name: string): string =>
  element.attributes.get(name) ?? fail(`the element ${element.name} has no attribute ${name}`);

/** The document of a NOTIFY, with every attribute that must be there (RFC 3680 §5.1). */
export function reginfoOf(notify: SipMessage): RegInfo {
  hasBody(notify, reginfoType);
  const root = readXml(notify.body);
  equal('the root element', `${root.namespace} ${root.name}`, `${reginfoNamespace} reginfo`);
  const version = needed(root, 'version').trim();
  const isNumber = /^\d{1,10}$/.test(version) && Number(version) <= 0xffff_ffff;
  check(isNumber, `the version is ${JSON.stringify(version)}, expected a number of 32 bits`);
  return { version: Number(version), state: needed(root, 'state'), registrations: childrenOf(root, 'registration').map(registrationOf) };
}

function registrationOf(element: XmlElement): Registration {
  const contacts = childrenOf(element, 'contact').map(contactOf);
  return { aor: needed(element, 'aor').trim(), id: needed(element, 'id'), state: needed(element, 'state'), contacts };
}

function contactOf(element: XmlElement): RegisteredContact {
  const [uri] = childrenOf(element, 'uri');
  return {
    uri: uri?.text.trim() ?? fail('a contact has no uri'), id: needed(element, 'id'), state: needed(element, 'state'),
    event: needed(element, 'event'), optional: (name) => element.attributes.get(name)?.trim(), element,
  };
}

/** The registration of this address-of-record, the only one that may be there. */
export function registrationIn({ registrations }: RegInfo, aor: string): Registration {
  equal('the registrations of the document', registrations.map((registration) => registration.aor).join(' '), aor);
  return registrations[0]!;
}

/** The contact with this URI in the registration of this address-of-record. */
export function contactIn(document: RegInfo, aor: string, uri: string): RegisteredContact {
  const { contacts } = registrationIn(document, aor);
  return contacts.find((contact) => contact.uri === uri)
    ?? fail(`the document has no contact ${uri}; it has: ${contacts.map((contact) => contact.uri).join(' ') || 'none'}`);
}

/** The URIs of those that are registered, sorted, as one text. */
export function activeIn(document: RegInfo, aor: string): string {
  return registrationIn(document, aor).contacts.filter(({ state }) => state === 'active').map(({ uri }) => uri).sort().join(' ');
}
