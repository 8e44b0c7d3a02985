import type { HeaderParts } from './grammar.js';

const NAMECHAR = new Uint8Array(128);
for (const c of "!#$%&'*+-^_`|~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") NAMECHAR[c.charCodeAt(0)] = 1;

const COLON = 0x3a;
const DOT = 0x2e;
const SPACE = 0x20;

/** The common form of a header line: no parameters, ASCII only. `undefined` sends the line to the grammar. */
export function headerByLane(line: string): HeaderParts | undefined {
  let at = 0;
  let dot = -1;
  for (; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === COLON) break;
    if (code === DOT && dot < 0 && at > 0) dot = at;
    else if (NAMECHAR[code] !== 1) return undefined;
  }
  const from = at + 2;
  const last = line.length - 1;
  if (at <= dot + 1 || line.charCodeAt(at + 1) !== SPACE || last < from) return undefined;
  for (let i = from; i <= last; i++) {
    const code = line.charCodeAt(i);
    if (code < SPACE || code > 0x7e) return undefined;
  }
  if (line.charCodeAt(from) === SPACE || line.charCodeAt(last) === SPACE) return undefined;
  return { prefix: dot < 0 ? '' : line.slice(0, dot), name: line.slice(dot + 1, at), parameters: [], value: line.slice(from) };
}
