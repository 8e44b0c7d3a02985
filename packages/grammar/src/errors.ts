/** Whose fault an error is: `remote` when a peer sent something wrong, `local` when the caller did. */
export type Fault = 'local' | 'remote';

/** One row of a package's table of errors; docs/errors.md is generated from these tables. */
export interface ErrorKind {
  /** What happened and what to do about it, in one sentence for a person. */
  readonly meaning: string;
  readonly fault: Fault;
  /** The status code to answer a peer with, in the protocol the error belongs to. */
  readonly status?: number;
  /** The clause the error follows from, such as `RFC 4975 §7.1`. */
  readonly section?: string;
}

/** Where and why an error of a known kind occurred. */
export interface ErrorPlace {
  /** What exactly was wrong; appended to the kind's meaning. Never put a credential or a body here. */
  readonly detail?: string;
  /** Octets from the start of the input, counted from 0. */
  readonly offset?: number;
  /** The header field concerned, as the standard writes its name. */
  readonly header?: string;
  /** Overrides the status of the kind. */
  readonly status?: number;
  /** Overrides the section of the kind. */
  readonly section?: string;
  readonly cause?: unknown;
}

const BRAND = Symbol.for('@simple-im/ProtocolError');

/** The error of every simple-im package: a stable code, whose fault it is, where it is, what to answer. */
export class ProtocolError extends Error {
  /** Stable across releases; docs/errors.md lists them all. */
  readonly code: string;
  readonly fault: Fault;
  readonly status: number | undefined;
  readonly section: string | undefined;
  readonly offset: number | undefined;
  readonly header: string | undefined;

  constructor(code: string, kind: ErrorKind, place: ErrorPlace = {}) {
    const message = place.detail === undefined ? kind.meaning : `${kind.meaning}: ${place.detail}`;
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    this.name = 'ProtocolError';
    this.code = code;
    this.fault = kind.fault;
    this.status = place.status ?? kind.status;
    this.section = place.section ?? kind.section;
    this.offset = place.offset;
    this.header = place.header;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for a ProtocolError of any copy of this module; `instanceof` fails between its ESM and CJS copies. */
  static is(error: unknown): error is ProtocolError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
  }
}

/** Makes a package's error factory from its table, so that codes are checked by the compiler. */
export function defineErrors<T extends Record<string, ErrorKind>>(table: T): (code: keyof T & string, place?: ErrorPlace) => ProtocolError {
  return (code, place) => new ProtocolError(code, table[code] as ErrorKind, place);
}
