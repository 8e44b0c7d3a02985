const SPACE = 0x20;
const TAB = 0x09;

/** A byte string without spaces and tabs around it. `trim` would take octets of UTF-8 with it: 0xA0 is a no-break space to it. */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
