/**
 * A byte string without the blanks (space, tab, CR, LF) at its ends. `String.trim` must not be used on byte strings: it also takes
 * the octet 0xA0, which ends many a character in UTF-8.
 */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}
