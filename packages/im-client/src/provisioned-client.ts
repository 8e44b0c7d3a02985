import type { ImClientOptions, ImPlatform } from './options.js';
import type { Provisioning } from './provisioning-document.js';

/** Octets of a MESSAGE request that RFC 3428 §8 allows. */
const PAGER_REQUEST = 1300;

/** The options of a client that a provisioning document decides. */
export type ProvisionedClientOptions =
  Pick<ImClientOptions, 'platform' | 'aor' | 'username' | 'password' | 'proxy' | 'autoAccept' | 'expires' | 'limits' | 'services'>;

/** `new ImClient(clientOptions(provisioning, platform))`. What the document leaves open keeps its default. */
export function clientOptions(provisioning: Provisioning, platform: ImPlatform): ProvisionedClientOptions {
  const { aor, username, password, autoAccept, registrationTime, limits: { pagerRequest, message }, services } = provisioning;
  return {
    platform,
    aor,
    proxy: proxyFor(provisioning, platform),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(autoAccept === undefined ? {} : { autoAccept }),
    ...(registrationTime === undefined ? {} : { expires: registrationTime }),
    services: { deferredMessages: services.deferredMessages, history: services.history },
    limits: {
      ...(message === undefined ? {} : { maxSessionMessage: message }),
      ...(pagerRequest === undefined ? {} : { pagerReserve: Math.max(0, PAGER_REQUEST - pagerRequest) }),
    },
  };
}

/** A page has WebSockets and nothing else. */
function proxyFor({ proxy, webSocket }: Provisioning, { network, tls }: ImPlatform): string {
  return network === undefined && tls === undefined ? webSocket ?? proxy : proxy;
}
