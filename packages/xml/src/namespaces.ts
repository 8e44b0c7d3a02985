import type { XmlFail } from './errors.js';
import { isNcName } from './names.js';
import { XML_NAMESPACE, XMLNS_NAMESPACE, type XmlName } from './tree.js';

/**
 * The prefixes bound at the point that is being read (Namespaces in XML 1.0 §6.1). A lookup takes the same time at any
 * depth: each prefix has its own list of bindings, the innermost last.
 */
export class NamespaceScope {
  private readonly bindings = new Map<string, string[]>([['xml', [XML_NAMESPACE]], ['xmlns', [XMLNS_NAMESPACE]]]);

  private readonly fail: XmlFail;

  constructor(fail: XmlFail, outer: ReadonlyMap<string, string> = new Map()) {
    this.fail = fail;
    for (const [prefix, namespace] of outer) if (prefix !== 'xml' && prefix !== 'xmlns') this.bindings.set(prefix, [namespace]);
  }

  /** Binds a prefix; the empty prefix is the default namespace, the empty namespace takes it back. */
  declare(prefix: string, namespace: string): void {
    if (!isDeclarable(prefix, namespace)) throw this.fail('XML_BAD_NAMESPACE', `declaration of the prefix "${prefix.slice(0, 40)}"`);
    const list = this.bindings.get(prefix);
    if (list === undefined) this.bindings.set(prefix, [namespace]);
    else list.push(namespace);
  }

  /** Ends what {@link declare} began. */
  withdraw(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.bindings.get(prefix)?.pop();
  }

  /** The name of an element or, with `isAttribute`, of an attribute, for which the default namespace does not count (§6.2). */
  resolve(name: string, isAttribute: boolean): XmlName {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const local = name.slice(colon + 1);
    // The reader has seen to it that the whole is a Name; only a colon can still make it a wrong QName.
    if (colon >= 0 && !(isNcName(prefix) && isNcName(local))) throw this.fail('XML_BAD_NAMESPACE', name.slice(0, 40));
    if (prefix === '') {
      if (!isAttribute) return { name, prefix, local, namespace: this.lookUp('') ?? '' };
      return { name, prefix, local, namespace: name === 'xmlns' ? XMLNS_NAMESPACE : '' };
    }
    if (prefix === 'xmlns' && !isAttribute) throw this.fail('XML_BAD_NAMESPACE', 'an element has the prefix xmlns');
    const namespace = this.lookUp(prefix);
    if (namespace === undefined) throw this.fail('XML_UNBOUND_PREFIX', prefix.slice(0, 40));
    return { name, prefix, local, namespace };
  }

  private lookUp(prefix: string): string | undefined {
    return this.bindings.get(prefix)?.at(-1);
  }
}

/** The prefix an attribute declares, or `undefined` when it declares none. */
export function declaredPrefix(attributeName: string): string | undefined {
  if (attributeName === 'xmlns') return '';
  return attributeName.startsWith('xmlns:') ? attributeName.slice('xmlns:'.length) : undefined;
}

/** Namespaces in XML 1.0 §3 on the reserved prefixes, §5 on taking back: only the default namespace can be. */
function isDeclarable(prefix: string, namespace: string): boolean {
  return prefix !== 'xmlns'
    && namespace !== XMLNS_NAMESPACE
    && (prefix === 'xml') === (namespace === XML_NAMESPACE)
    && (prefix === '' || namespace !== '');
}
