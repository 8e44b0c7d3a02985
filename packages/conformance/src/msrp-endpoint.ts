/* One side of an MSRP session before it has a connection: whoever opens it, both ways are there (RFC 4975 §5.4, RFC 6135). */
import { randomBytes } from 'node:crypto';
import { MsrpPeer } from './raw-msrp.js';
import { openListener, uriHost, type Channel, type Wire } from './raw-peer.js';

export interface MsrpEndpoint {
  /** Its own MSRP URI, with the port where it can be connected to. */
  readonly uri: string;
  readonly port: number;
  /** Opens the connection. */
  readonly connect: (remotePath: string) => Promise<MsrpPeer>;
  /** Lets the target open the connection: what the peer sends before it has is lost. */
  readonly accept: (remotePath: string) => MsrpPeer;
  readonly close: () => Promise<void>;
}

export interface MsrpEndpointOptions {
  readonly host: string;
  readonly name: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly wire: Wire;
  readonly connect: (remotePath: string, ownUri: string) => Promise<MsrpPeer>;
}

export async function openMsrpEndpoint({ host, name, timeout, wire, connect }: MsrpEndpointOptions): Promise<MsrpEndpoint> {
  const channel: Channel = await openListener(host.replace(/^\[|\]$/g, ''), `msrp ${name}`, wire);
  const { port } = channel.local;
  const uri = `msrp://${uriHost(channel.local.host)}:${port}/${name}${randomBytes(10).toString('hex')};tcp`;
  return {
    uri, port,
    connect: (remotePath) => connect(remotePath, uri),
    accept: (remotePath) => new MsrpPeer({ channel, timeout, ownUri: uri, remotePath }),
    close: () => channel.close(),
  };
}
