/** Who watches, as a package needs to know it. */
export interface Watcher {
  /** The URI of From. Whether it is true is for the policy to decide. */
  readonly uri: string;
  /** The package's media types that the watcher accepts, at least one; write the first unless there is a reason not to. */
  readonly accepts: readonly string[];
  /** The id parameter of Event. */
  readonly id: string | undefined;
  /** How many documents this subscription was sent: 0 for the first. It counts for one subscription, never across watchers. */
  readonly version: number;
}

export interface StateDocument {
  readonly contentType: string;
  readonly body: Uint8Array;
  /**
   * Of a full state: its entity tag (RFC 5839), a token. Needed where the octets differ though the state does not, as with a number
   * or seconds in them; made from the octets when absent.
   */
  readonly etag?: string | undefined;
}

/** Undefined: no body. */
export type MaybeState = StateDocument | undefined | Promise<StateDocument | undefined>;

/** An event package (RFC 6665 §5), as a notifier needs it. */
export interface EventPackage {
  /** `presence`, `presence.winfo`. */
  readonly name: string;
  /** Seconds a subscription lasts when the watcher does not say. */
  readonly defaultExpires: number;
  /** Media types of its documents, the default one first. A watcher that accepts none of them is answered 406. */
  readonly contentTypes: readonly string[];
  /** Milliseconds between two NOTIFYs of one subscription; changes in between go together. Default 1000. */
  readonly minInterval?: number | undefined;
  /** The whole state of a resource as this watcher may see it. */
  fullState(resource: string, watcher: Watcher): MaybeState;
  /**
   * What is new: everything given to `Notifier.changed` since the watcher's last NOTIFY, merged into one document. Undefined:
   * send the whole state. Never asked for a first NOTIFY, after SUBSCRIBE, or after one that was lost.
   */
  partialState?(resource: string, watcher: Watcher, changes: readonly unknown[]): MaybeState;
  /**
   * Watchers with the same view (and media types) are sent the same octets, asked for once a change. Without it each is asked
   * for by itself. A document that carries `watcher.version` must name it in the view.
   */
  view?(resource: string, watcher: Watcher): string;
}
