import type { SessionEntry } from './session-entry.js';
import { msrpUriKey, parseMsrpUri } from './uri.js';

/** `strict`: RFC 4975 §6.1. `session-id`: only the session ids, for peers behind gateways that rewrite SDP but not MSRP. */
export type MatchMode = 'strict' | 'session-id';

/** Where a connection looks up whom a frame is for. */
export interface SessionRegistry {
  /** The session with this own URI. May throw `MSRP_BAD_URI`. */
  find(localUri: string): SessionEntry | undefined;
}

/** The sessions of one endpoint by their own URIs. */
export class SessionTable implements SessionRegistry {
  readonly matchMode: MatchMode;
  readonly #byKey = new Map<string, SessionEntry>();
  // Nearly every frame spells the URI as we do: then nothing needs to be parsed.
  readonly #byText = new Map<string, SessionEntry>();

  constructor(matchMode: MatchMode = 'strict') {
    this.matchMode = matchMode;
  }

  get size(): number {
    return this.#byText.size;
  }

  add(entry: SessionEntry): void {
    this.#byText.set(entry.uri, entry);
    this.#byKey.set(this.#key(entry.uri), entry);
  }

  remove(entry: SessionEntry): void {
    this.#byText.delete(entry.uri);
    this.#byKey.delete(this.#key(entry.uri));
  }

  find(localUri: string): SessionEntry | undefined {
    return this.#byText.get(localUri) ?? this.#byKey.get(this.#key(localUri));
  }

  entries(): IterableIterator<SessionEntry> {
    return this.#byText.values();
  }

  #key(uri: string): string {
    return this.matchMode === 'strict' ? msrpUriKey(uri) : parseMsrpUri(uri).sessionId ?? '';
  }
}
