import { parseDateTime } from '../date-time.js';

/** A simple type of XML Schema: how text becomes a value and a value text. */
export interface SimpleType<T> {
  /** Its name in XML Schema, for error messages. */
  readonly name: string;
  /** The value, or `undefined` when the text is not of the type. */
  parse(text: string): T | undefined;
  format(value: T): string;
}

const collapse = (text: string): string => text.replace(/[\t\n\r ]+/g, ' ').replace(/^ | $/g, '');
const same = (text: string): string => text;

/** Text as it came. */
export const string: SimpleType<string> = { name: 'string', parse: same, format: same };
/** Text without white space at its ends and with single spaces between words. */
export const token: SimpleType<string> = { name: 'token', parse: collapse, format: same };
/** A URI; it is not looked into. */
export const anyUri: SimpleType<string> = { name: 'anyURI', parse: collapse, format: same };

/** A moment, as text: `parseDateTime` gives its milliseconds. */
export const dateTime: SimpleType<string> = {
  name: 'dateTime',
  parse: (text) => {
    const trimmed = collapse(text);
    return parseDateTime(trimmed) === undefined ? undefined : trimmed;
  },
  format: same,
};

export const boolean: SimpleType<boolean> = {
  name: 'boolean',
  parse: (text) => {
    const trimmed = collapse(text);
    if (trimmed === 'true' || trimmed === '1') return true;
    return trimmed === 'false' || trimmed === '0' ? false : undefined;
  },
  format: String,
};

/** Whole numbers of a range; numbers that a double cannot hold exactly are refused. */
function whole(name: string, min: number, max: number): SimpleType<number> {
  return {
    name,
    parse: (text) => {
      const trimmed = collapse(text);
      const value = Number(trimmed);
      return /^[+-]?[0-9]{1,20}$/.test(trimmed) && value >= min && value <= max ? value + 0 : undefined;
    },
    format: String,
  };
}

export const unsignedInt = whole('unsignedInt', 0, 4_294_967_295);
export const unsignedLong = whole('unsignedLong', 0, Number.MAX_SAFE_INTEGER);
export const integer = whole('integer', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
export const positiveInteger = whole('positiveInteger', 1, Number.MAX_SAFE_INTEGER);

/** `qvalue`: 0 to 1 with at most three decimals. */
export const qvalue: SimpleType<number> = {
  name: 'qvalue',
  parse: (text) => {
    const trimmed = collapse(text);
    return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(trimmed) ? Number(trimmed) : undefined;
  },
  format: String,
};

/** A list of words between white space. */
export const words: SimpleType<readonly string[]> = {
  name: 'list',
  parse: (text) => collapse(text).split(' ').filter((word) => word !== ''),
  format: (value) => value.join(' '),
};

/** One of a few words. */
export function oneOf<T extends string>(values: readonly T[]): SimpleType<T> {
  return { name: values.join(' | '), parse: (text) => values.find((value) => value === collapse(text)), format: same };
}
