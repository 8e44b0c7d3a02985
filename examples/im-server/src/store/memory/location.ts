import type { Binding, Bindings, LocationStore } from '../../sip-core/location.js';

/** Bindings that live as long as the process. */
export class MemoryLocationStore implements LocationStore {
  readonly #users = new Map<string, Bindings>();
  /** Of all users together: versions never repeat, so that forgetting a user cannot make an old version valid again. */
  #version = 0;

  async load(aor: string): Promise<Bindings> {
    return this.#users.get(aor) ?? { version: 0, bindings: [] };
  }

  async save(aor: string, version: number, bindings: readonly Binding[]): Promise<boolean> {
    const current = this.#users.get(aor)?.version ?? 0;
    if (current !== version) return false;
    if (bindings.length === 0) this.#users.delete(aor);
    else this.#users.set(aor, { version: ++this.#version, bindings });
    return true;
  }
}
