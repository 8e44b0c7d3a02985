import type { Candidates } from './failover-candidates.js';
import type { Locator } from './locator.js';
import type { Target } from './resolve.js';

/** Where the requests of a dialog go, read once from a remote target that names an address. */
export class KnownPlace {
  #uri: string | undefined;
  #targets: readonly Target[] | undefined;

  /** The places for a request to a URI, as {@link Locator.candidates} gives them. */
  candidates(locator: Locator, uri: string): Candidates {
    if (uri !== this.#uri) {
      const target = locator.atOnce(uri);
      this.#uri = uri;
      this.#targets = target === undefined ? undefined : [target];
    }
    return this.#targets === undefined ? locator.candidates(uri) : locator.candidatesAmong(this.#targets);
  }
}
