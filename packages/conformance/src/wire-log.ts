/*
 * What went over the wire during a case, both ways, in the order it happened. It is what a failure is argued with, so
 * nothing is left out of it but credentials.
 */

export interface WireEntry {
  /** Milliseconds since the case began. */
  readonly at: number;
  /** As seen from us. */
  readonly direction: 'sent' | 'received';
  /** Which of our peers, and over what, such as `alice udp 127.0.0.1:41000`. */
  readonly peer: string;
  /** The octets, one character each, with credentials masked. */
  readonly text: string;
}

export class WireLog {
  readonly entries: WireEntry[] = [];
  readonly #began = performance.now();

  /** `octets` as a byte string (one character per octet). */
  add(direction: WireEntry['direction'], peer: string, octets: string): void {
    this.entries.push({ at: Math.round(performance.now() - this.#began), direction, peer, text: masked(octets) });
  }
}

/** The answer to a challenge lets its reader guess passwords offline; the rest of the header field is of use. */
function masked(text: string): string {
  return text.replace(/^((?:Proxy-)?Authorization[ \t]*:)([^\r\n]*)/gim, (_, name: string, value: string) => {
    if (!/^\s*Digest\b/i.test(value)) return `${name} ***`;
    return name + value.replace(/\b(c?nonce|response)\s*=\s*("[^"]*"|[^\s,]+)/gi, '$1="***"');
  });
}

const longest = 4096;

/** The log as lines for a person: CRLF as a line's end, everything else that is not printable as an escape. */
export function wireText(entries: readonly WireEntry[]): string {
  return entries.map(({ at, direction, peer, text }) => {
    const cut = text.length > longest ? `${text.slice(0, longest)}\r\n(${text.length - longest} octets more)` : text;
    return `${direction === 'sent' ? '>>>' : '<<<'} ${peer} +${at} ms\n${escaped(cut)}`;
  }).join('\n');
}

function escaped(text: string): string {
  return text.split('\r\n').map((line) => line.replace(/[^\x20-\x7e]/g, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  })).join('\n');
}
