import { cpimError } from './errors.js';

/** A moment as RFC 3339 writes it. */
export interface CpimDateTime {
  /** As it came. */
  readonly text: string;
  /** Milliseconds since 1970-01-01T00:00:00Z; parts of a millisecond are cut off, a leap second counts as the one before. */
  readonly time: number;
}

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
/** Seen in the field: no colon in the offset, a space for the T. */
const LIBERAL_DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;

/** Reads `date-time` of RFC 3339 §5.6 with its restrictions (§5.7), or gives `undefined`. */
export function parseDateTime(text: string, liberal = false): CpimDateTime | undefined {
  const found = (liberal ? LIBERAL_DATE_TIME : DATE_TIME).exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const offset = found[8] === undefined ? 0 : offsetMinutes(found[8], Number(found[9]), Number(found[10]));
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 || offset === undefined) {
    return undefined;
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes years below 100 for 1900 and later
  date.setUTCHours(hour, minute, Math.min(second, 59), Number((found[7] ?? '').slice(0, 3).padEnd(3, '0')));
  return { text, time: date.getTime() - offset * 60_000 };
}

/** Writes a moment, milliseconds since 1970-01-01T00:00:00Z in the years 0 to 9999, in UTC. */
export function formatDateTime(time: number): string {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw cpimError('CPIM_UNENCODABLE', { header: 'DateTime', section: 'RFC 3339 §5.6' });
  return date.toISOString().replace('.000Z', 'Z');
}

function offsetMinutes(sign: string, hours: number, minutes: number): number | undefined {
  if (hours > 23 || minutes > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (60 * hours + minutes);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
