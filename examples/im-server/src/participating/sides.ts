/* The two sides of a session. */

/** One text for each side: names of the legs in our Contact URIs, or addresses-of-record. */
export interface Sides {
  readonly caller: string;
  readonly callee: string;
}

/** Whom a session is between, and how the callee registered (`TLS`, `WSS` ...). */
export interface Users extends Sides {
  readonly calleeTransport: string | undefined;
}

export type Side = keyof Sides;

export function otherOf(side: Side): Side {
  return side === 'caller' ? 'callee' : 'caller';
}
