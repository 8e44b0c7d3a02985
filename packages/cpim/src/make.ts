import { formatAddress, type CpimAddress } from './address.js';
import { formatDateTime } from './date-time.js';
import { writtenHeaders, type NewHeader } from './edit.js';
import { makeEntityHeader } from './entity.js';
import { escapeText } from './escape.js';
import { CpimMessage, type CpimSubject } from './message.js';
import { CPIM_HEADERS } from './namespaces.js';

/** What a new message is made of. */
export interface CpimParts {
  readonly from?: CpimAddress;
  readonly to?: CpimAddress | readonly CpimAddress[];
  readonly cc?: readonly CpimAddress[];
  /** When it is sent, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly dateTime?: number;
  readonly subjects?: readonly CpimSubject[];
  /** More headers, behind the others. */
  readonly headers?: readonly NewHeader[];
  /** Such as `text/plain;charset=utf-8`. */
  readonly contentType: string;
  /** More MIME headers of the content. */
  readonly entityHeaders?: Readonly<Record<string, string>>;
  /** Kept, not copied. */
  readonly body: Uint8Array;
}

/** Makes a message. @throws CPIM_UNENCODABLE */
export function makeCpim(parts: CpimParts): CpimMessage {
  const to = parts.to === undefined ? [] : [parts.to].flat();
  const core = [
    ...listed(parts.from).map((one) => header('From', formatAddress(one))),
    ...to.map((one) => header('To', formatAddress(one))),
    ...(parts.cc ?? []).map((one) => header('cc', formatAddress(one))),
    ...listed(parts.dateTime).map((time) => header('DateTime', formatDateTime(time))),
    ...(parts.subjects ?? []).map(({ text, ...lang }) => ({ ...header('Subject', escapeText(text)), ...lang })),
  ];
  const entity = Object.entries({ 'Content-Type': parts.contentType, ...parts.entityHeaders })
    .map(([name, value]) => makeEntityHeader(name, value));
  return new CpimMessage(writtenHeaders([...core, ...(parts.headers ?? [])]), entity, parts.body);
}

function header(name: string, value: string): NewHeader {
  return { namespace: CPIM_HEADERS, name, value };
}

function listed<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
