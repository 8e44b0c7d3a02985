/* Contacts for cases that watch registrations. */
import { check } from '../../expectation.js';
import type { SipMessage, SipPeer } from '../../raw-sip.js';
import { contactsOf, registeredWith, registering } from './requests.js';

/** Where nobody is (RFC 5737); nothing is sent to them. */
export const desk = 'sip:desk@192.0.2.1';
export const mobile = 'sip:mobile@192.0.2.2';

/** Registers for ten minutes, or as long as the contact says. */
export function bound(peer: SipPeer, ...lines: readonly string[]): Promise<SipMessage> {
  return registeredWith(peer, ...lines, 'Expires: 600');
}

/** Removes every binding of the user (RFC 3261 §10.2.2). */
export function removed(peer: SipPeer): Promise<SipMessage> {
  return registeredWith(peer, 'Contact: *', 'Expires: 0');
}

/** Registers a contact for the shortest time the target takes, and gives it in seconds; a case waits two minutes at most. */
export async function briefly(peer: SipPeer): Promise<number> {
  const brief = await registering(peer, `Contact: <${desk}>`, 'Expires: 5');
  const response = brief.status === 423 ? await registering(peer, `Contact: <${desk}>`, `Expires: ${brief.header('Min-Expires')}`) : brief;
  const granted = contactsOf(response).find(({ uri }) => uri === desk)?.expires ?? NaN;
  check(granted <= 120, `the shortest binding takes ${granted} s, too long for this case`);
  return granted;
}
