/* Whether there is anything to test: a run against a target that is not there is no verdict on it. */
import type { Feature, SipAddress, Target } from './profile.js';
import { conformanceError } from './errors.js';
import { ExpectationFailed } from './expectation.js';
import { openTcp, openTcpWithListener, openUdp, uriHost, type Channel, type HostPort, type Wire } from './raw-peer.js';
import { SipPeer } from './raw-sip.js';

const silent: Wire = { add: () => undefined };

/** Throws CONFORMANCE_NOT_REACHABLE unless every address of the target answers within `timeout` milliseconds. */
export async function reach(target: Target, timeout: number): Promise<void> {
  await Promise.all([
    ...target.sip.map((address) => named(`--sip ${address.transport}:${uriHost(address.host)}:${address.port}`, () => sipAnswers(target, address, timeout))),
    ...(target.msrp ?? []).map((address) => named(`--msrp tcp:${uriHost(address.host)}:${address.port}`, () => accepts(address, timeout))),
    ...(target.xcap === undefined ? [] : [named(`--xcap ${target.xcap}`, () => accepts(addressOfUrl(target.xcap ?? ''), timeout))]),
  ]);
}

async function named(option: string, probe: () => Promise<void>): Promise<void> {
  try {
    await probe();
  } catch (error) {
    if (!(error instanceof ExpectationFailed)) throw error;
    throw conformanceError('CONFORMANCE_NOT_REACHABLE', { detail: `${option}: ${error.message}`, cause: error });
  }
}

/** Opens the channel a SIP peer talks over. */
export function openSip(address: SipAddress, label: string, wire: Wire, timeout: number): Promise<Channel> {
  return address.transport === 'udp' ? openUdp(address, label, wire) : openTcpWithListener(address, label, wire, timeout);
}

/** Any SIP message at all is enough: what it says is for the cases. */
async function sipAnswers(target: Target, address: SipAddress, timeout: number): Promise<void> {
  const channel = await openSip(address, 'probe', silent, timeout);
  const peer = new SipPeer({ channel, transport: address.transport, domain: target.domain, timeout, user: undefined });
  try {
    const options = peer.send(`
      OPTIONS sip:{domain} SIP/2.0
      Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
      Max-Forwards: 70
      From: <sip:probe@{domain}>;tag={tag}
      To: <sip:{domain}>
      Call-ID: {callId}
      CSeq: {cseq} OPTIONS
      Content-Length: 0
    `);
    const again = address.transport === 'udp' ? setInterval(() => peer.sendOctets(options), 500) : undefined;
    try {
      await peer.expect('SIP/2.0 ');
    } finally {
      clearInterval(again);
    }
  } finally {
    await peer.close();
  }
}

async function accepts(address: HostPort, timeout: number): Promise<void> {
  await (await openTcp(address, 'probe', silent, timeout)).close();
}

function addressOfUrl(url: string): HostPort {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? standard : Number(port) };
}

/** The address of an MSRP URI. */
export function addressOfMsrp(uri: string): HostPort {
  const found = /^msrps?:\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^:/;]+))(?::(\d+))?/.exec(uri);
  if (found === null) throw new ExpectationFailed(`the target's path is no MSRP URI: ${JSON.stringify(uri)}`);
  return { host: found[1] ?? found[2] ?? '', port: Number(found[3] ?? 2855) };
}

/** The first address of this kind; a case that wants another kind lists it in `needs`, so it is there. */
export function sipAddressOf({ sip }: Target, transport?: 'udp' | 'tcp'): SipAddress {
  const found = sip.find((address) => transport === undefined || address.transport === transport);
  if (found === undefined) throw new Error(`the case uses SIP over ${transport} without needing ${`sip-${transport}` satisfies string as Feature}`);
  return found;
}
