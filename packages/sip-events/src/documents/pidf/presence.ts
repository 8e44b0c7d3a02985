import type { XmlElement } from '@simple-im/xml';
import { any, attribute, child, content, extensions, some, value } from '../codec/fields.js';
import { record, required, textElement, type ElementType, type Fields } from '../codec/record.js';
import type { ReadContext } from '../codec/reader.js';
import { anyUri, dateTime, qvalue, token } from '../codec/values.js';
import { cipidFields, type Cipid } from './cipid.js';
import { basic, note, type Basic, type Extensible, type Note } from './common.js';
import { DATA_MODEL_NAMESPACE, PIDF_NAMESPACE, TIMED_STATUS_NAMESPACE } from './namespaces.js';
import { omaPersonFields, omaServiceFields, type OmaPerson, type OmaService } from './oma-pres.js';
import { rpidDeviceFields, rpidPersonFields, rpidTupleFields, type RpidOfDevice, type RpidOfPerson, type RpidOfTuple } from './rpid.js';
import { timedStatus, type TimedStatus } from './timed-status.js';

/** A presence document (RFC 3863 §4.1.1). */
export interface Presence extends Extensible {
  /** Whose presence it is, such as `pres:alice@example.com` or a SIP URI. */
  readonly entity: string;
  /** Services. */
  readonly tuples: readonly Tuple[];
  readonly notes?: readonly Note[];
  /** What holds for the person, whatever the service (RFC 4479 §3.2). */
  readonly persons?: readonly Person[];
  readonly devices?: readonly Device[];
}

/** A service by which somebody may be reached (RFC 3863 §4.1.2, RFC 4479 §3.3). */
export interface Tuple extends Extensible, RpidOfTuple, Cipid, OmaService {
  /** No other tuple, person or device of the document has it. */
  readonly id: string;
  readonly status: Status;
  /** The devices the service runs on, URNs (RFC 4479 §3.3). */
  readonly deviceIds?: readonly string[];
  readonly timedStatuses?: readonly TimedStatus[];
  readonly contact?: Contact;
  readonly notes?: readonly Note[];
  /** When the status changed, xs:dateTime. */
  readonly timestamp?: string;
}

/** RFC 3863 §4.1.3. */
export interface Status extends Extensible {
  readonly basic?: Basic;
}

/** RFC 3863 §4.1.5. */
export interface Contact {
  readonly uri: string;
  /** 0 to 1, three decimals at most. */
  readonly priority?: number;
}

/** RFC 4479 §3.2. */
export interface Person extends Extensible, RpidOfPerson, Cipid, OmaPerson {
  readonly id: string;
  readonly notes?: readonly Note[];
  /** xs:dateTime. */
  readonly timestamp?: string;
}

/** RFC 4479 §3.4. */
export interface Device extends Extensible, RpidOfDevice {
  readonly id: string;
  /** A URN. */
  readonly deviceId: string;
  readonly notes?: readonly Note[];
  /** xs:dateTime. */
  readonly timestamp?: string;
}

const idField = required(attribute('id', token), 'id');
const DM = DATA_MODEL_NAMESPACE;

export const tupleType: ElementType<Tuple> = record<Tuple>({
  id: idField,
  status: required(child(PIDF_NAMESPACE, 'status', record<Status>({ basic: value(PIDF_NAMESPACE, 'basic', basic), extensions })), 'status'),
  deviceIds: some(DM, 'deviceID', textElement(anyUri)),
  ...rpidTupleFields,
  ...cipidFields,
  ...omaServiceFields,
  timedStatuses: some(TIMED_STATUS_NAMESPACE, 'timed-status', timedStatus),
  extensions,
  contact: child(PIDF_NAMESPACE, 'contact', record<Contact>({ uri: content(anyUri), priority: attribute('priority', qvalue) })),
  notes: some(PIDF_NAMESPACE, 'note', note),
  timestamp: value(PIDF_NAMESPACE, 'timestamp', dateTime),
});

export const personType: ElementType<Person> = record<Person>({
  id: idField,
  ...rpidPersonFields,
  ...cipidFields,
  ...omaPersonFields,
  extensions,
  notes: some(DM, 'note', note),
  timestamp: value(DM, 'timestamp', dateTime),
});

export const deviceType: ElementType<Device> = record<Device>({
  id: idField,
  ...rpidDeviceFields,
  extensions,
  deviceId: required(value(DM, 'deviceID', anyUri), 'deviceID'),
  notes: some(DM, 'note', note),
  timestamp: value(DM, 'timestamp', dateTime),
});

const presenceFields: Fields<Presence> = {
  entity: required(attribute('entity', anyUri), 'entity'),
  tuples: any(PIDF_NAMESPACE, 'tuple', tupleType),
  notes: some(PIDF_NAMESPACE, 'note', note),
  persons: some(DM, 'person', personType),
  devices: some(DM, 'device', deviceType),
  extensions,
};

const unchecked = record<Presence>(presenceFields);

/** The content of `<presence>`, with identifiers that differ. */
export const presenceType: ElementType<Presence> = {
  read(element, context) {
    const presence = unchecked.read(element, context);
    checkIds(presence, element, context);
    return presence;
  },
  write: (presence) => unchecked.write(presence),
};

/** They are of type xs:ID, of which no two in a document may be equal. */
function checkIds({ tuples, persons = [], devices = [] }: Presence, element: XmlElement, context: ReadContext): void {
  const seen = new Set<string>();
  for (const { id } of [...tuples, ...persons, ...devices]) {
    if (seen.has(id)) throw context.fail('EVENT_DOCUMENT_DUPLICATE_ID', element, id.slice(0, 40));
    seen.add(id);
  }
}
