/*
 * What the IM server says of itself to one user in SDP: what the other user offered or answered, with our own path.
 */
import { utf8 } from '@simple-im/grammar';
import { parseMsrpUri } from '@simple-im/msrp';
import { fingerprintAttribute, formatMsrpAnswer, formatMsrpOffer, negotiateSetup, type MsrpMedia, type SdpOrigin } from '@simple-im/msrp/sdp';
import type { Random } from '@simple-im/transport';

/** Attributes that speak of the other user's own connection: TLS, its reuse, the address to dial (RFC 4572, 4145, 6714). */
const OF_THE_CONNECTION = /^(fingerprint|tls-id|connection|msrp-cema)(:|$)/i;

export class OwnDescription {
  readonly #uri: string;
  readonly #fingerprint: string | undefined;
  readonly #maxSize: number | undefined;
  readonly #sessionId: string;
  #version = 1;
  #text: string | undefined;
  #role: 'active' | 'passive' = 'passive';

  /**
   * `uri`: of our MSRP session towards the user; `fingerprint`: of our certificate, said where the session has TLS; `maxSize`: octets of
   * a message that we take.
   */
  constructor(uri: string, random: Random, { fingerprint, maxSize }: { readonly fingerprint?: string | undefined; readonly maxSize?: number | undefined } = {}) {
    this.#uri = uri;
    this.#fingerprint = fingerprint;
    this.#maxSize = maxSize;
    this.#sessionId = [...random.bytes(4)].reduce((value, octet) => value * 256 + octet, 0).toString();
  }

  /** An offer on behalf of the other user. Both may connect to us, and we to both (RFC 6135 §4.2). */
  offer(theirs: MsrpMedia): Uint8Array {
    return this.#write((origin) => formatMsrpOffer({ ...this.#media(theirs), setup: 'actpass' }, origin));
  }

  /** An answer to `offer` on behalf of the other user; its first m-line over MSRP is accepted, the others are refused. */
  answer(offer: Uint8Array, offered: MsrpMedia, theirs: MsrpMedia): Uint8Array {
    const { answer } = negotiateSetup(offered.setup, this.#role);
    return this.#write((origin) => formatMsrpAnswer(offer, { ...this.#media(theirs), setup: answer }, origin));
  }

  /** What was agreed, so that a later answer says so again. */
  set connects(active: boolean) {
    this.#role = active ? 'active' : 'passive';
  }

  #media(theirs: MsrpMedia): Omit<MsrpMedia, 'setup'> {
    const { host, port = 2855, secure } = parseMsrpUri(this.#uri);
    const { setup: _theirs, maxSize: theirMaxSize, ...media } = theirs;
    const maxSize = Math.min(theirMaxSize ?? Infinity, this.#maxSize ?? Infinity);
    const attributes = theirs.attributes.filter((attribute) => !OF_THE_CONNECTION.test(attribute));
    if (secure && this.#fingerprint !== undefined) attributes.push(fingerprintAttribute(this.#fingerprint));
    return { ...media, secure, attributes, address: { host, port }, path: [this.#uri], ...(maxSize === Infinity ? {} : { maxSize }) };
  }

  /** The version goes up with a change and only then (RFC 3264 §8). */
  #write(describe: (origin: SdpOrigin) => string): Uint8Array {
    const text = describe({ sessionId: this.#sessionId, version: this.#version });
    if (this.#text === undefined || text === this.#text) this.#text = text;
    else this.#text = describe({ sessionId: this.#sessionId, version: (this.#version += 1) });
    return utf8(this.#text);
  }
}
