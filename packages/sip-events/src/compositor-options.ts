import type { SipRequest, UserAgent } from '@simple-im/sip';
import type { PublicationStore } from './publication-store.js';

/** What may be published. */
export interface PublishablePackage {
  readonly name: string;
  /** Media types taken; another is answered 415. */
  readonly contentTypes: readonly string[];
  /** Seconds when the PUBLISH does not say. Default 3600. */
  readonly defaultExpires?: number | undefined;
}

export interface CompositorLimits {
  /** Publications at once; further ones are answered 503. Default 100,000. */
  readonly maxPublications: number;
  /** Publications of one resource in one package; further ones are answered 403. Default 32. */
  readonly maxPerResource: number;
  /** PUBLISHes of one resource that may wait for the one before them; further ones are answered 503. Default 64. */
  readonly maxWaiting: number;
  /** Octets; a larger body is answered 413. Default 65,536. */
  readonly maxBody: number;
  /** Seconds; less is answered 423. Default 60. */
  readonly minExpires: number;
  /** Seconds; more is shortened. Default 86,400. */
  readonly maxExpires: number;
}

export const DEFAULT_COMPOSITOR_LIMITS: CompositorLimits = {
  maxPublications: 100_000, maxPerResource: 32, maxWaiting: 64, maxBody: 65_536, minExpires: 60, maxExpires: 86_400,
};

/** Who asks to publish what, for the policy. */
export interface PublicationRequest {
  readonly package: string;
  readonly resource: string;
  /** The URI of From: not authenticated by this package. */
  readonly publisher: string;
  readonly request: SipRequest;
}

export interface CompositorOptions {
  readonly agent: UserAgent;
  readonly packages: readonly PublishablePackage[];
  /** Default: in memory. */
  readonly store?: PublicationStore | undefined;
  /** Who may publish. Default: everybody, everything. A status refuses, 401 with a challenge among `headers`. */
  readonly policy?: ((asked: PublicationRequest) => PublicationVerdict | Promise<PublicationVerdict>) | undefined;
  /** The name of the resource a PUBLISH is for; undefined: 404. Default: the Request-URI without parameters, port and case. */
  readonly resource?: ((request: SipRequest) => string | undefined) | undefined;
  /** After a publication was added, replaced, removed or has expired: the state of the resource is another one. */
  readonly onChange?: ((event: string, resource: string) => void) | undefined;
  readonly limits?: Partial<CompositorLimits> | undefined;
}

export type PublicationVerdict =
  | 'allowed'
  | { readonly status: number; readonly headers?: readonly (readonly [name: string, value: string])[] };
