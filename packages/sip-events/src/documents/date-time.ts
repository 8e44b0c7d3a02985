import { documentError } from './errors.js';

const DATE_TIME = /^(-?\d{4,9})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|([+-])(\d\d):(\d\d))?$/;

/**
 * Milliseconds since 1970-01-01T00:00:00Z of an xs:dateTime, or `undefined` when the text is none (XML Schema part 2 §3.2.7).
 * Parts of a millisecond are cut off. A time without a zone is taken for UTC; 24:00:00 is the start of the next day.
 */
export function parseDateTime(text: string): number | undefined {
  const found = DATE_TIME.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const offset = found[9] === undefined ? 0 : offsetMinutes(found[9], Number(found[10]), Number(found[11]));
  const fraction = found[7] ?? '';
  const isMidnight = hour === 24 && minute === 0 && second === 0 && /^0*$/.test(fraction);
  if (month < 1 || month > 12 || day < 1 || (hour > 23 && !isMidnight)) return undefined;
  if (minute > 59 || second > 59 || offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC takes years below 100 for 1900 and later
  if (date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const time = date.getTime() - offset * 60_000;
  return Number.isNaN(time) ? undefined : time;
}

/** The xs:dateTime of a moment, milliseconds since 1970-01-01T00:00:00Z in the years 0 to 9999, in UTC. */
export function formatDateTime(time: number): string {
  const date = new Date(time);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw documentError('EVENT_DOCUMENT_UNWRITABLE', { detail: 'a time outside the years 0 to 9999' });
  return date.toISOString().replace('.000Z', 'Z');
}

/** XML Schema part 2 §3.2.7.3: up to 14:00 either way. */
function offsetMinutes(sign: string, hours: number, minutes: number): number | undefined {
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined;
  return (sign === '-' ? -1 : 1) * (60 * hours + minutes);
}
