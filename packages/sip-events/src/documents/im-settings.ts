/**
 * Service settings of an IM user, `application/vnd.simple-im.settings+xml`: what a device publishes (RFC 3903) for the IM server to obey.
 * No standard has this document; its shape is that of the PoC settings of RFC 4354, one entity for each device that publishes.
 */
import type { ElementDescription } from '@simple-im/xml/write';
import { any, attribute, child, extensions } from './codec/fields.js';
import { readDocument, writeDocument, type DocumentType } from './codec/document.js';
import { record, required } from './codec/record.js';
import { boolean, oneOf, string } from './codec/values.js';
import type { DocumentReadOptions } from './options.js';

export type { DocumentReadOptions } from './options.js';

/** The event package that settings are published for. */
export const IM_SETTINGS_EVENT = 'im-settings';
/** The media type of service settings. */
export const IM_SETTINGS_MEDIA_TYPE = 'application/vnd.simple-im.settings+xml';
/** The namespace of service settings. */
export const IM_SETTINGS_NAMESPACE = 'urn:simple-im:settings';

export interface ImSettings {
  readonly entities: readonly SettingsEntity[];
  /** Elements that are not known here; they are written back as they came. */
  readonly extensions?: readonly ElementDescription[];
}

/** What one device wants. Nothing is said of what is left out. */
export interface SettingsEntity {
  /** Of the device, such as its instance (RFC 5626 §4.1); no two entities have the same. */
  readonly id: string;
  /** Nothing is to come in: 004, "incoming IM barring". */
  readonly incomingBarring?: { readonly active: boolean };
  /** `hold`: pager messages are stored until they are asked for; `push`: they come when the user is there. */
  readonly deferral?: { readonly mode: 'push' | 'hold' };
  /** Which messages are kept in the conversation history. */
  readonly recording?: { readonly pager?: boolean; readonly large?: boolean; readonly session?: boolean };
  readonly extensions?: readonly ElementDescription[];
}

const entity = record<SettingsEntity>({
  id: required(attribute('id', string), 'id'),
  incomingBarring: child(IM_SETTINGS_NAMESPACE, 'incoming-barring', record<NonNullable<SettingsEntity['incomingBarring']>>({
    active: required(attribute('active', boolean), 'active'),
  })),
  deferral: child(IM_SETTINGS_NAMESPACE, 'deferral', record<NonNullable<SettingsEntity['deferral']>>({
    mode: required(attribute('mode', oneOf(['push', 'hold'])), 'mode'),
  })),
  recording: child(IM_SETTINGS_NAMESPACE, 'recording', record<NonNullable<SettingsEntity['recording']>>({
    pager: attribute('pager', boolean),
    large: attribute('large', boolean),
    session: attribute('session', boolean),
  })),
  extensions,
});

const document: DocumentType<ImSettings> = {
  ns: IM_SETTINGS_NAMESPACE,
  root: 'im-settings',
  type: record<ImSettings>({ entities: any(IM_SETTINGS_NAMESPACE, 'entity', entity, ({ id }) => id), extensions }),
};

/** Reads service settings. @throws ProtocolError `EVENT_DOCUMENT_...`, or `XML_...` of `@simple-im/xml` */
export function parseImSettings(bytes: Uint8Array, options: DocumentReadOptions = {}): ImSettings {
  return readDocument(document, bytes, options);
}

/** Writes service settings. @throws EVENT_DOCUMENT_UNWRITABLE, and `XML_WRITE_...` of `@simple-im/xml` */
export function buildImSettings(settings: ImSettings): Uint8Array {
  return writeDocument(document, settings);
}
