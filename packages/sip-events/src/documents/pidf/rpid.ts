import type { AttributeDescription } from '@simple-im/xml/write';
import {
  among, attribute, child, content, contentIfAny, emptyElement, emptyElements, extensionAttributes, extensions, some, value,
} from '../codec/fields.js';
import { record, type ElementType, type Fields } from '../codec/record.js';
import { anyUri, dateTime, integer, oneOf, positiveInteger, string, token } from '../codec/values.js';
import { note, type Extensible, type Note } from './common.js';
import { LOCATION_TYPE_NAMESPACE, RPID_NAMESPACE } from './namespaces.js';
import {
  activityWords, moodWords, placeAudioWords, placeTextWords, placeVideoWords, privacyWords, relationshipWords, serviceClassWords,
  sphereWords,
} from './rpid-words.js';

/** When something holds, and attributes that are not known here. */
interface Timed extends Extensible {
  readonly id?: string;
  /** xs:dateTime. */
  readonly from?: string;
  /** xs:dateTime. */
  readonly until?: string;
  readonly attributes?: readonly AttributeDescription[];
}

/** Words of an enumeration, and what it has no word for. */
interface Words<T extends string> extends Extensible {
  readonly values: readonly T[];
  /** What there is no word for. */
  readonly others?: readonly Note[];
  readonly notes?: readonly Note[];
}

export type Activity = (typeof activityWords)[number];
export type Mood = (typeof moodWords)[number];
export type Privacy = (typeof privacyWords)[number];
export type Relationship = (typeof relationshipWords)[number];
export type ServiceClass = (typeof serviceClassWords)[number];

/** What the person is doing (RFC 4480 §3.2). */
export interface Activities extends Timed, Words<Activity> {}
/** How the person feels (§3.5). */
export interface Moods extends Timed, Words<Mood> {}
/** What others near the person cannot overhear or see (§3.8). */
export interface Privacies extends Timed, Words<Privacy> {}
/** The type of place, in the words of RFC 4589 such as `residence` (§3.7). */
export interface PlaceType extends Timed, Words<string> {}
/** How someone who can be reached in place of the presentity relates to it (§3.9). */
export interface Relationships extends Words<Relationship> {}
/** What kind of delivery a service is (§3.10). */
export interface ServiceClasses extends Words<ServiceClass> {}

/** What the place is like (§3.6). */
export interface PlaceIs extends Timed {
  readonly notes?: readonly Note[];
  readonly audio?: (typeof placeAudioWords)[number];
  readonly video?: (typeof placeVideoWords)[number];
  readonly text?: (typeof placeTextWords)[number];
}

/** The state and role the person is in (§3.11). */
export interface Sphere extends Timed {
  readonly value?: (typeof sphereWords)[number];
  /** The sphere as text, as the example of §4 has it against the schema. */
  readonly text?: string;
}

/** A picture of the status (§3.12). */
export interface StatusIcon extends Timed {
  readonly uri: string;
}

/** Where the person's clock stands (§3.13). */
export interface TimeOffset extends Timed {
  /** Minutes from UTC. */
  readonly minutes: number;
  readonly description?: string;
}

/** Whether the service or device is being used (§3.14). */
export interface UserInput {
  readonly value: 'active' | 'idle';
  /** Seconds without input after which it counts as idle. */
  readonly idleThreshold?: number;
  /** xs:dateTime. */
  readonly lastInput?: string;
  readonly id?: string;
  readonly attributes?: readonly AttributeDescription[];
}

/** What RPID says of a person (table 1 of §3.1). Elements that hold for a time can stand several times. */
export interface RpidOfPerson {
  readonly activities?: readonly Activities[];
  readonly class?: string;
  readonly moods?: readonly Moods[];
  readonly placeIs?: readonly PlaceIs[];
  readonly placeTypes?: readonly PlaceType[];
  readonly privacy?: readonly Privacies[];
  readonly spheres?: readonly Sphere[];
  readonly statusIcons?: readonly StatusIcon[];
  readonly timeOffsets?: readonly TimeOffset[];
  readonly userInput?: UserInput;
}

/** What RPID says of a service. */
export interface RpidOfTuple {
  readonly class?: string;
  readonly privacy?: readonly Privacies[];
  readonly relationship?: Relationships;
  readonly serviceClass?: ServiceClasses;
  readonly statusIcons?: readonly StatusIcon[];
  readonly userInput?: UserInput;
}

/** What RPID says of a device. */
export interface RpidOfDevice {
  readonly class?: string;
  readonly userInput?: UserInput;
}

const NS = RPID_NAMESPACE;

const timed: Fields<Timed> = {
  id: attribute('id', token),
  from: attribute('from', dateTime),
  until: attribute('until', dateTime),
  extensions,
  attributes: extensionAttributes,
};

function words<T extends string>(names: readonly T[]): Fields<Words<T>> {
  return { notes: some(NS, 'note', note), values: emptyElements(NS, among(names)), others: some(NS, 'other', note), extensions };
}

function oneWord<T extends string>(names: readonly T[]): ElementType<T> {
  const word = record<{ readonly value?: T }>({ value: emptyElement(NS, among(names)) });
  return {
    read(element, context) {
      const { value: found } = word.read(element, context);
      if (found === undefined) throw context.fail('EVENT_DOCUMENT_BAD_VALUE', element, `${element.local} is none of ${names.join(', ')}`);
      return found;
    },
    write: (found) => word.write({ value: found }),
  };
}

const isPlace = (_local: string): _local is string => true;

const userInput: ElementType<UserInput> = record<UserInput>({
  value: content(oneOf(['active', 'idle'])),
  idleThreshold: attribute('idle-threshold', positiveInteger),
  lastInput: attribute('last-input', dateTime),
  id: attribute('id', token),
  attributes: extensionAttributes,
});

const classField = value(NS, 'class', token);
const userInputField = child(NS, 'user-input', userInput);
const privacyField = some(NS, 'privacy', record<Privacies>({ ...words(privacyWords), ...timed }));
const statusIcons = some(NS, 'status-icon', record<StatusIcon>({ uri: content(anyUri), ...timed }));

export const rpidPersonFields: Fields<RpidOfPerson> = {
  activities: some(NS, 'activities', record<Activities>({ ...words(activityWords), ...timed })),
  class: classField,
  moods: some(NS, 'mood', record<Moods>({ ...words(moodWords), ...timed })),
  placeIs: some(NS, 'place-is', record<PlaceIs>({
    notes: some(NS, 'note', note),
    audio: child(NS, 'audio', oneWord(placeAudioWords)),
    video: child(NS, 'video', oneWord(placeVideoWords)),
    text: child(NS, 'text', oneWord(placeTextWords)),
    ...timed,
  })),
  placeTypes: some(NS, 'place-type', record<PlaceType>({
    notes: some(NS, 'note', note),
    values: emptyElements(LOCATION_TYPE_NAMESPACE, isPlace),
    others: some(NS, 'other', note),
    ...timed,
  })),
  privacy: privacyField,
  spheres: some(NS, 'sphere', record<Sphere>({ value: emptyElement(NS, among(sphereWords)), text: contentIfAny, ...timed })),
  statusIcons,
  timeOffsets: some(NS, 'time-offset', record<TimeOffset>({
    minutes: content(integer),
    description: attribute('description', string),
    ...timed,
  })),
  userInput: userInputField,
};

export const rpidTupleFields: Fields<RpidOfTuple> = {
  class: classField,
  privacy: privacyField,
  relationship: child(NS, 'relationship', record<Relationships>(words(relationshipWords))),
  serviceClass: child(NS, 'service-class', record<ServiceClasses>(words(serviceClassWords))),
  statusIcons,
  userInput: userInputField,
};

export const rpidDeviceFields: Fields<RpidOfDevice> = { class: classField, userInput: userInputField };
