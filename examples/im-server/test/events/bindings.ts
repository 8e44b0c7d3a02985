/* Bindings made without a client. */
import type { RegistrationAdministration } from '../../src/sip-core/registration-administration.js';
import type { TestCore } from '../sip-core/support.js';

export function administrationOf(on: TestCore): RegistrationAdministration {
  return on.events.administration(() => {});
}

/** As a client's REGISTER would have left it, long ago. */
export async function addBinding(on: TestCore, aor: string, contact: string, expires = 3600): Promise<void> {
  const { version, bindings } = await on.location.load(aor);
  const now = on.clock.date().getTime();
  await on.location.save(aor, version, [...bindings, { contact, parameters: '', q: 1, expiresAt: now + expires * 1000, callId: contact, cseq: 1, path: [] }]);
}
