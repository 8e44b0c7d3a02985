/** 4 or 6 for a numeric host, 0 for a name. A colon makes IPv6, as no name can hold one. */
export function familyOf(host: string): 0 | 4 | 6 {
  if (host.includes(':')) return 6;
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? 4 : 0;
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
