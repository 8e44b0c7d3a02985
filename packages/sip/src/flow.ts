import type { Address, Random } from '@simple-im/transport';

export type TransportName = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

/** A way to one peer: a connection, or a UDP socket with the peer's address. */
export interface Flow {
  /** Unique among all flows of all endpoints, also across restarts. */
  readonly id: string;
  readonly transport: TransportName;
  /** False for UDP, where the transaction layer retransmits. */
  readonly reliable: boolean;
  readonly local: Address;
  readonly remote: Address;
  /** `host[:port]` that our Via carries on this flow; IPv6 in brackets. */
  readonly sentBy: string;
  /**
   * The SIP domains the peer's certificate speaks for (RFC 5922 §7.1), in lower case; empty without a certificate that
   * leads to a trusted root. What a server may know a TLS client by (§7.4).
   */
  readonly identities?: readonly string[] | undefined;
  /** The peer may send its own requests over this connection, and our Via says so (RFC 5923 §6). */
  readonly alias?: boolean | undefined;
}

const MAGIC_COOKIE = 'z9hG4bK';

/**
 * Our topmost Via for a request on `flow` (§8.1.1.7), asking for `rport` over UDP (RFC 3581 §3) and offering `alias` on a
 * connection between servers (RFC 5923 §8.1), and with `keep` to send keepalives (RFC 6223 §4.3).
 */
export function viaFor(flow: Flow, branch: string, keep = false): string {
  const more = flow.transport === 'UDP' ? ';rport' : flow.alias === true ? ';alias' : '';
  return `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${branch}${more}${keep ? ';keep' : ''}`;
}

/** Whether a flow or target is secured by TLS, as every hop to a sips URI must be (§26.2.2). */
export function isSecure({ transport }: { readonly transport: TransportName }): boolean {
  return transport === 'TLS' || transport === 'WSS';
}

/** Characters are written here: a text in one piece is made in a third of the time, and takes half the room, of one put together. */
const branch = Array.from(MAGIC_COOKIE + '0'.repeat(32), codeOf);

/** A branch nobody can guess: the magic cookie and 128 random bits. */
export function newBranch(random: Random): string {
  writeHex(branch, MAGIC_COOKIE.length, random.bytes(16));
  return String.fromCharCode(...branch);
}

/** A To or From tag; §19.3 asks for 32 random bits at least, these are 64. */
export function newTag(random: Random): string {
  return randomHex(random, 8);
}

export function randomHex(random: Random, octets: number): string {
  const codes: number[] = [];
  writeHex(codes, 0, random.bytes(octets));
  return String.fromCharCode(...codes);
}

const DIGITS = Array.from('0123456789abcdef', codeOf);

function writeHex(codes: number[], from: number, octets: Uint8Array): void {
  let at = from;
  for (const octet of octets) {
    codes[at] = DIGITS[octet >> 4] as number;
    codes[at + 1] = DIGITS[octet & 15] as number;
    at += 2;
  }
}

function codeOf(char: string): number {
  return char.charCodeAt(0);
}

/** Whether a branch was made under RFC 3261 (§8.1.1.7), so that it identifies a transaction by itself. */
export function hasMagicCookie(branch: string | undefined): branch is string {
  return branch !== undefined && branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE);
}
