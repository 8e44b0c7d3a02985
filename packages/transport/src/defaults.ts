/** Milliseconds a connection attempt (TCP, TLS, WebSocket) may take when its caller gives neither a signal nor a time. */
export const CONNECT_TIMEOUT = 10_000;

/**
 * Milliseconds an ended connection waits: while it sends what is pending, without progress; after that, for the peer to
 * end its side too. Closing earlier would make the system answer late octets with a reset, which can destroy what the
 * peer has not read yet (RFC 9293 §3.6.1); waiting without a bound would let a peer hold the socket for ever.
 */
export const LINGER = 5_000;

/** Octets of one WebSocket message. */
export const MAX_MESSAGE = 1_048_576;

/** Pending octets from which on `write` to a WebSocket returns false. */
export const HIGH_WATER_MARK = 65_536;

/** WebSockets open at a time at one acceptor. */
export const MAX_CONNECTIONS = 10_000;
