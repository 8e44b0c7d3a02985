import { byteStringToText, copied, splitList } from '@simple-im/grammar';
import { slice, unfold, valueOfLine, type ReadValue } from './field-line.js';
import { UNKNOWN, fieldId, fieldName } from './field-names.js';
import { elementEnd, isBlank, trimBlanks } from './lists.js';
import { FROM, ROW, TO, VALUE, flatRows, linesOf, startOf, type FieldRows } from './row-layout.js';

/** The values of fields that are absent. */
export const NO_VALUES: readonly never[] = Object.freeze([]);

/**
 * The header fields of a message, in order (RFC 3261 §7.3). Names are compared without case, compact forms are the same
 * name (§7.3.3). What nobody changes goes out octet by octet as it came in.
 */
export class Headers {
  #head = '';
  #folded = true; // whether a line of the head may be folded
  #rows: FieldRows;
  #own = '';
  /** Values read, each behind its key: few are of any one message. */
  #typed: unknown[] | undefined;

  /** Fields in the order given. Throws SIP_UNSAFE_FIELD. */
  constructor(fields?: Iterable<readonly [name: string, value: string]>) {
    this.#rows = [];
    if (fields !== undefined) for (const [name, value] of fields) this.#write(this.#rows.length, fieldId(name), name, value);
  }

  /** For the decoder: fields that stand in `head`, a byte string; `folded` when one of them is on several lines. */
  static fromHead(head: string, rows: FieldRows, folded: boolean): Headers {
    const headers = new Headers();
    headers.#head = head;
    headers.#rows = rows;
    headers.#folded = folded;
    return headers;
  }

  /** An independent copy; costs a few small arrays. */
  clone(): Headers {
    const copy = Headers.fromHead(this.#head, this.#rows.slice(), this.#folded);
    copy.#own = this.#own;
    copy.#typed = this.#typed?.slice(); // typed values are immutable
    return copy;
  }

  /** The same in one flat text, which all clones share: for fields that many messages begin with. */
  flattened(): Headers {
    return Headers.fromHead(copied(this.toByteString()), flatRows(this.#rows), this.#folded);
  }

  /** Header fields there are, lines counted. */
  get size(): number {
    return this.#rows.length / ROW;
  }

  has(name: string): boolean {
    return this.#find(fieldId(name), name, 0) >= 0;
  }

  /** The value of the first field of that name: folds undone, blanks around it gone, UTF-8 decoded. */
  get(name: string): string | undefined {
    const row = this.#find(fieldId(name), name, 0);
    return row < 0 ? undefined : this.#value(row);
  }

  /** The values of every field of that name, one per field, lists not split. */
  all(name: string): string[] {
    const id = fieldId(name);
    const values: string[] = [];
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) values.push(this.#value(row));
    return values;
  }

  /** Every element of the comma-separated lists in the fields of that name, in order (§7.3.1); empty ones are left out. */
  list(name: string): string[] {
    const values = this.all(name);
    return values.length === 0 ? values : values.flatMap(splitList).filter((element) => element !== '');
  }

  /** How many fields of that name there are. */
  count(name: string): number {
    const id = fieldId(name);
    let count = 0;
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) count++;
    return count;
  }

  /** The first of these known fields that stands in more than one line; ids below 31. */
  repeated(ids: readonly number[]): number | undefined {
    let wanted = 0;
    for (const id of ids) wanted |= 1 << id;
    let seen = 0;
    for (let row = 0; row < this.#rows.length; row += ROW) {
      const id = this.#rows[row] as number;
      if (id < 0 || id > 30) continue;
      const bit = 1 << id;
      if ((seen & wanted & bit) !== 0) return id;
      seen |= bit;
    }
    return undefined;
  }

  /**
   * Replaces all fields of that name, at the place of the first, else at the end.
   * Throws SIP_UNSAFE_FIELD for a name that is no token or a value with a line end.
   */
  set(name: string, value: string | readonly string[]): void {
    const id = fieldId(name);
    const values = typeof value === 'string' ? [value] : value;
    const first = this.#find(id, name, 0);
    if (first < 0 && values.length === 0) return;
    for (const one of values) valueOfLine(id, name, one);
    for (let row = first; row >= 0; row = this.#find(id, name, row)) this.#rows.splice(row, ROW);
    const at = first < 0 ? this.#rows.length : first;
    values.forEach((one, index) => this.#write(at + index * ROW, id, name, one));
    this.#changed(id);
  }

  /** Adds a field behind the last of that name, else at the end. Throws SIP_UNSAFE_FIELD. */
  add(name: string, value: string): void {
    const id = fieldId(name);
    let after = this.#rows.length;
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) after = row + ROW;
    this.#write(after, id, name, value);
    this.#changed(id);
  }

  /** Puts a new field before the first of that name, else at the top. Throws SIP_UNSAFE_FIELD. */
  prepend(name: string, value: string): void {
    const id = fieldId(name);
    this.#write(Math.max(this.#find(id, name, 0), 0), id, name, value);
    this.#changed(id);
  }

  /** Takes away and returns the first element of that name (a Via, a Route); the rest of its line stays. */
  removeFirst(name: string): string | undefined {
    const id = fieldId(name);
    const row = this.#find(id, name, 0);
    if (row < 0) return undefined;
    const value = this.#value(row);
    const end = elementEnd(value, 0, value.length);
    const rest = trimBlanks(value.slice(end + 1));
    this.#rows.splice(row, ROW);
    if (rest !== '') this.#write(row, id, name, rest);
    this.#changed(id);
    return trimBlanks(value.slice(0, end));
  }

  delete(name: string): void {
    this.set(name, []);
  }

  /** Adds the fields of that name of another message at the end, line by line as they came. */
  addFrom(other: Headers, name: string): void {
    const id = fieldId(name);
    for (let row = other.#find(id, name, 0); row >= 0; row = other.#find(id, name, row + ROW)) {
      const from = other.#rows[row + FROM] as number;
      const start = startOf(from);
      const moved = this.#own.length - start;
      const to = other.#rows[row + TO] as number;
      this.#own += `${other.#text(from).slice(start, to)}\r\n`;
      this.#rows.push(id, ~(start + moved), (other.#rows[row + VALUE] as number) + moved, to + moved);
    }
    this.#folded ||= other.#folded;
    this.#changed(id);
  }

  /** Name and value of every field; names as the standard writes them, unknown ones as they came. */
  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    for (let row = 0; row < this.#rows.length; row += ROW) yield [this.#name(row), this.#value(row)];
  }

  /** For the typed values: what `read` makes of the first (part 0) or of all fields (part 1) of a name, kept until one changes. */
  typed<T>(id: number, part: 0 | 1, read: (headers: Headers, id: number) => T): T {
    const kept = this.kept(id, part);
    if (kept !== undefined) return kept as T;
    const value = read(this, id);
    if (value === undefined || value === NO_VALUES) return value;
    (this.#typed ??= []).push(2 * id + part, value);
    return value;
  }

  /** For the typed values: what `typed` keeps, if anything. */
  kept(id: number, part: 0 | 1): unknown {
    const typed = this.#typed;
    if (typed === undefined) return undefined;
    const key = 2 * id + part;
    for (let at = 0; at < typed.length; at += 2) if (typed[at] === key) return typed[at + 1];
    return undefined;
  }

  /** For the typed values: what `read` makes of the first value of a known field. */
  readFirst<T>(id: number, read: ReadValue<T>): T | undefined {
    const row = this.#find(id, '', 0);
    return row < 0 ? undefined : this.#read(row, read);
  }

  /** For the typed values: gives `read` every value of a known field. */
  readAll(id: number, read: ReadValue<void>): void {
    for (let row = this.#find(id, '', 0); row >= 0; row = this.#find(id, '', row + ROW)) this.#read(row, read);
  }

  /** For the typed values: whether there is a known field. */
  hasKnown(id: number): boolean {
    return this.#find(id, '', 0) >= 0;
  }

  /** For the decoder: whether a known field stands in more than one line. */
  isRepeated(id: number): boolean {
    const row = this.#find(id, '', 0);
    return row >= 0 && this.#find(id, '', row + ROW) >= 0;
  }

  /** For the encoder: all lines, each with its CRLF, as a byte string; without Content-Length if asked. */
  toByteString(withoutContentLength = false): string {
    return linesOf(this.#rows, this.#head, this.#own, withoutContentLength);
  }

  #find(id: number, name: string, start: number): number {
    const rows = this.#rows;
    if (id !== UNKNOWN) {
      for (let row = start; row < rows.length; row += ROW) if (rows[row] === id) return row;
      return -1;
    }
    const wanted = name.toLowerCase();
    for (let row = start; row < rows.length; row += ROW) {
      if (rows[row] === UNKNOWN && this.#name(row).toLowerCase() === wanted) return row;
    }
    return -1;
  }

  #text(from: number): string {
    return from < 0 ? this.#own : this.#head;
  }

  #name(row: number): string {
    const id = this.#rows[row] as number;
    if (id !== UNKNOWN) return fieldName(id);
    const from = this.#rows[row + FROM] as number;
    const line = this.#text(from);
    const start = startOf(from);
    return trimBlanks(line.slice(start, line.indexOf(':', start)));
  }

  #read<T>(row: number, read: ReadValue<T>): T {
    const rows = this.#rows;
    const text = this.#text(rows[row + FROM] as number);
    let from = rows[row + VALUE] as number;
    let to = rows[row + TO] as number;
    if (this.#folded && text.slice(from, to).includes('\n')) {
      const value = unfold(text.slice(from, to));
      return read(value, 0, value.length, rows[row] as number);
    }
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    return read(text, from, to, rows[row] as number);
  }

  #value(row: number): string {
    return byteStringToText(this.#read(row, slice));
  }

  /** Makes a line, whose row goes to `at`. */
  #write(at: number, id: number, name: string, value: string): void {
    const text = valueOfLine(id, name, value);
    const start = this.#own.length;
    const written = id === UNKNOWN ? name : fieldName(id);
    this.#own += `${written}: ${text}\r\n`;
    const from = start + written.length + 2;
    const rows = this.#rows;
    if (at === rows.length) rows.push(id, ~start, from, from + text.length);
    else if (at === 0) rows.unshift(id, ~start, from, from + text.length);
    else rows.splice(at, 0, id, ~start, from, from + text.length);
  }

  #changed(id: number): void {
    const typed = this.#typed;
    if (id === UNKNOWN || typed === undefined) return;
    for (let at = typed.length - 2; at >= 0; at -= 2) if ((typed[at] as number) >> 1 === id) typed.splice(at, 2);
  }
}
