import { SipEndpoint, UserAgent } from '@simple-im/sip';
import type { SipEndpointOptions, SipMessage, SipRequest, TraceEvent, UserAgentOptions } from '@simple-im/sip';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import type { FakeNetworkOptions } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import type { EventPackage } from '../src/index.js';

export const bob = 'sip:bob@192.0.2.2';

/** `out 200 SUBSCRIBE`: one message. */
function line({ direction, message }: TraceEvent): string {
  if (message === undefined) return `${direction} ?`;
  return 'method' in message ? `${direction} ${message.method}` : `${direction} ${message.status} ${message.cseq?.method}`;
}

export interface Agent {
  readonly ua: UserAgent;
  readonly endpoint: SipEndpoint;
  readonly wire: TraceEvent[];
  readonly errors: Error[];
  lines(): string[];
  /** The requests of a method that were sent. */
  sent(method: string): SipRequest[];
  received(method: string): SipRequest[];
}

/** Hosts with user agents on a network in memory, on one clock. */
export class World {
  readonly clock = new FakeClock();
  readonly network: FakeNetwork;
  #hosts = 0;

  constructor(options: FakeNetworkOptions = {}) {
    this.network = new FakeNetwork({ clock: this.clock, ...options });
  }

  async agent(user: string, address: string, options: Partial<UserAgentOptions> = {}, host: Partial<SipEndpointOptions> = {}): Promise<Agent> {
    this.#hosts += 1;
    const wire: TraceEvent[] = [];
    const errors: Error[] = [];
    const endpoint = new SipEndpoint({
      network: this.network.at(address), clock: this.clock, random: new FakeRandom(this.#hosts),
      trace: (event) => wire.push(event), onError: (error) => errors.push(error), ...host,
    });
    await endpoint.listenUdp({ host: address, port: 5060 });
    await endpoint.listenTcp({ host: address, port: 5060 });
    const ua = new UserAgent({ endpoint, aor: `sip:${user}@example.com`, hash: nodeHash, ...options });
    const requests = (direction: 'in' | 'out', method: string): SipRequest[] => wire
      .filter((event) => event.direction === direction && isRequest(event.message) && event.message.method === method)
      .map(({ message }) => message as SipRequest);
    return {
      ua, endpoint, wire, errors, lines: () => wire.map(line),
      sent: (method) => requests('out', method), received: (method) => requests('in', method),
    };
  }
}

function isRequest(message: SipMessage | undefined): message is SipRequest {
  return message !== undefined && 'method' in message;
}

export const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));

/** A package whose state is a text that `texts` holds for a resource. */
export function textPackage(texts: Map<string, string>, more: Partial<EventPackage> = {}): EventPackage {
  return {
    name: 'text',
    defaultExpires: 3600,
    contentTypes: ['text/plain'],
    fullState: (resource) => ({ contentType: 'text/plain', body: octets(texts.get(resource) ?? '') }),
    ...more,
  };
}
