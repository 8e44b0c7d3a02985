import type { ImClientOptions } from './options.js';
import type { Provisioning } from './provisioning-document.js';

/** Octets of a MESSAGE request that RFC 3428 §8 allows. */
const PAGER_REQUEST = 1300;

/** The options of a client that a provisioning document decides; `platform` is still to be added. */
export type ProvisionedClientOptions =
  Pick<ImClientOptions, 'aor' | 'username' | 'password' | 'proxy' | 'autoAccept' | 'expires' | 'limits'>;

/** `new ImClient({ platform, ...clientOptions(provisioning) })`. What the document leaves open keeps its default. */
export function clientOptions(provisioning: Provisioning): ProvisionedClientOptions {
  const { aor, username, password, proxy, autoAccept, registrationTime, limits: { pagerRequest, message } } = provisioning;
  return {
    aor,
    proxy,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(autoAccept === undefined ? {} : { autoAccept }),
    ...(registrationTime === undefined ? {} : { expires: registrationTime }),
    limits: {
      ...(message === undefined ? {} : { maxSessionMessage: message }),
      ...(pagerRequest === undefined ? {} : { pagerReserve: Math.max(0, PAGER_REQUEST - pagerRequest) }),
    },
  };
}
