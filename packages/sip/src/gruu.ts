import type { Contact } from './header-values.js';
import type { SipResponse } from './message.js';

/** Globally routable URIs that a registrar gave one instance of a user agent (RFC 5627 §5.3). */
export interface Gruus {
  /** The same for every registration of the instance. */
  readonly public: string | undefined;
  /** Says nothing of who the user is; a new one with each registration, the older ones work as long as it is kept up. */
  readonly temporary: string | undefined;
}

/**
 * The GRUUs in the response to a REGISTER, from the Contact with our instance (a URN, without angle brackets). With several
 * registrations of one instance (RFC 5626) `regId` names the one whose temporary GRUU is meant. Throws SIP_BAD_HEADER for a
 * Contact that cannot be read.
 */
export function gruusOf(response: SipResponse, instance: string, regId?: number): Gruus {
  const ours = response.contacts.filter((contact) => instanceOf(contact) === instance);
  const exact = ours.find((contact) => regId !== undefined && contact.params.get('reg-id') === String(regId));
  const contact = exact ?? ours[0];
  return { public: uriOf(contact, 'pub-gruu'), temporary: uriOf(contact, 'temp-gruu') };
}

/** The URN of a `+sip.instance` parameter, compared as it stands (RFC 5626 §4.1); undefined when there is none. */
export function instanceOf(contact: Contact): string | undefined {
  const value = contact.params.get('+sip.instance');
  return value?.startsWith('<') === true && value.endsWith('>') ? value.slice(1, -1) : undefined;
}

function uriOf(contact: Contact | undefined, name: string): string | undefined {
  const value = contact?.params.get(name);
  return value === undefined || !/^sips?:/i.test(value) ? undefined : value;
}
