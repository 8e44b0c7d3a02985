/* Stands between our server and the peers and rewrites what passes. Paths in SDP and MSRP are led through it as well. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Feature, TargetText } from '@simple-im/conformance';
import { certificate, features, users } from '../support.js';
import type { Mutant } from './mutant.js';
import { serveWebSocket } from './websocket-gateway.js';

type Rewrite = (text: string) => string;

interface Way {
  readonly fromServer: Rewrite;
  readonly toServer: Rewrite;
}

/** What there must be of a server: where it listens. */
export interface Listening {
  readonly ready: { readonly sip: readonly string[]; readonly msrp: readonly string[] };
}

export interface MutantTarget {
  readonly target: TargetText;
  readonly close: () => void;
}

const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1));

/** Our server as this mutant of it, which has these features. TLS and WebSocket end here. */
export async function mutate(
  server: Listening, { fromServer = same, toServer = same, over, webSocket = {}, tls = undefined }: Omit<Mutant, 'breaks' | 'kills'>,
  has: readonly Feature[] = features,
): Promise<MutantTarget> {
  const [tcpPort, udpPort, msrpPort] = ['tcp', 'udp'].map((transport) => portOf(server.ready.sip.find((text) => text.startsWith(transport)))).concat(portOf(server.ready.msrp[0]));
  const sockets = new Set<Socket | UdpSocket>();
  const led = { there: 0 };
  // Ports of the ephemeral range have five digits, so that no Content-Length changes.
  const way: Way = {
    fromServer: (text) => fromServer(text.replaceAll(`:${msrpPort}/`, `:${led.there}/`)),
    toServer: (text) => toServer(text).replaceAll(`:${led.there}/`, `:${msrpPort}/`),
  };
  const msrp = await tcpProxy(msrpPort!, way, sockets);
  led.there = (msrp.address() as AddressInfo).port;
  const tcp = await tcpProxy(tcpPort!, way, sockets);
  const udp = await udpProxy(udpPort!, way, sockets);
  const name = tls === 'other-root' ? 'other' : 'server';
  const identity = { cert: readFileSync(certificate(`${name}.pem`)), key: readFileSync(certificate(`${name}.key`)) };
  const secure = await listening(createTlsServer(identity, (peer) => relay(peer, tcpPort!, way, sockets)));
  const secureMsrp = await listening(createTlsServer(identity, (peer) => relay(peer, msrpPort!, way, sockets)));
  const opened = (socket: Socket): void => void sockets.add(socket);
  const gateway = (subprotocol: 'sip' | 'msrp', port: number): Promise<Server> => listening(createServer((peer) => {
    opened(peer);
    serveWebSocket(peer, { ...way, port, subprotocol, faults: webSocket, opened });
  }));
  const [ws, msrpWs] = [await gateway('sip', tcpPort!), await gateway('msrp', msrpPort!)];
  const sip = [`tcp:127.0.0.1:${(tcp.address() as AddressInfo).port}`, `udp:127.0.0.1:${udp.address().port}`];
  if (over === 'udp') sip.reverse();
  sip.push(`tls:127.0.0.1:${(secure.address() as AddressInfo).port}`);
  const portAt = (listener: Server): number => (listener.address() as AddressInfo).port;
  const whole = {
    sip, ws: [`ws://127.0.0.1:${portAt(ws)}/sip`], trusted: certificate('root.pem'),
    msrp: [`tcp:127.0.0.1:${led.there}`, `tls:127.0.0.1:${portAt(secureMsrp)}`], 'msrp-ws': [`ws://127.0.0.1:${portAt(msrpWs)}/msrp`],
  };
  const isWhole = server.ready.sip.length > 1;
  return {
    target: { domain: 'example.com', users, features: has, ...(isWhole ? whole : { sip: [`udp:127.0.0.1:${udp.address().port}`] }) },
    close: () => {
      for (const listener of [msrp, tcp, secure, ws, secureMsrp, msrpWs]) listener.close();
      for (const socket of sockets) {
        if ('destroy' in socket) socket.destroy();
        else socket.close();
      }
    },
  };
}

const same: Rewrite = (text) => text;

function tcpProxy(port: number, way: Way, sockets: Set<Socket | UdpSocket>): Promise<Server> {
  return listening(createServer((peer) => relay(peer, port, way, sockets)));
}

function relay(peer: Socket, port: number, way: Way, sockets: Set<Socket | UdpSocket>): void {
  const server = createConnection(port, '127.0.0.1');
  join(server, peer, way.fromServer);
  join(peer, server, way.toServer);
  for (const socket of [peer, server]) sockets.add(socket);
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function join(from: Socket, to: Socket, change: Rewrite): void {
  from.on('data', (bytes: Buffer) => to.write(Buffer.from(change(bytes.toString('latin1')), 'latin1')));
  from.on('close', () => to.destroy());
  // Closed with it; the case tells what that meant.
  from.on('error', () => to.destroy());
}

/** For each peer a port that stands for it at the server, so that requests to its Contact come through here as well. */
async function udpProxy(port: number, way: Way, sockets: Set<Socket | UdpSocket>): Promise<UdpSocket> {
  const proxy = createSocket('udp4');
  const upstream = new Map<number, Promise<UdpSocket>>();
  proxy.on('message', (bytes, peer) => {
    const known = upstream.get(peer.port) ?? upstreamOf(proxy, peer.port, way, sockets);
    upstream.set(peer.port, known);
    void known.then((socket) => {
      const text = way.toServer(bytes.toString('latin1'));
      passed(socket, text.replaceAll(`:${peer.port}`, `:${socket.address().port}`), port);
    });
  });
  proxy.bind(0, '127.0.0.1');
  await once(proxy, 'listening');
  sockets.add(proxy);
  return proxy;
}

async function upstreamOf(proxy: UdpSocket, peerPort: number, way: Way, sockets: Set<Socket | UdpSocket>): Promise<UdpSocket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  sockets.add(socket);
  const { port } = socket.address();
  socket.on('message', (answer) => passed(proxy, way.fromServer(answer.toString('latin1').replace(new RegExp(`(?<=[:=])${port}\\b`, 'g'), String(peerPort))), peerPort));
  return socket;
}

function passed(socket: UdpSocket, text: string, port: number): void {
  if (text !== '') socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1');
}
