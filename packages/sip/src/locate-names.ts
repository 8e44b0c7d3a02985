/** A name from a DNS record without its last dot, in lower case; undefined for the root and for what no name is. */
export function domainName(text: string): string | undefined {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  return name.length <= 253 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name) ? name : undefined;
}

/** Names that are never asked for: nobody has them (RFC 6761 §6.4), as in the contacts of WebSocket clients (RFC 7118 §5). */
export function isInvalid(name: string): boolean {
  return isUnder(name, 'invalid');
}

/** `localhost` names addresses of this host and nothing else (RFC 6761 §6.3). */
export function isLocalhost(name: string): boolean {
  return isUnder(name, 'localhost');
}

/** Whether a name is `domain` or below it. */
export function isUnder(name: string, domain: string): boolean {
  const lower = name.toLowerCase();
  return lower === domain || lower.endsWith(`.${domain}`);
}
