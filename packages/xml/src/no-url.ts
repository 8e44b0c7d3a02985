/*
 * Stands in for Node's `url` in the bundle of ./write (simpleIm.alias in package.json). @oozcitak/dom, below xmlbuilder2,
 * imports it to take host names apart; writing elements and text never does that, and a browser has no such module.
 */

export function domainToASCII(domain: string): string {
  return domain;
}

export function domainToUnicode(domain: string): string {
  return domain;
}
