/*
 * The bytes of a case are written in the case as a text, lines ended by LF, with placeholders for what only a run can know
 * ({branch}, {callId}, {localPort} ...). Nothing here knows SIP or MSRP.
 */
import { Buffer } from 'node:buffer';

export type Values = Readonly<Record<string, string>>;

/** Lines without the indentation of the source they were written in. */
function lines(template: string): string[] {
  const all = template.replaceAll('\r\n', '\n').split('\n');
  if (all[0] === '') all.shift();
  if (/^[ \t]*$/.test(all.at(-1) ?? 'x')) all.pop();
  const indents = all.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)?.[0].length ?? 0);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  return all.map((line) => line.slice(common));
}

/** A line that is only a placeholder, filled with nothing, is no line. */
function leavesNothing(line: string, values: Values): boolean {
  const name = /^\{([a-zA-Z]\w*)\}$/.exec(line)?.[1];
  return name !== undefined && values[name] === '';
}

/**
 * The text as it goes out, as a byte string: indentation gone, every line ended by CRLF, placeholders filled. Text beyond ASCII
 * becomes UTF-8, except in values, which are byte strings already. A placeholder without a value is a mistake in the case.
 */
export function fill(template: string, values: Values): string {
  const kept = lines(template).filter((line) => !leavesNothing(line, values));
  const text = Buffer.from(kept.map((line) => `${line}\r\n`).join(''), 'utf8').toString('latin1');
  return text.replace(/\{([a-zA-Z]\w*)\}/g, (placeholder, name: string) => {
    if (name === 'length') return placeholder;
    const value = values[name];
    if (value === undefined) throw new Error(`the case uses ${placeholder}, which has no value`);
    return value;
  });
}

/** A template without the lines that begin so, such as `Call-ID:` or `{authorization}`; a mistake in the case if there are none. */
export function without(template: string, beginning: string): string {
  const kept = template.split('\n').filter((line) => !line.trimStart().startsWith(beginning));
  if (kept.length === template.split('\n').length) throw new Error(`the case takes away ${JSON.stringify(beginning)}, which is not there`);
  return kept.join('\n');
}
