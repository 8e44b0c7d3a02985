/** A publication as the compositor keeps it; plain data. */
export interface Publication {
  readonly event: string;
  readonly resource: string;
  /** Its entity tag. */
  readonly tag: string;
  /** The URI of From and the Call-ID of the PUBLISH that made it: whose it is. */
  readonly publisher: string;
  readonly source: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Milliseconds of the wall clock (since 1970). */
  readonly expires: number;
}

type Awaitable<T> = T | Promise<T>;

/** Where a compositor keeps its publications. What a method rejects with is answered 500; the publication has not happened then. */
export interface PublicationStore {
  /** Those of a resource, the oldest first. */
  list(event: string, resource: string): Awaitable<readonly Publication[]>;
  /**
   * In one step: puts `next` in the place of the publication with the tag `tag`; adds it when `tag` is undefined; removes that one
   * when `next` is. False, and nothing changed, when there is none with that tag.
   */
  replace(event: string, resource: string, tag: string | undefined, next: Publication | undefined): Awaitable<boolean>;
  /** Every one, for the timers of a compositor that starts. */
  all(): Iterable<Publication> | AsyncIterable<Publication>;
}

/** Keeps publications in memory: they are gone with the process, as soft state may be. */
export class MemoryPublicationStore implements PublicationStore {
  readonly #resources = new Map<string, Map<string, Publication>>();

  list(event: string, resource: string): readonly Publication[] {
    return [...(this.#resources.get(keyOf(event, resource))?.values() ?? [])];
  }

  replace(event: string, resource: string, tag: string | undefined, next: Publication | undefined): boolean {
    const key = keyOf(event, resource);
    const known = this.#resources.get(key) ?? new Map<string, Publication>();
    if (tag !== undefined && !known.delete(tag)) return false;
    if (next !== undefined) known.set(next.tag, next);
    if (known.size === 0) this.#resources.delete(key);
    else this.#resources.set(key, known);
    return true;
  }

  *all(): Iterable<Publication> {
    for (const publications of this.#resources.values()) yield* publications.values();
  }
}

function keyOf(event: string, resource: string): string {
  return `${event} ${resource}`;
}
