/*
 * The core put together.
 */
import { hkdfSync } from 'node:crypto';
import { aorOf, parseUri, uriEquals } from '@simple-im/grammar';
import type { Target } from '@simple-im/sip';
import type { Address } from '@simple-im/transport';
import { nodeClock, nodeHash, nodeRandom } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import { Authentication, type Credential } from '../sip-core/authentication.js';
import { NoMessageAccounts } from '../internal-ports.js';
import { IM_SERVER, serviceUris } from '../reference-points.js';
import { SipCore } from '../sip-core/core.js';
import { Events } from '../sip-core/events.js';
import { Forwarder } from '../sip-core/forwarder.js';
import { Gruus } from '../sip-core/gruus.js';
import { PublishedAccounts } from '../sip-core/published-accounts.js';
import { Registrar, registrarLimits } from '../sip-core/registrar.js';
import { Tokens } from '../sip-core/tokens.js';
import type { Store } from '../store/open.js';
import type { User } from '../users.js';
import { originCheck } from '../origins.js';
import { Provisioner } from '../provisioning/provisioner.js';
import { NODE, ownAddresses, type Parts } from './parts.js';

/** How long a transaction other than INVITE lasts, in milliseconds (RFC 3261 §17.1.2.2). */
const TIMER_F = 32_000;

export interface CoreWithEvents {
  readonly core: SipCore;
  readonly events: Events;
}

/** `imServer`: where the IM server is, if it is another process. */
export function assembleCore(config: Config, parts: Parts, store: Store, imServer?: Target): CoreWithEvents {
  const { log, metrics, endpoint } = parts;
  const [clock, random] = [nodeClock, nodeRandom];
  const published = imServer === undefined || parts.accounts !== undefined ? undefined : new PublishedAccounts({ domain: config.domain, clock, random, hash: nodeHash, log });
  const accounts = parts.accounts ?? published ?? new NoMessageAccounts();
  const own = ownAddresses(config, parts);
  const tokens = new Tokens(keyFor('tokens', store), NODE);
  const gruus = new Gruus(keyFor('gruus', store), own);
  const { auth: mode, authAlgorithms: algorithms, pagerTimeout } = config;
  // A message that is stored by then may still get to its recipient.
  const patience = config.deferred ? TIMER_F : undefined;
  const { location } = store;
  const forwarder = new Forwarder({ endpoint, own, tokens, clock, random, log, pagerTimeout, patience, imServer });
  const events = new Events({
    endpoint, own, tokens, gruus, forwarder, location, accounts, clock, random, log, metrics,
    hash: nodeHash,
    store: store.subscriptions,
    isImServer: (uri) => (imServer === undefined ? own.isOurs(uri) && uri.user === IM_SERVER : uriEquals(uri, parseUri(config.imServer))),
    limits: config.eventLimits,
    notifyInterval: config.notifyInterval,
  });
  const core = new SipCore({
    node: NODE, own, tokens, gruus, clock, random, log, metrics, location, forwarder,
    events: events.notifier,
    accounts: published,
    registrar: new Registrar(location, gruus, registrarLimits, events.contactsChanged),
    authentication: new Authentication({
      users: credentials(config.users), own, mode, algorithms, hash: nodeHash, key: keyFor('nonces', store), random, log, metrics,
      isNotifier: (request) => events.notifier.isSubscribedTo(request),
    }),
  });
  return { core, events };
}

/** What a client is told of all this. */
export function assembleProvisioner(config: Config, { sip, webSockets, log }: Pick<Parts, 'sip' | 'webSockets' | 'log'>, store: Store): Provisioner {
  const { domain, users, advertise, allowOrigin, maxMessageSize } = config;
  const told = <Listen extends { readonly address: Address }>(listen: Listen): Listen => (
    { ...listen, address: { host: advertise ?? listen.address.host, port: listen.address.port } }
  );
  const { deferred: deferredMessages, history } = serviceUris(domain, config);
  return new Provisioner({
    services: { deferredMessages, history },
    domain, users, log, maxMessageSize, sip: sip.map(told), webSockets: webSockets.map(told), registrationTime: registrarLimits.defaultExpires, allowOrigin: originCheck(allowOrigin, []),
    hash: nodeHash, key: keyFor('provisioning', store), random: nodeRandom, clock: nodeClock,
  });
}

/** One secret, a key of its own for each purpose (RFC 5869). */
function keyFor(purpose: 'tokens' | 'nonces' | 'gruus' | 'provisioning', store: Store): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', store.secret, '', `simple-im ${purpose}`, 32));
}

/** Users by digest username. */
function credentials(users: readonly User[]): ReadonlyMap<string, Credential> {
  return new Map(users.map(({ aor: given, password, ha1 = {} }) => {
    const aor = aorOf(parseUri(given));
    const username = aor.slice(aor.indexOf(':') + 1, aor.indexOf('@'));
    return [username, { aor, secret: password === undefined ? { ha1 } : { password } }];
  }));
}
