/**
 * Whether a media type may be sent to or is welcome at an endpoint (RFC 4975 §8.6). `wrappedTypes` absent asks about a
 * root body, which only `acceptTypes` allows; given (it may be empty), about a body inside a container, which either
 * list allows. Parameters are ignored, letter case too.
 */
export function acceptsType(acceptTypes: readonly string[], wrappedTypes: readonly string[] | undefined, type: string): boolean {
  const asked = essence(type);
  const matches = (entry: string): boolean => {
    const allowed = essence(entry);
    return allowed === '*' || allowed === asked || (allowed.endsWith('/*') && asked.startsWith(allowed.slice(0, -1)));
  };
  return acceptTypes.some(matches) || (wrappedTypes?.some(matches) ?? false);
}

/** `type/subtype` in lower case. */
function essence(type: string): string {
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}

/** The entries of a format-list: separated by spaces, which a quoted parameter may hold too. */
export function formatEntries(list: string): string[] {
  const entries: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < list.length; at++) {
    const character = list[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (character === ' ' && !quoted) {
      entries.push(list.slice(start, at));
      start = at + 1;
    }
  }
  entries.push(list.slice(start));
  return entries.filter((entry) => entry !== '');
}
