/*
 * Whose word the IM server takes: the core asserts who sent a request and which services apply (RFC 3325 §2.3, RFC 5502 §5), so the
 * IM server listens to nobody else.
 */
import { BlockList, isIP } from 'node:net';

export class TrustedPeers {
  readonly #list = new BlockList();

  /** Addresses, or ranges such as `192.0.2.0/24`. */
  constructor(peers: readonly string[]) {
    for (const peer of peers) {
      const [network = '', bits] = peer.split('/');
      const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(network, family);
      else this.#list.addSubnet(network, Number(bits), family);
    }
  }

  has(host: string): boolean {
    const family = isIP(host);
    return family !== 0 && this.#list.check(host, family === 6 ? 'ipv6' : 'ipv4');
  }
}
