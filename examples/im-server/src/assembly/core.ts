/*
 * The core put together.
 */
import { hkdfSync } from 'node:crypto';
import { aorOf, parseUri, uriEquals } from '@simple-im/grammar';
import type { Target } from '@simple-im/sip';
import { nodeClock, nodeHash, nodeRandom } from '@simple-im/transport/node';
import type { Config } from '../config.js';
import { Authentication, type Credential } from '../sip-core/authentication.js';
import { IM_SERVER } from '../reference-points.js';
import { SipCore } from '../sip-core/core.js';
import { Events } from '../sip-core/events.js';
import { Forwarder } from '../sip-core/forwarder.js';
import { Registrar, registrarLimits } from '../sip-core/registrar.js';
import { Tokens } from '../sip-core/tokens.js';
import type { Store } from '../store/open.js';
import type { User } from '../users.js';
import { ownAddresses, type Parts } from './parts.js';

/** Our name among the nodes that share users. */
const NODE = 'node1';

export interface CoreWithEvents {
  readonly core: SipCore;
  readonly events: Events;
}

/** `imServer`: where the IM server is, if it is another process. */
export function assembleCore(config: Config, { log, metrics, endpoint, sip, accounts }: Parts, store: Store, imServer?: Target): CoreWithEvents {
  const [clock, random] = [nodeClock, nodeRandom];
  const own = ownAddresses(config, sip);
  const tokens = new Tokens(keyFor('tokens', store), NODE);
  const { auth: mode, authAlgorithms: algorithms, pagerTimeout } = config;
  const { location } = store;
  const forwarder = new Forwarder({ endpoint, own, tokens, clock, random, log, pagerTimeout, imServer });
  const events = new Events({
    endpoint, own, tokens, forwarder, location, accounts, clock, random, log, metrics,
    hash: nodeHash,
    store: store.subscriptions,
    isImServer: (uri) => (imServer === undefined ? own.isOurs(uri) && uri.user === IM_SERVER : uriEquals(uri, parseUri(config.imServer))),
    limits: config.eventLimits,
    notifyInterval: config.notifyInterval,
  });
  const core = new SipCore({
    node: NODE, own, tokens, clock, random, log, metrics, location, forwarder,
    events: events.notifier,
    registrar: new Registrar(location, registrarLimits, events.contactsChanged),
    authentication: new Authentication({
      users: credentials(config.users), own, mode, algorithms, hash: nodeHash, key: keyFor('nonces', store), random, log, metrics,
    }),
  });
  return { core, events };
}

/** One secret, a key of its own for each purpose (RFC 5869). */
function keyFor(purpose: 'tokens' | 'nonces', store: Store): Uint8Array {
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
