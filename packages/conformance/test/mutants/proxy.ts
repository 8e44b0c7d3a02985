/* Stands between our server and the peers and rewrites what passes. Paths in SDP and MSRP are led through it as well. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { RunningServer } from '@simple-im/server';
import type { TargetText } from '@simple-im/conformance';
import { users } from '../support.js';
import type { Mutant } from './mutant.js';

type Rewrite = (text: string) => string;

interface Way {
  readonly fromServer: Rewrite;
  readonly toServer: Rewrite;
}

export interface MutantTarget {
  readonly target: TargetText;
  readonly close: () => void;
}

const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1));

/** Our server as this mutant of it. */
export async function mutate(server: RunningServer, { fromServer = same, toServer = same }: Pick<Mutant, 'fromServer' | 'toServer'>): Promise<MutantTarget> {
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
  return {
    target: { domain: 'example.com', sip: [`tcp:127.0.0.1:${(tcp.address() as AddressInfo).port}`, `udp:127.0.0.1:${udp.address().port}`], msrp: [`tcp:127.0.0.1:${led.there}`], users },
    close: () => {
      msrp.close();
      tcp.close();
      for (const socket of sockets) {
        if ('destroy' in socket) socket.destroy();
        else socket.close();
      }
    },
  };
}

const same: Rewrite = (text) => text;

async function tcpProxy(port: number, way: Way, sockets: Set<Socket | UdpSocket>): Promise<Server> {
  const proxy = createServer((peer) => {
    const server = createConnection(port, '127.0.0.1');
    join(server, peer, way.fromServer);
    join(peer, server, way.toServer);
    for (const socket of [peer, server]) sockets.add(socket);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

function join(from: Socket, to: Socket, change: Rewrite): void {
  from.on('data', (bytes: Buffer) => to.write(Buffer.from(change(bytes.toString('latin1')), 'latin1')));
  from.on('close', () => to.destroy());
  // Closed with it; the case tells what that meant.
  from.on('error', () => to.destroy());
}

async function udpProxy(port: number, way: Way, sockets: Set<Socket | UdpSocket>): Promise<UdpSocket> {
  const proxy = createSocket('udp4');
  const upstream = new Map<number, UdpSocket>();
  proxy.on('message', (bytes, peer) => {
    const known = upstream.get(peer.port);
    const socket = known ?? createSocket('udp4');
    if (known === undefined) {
      upstream.set(peer.port, socket);
      sockets.add(socket);
      socket.on('message', (answer) => passed(proxy, way.fromServer(answer.toString('latin1')), peer.port));
    }
    passed(socket, way.toServer(bytes.toString('latin1')), port);
  });
  proxy.bind(0, '127.0.0.1');
  await once(proxy, 'listening');
  sockets.add(proxy);
  return proxy;
}

function passed(socket: UdpSocket, text: string, port: number): void {
  if (text !== '') socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1');
}
