/*
 * The little a raw peer has to read in a SIP message. Texts are byte strings. It is its own reader on purpose: what our
 * decoder gets wrong must not be invisible here.
 */

const compactForms: Readonly<Record<string, string>> = {
  'call-id': 'i', contact: 'm', 'content-type': 'c', 'content-length': 'l', from: 'f', to: 't', via: 'v', supported: 'k', event: 'o',
};

/** The header lines of a message, unfolded (RFC 3261 §7.3.1). */
function headerLines(message: string): string[] {
  const end = message.indexOf('\r\n\r\n');
  return (end === -1 ? message : message.slice(0, end)).replace(/\r\n[ \t]+/g, ' ').split('\r\n').slice(1);
}

/** The values of every header field of this name, in their order; a comma-separated list stays one value. */
export function headers(message: string, name: string): string[] {
  const wanted = name.toLowerCase();
  return headerLines(message).flatMap((line) => {
    const colon = line.indexOf(':');
    const given = line.slice(0, colon).trim().toLowerCase();
    return colon !== -1 && (given === wanted || given === compactForms[wanted]) ? [line.slice(colon + 1).trim()] : [];
  });
}

/** The value of the first header field of this name. */
export function header(message: string, name: string): string | undefined {
  return headers(message, name)[0];
}

/** A parameter after the name-addr of a header value, such as `tag`; the empty string when it has no value. */
export function parameter(value: string | undefined, name: string): string | undefined {
  const unnamed = (value ?? '').replace(/^\s*"(?:[^"\\]|\\.)*"/, '');
  // A later angle bracket may be in a parameter, such as +sip.instance.
  const after = /^[^<;]*</.test(unnamed) ? unnamed.slice(unnamed.indexOf('>') + 1) : unnamed;
  const found = new RegExp(`;\\s*${name.replace(/[+.]/g, '\\$&')}(?:\\s*=\\s*("[^"]*"|[^;,\\s]*))?(?=[;,\\s]|$)`, 'i').exec(after);
  return found === null ? undefined : (found[1] ?? '').replace(/^"|"$/g, '');
}

/** The URI of a name-addr or addr-spec. */
export function uriOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return /<([^>]*)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim();
}

export function startLine(message: string): string {
  return message.split('\r\n', 1)[0] ?? '';
}

/** The status code of a response; undefined for a request. */
export function statusOf(message: string): number | undefined {
  const status = /^SIP\/2\.0 ([1-6]\d\d) /.exec(message)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** What follows the empty line, whatever Content-Length says. */
export function bodyOf(message: string): string {
  const end = message.indexOf('\r\n\r\n');
  return end === -1 ? '' : message.slice(end + 4);
}

/** Whether it begins as a SIP message does (RFC 3261 §7). */
export function looksLikeSip(message: string): boolean {
  return /^(SIP\/2\.0 [1-6]\d\d [^\r\n]*|[A-Z]+ \S+ SIP\/2\.0)\r\n/.test(message);
}

/** The first message of a stream and what follows it, or undefined while it is not whole (RFC 3261 §18.3). */
export function cutMessage(stream: string): { readonly message: string; readonly rest: string } | undefined {
  const begun = stream.replace(/^(\r\n)+/, '');
  const end = begun.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = begun.slice(0, end + 4);
  const whole = end + 4 + Number(/^\d+$/.exec(header(head, 'Content-Length') ?? '0')?.[0] ?? 0);
  return begun.length < whole ? undefined : { message: begun.slice(0, whole), rest: begun.slice(whole) };
}
