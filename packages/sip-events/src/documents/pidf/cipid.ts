import { value } from '../codec/fields.js';
import type { Fields } from '../codec/record.js';
import { anyUri, string } from '../codec/values.js';
import { CIPID_NAMESPACE } from './namespaces.js';

/** Contact information of a person or service (RFC 4482 §3). All but the name are URIs. */
export interface Cipid {
  /** A business card, in vCard or LDIF. */
  readonly card?: string;
  /** A name for people. */
  readonly displayName?: string;
  readonly homepage?: string;
  /** A small picture of the person. */
  readonly icon?: string;
  /** Where the person is, as a map. */
  readonly map?: string;
  /** A sound that belongs to the person. */
  readonly sound?: string;
}

export const cipidFields: Fields<Cipid> = {
  card: value(CIPID_NAMESPACE, 'card', anyUri),
  displayName: value(CIPID_NAMESPACE, 'display-name', string),
  homepage: value(CIPID_NAMESPACE, 'homepage', anyUri),
  icon: value(CIPID_NAMESPACE, 'icon', anyUri),
  map: value(CIPID_NAMESPACE, 'map', anyUri),
  sound: value(CIPID_NAMESPACE, 'sound', anyUri),
};
