/**
 * `m=message` offers and answers (RFC 4975 §8) with the connection direction of RFC 6135, for use with any SIP stack.
 */
import type { Address } from '@simple-im/transport';
import { utf8Text } from '@simple-im/grammar';
import { parse, write, type SessionDescription } from 'sdp-transform';
import { msrpError } from './errors.js';
import { acceptsType, formatEntries } from './accept-types.js';
import { parseMsrpUri } from './uri.js';
import { negotiateSetup, type OfferedSetup, type Setup } from './setup.js';

export { acceptsType, negotiateSetup, type OfferedSetup, type Setup };
export { connectionRole, type Negotiated } from './setup.js';
export { fingerprintAttribute, fingerprintsOf, matchesFingerprint, type Fingerprint } from './fingerprint.js';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One `m=message` section. */
export interface MsrpMedia {
  /**
   * The c-line's host and the m-line's port. Not where to connect: that is the first URI of `path` (RFC 4975 §8.1),
   * except under CEMA (RFC 6714).
   */
  readonly address: Address;
  /** `TCP/TLS/MSRP`. */
  readonly secure: boolean;
  /** URIs to visit, the nearest first; the last one is the session (RFC 4975 §8.2). */
  readonly path: readonly string[];
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes?: readonly string[];
  /** Octets of a whole message; a hint (RFC 4975 §8.6). */
  readonly maxSize?: number;
  /** Absent where RFC 4975 alone decides: the offerer connects. */
  readonly setup?: Setup;
  readonly direction: Direction;
  /** Every other attribute of the section as it stood, without `a=`: `file-selector:...`, `fingerprint:...`. */
  readonly attributes: readonly string[];
}

/** What to write; what is absent takes its default: `actpass` in an offer, `passive` in an answer, `sendrecv`. */
export type MediaToWrite = Omit<MsrpMedia, 'direction' | 'attributes' | 'secure'> & Partial<Pick<MsrpMedia, 'direction' | 'attributes' | 'secure'>>;

/** The o-line's varying parts (RFC 4566 §5.2). */
export interface SdpOrigin {
  /** Decimal digits. */
  readonly sessionId: string | number;
  /** Up by one with every change, the same when nothing changed (RFC 4975 §8.4). */
  readonly version: number;
  readonly username?: string;
}

export interface SdpLimits {
  /** Octets of the whole description. Default 65,536. */
  readonly maxBytes: number;
  /** Characters of one line. Default 8,192. */
  readonly maxLineLength: number;
  /** Lines. Default 1,000. */
  readonly maxLines: number;
  /** URIs in one path attribute. Default 10. */
  readonly maxPathUris: number;
}

export const defaultSdpLimits: SdpLimits = { maxBytes: 65_536, maxLineLength: 8192, maxLines: 1000, maxPathUris: 10 };

interface Section { readonly line: string; readonly connection: string | undefined; readonly attributes: readonly string[] }
interface Description { readonly session: Omit<Section, 'line'>; readonly timing: string | undefined; readonly media: readonly Section[] }

/**
 * The first `m=message` section over MSRP with a port other than 0. Errors: `MSRP_SDP_TOO_LARGE`, `MSRP_SDP_INVALID`,
 * and with status 488 `MSRP_SDP_NO_MEDIA`, `MSRP_SDP_NO_PATH`, `MSRP_SDP_NO_ACCEPT_TYPES`.
 */
export function parseMsrpSdp(body: Uint8Array | string, limits: Partial<SdpLimits> = {}): MsrpMedia {
  const bounds = { ...defaultSdpLimits, ...limits };
  const description = readLines(body, bounds);
  return readMedia(description, description.media[usableMedia(description)] as Section, bounds);
}

/** An offer with one m-line. RFC 6135 §4.2.2 forbids to offer `passive` and to send `holdconn`: `MSRP_SDP_SETUP`. */
export function formatMsrpOffer(media: MediaToWrite, origin: SdpOrigin): string {
  const setup = media.setup ?? 'actpass';
  if (setup === 'passive' || setup === 'holdconn') throw msrpError('MSRP_SDP_SETUP', { detail: `${setup} in an offer` });
  return writeSdp(media, origin, [{ ...messageLine(media), attributes: attributeLines(media, setup) }], undefined);
}

/** An answer: the m-line that {@link parseMsrpSdp} chooses is accepted, every other one refused with port 0 (RFC 3264 §6). */
export function formatMsrpAnswer(offer: Uint8Array | string, media: MediaToWrite, origin: SdpOrigin, limits: Partial<SdpLimits> = {}): string {
  const description = readLines(offer, { ...defaultSdpLimits, ...limits });
  const accepted = usableMedia(description);
  const setup = media.setup ?? 'passive';
  if (setup !== 'active' && setup !== 'passive') throw msrpError('MSRP_SDP_SETUP', { detail: `${setup} in an answer` });
  const lines = description.media.map((section, index) => {
    if (index === accepted) return { ...messageLine(media), attributes: attributeLines(media, setup) };
    return { ...mediaLine(section.line), port: 0, attributes: [] };
  });
  return writeSdp(media, origin, lines, description.timing);
}

/** Cut into sections by hand: sdp-transform reorders attributes, and we keep them as they came. */
function readLines(body: Uint8Array | string, limits: SdpLimits): Description {
  if (body.length > limits.maxBytes) throw msrpError('MSRP_SDP_TOO_LARGE', { detail: `${body.length} octets` });
  const lines = (typeof body === 'string' ? body : utf8Text(body)).split(/\r\n|\r|\n/);
  if (lines.length > limits.maxLines + 1) throw msrpError('MSRP_SDP_TOO_LARGE', { detail: `${lines.length} lines` });
  const sections: { line: string; connection: string | undefined; attributes: string[] }[] = [{ line: '', connection: undefined, attributes: [] }];
  let timing: string | undefined;
  for (const line of lines) {
    if (line.length > limits.maxLineLength) throw msrpError('MSRP_SDP_TOO_LARGE', { detail: `a line of ${line.length} characters` });
    const section = sections[sections.length - 1] as (typeof sections)[number];
    const value = line.slice(2);
    if (line.startsWith('m=')) sections.push({ line: value, connection: undefined, attributes: [] });
    else if (line.startsWith('a=')) section.attributes.push(value);
    else if (line.startsWith('c=')) section.connection ??= value;
    else if (line.startsWith('t=') && sections.length === 1) timing ??= value;
  }
  const [session, ...media] = sections;
  return { session: session as Section, timing, media };
}

/** RFC 4975 §8.1: `m=message PORT TCP/MSRP *`, or `TCP/TLS/MSRP`. */
function usableMedia(description: Description): number {
  const index = description.media.findIndex((section) => {
    const { type, port, protocol } = mediaLine(section.line);
    return type === 'message' && port !== 0 && /^TCP\/(TLS\/)?MSRP$/i.test(protocol);
  });
  if (index < 0) throw msrpError('MSRP_SDP_NO_MEDIA');
  return index;
}

function readMedia(description: Description, section: Section, limits: SdpLimits): MsrpMedia {
  const { port, protocol } = mediaLine(section.line);
  const own = new Attributes(section.attributes);
  const session = new Attributes(description.session.attributes);
  const path = own.take('path')?.trim().split(/ +/);
  if (path === undefined || path[0] === '') throw msrpError('MSRP_SDP_NO_PATH');
  if (path.length > limits.maxPathUris) throw msrpError('MSRP_SDP_TOO_LARGE', { detail: `a path of ${path.length} URIs` });
  for (const uri of path) parseMsrpUri(uri);
  const acceptTypes = own.take('accept-types');
  if (acceptTypes === undefined) throw msrpError('MSRP_SDP_NO_ACCEPT_TYPES');
  const wrapped = own.take('accept-wrapped-types');
  const maxSize = own.take('max-size')?.trim();
  const setup = own.take('setup') ?? session.take('setup');
  return {
    address: { host: connectionHost(section.connection ?? description.session.connection), port },
    secure: /TLS/i.test(protocol),
    path,
    acceptTypes: formatEntries(acceptTypes),
    ...(wrapped === undefined ? {} : { acceptWrappedTypes: formatEntries(wrapped) }),
    ...(maxSize !== undefined && /^\d{1,15}$/.test(maxSize) ? { maxSize: Number(maxSize) } : {}),
    ...(isSetup(setup?.trim().toLowerCase()) ? { setup: setup?.trim().toLowerCase() as Setup } : {}),
    direction: own.takeDirection() ?? session.takeDirection() ?? 'sendrecv',
    // A fingerprint of the session is that of each of its sections that has none (RFC 8122 §5).
    attributes: own.rest.some(isFingerprint) ? own.rest : [...own.rest, ...session.rest.filter(isFingerprint)],
  };
}

/** Attributes of one section; what was asked for is taken out, the rest keeps its order. */
class Attributes {
  readonly rest: string[];

  constructor(lines: readonly string[]) {
    this.rest = [...lines];
  }

  take(name: string): string | undefined {
    const index = this.rest.findIndex((line) => line.startsWith(`${name}:`));
    return index < 0 ? undefined : this.rest.splice(index, 1)[0]?.slice(name.length + 1);
  }

  takeDirection(): Direction | undefined {
    const index = this.rest.findIndex((line) => /^(sendrecv|sendonly|recvonly|inactive)$/.test(line));
    return index < 0 ? undefined : this.rest.splice(index, 1)[0] as Direction;
  }
}

function isFingerprint(attribute: string): boolean {
  return attribute.startsWith('fingerprint:');
}

function isSetup(value: string | undefined): value is Setup {
  return value === 'active' || value === 'passive' || value === 'actpass' || value === 'holdconn';
}

function mediaLine(line: string): { type: string; port: number; protocol: string; payloads: string } {
  const [type = '', port = '', protocol = '', ...formats] = line.split(' ');
  const digits = /^(\d{1,5})(\/\d{1,5})?$/.exec(port)?.[1];
  if (digits === undefined || type === '' || protocol === '') throw msrpError('MSRP_SDP_INVALID', { detail: 'an m-line without type, port or protocol' });
  return { type, port: Number(digits), protocol, payloads: formats.join(' ') };
}

function connectionHost(line: string | undefined): string {
  if (line === undefined) throw msrpError('MSRP_SDP_INVALID', { detail: 'no c-line' });
  const host = parse(`c=${line}\r\n`).connection?.ip;
  if (host === undefined || host === '') throw msrpError('MSRP_SDP_INVALID', { detail: 'a c-line without address' });
  return String(host);
}

function messageLine(media: MediaToWrite): { type: string; port: number; protocol: string; payloads: string } {
  return { type: 'message', port: media.address.port, protocol: media.secure === true ? 'TCP/TLS/MSRP' : 'TCP/MSRP', payloads: '*' };
}

function attributeLines(media: MediaToWrite, setup: OfferedSetup): string[] {
  return [
    `accept-types:${media.acceptTypes.join(' ')}`,
    ...(media.acceptWrappedTypes === undefined ? [] : [`accept-wrapped-types:${media.acceptWrappedTypes.join(' ')}`]),
    ...(media.maxSize === undefined ? [] : [`max-size:${media.maxSize}`]),
    `setup:${setup}`,
    `path:${media.path.join(' ')}`,
    media.direction ?? 'sendrecv',
    ...(media.attributes ?? []),
  ];
}

interface LineToWrite { readonly type: string; readonly port: number; readonly protocol: string; readonly payloads: string; readonly attributes: readonly string[] }

/** Every attribute goes through sdp-transform's `invalid` list, which it writes in our order: the text never moves. */
function writeSdp(media: MediaToWrite, origin: SdpOrigin, lines: readonly LineToWrite[], timing: string | undefined): string {
  const { host } = media.address;
  const ipVer = host.includes(':') ? 6 : 4;
  const [start = 0, stop = 0] = /^\d{1,15} \d{1,15}$/.test(timing ?? '') ? (timing as string).split(' ').map(Number) : [];
  const username = origin.username ?? '-';
  for (const word of [username, host, ...media.path]) refuseUnless(/^[^\s]+$/, word);
  refuseUnless(/^\d+$/, String(origin.sessionId));
  for (const line of lines) for (const text of line.attributes) refuseUnless(/^[^\r\n\0]+$/, text);
  const description: SessionDescription = {
    version: 0,
    origin: { username, sessionId: origin.sessionId, sessionVersion: origin.version, netType: 'IN', ipVer, address: host },
    name: '-',
    connection: { version: ipVer, ip: host },
    timing: { start, stop },
    media: lines.map(({ attributes, ...line }) => ({ ...line, rtp: [], fmtp: [], invalid: attributes.map((value) => ({ value })) })),
  };
  return write(description);
}

/** What the caller gave must not be able to add a line. */
function refuseUnless(pattern: RegExp, text: string): void {
  if (!pattern.test(text)) throw msrpError('MSRP_SDP_NOT_WRITABLE');
}
