import { abnf } from './abnf.js';

const HOST_MAX = 255;
const wholeHost = new RegExp(`^${abnf.host.source}$`);
const wholeIPv4 = new RegExp(`^${abnf.IPv4address.source}$`);
const wholeIPv6 = new RegExp(`^${abnf.IPv6address.source}$`);

/** True for a hostname, an IPv4 address or an IPv6 address in brackets (RFC 3261 §25.1 `host`), at most 255 characters long. */
export function isHost(text: string): boolean {
  return text.length <= HOST_MAX && wholeHost.test(text);
}

/** True for a dotted IPv4 address, each number at most 255. */
export function isIPv4(text: string): boolean {
  return wholeIPv4.test(text);
}

/** True for an IPv6 address without brackets (RFC 3986 §3.2.2); no zone. */
export function isIPv6(text: string): boolean {
  return wholeIPv6.test(text);
}

/**
 * A host in the form that compares by `===`: names in lower case, IPv6 addresses written one way (RFC 5952 without the
 * dotted tail), since RFC 5954 §4.2 compares them as addresses.
 */
export function canonicalHost(host: string): string {
  if (host.charCodeAt(0) !== 0x5b) return host.toLowerCase();
  return `[${canonicalIPv6(host.slice(1, -1))}]`;
}

function canonicalIPv6(address: string): string {
  const [head = '', tail] = address.split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<number>(8 - front.length - back.length).fill(0);
  const groups = [...front, ...zeros, ...back];
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [parseInt(group, 16)];
    const [a, b, c, d] = group.split('.').map(Number) as [number, number, number, number];
    return [a * 256 + b, c * 256 + d];
  });
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, at) => {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best.length) best = { start, length: at + 1 - start };
  });
  return best;
}
