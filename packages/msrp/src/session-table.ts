/*
 * How a session comes to its connection and loses it (RFC 4975 §5.4, RFC 6135 §4.2).
 *
 *   idle        the URI is known here, nothing is agreed
 *   connecting  active: the connection is being made
 *   waiting     passive: the peer's path is known, its first request is not here yet
 *   early       passive: a request came before the peer's path was known; frames are taken, none but answers are sent
 *   bound       frames flow both ways
 *   closed      over
 */
export type SessionState = 'idle' | 'connecting' | 'waiting' | 'early' | 'bound' | 'closed';
/** `stranger`: the peer's path, now known, is not where the early request came from. */
export type SessionEvent = 'connect' | 'connected' | 'accept' | 'request' | 'stranger' | 'lost' | 'close';

/** State -> event -> next state. What is absent is not allowed there. */
export const sessionTable: Readonly<Record<SessionState, Readonly<Partial<Record<SessionEvent, SessionState>>>>> = {
  idle: { connect: 'connecting', accept: 'waiting', request: 'early', close: 'closed' },
  connecting: { connected: 'bound', lost: 'closed', close: 'closed' },
  waiting: { request: 'bound', close: 'closed' },
  early: { accept: 'bound', stranger: 'waiting', lost: 'closed', close: 'closed' },
  bound: { lost: 'closed', close: 'closed' },
  closed: {},
};
