import { createHash } from 'node:crypto';
import type { Hash } from '@simple-im/digest';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import type { FakeNetworkOptions } from '@simple-im/transport/fake';
import { SipEndpoint, UserAgent } from '../src/index.js';
import type { SipEndpointOptions, TraceEvent, UserAgentOptions } from '../src/index.js';

const names = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;

export const hash: Hash = (algorithm, data) => createHash(names[algorithm]).update(data).digest();

/** `in MESSAGE` / `out 200 MESSAGE`, one line per message. */
export function line(event: TraceEvent): string {
  const { message } = event;
  if (message === undefined) return `${event.direction} ?`;
  return 'method' in message ? `${event.direction} ${message.method}` : `${event.direction} ${message.status} ${message.cseq?.method}`;
}

export interface Host {
  readonly endpoint: SipEndpoint;
  readonly wire: TraceEvent[];
  readonly errors: Error[];
  lines(): string[];
}

/** A network in memory with hosts on it, on one clock. */
export class World {
  readonly clock = new FakeClock();
  readonly network: FakeNetwork;
  #hosts = 0;

  constructor(options: FakeNetworkOptions = {}) {
    this.network = new FakeNetwork({ clock: this.clock, ...options });
  }

  async host(address: string, options: Partial<SipEndpointOptions> & { readonly udp?: boolean; readonly tcp?: boolean } = {}): Promise<Host> {
    this.#hosts += 1;
    const wire: TraceEvent[] = [];
    const errors: Error[] = [];
    const endpoint = new SipEndpoint({
      network: this.network.at(address),
      clock: this.clock,
      random: new FakeRandom(this.#hosts),
      trace: (event) => wire.push(event),
      onError: (error) => errors.push(error),
      ...options,
    });
    if (options.udp !== false) await endpoint.listenUdp({ host: address, port: 5060 });
    if (options.tcp !== false) await endpoint.listenTcp({ host: address, port: 5060 });
    return { endpoint, wire, errors, lines: () => wire.map(line) };
  }

  async agent(user: string, address: string, options: Partial<UserAgentOptions> & { readonly host?: Partial<SipEndpointOptions> } = {}): Promise<Host & { ua: UserAgent }> {
    const host = await this.host(address, options.host);
    return { ...host, ua: new UserAgent({ endpoint: host.endpoint, aor: `sip:${user}@example.com`, hash, ...options }) };
  }
}
