/* Whether there is anything to test: a run against a target that is not there is no verdict on it. */
import type { Target } from './profile.js';
import { conformanceError } from './errors.js';
import { ExpectationFailed } from './expectation.js';
import { openMsrp, openSip } from './open.js';
import { openTcp, type HostPort, type Wire } from './raw-peer.js';
import { SipPeer } from './raw-sip.js';
import { addressText, type MsrpAddress, type SipAddress } from './target-address.js';

const silent: Wire = { add: () => undefined };

/** Throws CONFORMANCE_NOT_REACHABLE unless every address of the target answers within `timeout` milliseconds. */
export async function reach(target: Target, timeout: number): Promise<void> {
  await Promise.all([
    ...target.sip.map((address) => named(optionOf('sip', address), () => sipAnswers(target, address, timeout))),
    ...(target.msrp ?? []).map((address) => named(optionOf('msrp', address), () => msrpAccepts(target, address, timeout))),
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

function optionOf(what: 'sip' | 'msrp', address: SipAddress): string {
  if (address.path === undefined) return `--${what} ${addressText(address)}`;
  return `--${what === 'sip' ? 'ws' : 'msrp-ws'} ${addressText(address)}`;
}

/** Any SIP message at all is enough: what it says is for the cases. */
async function sipAnswers(target: Target, address: SipAddress, timeout: number): Promise<void> {
  const { channel } = await openSip(target, address, { label: 'probe', wire: silent, timeout });
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

async function msrpAccepts(target: Target, address: MsrpAddress, timeout: number): Promise<void> {
  await (await openMsrp(target, address, { label: 'probe', wire: silent, timeout })).close();
}

async function accepts(address: HostPort, timeout: number): Promise<void> {
  await (await openTcp(address, 'probe', silent, timeout)).close();
}

function addressOfUrl(url: string): HostPort {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? standard : Number(port) };
}
