/*
 * A ladder diagram of a wire trace: a column for each party, a line for each message, SIP and MSRP told apart by their arrows.
 */
import type { TraceEntry } from '../observe/trace.js';

export interface LadderOptions {
  /** Address-of-record and name of who stands left and right of the server. */
  readonly left: { readonly aor: string; readonly name: string };
  readonly right: { readonly aor: string; readonly name: string };
  readonly server: string;
  /** Escape sequences for a terminal. Default false. */
  readonly colour?: boolean;
}

const SPAN = 34;
const BLUE = '\u001b[36m';
const GREEN = '\u001b[32m';
const RESET = '\u001b[0m';

export class Ladder {
  readonly #options: LadderOptions;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  /** The names over their lifelines, and what the arrows mean. */
  heading(): string {
    const { left, right, server } = this.#options;
    const names = `${left.name.padEnd(SPAN + 2 - Math.floor(server.length / 2))}${server.padEnd(SPAN + Math.ceil(server.length / 2))}${right.name}`;
    return `${names}\n${this.note('---> SIP   ===> MSRP')}`;
  }

  /** Text beside the lifelines: what happens next. */
  note(text: string): string {
    return `|${' '.repeat(SPAN)}|${' '.repeat(SPAN)}|  ${text}`.trimEnd();
  }

  /** One message; undefined for a message of somebody who has no column. */
  line(entry: TraceEntry): string | undefined {
    const { left, right } = this.#options;
    const isLeft = entry.user === left.aor;
    if (!isLeft && entry.user !== right.aor) return undefined;
    const pointsRight = isLeft === (entry.direction === 'in');
    const arrow = this.#arrow(entry, pointsRight);
    const empty = ' '.repeat(SPAN);
    return isLeft ? `|${arrow}|${empty}|` : `|${empty}|${arrow}|`;
  }

  #arrow(entry: TraceEntry, pointsRight: boolean): string {
    const stroke = entry.protocol === 'SIP' ? '-' : '=';
    const title = entry.title.length > SPAN - 8 ? `${entry.title.slice(0, SPAN - 9)}…` : entry.title;
    const rest = stroke.repeat(Math.max(2, SPAN - 6 - title.length));
    const text = pointsRight ? `${stroke}${stroke} ${title} ${rest}> ` : ` <${stroke} ${title} ${rest}${stroke}`;
    if (this.#options.colour !== true) return text;
    return `${entry.protocol === 'SIP' ? BLUE : GREEN}${text}${RESET}`;
  }
}
