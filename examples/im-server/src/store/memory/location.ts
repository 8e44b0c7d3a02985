import type { Soon } from '../../soon.js';
import type { Binding, Bindings, LocationStore } from '../../sip-core/location.js';

const NEVER_SAVED: Bindings = { version: 0, bindings: [] };

/** Bindings that live as long as the process. */
export class MemoryLocationStore implements LocationStore {
  readonly #users = new Map<string, Bindings>();
  /** Of all users together: versions never repeat, so that forgetting a user cannot make an old version valid again. */
  #version = 0;

  load(aor: string): Soon<Bindings> {
    return this.#users.get(aor) ?? NEVER_SAVED;
  }

  save(aor: string, version: number, bindings: readonly Binding[]): Soon<boolean> {
    const current = this.#users.get(aor)?.version ?? 0;
    if (current !== version) return false;
    if (bindings.length === 0) this.#users.delete(aor);
    else this.#users.set(aor, { version: ++this.#version, bindings });
    return true;
  }
}
