import { CONTENT_LENGTH } from './field-names.js';

/*
 * One field is a row of four numbers: [id, from, value, to].
 * from >= 0: the line stands in the head as received, from `from` to before `to` (the CRLF follows), its value from `value`.
 * from < 0:  the line was made here and stands in `own` in the same way, from `~from`.
 * Numbers instead of objects keep a message of thirty fields at two allocations, and let neighbours go out as one slice.
 */
export const ROW = 4;
export const FROM = 1;
export const VALUE = 2;
export const TO = 3;

export type FieldRows = number[];

/** Where a line starts in its text. */
export function startOf(from: number): number {
  return from < 0 ? ~from : from;
}

/** All lines, each with its CRLF; without Content-Length if asked. */
export function linesOf(rows: FieldRows, head: string, own: string, withoutContentLength: boolean): string {
  let text = '';
  let runFrom = 0; // neighbours that stand side by side go out as one slice
  let runTo = 0;
  let source = head;
  let isOwn = false;
  for (let row = 0; row < rows.length; row += ROW) {
    if (withoutContentLength && rows[row] === CONTENT_LENGTH) continue;
    const from = rows[row + FROM] as number;
    const start = startOf(from);
    if (start !== runTo || isOwn !== from < 0) {
      text += source.slice(runFrom, runTo);
      isOwn = from < 0;
      source = isOwn ? own : head;
      runFrom = start;
    }
    runTo = (rows[row + TO] as number) + 2;
  }
  return text + source.slice(runFrom, runTo);
}

/** The rows of a head that is what {@link linesOf} gives. */
export function flatRows(rows: FieldRows): FieldRows {
  const flat: FieldRows = [];
  let at = 0;
  for (let row = 0; row < rows.length; row += ROW) {
    const [id, from, value, to] = rows.slice(row, row + ROW) as [number, number, number, number];
    const moved = at - startOf(from);
    flat.push(id, at, value + moved, to + moved);
    at = to + moved + 2;
  }
  return flat.slice(); // at its final length: it is kept
}
