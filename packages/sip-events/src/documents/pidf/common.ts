import type { ElementDescription } from '@simple-im/xml/write';
import { content, lang } from '../codec/fields.js';
import { record, type ElementType } from '../codec/record.js';
import { oneOf, string } from '../codec/values.js';

/** Whether messages are taken there (RFC 3863 §4.1.4). */
export type Basic = 'open' | 'closed';

/** A comment for people (RFC 3863 §4.1.6). */
export interface Note {
  readonly text: string;
  /** A language tag, `xml:lang`. */
  readonly lang?: string;
}

/** What every object may have: elements that are not known here. They are written back as they came. */
export interface Extensible {
  readonly extensions?: readonly ElementDescription[];
}

export const basic = oneOf<Basic>(['open', 'closed']);
export const note: ElementType<Note> = record<Note>({ text: content(string), lang });
