/*
 * POSIX extended regular expressions (RFC 3402 §3.2) as far as telephone numbers need them, from strangers: matched here and
 * not by the engine of the language, whose syntax is another and whose time has no bound.
 */

type Piece =
  | { readonly kind: 'one'; accepts(character: string): boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'group'; readonly index: number; readonly body: Branches }
  | { readonly kind: 'repeat'; readonly piece: Piece; readonly min: number; readonly max: number };
type Branches = readonly (readonly Piece[])[];

interface EreMatch {
  readonly start: number;
  readonly end: number;
  /** What each group took, from the first on; undefined for one that took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** Longer expressions are not read; a NAPTR field has at most 255 octets. */
const MAX_LENGTH = 255;
/** `^(.*)$` takes 40 steps for the longest number. What needs more than this is not matched. */
const MAX_STEPS = 2_000;
/** RE_DUP_MAX of POSIX. */
const MAX_REPEAT = 255;

class Unreadable extends Error {}
class TooManySteps extends Error {}

export class Ere {
  readonly #branches: Branches;
  readonly #groups: number;

  private constructor(branches: Branches, groups: number) {
    this.#branches = branches;
    this.#groups = groups;
  }

  /** Undefined for what is no ERE, or uses what POSIX leaves undefined. */
  static read(source: string): Ere | undefined {
    if (source.length > MAX_LENGTH) return undefined;
    try {
      const reader = new Reader(source);
      return new Ere(reader.whole(), reader.groups);
    } catch (error) {
      if (error instanceof Unreadable) return undefined;
      throw error;
    }
  }

  /** How many groups there are. */
  get groups(): number {
    return this.#groups;
  }

  /**
   * The first match, of several there the one that earlier branches and greedy repetitions lead to. Undefined when there is
   * none, or finding it takes more than `maxSteps`.
   */
  match(text: string, maxSteps = MAX_STEPS): EreMatch | undefined {
    try {
      const run = new Run(text, maxSteps);
      for (let start = 0; start <= text.length; start++) {
        const end = run.from(this.#branches, start);
        if (end !== undefined) return { start, end, groups: Array.from({ length: this.#groups }, (_, i) => run.groups[i]) };
      }
      return undefined;
    } catch (error) {
      if (error instanceof TooManySteps) return undefined;
      throw error;
    }
  }
}

class Run {
  groups: (string | undefined)[] = [];
  readonly #text: string;
  #stepsLeft: number;

  constructor(text: string, maxSteps: number) {
    this.#text = text;
    this.#stepsLeft = maxSteps;
  }

  from(branches: Branches, start: number): number | undefined {
    let end: number | undefined;
    this.#branches(branches, start, (at) => {
      end = at;
      return true;
    });
    return end;
  }

  #branches(branches: Branches, at: number, next: (at: number) => boolean): boolean {
    return branches.some((pieces) => this.#pieces(pieces, 0, at, next));
  }

  #pieces(pieces: readonly Piece[], index: number, at: number, next: (at: number) => boolean): boolean {
    const piece = pieces[index];
    if (piece === undefined) return next(at);
    return this.#piece(piece, at, (after) => this.#pieces(pieces, index + 1, after, next));
  }

  #piece(piece: Piece, at: number, next: (at: number) => boolean): boolean {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft < 0) throw new TooManySteps();
    switch (piece.kind) {
      case 'one':
        return at < this.#text.length && piece.accepts(this.#text.charAt(at)) && next(at + 1);
      case 'start':
        return at === 0 && next(at);
      case 'end':
        return at === this.#text.length && next(at);
      case 'group':
        return this.#group(piece.index, piece.body, at, next);
      default:
        return this.#repeat(piece.piece, piece.min, piece.max, at, next);
    }
  }

  #group(index: number, body: Branches, at: number, next: (at: number) => boolean): boolean {
    return this.#branches(body, at, (after) => {
      const before = this.groups[index];
      this.groups[index] = this.#text.slice(at, after);
      if (next(after)) return true;
      this.groups[index] = before;
      return false;
    });
  }

  /** A turn that takes nothing is worth all turns that are needed yet; where none is needed it is no turn. */
  #repeat(piece: Piece, min: number, max: number, at: number, next: (at: number) => boolean): boolean {
    const again = max > 0 && this.#piece(piece, at, (after) => {
      if (after === at) return min > 0 && this.#repeat(piece, 0, max - min, at, next);
      return this.#repeat(piece, Math.max(0, min - 1), max - 1, after, next);
    });
    return again || (min === 0 && next(at));
  }
}

class Reader {
  groups = 0;
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Branches {
    const branches = this.#branches();
    if (this.#at < this.#source.length) throw new Unreadable();
    return branches;
  }

  #branches(): Branches {
    const branches = [this.#branch()];
    while (this.#takes('|')) branches.push(this.#branch());
    return branches;
  }

  #branch(): readonly Piece[] {
    const pieces: Piece[] = [];
    while (this.#at < this.#source.length && !this.#sees('|') && !this.#sees(')')) pieces.push(this.#repeated(this.#atom()));
    return pieces;
  }

  #atom(): Piece {
    const character = this.#take();
    switch (character) {
      case '(': {
        const index = this.groups;
        this.groups += 1;
        const body = this.#branches();
        if (!this.#takes(')')) throw new Unreadable();
        return { kind: 'group', index, body };
      }
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'one', accepts: () => true };
      case '[':
        return this.#bracket();
      case '*':
      case '?':
      case '{':
        throw new Unreadable();
      case '\\':
        return literal(this.#escaped());
      default:
        // A + with nothing to repeat is what those wrote who forgot to escape it (RFC 6116 §5.1).
        return literal(character);
    }
  }

  /** What a backslash means before letters and digits is left undefined by POSIX. */
  #escaped(): string {
    const character = this.#take();
    if (/[A-Za-z0-9]/.test(character)) throw new Unreadable();
    return character;
  }

  #repeated(atom: Piece): Piece {
    let piece = atom;
    const anchor = atom.kind === 'start' || atom.kind === 'end';
    while (!anchor) {
      const [min, max] = this.#interval();
      if (min === undefined) break;
      piece = { kind: 'repeat', piece, min, max };
    }
    return piece;
  }

  #interval(): readonly [min: number, max: number] | readonly [min: undefined, max: 0] {
    if (this.#takes('*')) return [0, Infinity];
    if (this.#takes('+')) return [1, Infinity];
    if (this.#takes('?')) return [0, 1];
    if (!this.#takes('{')) return [undefined, 0];
    const [all, least = '', comma, most] = /^(\d{1,3})(,)?(\d{1,3})?\}/.exec(this.#source.slice(this.#at)) ?? [''];
    const min = Number(least);
    const max = most !== undefined ? Number(most) : comma === undefined ? min : Infinity;
    if (all === '' || (most !== undefined && comma === undefined) || min > MAX_REPEAT || max < min) throw new Unreadable();
    this.#at += all.length;
    return [min, max];
  }

  /** A bracket expression: characters, ranges and `[:digit:]`. */
  #bracket(): Piece {
    const negated = this.#takes('^');
    const ranges: (readonly [from: string, to: string])[] = [];
    do {
      if (this.#source.startsWith('[:digit:]', this.#at)) {
        this.#at += '[:digit:]'.length;
        ranges.push(['0', '9']);
        continue;
      }
      const from = this.#take();
      if (from === '[' && /[:.=]/.test(this.#source.charAt(this.#at))) throw new Unreadable();
      const isRange = this.#sees('-') && this.#source.charAt(this.#at + 1) !== ']';
      if (isRange) this.#at += 1;
      const to = isRange ? this.#take() : from;
      if (to < from) throw new Unreadable();
      ranges.push([from, to]);
    } while (!this.#takes(']'));
    return { kind: 'one', accepts: (character) => ranges.some(([from, to]) => character >= from && character <= to) !== negated };
  }

  #sees(character: string): boolean {
    return this.#source.charAt(this.#at) === character;
  }

  #takes(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at += 1;
    return true;
  }

  #take(): string {
    const character = this.#source.charAt(this.#at);
    if (character === '') throw new Unreadable();
    this.#at += 1;
    return character;
  }
}

function literal(character: string): Piece {
  return { kind: 'one', accepts: (other) => other === character };
}
