import { cutMessage } from '../../src/sip-text.js';
import type { WebSocketFaults } from './websocket-gateway.js';

/** One rule broken on the wire between our server and the peers. */
export interface Mutant {
  /** What is broken, as a sentence. */
  readonly breaks: string;
  /** The cases that must fail then. */
  readonly kills: readonly string[];
  /** What SIP goes over, where a case leaves it open: TCP by default. Cases that need UDP use it whatever stands here. */
  readonly over?: 'udp';
  /** What the peers get instead of what the server sent (a byte string); the empty string for nothing. */
  readonly fromServer?: ((text: string) => string) | undefined;
  /** What the server gets instead of what a peer sent. */
  readonly toServer?: ((text: string) => string) | undefined;
  /** What is wrong with the WebSocket below. */
  readonly webSocket?: WebSocketFaults;
  /** What is wrong with TLS below: a certificate of another root. */
  readonly tls?: 'other-root';
}

/** Rewrites only the messages in which `where` is found. */
export function rewrite(where: RegExp, pattern: RegExp, replacement: string): (text: string) => string {
  return (text) => (where.test(text) ? text.replace(pattern, replacement) : text);
}

/** The message as it is to be, with a Content-Length that fits. */
export function withBody(before: string, after: string): string {
  const longer = after.length - before.length;
  return after.replace(/(?<=\r\nContent-Length: )\d+/i, (length) => String(Number(length) + longer));
}

/** Changes each of the SIP messages that came in one segment. */
export function eachMessage(change: (message: string) => string): (text: string) => string {
  return (text) => {
    let changed = '';
    let left = text;
    for (let cut = cutMessage(left); cut !== undefined; cut = cutMessage(left)) {
      changed += change(cut.message);
      left = cut.rest;
    }
    return changed + left;
  };
}
