import type { Address } from '@simple-im/transport';

/*
 * As much of STUN (RFC 5389) as keepalives over UDP need (RFC 5626 §8): a Binding request without attributes and its
 * response with XOR-MAPPED-ADDRESS.
 */

const BINDING_REQUEST = 0x0001;
const BINDING_RESPONSE = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
const HEADER = 20;
/** The type of an attribute from here on says that who does not know it may ignore it (§15). */
const OPTIONAL = 0x8000;
const IPV4 = 1;
const IPV6 = 2;

export interface StunMessage {
  readonly kind: 'request' | 'response' | 'error';
  /** 12 octets as hex digits. */
  readonly transaction: string;
  /** Of a response: the XOR-MAPPED-ADDRESS, where the server sees us. */
  readonly mapped: Address | undefined;
}

/** Whether a datagram is STUN and not SIP: two zero bits, the magic cookie and a length that fits (RFC 5389 §8). */
export function isStun(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER || ((bytes[0] ?? 0xff) & 0xc0) !== 0) return false;
  const view = viewOf(bytes);
  return view.getUint32(4) === MAGIC_COOKIE && view.getUint16(2) === bytes.length - HEADER && bytes.length % 4 === 0;
}

/** Undefined for what is no Binding message, cannot be read, or asks for an attribute we would have to understand. */
export function decodeStun(bytes: Uint8Array): StunMessage | undefined {
  if (!isStun(bytes)) return undefined;
  const view = viewOf(bytes);
  const kind = kindOf(view.getUint16(0));
  if (kind === undefined) return undefined;
  let mapped: Address | undefined;
  for (let at = HEADER; at < bytes.length;) {
    if (at + 4 > bytes.length) return undefined;
    const type = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (at + 4 + length > bytes.length) return undefined;
    if (kind === 'request' && type < OPTIONAL) return undefined;
    if (type === XOR_MAPPED_ADDRESS) mapped ??= readAddress(bytes, at + 4, length);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return { kind, transaction: hex(bytes.subarray(8, HEADER)), mapped };
}

/** `transaction`: 12 octets that nobody can predict (RFC 5389 §6). */
export function bindingRequest(transaction: Uint8Array): Uint8Array {
  return header(BINDING_REQUEST, transaction, 0);
}

/** The answer to a request, which was read with {@link decodeStun}; undefined for an address that is not numeric. */
export function bindingResponse(request: Uint8Array, from: Address): Uint8Array | undefined {
  const address = octetsOf(from.host);
  if (address === undefined) return undefined;
  const bytes = header(BINDING_RESPONSE, request.subarray(8, HEADER), 8 + address.length);
  const view = viewOf(bytes);
  view.setUint16(HEADER, XOR_MAPPED_ADDRESS);
  view.setUint16(HEADER + 2, 4 + address.length);
  bytes[HEADER + 5] = address.length === 4 ? IPV4 : IPV6;
  view.setUint16(HEADER + 6, from.port ^ (MAGIC_COOKIE >>> 16));
  // §15.2: XORed with the cookie, and beyond it with the transaction id: the header from its fifth octet on.
  address.forEach((octet, i) => (bytes[HEADER + 8 + i] = octet ^ (bytes[4 + i] as number)));
  return bytes;
}

function kindOf(type: number): StunMessage['kind'] | undefined {
  return type === BINDING_REQUEST ? 'request' : type === BINDING_RESPONSE ? 'response' : type === BINDING_ERROR ? 'error' : undefined;
}

function header(type: number, transaction: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(HEADER + length);
  const view = viewOf(bytes);
  view.setUint16(0, type);
  view.setUint16(2, length);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(transaction, 8);
  return bytes;
}

function readAddress(bytes: Uint8Array, at: number, length: number): Address | undefined {
  const family = bytes[at + 1];
  if (!(family === IPV4 && length === 8) && !(family === IPV6 && length === 20)) return undefined;
  const port = viewOf(bytes).getUint16(at + 2) ^ (MAGIC_COOKIE >>> 16);
  const octets = [...bytes.subarray(at + 4, at + length)].map((octet, i) => octet ^ (bytes[4 + i] as number));
  const groups = Array.from({ length: octets.length / 2 }, (_, i) => ((octets[2 * i] as number) * 256 + (octets[2 * i + 1] as number)).toString(16));
  return { host: family === IPV4 ? octets.join('.') : groups.join(':'), port };
}

/** The 4 or 16 octets of a numeric address. */
function octetsOf(host: string): number[] | undefined {
  if (!host.includes(':')) return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? host.split('.').map(Number) : undefined;
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  const hexOnly = tail === null ? host : `${tail[1]}${pair(tail[2], tail[3])}:${pair(tail[4], tail[5])}`;
  const [front = '', back] = (hexOnly.split('%')[0] ?? '').split('::');
  const before = groupsOf(front);
  const after = groupsOf(back ?? '');
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (back === undefined && missing !== 0)) return undefined;
  return [...before, ...new Array<number>(missing).fill(0), ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16) & 0xffff);
}

function pair(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** Octets as hex digits, two each. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
