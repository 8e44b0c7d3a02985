import { Ere } from './enum-ere.js';

/**
 * Applies the regexp field of a NAPTR record, `!^(.*)$!sip:\1@example.com!` (RFC 3402 §3.2): what it matches is replaced, as
 * sed does. Undefined when it does not match, and for an expression that cannot be read (RFC 6116 §5.2 wants it discarded).
 */
export function substitute(expression: string, text: string): string | undefined {
  const [pattern, replacement, flags, ...more] = fieldsOf(expression);
  if (pattern === undefined || replacement === undefined || flags === undefined || more.length > 0) return undefined;
  // The flag i changes nothing for a number.
  if (!/^i*$/i.test(flags)) return undefined;
  const ere = Ere.read(pattern);
  const match = ere?.match(text);
  if (ere === undefined || match === undefined) return undefined;
  let sound = true;
  const put = replacement.replace(/\\(.)/gs, (_, character: string) => {
    if (!/\d/.test(character)) return character;
    const group = Number(character);
    if (group === 0 || group > ere.groups) sound = false;
    return match.groups[group - 1] ?? '';
  });
  return sound ? text.slice(0, match.start) + put + text.slice(match.end) : undefined;
}

/** What stands between the delimiters, whichever character they are; one behind a backslash is text. */
function fieldsOf(expression: string): string[] {
  const delimiter = expression.charAt(0);
  if (delimiter === '' || /[0-9i\\]/i.test(delimiter)) return [];
  const fields = [''];
  for (let at = 1; at < expression.length; at++) {
    const character = expression.charAt(at);
    const next = expression.charAt(at + 1);
    if (character === delimiter) {
      fields.push('');
    } else if (character === '\\' && next !== '') {
      fields[fields.length - 1] += next === delimiter ? next : character + next;
      at += 1;
    } else {
      fields[fields.length - 1] += character;
    }
  }
  return fields;
}
