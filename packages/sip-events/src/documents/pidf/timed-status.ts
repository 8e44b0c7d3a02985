import { attribute, extensions, some, value } from '../codec/fields.js';
import { record, required, type ElementType } from '../codec/record.js';
import { dateTime } from '../codec/values.js';
import { basic, note, type Basic, type Extensible, type Note } from './common.js';
import { TIMED_STATUS_NAMESPACE } from './namespaces.js';

/** What the status was or will be (RFC 4481 §3). */
export interface TimedStatus extends Extensible {
  /** xs:dateTime. */
  readonly from: string;
  /** xs:dateTime; without it, until something else is published. */
  readonly until?: string;
  readonly basic?: Basic;
  readonly notes?: readonly Note[];
}

export const timedStatus: ElementType<TimedStatus> = record<TimedStatus>({
  from: required(attribute('from', dateTime), 'from'),
  until: attribute('until', dateTime),
  basic: value(TIMED_STATUS_NAMESPACE, 'basic', basic),
  notes: some(TIMED_STATUS_NAMESPACE, 'note', note),
  extensions,
});
