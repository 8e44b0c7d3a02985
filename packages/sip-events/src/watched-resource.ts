import { entityTagOf } from './entity-tag.js';
import type { EventPackage, StateDocument, Watcher } from './event-package.js';
import type { ServedSubscription } from './served-subscription.js';

/** A document with the entity tag of the whole state it belongs to. */
export interface TaggedState {
  readonly document: StateDocument | undefined;
  readonly etag: string;
}

/** Changes kept for watchers that fall behind; whoever is further behind is sent the whole state. */
const MAX_CHANGES = 64;

/** A resource with subscriptions to it in one package: its changes, and the documents made since the last of them. */
export class WatchedResource {
  readonly uri: string;
  readonly package: EventPackage;
  readonly subscriptions = new Set<ServedSubscription>();
  /** Counts the changes. */
  generation = 0;
  #changes: unknown[] = [];
  /** Asked for last, and as a rule by the next watcher too: `accepts` is one array for all that take the same. */
  #last: { readonly since: number | undefined; readonly accepts: readonly string[]; readonly view: string; readonly state: TaggedState } | undefined;
  readonly #shared = new Map<string, TaggedState | Promise<TaggedState>>();

  constructor(uri: string, eventPackage: EventPackage) {
    this.uri = uri;
    this.package = eventPackage;
  }

  /** The state is another one; `change` is for `partialState`, and without it everybody is sent the whole state. */
  changed(change: unknown): void {
    this.generation += 1;
    this.#shared.clear();
    this.#last = undefined;
    if (change === undefined || this.package.partialState === undefined) this.#changes = [];
    else {
      this.#changes.push(change);
      if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
    }
  }

  /** What to send to a watcher whose last NOTIFY told of generation `since`; undefined: the whole state. */
  state(watcher: Watcher, since: number | undefined): TaggedState | Promise<TaggedState> {
    const view = this.package.view?.(this.uri, watcher);
    if (view === undefined) return this.#make(watcher, since);
    const { accepts } = watcher;
    const last = this.#last;
    if (last !== undefined && last.since === since && last.accepts === accepts && last.view === view) return last.state;
    const state = this.#sharedState(watcher, since, view);
    if (!(state instanceof Promise)) this.#last = { since, accepts, view, state };
    return state;
  }

  /** Made once for all watchers that see the same. */
  #sharedState(watcher: Watcher, since: number | undefined, view: string): TaggedState | Promise<TaggedState> {
    const key = `${since ?? ''} ${watcher.accepts.join()} ${view}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const { generation } = this;
    const made = this.#make(watcher, since);
    this.#shared.set(key, made);
    if (made instanceof Promise) {
      made.then(
        (state) => {
          if (generation === this.generation) this.#shared.set(key, state);
        },
        () => this.#shared.delete(key),
      );
    }
    return made;
  }

  #make(watcher: Watcher, since: number | undefined): TaggedState | Promise<TaggedState> {
    const whole = this.package.fullState(this.uri, watcher);
    const changes = this.#changesSince(since);
    const part = changes === undefined ? undefined : this.package.partialState?.(this.uri, watcher, changes);
    if (whole instanceof Promise || part instanceof Promise) {
      return Promise.all([whole, part]).then(([full, partial]) => tagged(full, partial));
    }
    return tagged(whole, part);
  }

  #changesSince(since: number | undefined): unknown[] | undefined {
    const wanted = since === undefined ? 0 : this.generation - since;
    return wanted > 0 && wanted <= this.#changes.length ? this.#changes.slice(-wanted) : undefined;
  }
}

/** RFC 5839 §6.4: the tag is that of the whole state, whatever is sent of it. */
function tagged(whole: StateDocument | undefined, part: StateDocument | undefined): TaggedState {
  return { document: part ?? whole, etag: whole?.etag ?? entityTagOf(whole) };
}

/** Under which a resource is found. */
export function keyOf(packageName: string, resource: string): string {
  return `${packageName} ${resource}`;
}
