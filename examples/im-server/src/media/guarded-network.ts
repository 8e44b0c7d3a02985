/*
 * Where MSRP may be dialled out to. An a=path comes from a peer, so without this a caller could make the server connect to
 * whatever only the server can reach. The name is resolved here and the address connected to, so that it cannot change in between.
 */
import { BlockList, isIP } from 'node:net';
import type { Address, ByteConnection, Listener, Network, Resolver, TlsConnectOptions, TlsListenOptions, TlsNetwork } from '@simple-im/transport';
import { serverError } from '../errors.js';

/** Loopback, private, link-local and other ranges of no use to strangers (RFC 6890), which may be listened on. */
const LOCAL = [
  '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16',
  '::1/128', 'fc00::/7', 'fe80::/10',
];
/** Unspecified, which some systems take for loopback, multicast, reserved, and IPv6 that stands for an IPv4 address. */
const NEVER = ['0.0.0.0/8', '192.0.0.0/24', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8', '64:ff9b::/96', '2002::/16'];

export interface MediaDenyOptions {
  /** CIDR ranges; undefined for the default ones. */
  readonly denied: readonly string[] | undefined;
  /** Hosts we listen on: a default range that holds one of them is not denied. */
  readonly listening: readonly string[];
}

export function mediaDenyList(options: MediaDenyOptions): BlockList {
  const { denied, listening } = options;
  const isListenedOn = (range: string): boolean => listening.some((host) => contains(listOf([range]), host));
  return listOf(denied ?? [...LOCAL.filter((range) => !isListenedOn(range)), ...NEVER]);
}

/** A network that listens anywhere and connects only where it may. */
export class GuardedNetwork implements Network {
  readonly #network: Network;
  readonly #allowed: (host: string) => Promise<string>;
  readonly bindUdp: Network['bindUdp'];

  constructor(network: Network, resolver: Resolver, denied: BlockList) {
    this.#network = network;
    this.#allowed = (host) => allowedAddress(host, resolver, denied);
    this.bindUdp = (local, handlers) => network.bindUdp(local, handlers);
  }

  listenTcp(local: Address, accept: (connection: ByteConnection) => void): Promise<Listener> {
    return this.#network.listenTcp(local, accept);
  }

  /** Rejects with IM_MEDIA_DENIED when every address of the host is denied. */
  async connectTcp(remote: Address, options?: Parameters<Network['connectTcp']>[1]): Promise<ByteConnection> {
    return this.#network.connectTcp({ host: await this.#allowed(remote.host), port: remote.port }, options);
  }
}

/** The same over TLS. The certificate is that of the name, wherever it led. */
export class GuardedTls implements TlsNetwork {
  readonly #tls: TlsNetwork;
  readonly #allowed: (host: string) => Promise<string>;

  constructor(tls: TlsNetwork, resolver: Resolver, denied: BlockList) {
    this.#tls = tls;
    this.#allowed = (host) => allowedAddress(host, resolver, denied);
  }

  listenTls(local: Address, options: TlsListenOptions, accept: (connection: ByteConnection) => void): Promise<Listener> {
    return this.#tls.listenTls(local, options, accept);
  }

  /** Rejects with IM_MEDIA_DENIED when every address of the host is denied. */
  async connectTls(remote: Address, options?: TlsConnectOptions): Promise<ByteConnection> {
    const { host, port } = remote;
    return this.#tls.connectTls({ host: await this.#allowed(host), port }, { serverName: host, ...options });
  }
}

async function allowedAddress(host: string, resolver: Resolver, denied: BlockList): Promise<string> {
  const addresses = isIP(host) === 0 ? await resolver.lookup(host) : [host];
  const allowed = addresses.find((address) => !contains(denied, address));
  if (allowed === undefined) throw serverError('IM_MEDIA_DENIED', { detail: host });
  return allowed;
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** An IPv4 address in IPv6 notation (RFC 4291 §2.5.5.2) is the address it stands for. */
function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
