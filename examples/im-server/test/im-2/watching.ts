/* The IM server's side with its watcher of registrations, on a fake network. */
import { onTestFinished } from 'vitest';
import { buildRequest, respondTo, SipEndpoint, type SipRequest } from '@simple-im/sip';
import type { FakeClock, FakeNetwork } from '@simple-im/transport/fake';
import { FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { CoreOverSip } from '../../src/im-2/im-side.js';
import { TrustedPeers } from '../../src/im-2/trusted-peers.js';
import { WatchedRegistrations } from '../../src/im-2/watched-registrations.js';
import type { KnownDevice } from '../../src/internal-ports.js';
import { OwnAddresses } from '../../src/sip-core/own-addresses.js';

export const IM = '10.1.200.1';
export const CORE = '10.0.0.1';
/** By which the core knows the IM server; not how it calls itself. */
export const URI = `sip:${IM}:5070;transport=tcp`;

export interface WatchingIm {
  readonly registrations: WatchedRegistrations;
  /** What was told last of each user. */
  readonly devices: Map<string, readonly KnownDevice[]>;
  readonly logged: string[];
  readonly endpoint: SipEndpoint;
  close(): Promise<void>;
}

export async function watchingIm(clock: FakeClock, network: FakeNetwork, maxWatched = 100): Promise<WatchingIm> {
  const random = new FakeRandom(21);
  const endpoint = new SipEndpoint({ network: network.at(IM), clock, random });
  await endpoint.listenTcp({ host: IM, port: 5070 });
  const logged: string[] = [];
  const quiet = (): void => {};
  const log = { debug: quiet, info: (_fields: object, message: string) => logged.push(message), warn: quiet, error: quiet };
  const metrics = { count: quiet, gauge: quiet };
  const core = `sip:${CORE}:5060;transport=tcp`;
  const own = new OwnAddresses('example.com', [{ transport: 'TCP', host: IM, port: 5070 }]);
  const side = new CoreOverSip({ endpoint, own, core, trusted: new TrustedPeers([CORE]), clock, random, log, metrics });
  const devices = new Map<string, readonly KnownDevice[]>();
  const registrations = new WatchedRegistrations({
    endpoint, contact: side.contactUri('registrations'), hash: nodeHash, maxWatched, log, metrics,
    onDevices: (aor, known) => devices.set(aor, known),
  });
  side.attach({ receive: (exchange) => exchange.respond(respondTo(exchange.request, 200)), ack: quiet }, registrations);
  endpoint.onRequest = (incoming) => side.receive(incoming);
  const close = async (): Promise<void> => {
    registrations.close();
    await endpoint.close();
  };
  onTestFinished(close);
  return { registrations, devices, logged, endpoint, close };
}

let told = 0;

/** As a core writes it that does not embed the REGISTER of the client. */
export function thirdParty(user: string, expires: number): SipRequest {
  return buildRequest({
    method: 'REGISTER', uri: URI, from: `<sip:${CORE}>;tag=c`, to: `<${user}>`, callId: `told-${(told += 1)}`, cseq: 1,
    headers: [['Expires', String(expires)]],
  });
}
