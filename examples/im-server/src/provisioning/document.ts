/*
 * What a client of ours needs to know, from the configuration in force (docs/profile.md, "The provisioning document").
 */
import { createHash } from 'node:crypto';
import { aorOf, parseUri } from '@simple-im/grammar';
import { writeProvisioning, type Provisioning } from '@simple-im/im-client/provisioning';
import { formatAddress, type Address } from '@simple-im/transport';
import type { SipListen } from '../option-values.js';
import type { User } from '../users.js';

export interface ProvisionedServer {
  readonly domain: string;
  /** As bound, or as advertised. */
  readonly sip: readonly SipListen[];
  /** Where SIP over WebSocket is taken, as bound or advertised. */
  readonly webSockets: readonly WebSocketListen[];
  /** Seconds a registration lasts that asks for nothing. */
  readonly registrationTime: number;
  /** Octets of a message; undefined: any number. */
  readonly maxMessageSize?: number | undefined;
  /** URIs of the services that there are. */
  readonly services: Provisioning['services'];
}

export interface WebSocketListen {
  readonly secure: boolean;
  readonly address: Address;
}

/** Seconds a document may be used. */
const VALIDITY = 86_400;
/** Octets of a MESSAGE request: RFC 3428 §8 allows 1300 on every hop, and proxies add to it (docs/profile.md, "Large Message Mode"). */
const SWITCHOVER = 900;
/** The best first. */
const PROXIES: readonly SipListen['transport'][] = ['TLS', 'TCP', 'UDP'];

/** The document for a user. */
export function provisioningOf({ aor: given, password }: User, server: ProvisionedServer): Uint8Array {
  const aor = aorOf(parseUri(given));
  const { domain, registrationTime, maxMessageSize, services } = server;
  const provisioning: Provisioning = {
    version: 0,
    validity: VALIDITY,
    aor,
    domain,
    proxy: proxyOf(server.sip),
    ...webSocketOf(server.webSockets),
    realm: domain,
    username: usernameOf(aor),
    ...(password === undefined ? {} : { password }),
    services,
    limits: { pagerRequest: SWITCHOVER, ...(maxMessageSize === undefined ? {} : { message: maxMessageSize }) },
    registrationTime,
  };
  return writeProvisioning({ ...provisioning, version: versionOf(provisioning) });
}

/** The digest username of a user: the user part. */
export function usernameOf(aor: string): string {
  return aor.slice(aor.indexOf(':') + 1, aor.indexOf('@'));
}

function proxyOf(sip: readonly SipListen[]): string {
  const best = PROXIES.map((wanted) => sip.find(({ transport }) => transport === wanted)).find((listen) => listen !== undefined);
  const { transport, address: { host, port } } = best as SipListen;
  return `sip:${host.includes(':') ? `[${host}]` : host}:${port};transport=${transport.toLowerCase()}`;
}

/** The one with TLS, if there is one. */
function webSocketOf(listening: readonly WebSocketListen[]): Pick<Provisioning, 'webSocket'> {
  const best = listening.find(({ secure }) => secure) ?? listening[0];
  return best === undefined ? {} : { webSocket: `${best.secure ? 'wss' : 'ws'}://${formatAddress(best.address)}/sip` };
}

/** Another number whenever anything else in the document is another, also over a restart; numbers have no order. */
function versionOf(provisioning: Provisioning): number {
  return 1 + createHash('sha256').update(writeProvisioning(provisioning)).digest().readUInt32BE(0) % 0x7fff_fffe;
}
