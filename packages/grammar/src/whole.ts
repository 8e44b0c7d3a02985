import P from 'parsimmon';

/*
 * parsimmon uses its whole input as the key of a plain object: an input such as "__proto__" would write into
 * Object.prototype. With a line feed in front no input is the name of an inherited property.
 */
const START = '\n';
const start = P.string(START);

/** The value of the whole text, or where (octets from its start) the rule is not followed. */
export function parseWhole<T>(parser: P.Parser<T>, text: string): { readonly value: T } | { readonly offset: number } {
  const result = start.then(parser).parse(START + text);
  return result.status ? { value: result.value } : { offset: result.index.offset - START.length };
}
