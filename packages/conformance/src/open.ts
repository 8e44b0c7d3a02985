/* Ways to the target: which channel an address asks for. */
import { randomBytes } from 'node:crypto';
import { ExpectationFailed } from './expectation.js';
import type { Target } from './profile.js';
import { openTcp, openTcpWithListener, openTls, openUdp, type Channel, type HostPort, type Wire } from './raw-peer.js';
import { openWebSocket, webSocketChannel, type RawWebSocket } from './raw-websocket.js';
import type { MsrpAddress, SipAddress, SipTransport } from './target-address.js';
import type { Trust } from './tls.js';

export interface OpenOptions {
  /** For the wire log. */
  readonly label: string;
  readonly wire: Wire;
  /** Milliseconds. */
  readonly timeout: number;
}

/** What a SIP peer talks over. */
export interface SipChannel {
  readonly channel: Channel;
  /** Below it, where there is one. */
  readonly webSocket?: RawWebSocket;
}

/** Over UDP and TCP the target can come to us as well; over TLS and WebSocket it has the connection we opened, and no other way. */
export async function openSip(target: Target, address: SipAddress, options: OpenOptions): Promise<SipChannel> {
  const { label, wire, timeout } = options;
  if (address.transport === 'udp') return { channel: await openUdp(address, label, wire) };
  if (address.transport === 'tcp') return { channel: await openTcpWithListener(address, label, wire, timeout) };
  if (address.transport === 'tls') return { channel: await openTls(address, label, wire, timeout, trustOf(target, target.domain)) };
  const webSocket = await openSubprotocol(target, address, 'sip', options);
  return { webSocket, channel: webSocketChannel(webSocket, `${randomBytes(6).toString('hex')}.invalid`) };
}

/** A connection for MSRP. */
export async function openMsrp(target: Target, address: MsrpAddress, options: OpenOptions): Promise<Channel> {
  const { label, wire, timeout } = options;
  if (address.transport === 'tcp') return openTcp(address, label, wire, timeout);
  // The name in the URI is whose certificate it must be (RFC 4975 §14.2).
  if (address.transport === 'tls') return openTls(address, label, wire, timeout, trustOf(target, address.host));
  return webSocketChannel(await openSubprotocol(target, address, 'msrp', options), `${randomBytes(6).toString('hex')}.invalid`);
}

/** A WebSocket with whatever the target answers to the handshake. */
export function openRawWebSocket(
  target: Target, address: SipAddress, subprotocols: readonly string[], options: OpenOptions,
): Promise<RawWebSocket> {
  const trust = address.transport === 'wss' ? trustOf(target, address.host) : undefined;
  return openWebSocket({ address, trust, subprotocols, ...options });
}

async function openSubprotocol(target: Target, address: SipAddress, subprotocol: string, options: OpenOptions): Promise<RawWebSocket> {
  const socket = await openRawWebSocket(target, address, [subprotocol], options);
  if (socket.isOpen && socket.header('Sec-WebSocket-Protocol') === subprotocol) return socket;
  await socket.close();
  const answer = socket.answer.split('\r\n', 1)[0];
  throw new ExpectationFailed(`the WebSocket handshake with subprotocol ${subprotocol} was answered "${answer}", not 101 with it`);
}

function trustOf({ trusted }: Target, name: string): Trust {
  return { name, roots: trusted };
}

/** The address of an MSRP URI (RFC 4975 §9, RFC 7977 §5.3): over WebSocket the one that was listed, as clients are not told URLs. */
export function addressOfMsrp(target: Target, uri: string): MsrpAddress {
  const found = /^(msrps?):\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^:/;]+))(?::(\d+))?(?:\/[^;]*)?;(\w+)/.exec(uri);
  if (found === null) throw new ExpectationFailed(`the target's path is no MSRP URI: ${JSON.stringify(uri)}`);
  if (found[5] === 'ws') return msrpAddressOf(target, 'ws');
  const where: HostPort = { host: found[2] ?? found[3] ?? '', port: Number(found[4] ?? 2855) };
  return { transport: found[1] === 'msrps' ? 'tls' : 'tcp', ...where };
}

/** The first address of this kind; `ws` is any WebSocket. */
export function msrpAddressOf({ msrp = [] }: Target, transport: 'tcp' | 'tls' | 'ws'): MsrpAddress {
  const found = msrp.find((address) => address.transport === transport || (transport === 'ws' && address.transport === 'wss'));
  if (found === undefined) throw new Error(`the case uses MSRP over ${transport} without needing the feature`);
  return found;
}

/** The first address of this kind; a case that wants another kind lists it in `needs`, so it is there. `ws` is any WebSocket. */
export function sipAddressOf({ sip }: Target, transport?: SipTransport): SipAddress {
  const isWanted = (address: SipAddress): boolean => transport === undefined || address.transport === transport
    || (transport === 'ws' && address.transport === 'wss');
  const found = sip.find(isWanted);
  if (found === undefined) throw new Error(`the case uses SIP over ${transport} without needing the feature`);
  return found;
}
