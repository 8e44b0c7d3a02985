/* Sockets with an inbox: octets in and out as byte strings, each of them in the wire log, every wait bounded. */
import { Buffer } from 'node:buffer';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer, isIPv6, type AddressInfo, type Socket } from 'node:net';
import { ExpectationFailed } from './expectation.js';
import { Inbox } from './inbox.js';
import { secured, type Trust } from './tls.js';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A piece of what came, and the way back to where it came from. */
export interface Arrival {
  readonly octets: string;
  readonly reply: (octets: string) => void;
  /** Of a WebSocket: which kind of message it was. */
  readonly kind?: 'text' | 'binary';
}

export interface Wire {
  readonly add: (direction: 'sent' | 'received', peer: string, octets: string) => void;
}

/** How a peer reaches the target and is reached. */
export interface Channel {
  readonly local: HostPort;
  /** Datagrams, or whatever pieces a stream came in. */
  readonly inbox: Inbox<Arrival>;
  readonly send: (octets: string) => void;
  readonly close: () => Promise<void>;
}

/** A host as it stands in a URI or a Via header field. */
export function uriHost(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

/** What went wrong with a socket, for a person. */
function reasonOf(error: NodeJS.ErrnoException, { host, port }: HostPort): string {
  const what = error.code === 'ECONNREFUSED' ? 'refused the connection' : error.code ?? error.message;
  return `${uriHost(host)}:${port}: ${what}`;
}

/** Our address on the way to a target: what Via, Contact and SDP name. */
async function addressFacing(target: HostPort): Promise<string> {
  const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4');
  try {
    socket.connect(target.port, target.host);
    await once(socket, 'connect');
    return socket.address().address;
  } catch (error) {
    throw new ExpectationFailed(reasonOf(error as NodeJS.ErrnoException, target), { cause: error });
  } finally {
    socket.close();
  }
}

/** A UDP socket of its own. What comes from other addresses than the target's is taken too: SIP allows it. */
export async function openUdp(target: HostPort, label: string, wire: Wire): Promise<Channel> {
  const host = await addressFacing(target);
  const socket: UdpSocket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const local = { host, port: socket.address().port };
  const inbox = new Inbox<Arrival>();
  const peer = `${label} udp ${uriHost(host)}:${local.port}`;
  let isClosed = false;
  /** A socket that is closed forgets what it has not sent yet, such as the answer that a case ends with. */
  const unsent = new Set<Promise<void>>();
  const sendTo = (octets: string, { host, port }: HostPort): void => {
    // What a case that ended left behind may still want to send.
    if (isClosed) return;
    wire.add('sent', peer, octets);
    const sent = new Promise<void>((resolve) => {
      socket.send(Buffer.from(octets, 'latin1'), port, host, (error) => {
        if (error !== null) inbox.end(reasonOf(error, { host, port }));
        resolve();
      });
    }).finally(() => unsent.delete(sent));
    unsent.add(sent);
  };
  socket.on('message', (bytes, { address, port }) => {
    const octets = bytes.toString('latin1');
    wire.add('received', peer, octets);
    inbox.push({ octets, reply: (answer) => sendTo(answer, { host: address, port }) });
  });
  socket.on('error', (error) => inbox.end(reasonOf(error, target)));
  return {
    local,
    inbox,
    send: (octets) => sendTo(octets, target),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      inbox.end('the case is over');
      await Promise.all(unsent);
      await closedUdp(socket);
    },
  };
}

/** Connects, over TLS where `trust` is given; fails when either takes longer than `timeout` milliseconds. */
async function connected(target: HostPort, timeout: number, trust: Trust | undefined): Promise<Socket> {
  const socket = createConnection({ host: target.host, port: target.port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeout) });
    return trust === undefined ? socket : await secured(socket, trust, timeout);
  } catch (error) {
    socket.destroy();
    const failure = error as NodeJS.ErrnoException;
    const late = `${uriHost(target.host)}:${target.port}: no connection in time`;
    const reason = failure.name === 'AbortError' ? late : reasonOf(failure, target);
    throw new ExpectationFailed(reason, { cause: error });
  }
}

/** Sends what comes over a connection into an inbox, and gives the way back. */
function attach(socket: Socket, inbox: Inbox<Arrival>, peer: string, wire: Wire): (octets: string) => void {
  const reply = (octets: string): void => {
    if (!socket.writable) return;
    wire.add('sent', peer, octets);
    socket.write(Buffer.from(octets, 'latin1'));
  };
  socket.on('data', (bytes: Buffer) => {
    const octets = bytes.toString('latin1');
    wire.add('received', peer, octets);
    inbox.push({ octets, reply });
  });
  return reply;
}

/** A connection to the target over TCP. */
export function openTcp(target: HostPort, label: string, wire: Wire, timeout: number): Promise<Channel> {
  return openStream(target, `${label} tcp`, wire, timeout, undefined);
}

/** A connection to the target over TLS. */
export function openTls(target: HostPort, label: string, wire: Wire, timeout: number, trust: Trust): Promise<Channel> {
  return openStream(target, `${label} tls`, wire, timeout, trust);
}

/** A connection to the target, over TLS where `trust` is given. */
export async function openStream(target: HostPort, label: string, wire: Wire, timeout: number, trust: Trust | undefined): Promise<Channel> {
  const socket = await connected(target, timeout, trust);
  const local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  const inbox = new Inbox<Arrival>();
  const send = attach(socket, inbox, `${label} ${uriHost(local.host)}:${local.port}`, wire);
  const where = `${uriHost(target.host)}:${target.port}`;
  socket.on('error', (error: NodeJS.ErrnoException) => inbox.end(`${where}: the connection broke (${error.code ?? error.message})`));
  socket.on('close', () => inbox.end(`${where}: the target closed the connection`));
  return { local, inbox, send, close: () => closed(socket) };
}

/** A connection to the target and a port where the target can connect to us; both fill one inbox. */
export async function openTcpWithListener(target: HostPort, label: string, wire: Wire, timeout: number): Promise<Channel> {
  const channel = await openTcp(target, label, wire, timeout);
  const accepted = new Set<Socket>();
  const server = createServer((socket) => {
    accepted.add(socket);
    // A connection the target opened and broke off says nothing about ours.
    socket.on('error', () => accepted.delete(socket));
    attach(socket, channel.inbox, `${label} tcp accepted`, wire);
  });
  server.listen(0, channel.local.host);
  await once(server, 'listening');
  return {
    local: { host: channel.local.host, port: (server.address() as AddressInfo).port },
    inbox: channel.inbox,
    send: channel.send,
    close: async () => {
      server.close();
      await Promise.all([channel.close(), ...[...accepted].map(closed)]);
    },
  };
}

/** A port where the target connects to us; what is sent before it has is lost, as there is nobody to send it to. */
export async function openListener(host: string, label: string, wire: Wire): Promise<Channel> {
  const inbox = new Inbox<Arrival>();
  const accepted = new Map<Socket, (octets: string) => void>();
  const server = createServer((socket) => {
    accepted.set(socket, attach(socket, inbox, `${label} tcp accepted`, wire));
    socket.on('error', (error: NodeJS.ErrnoException) => inbox.end(`the connection broke (${error.code ?? error.message})`));
    socket.on('close', () => inbox.end('the target closed the connection'));
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    local: { host, port: (server.address() as AddressInfo).port },
    inbox,
    send: (octets) => [...accepted.values()].at(-1)?.(octets),
    close: async () => {
      server.close();
      await Promise.all([...accepted.keys()].map(closed));
    },
  };
}

async function closed(socket: Socket): Promise<void> {
  socket.destroy();
  if (!socket.closed) await once(socket, 'close');
}

async function closedUdp(socket: UdpSocket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
