/*
 * GRUUs of our users' devices (RFC 5627 §5.4): the public one is the address-of-record with the instance in `gr`, and a mark behind it that
 * tells it from one that we never gave; a temporary one holds both encrypted in its user part. Neither needs a table, so that a public
 * one is good for as long as the user is; whether a temporary one still counts is told by the epoch that the bindings of the instance have.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { isSipUri, Params, parseUri, type SipUri, type Uri } from '@simple-im/grammar';
import { userOf } from './address-of-record.js';
import type { Binding } from './location.js';
import type { OwnAddresses } from './own-addresses.js';

/** Whom a Request-URI means: a user, or with `isBound` one device of the user. */
export interface Recipient {
  readonly aor: string;
  /** There for a GRUU: whether a binding belongs to it. */
  readonly isBound?: (binding: Binding) => boolean;
  /** What a GRUU without bindings is answered: 480 for one that may come back, 404 for one that never will (§5.3, §5.1). */
  readonly unbound?: 404 | 480;
}

const IV_OCTETS = 12;
const TAG_OCTETS = 16;
const EPOCH_OCTETS = 8;
const INSTANCE_OCTETS = 16;
/** User parts are filled up to a multiple of this, so that their length says little of whose it is (§5.1 property 2). */
const USER_BLOCK = 16;
/** What an instance ID is (RFC 5626 §4.1). */
const INSTANCE = /^<(urn:[^<>]+)>$/i;
/** The instance and its mark; in lower case, since parameters of URIs compare so. */
const PUBLIC = /^(urn:.+)\.([0-9a-f]{20})$/;

export class Gruus {
  readonly #key: Uint8Array;
  readonly #markKey: Uint8Array;
  readonly #own: OwnAddresses;

  /** `key`: 32 octets, the same on every node that shares users. */
  constructor(key: Uint8Array, own: OwnAddresses) {
    this.#key = key;
    this.#markKey = createHmac('sha256', key).update('public').digest();
    this.#own = own;
  }

  /** The public GRUU (§5.4); undefined for an instance that is no URN. `instance` as in `+sip.instance`, angle brackets included. */
  publicGruu(aor: string, instance: string): string | undefined {
    const urn = INSTANCE.exec(instance)?.[1];
    return urn === undefined ? undefined : `${aor}${Params.of({ gr: `${urn}.${this.#publicMark(aor, urn.toLowerCase())}` }, 'uri').toString()}`;
  }

  /** The temporary GRUU of this name, which ends with the epoch like all of them (§5.1); `name` from {@link newTemporary}, for this epoch alone. */
  temporaryGruu(aor: string, instance: string, epoch: string, name = newTemporary()): string | undefined {
    const uri = parseUri(aor);
    if (!INSTANCE.test(instance) || !isSipUri(uri)) return undefined;
    const user = Buffer.from(uri.user ?? '');
    const filling = Buffer.alloc((USER_BLOCK - (user.length % USER_BLOCK)) % USER_BLOCK);
    const iv = Buffer.from(name, 'base64url');
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = cipher.update(Buffer.concat([markOf(epoch, EPOCH_OCTETS), markOf(instance, INSTANCE_OCTETS), user, filling]));
    const token = Buffer.concat([iv, sealed, cipher.final(), cipher.getAuthTag()]).toString('base64url');
    return `sip:${token}@${this.#own.domain};gr`;
  }

  /** Whom a URI of our domain means; undefined for a GRUU that we never gave (404, §6.1). */
  recipientOf(uri: Uri): Recipient | undefined {
    if (!isSipUri(uri) || !uri.params.has('gr')) return { aor: userOf(uri) };
    const value = uri.params.get('gr') ?? '';
    if (value === '') return this.#temporary(uri);
    const [, urn, mark] = PUBLIC.exec(value.toLowerCase()) ?? [];
    const aor = userOf(uri);
    if (urn === undefined || mark !== this.#publicMark(aor, urn)) return undefined;
    return { aor, isBound: (binding) => binding.instance?.toLowerCase() === `<${urn}>`, unbound: 480 };
  }

  #publicMark(aor: string, urn: string): string {
    return createHmac('sha256', this.#markKey).update(`${aor} ${urn}`).digest('hex').slice(0, 20);
  }

  /** Whether a URI is a GRUU of our domain by its looks. */
  isGruu(uri: Uri): uri is SipUri {
    return isSipUri(uri) && uri.params.has('gr') && this.#own.isOurDomain(uri);
  }

  #temporary({ user = '' }: SipUri): Recipient | undefined {
    const token = Buffer.from(user, 'base64url');
    const end = token.length - TAG_OCTETS;
    if (end < IV_OCTETS + EPOCH_OCTETS + INSTANCE_OCTETS || token.toString('base64url') !== user) return undefined;
    const plain = this.#open(token.subarray(0, IV_OCTETS), token.subarray(IV_OCTETS, end), token.subarray(end));
    if (plain === undefined) return undefined;
    const epoch = plain.subarray(0, EPOCH_OCTETS);
    const instance = plain.subarray(EPOCH_OCTETS, EPOCH_OCTETS + INSTANCE_OCTETS);
    const name = plain.subarray(EPOCH_OCTETS + INSTANCE_OCTETS).toString().replace(/\0+$/, '');
    return {
      aor: `sip:${name}@${this.#own.domain}`,
      isBound: (binding) => binding.gruuEpoch !== undefined && epoch.equals(markOf(binding.gruuEpoch, EPOCH_OCTETS))
        && instance.equals(markOf(binding.instance ?? '', INSTANCE_OCTETS)),
      unbound: 404,
    };
  }

  /** Undefined for a token that is not of our making. */
  #open(iv: Buffer, sealed: Buffer, tag: Buffer): Buffer | undefined {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, iv, { authTagLength: TAG_OCTETS });
    decipher.setAuthTag(tag);
    const plain = decipher.update(sealed);
    try {
      return Buffer.concat([plain, decipher.final()]);
    } catch {
      // The only thing `final` fails for is a tag that does not fit: somebody else's token.
      return undefined;
    }
  }
}

/** An epoch is over when the next one begins; it is random, so that no two of one instance are the same. */
export function newEpoch(): string {
  return randomBytes(9).toString('base64url');
}

/** The name of one temporary GRUU: what its cipher begins with, so no two may be the same. */
export function newTemporary(): string {
  return randomBytes(IV_OCTETS).toString('base64url');
}

function markOf(text: string, octets: number): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, octets);
}
