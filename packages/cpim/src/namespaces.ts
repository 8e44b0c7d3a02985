/** The namespace of From, To, cc, DateTime, Subject, NS and Require (RFC 3862 §4). It is also the default namespace (§7.1). */
export const CPIM_HEADERS = 'urn:ietf:params:cpim-headers:';
/** The namespace of the headers of RFC 5438 §6.1. That of the XML document is another one. */
export const IMDN_HEADERS = 'urn:ietf:params:imdn';

/** A name whoever wrote it meant: `name` within `namespace`. */
export interface QualifiedName {
  readonly namespace: string;
  readonly name: string;
}

/** The prefixes declared so far (RFC 3862 §3.4); the empty one is the default namespace. */
export class PrefixScope {
  private readonly declared = new Map([['', CPIM_HEADERS]]);
  private readonly liberal: boolean;

  constructor(liberal: boolean) {
    this.liberal = liberal;
  }

  declare(prefix: string, namespace: string): void {
    this.declared.set(prefix, namespace);
  }

  /**
   * `undefined` for a prefix without a declaration. Liberal: `imdn` then means what it always does (the example of RFC 5438
   * §8.1 has no NS header either), and any other prefix an unknown namespace, the empty one, whose headers are ignored.
   */
  namespaceOf(prefix: string): string | undefined {
    const namespace = this.declared.get(prefix);
    if (namespace !== undefined || !this.liberal) return namespace;
    return prefix === 'imdn' ? IMDN_HEADERS : '';
  }

  isDeclared(prefix: string): boolean {
    return this.declared.has(prefix);
  }

  /** A prefix that stands for the namespace here. */
  prefixOf(namespace: string): string | undefined {
    for (const [prefix, declared] of this.declared) if (declared === namespace) return prefix;
    return undefined;
  }
}
