import { attribute } from '../codec/fields.js';
import type { DocumentType } from '../codec/document.js';
import { record } from '../codec/record.js';
import { anyUri, unsignedInt } from '../codec/values.js';
import { presenceType, type Presence } from '../pidf/presence.js';
import { PIDF_DIFF_NAMESPACE } from './namespace.js';

/** A whole presence document with a version (RFC 5262 §3). */
export interface PidfFull {
  /** 0 to 4294967295; from 1 on in notifications (RFC 5263 §4.4). */
  readonly version?: number;
  readonly presence: Presence;
}

/** Which presentity and version changes are for. */
export interface PidfDiffHead {
  readonly version?: number;
  readonly entity?: string;
}

const version = attribute('version', unsignedInt);
const versioned = record<{ readonly version?: number }>({ version });

export const fullDocument: DocumentType<PidfFull> = {
  ns: PIDF_DIFF_NAMESPACE,
  root: 'pidf-full',
  type: {
    read: (element, context) => ({ ...versioned.read(element, context), presence: presenceType.read(element, context) }),
    write({ presence, ...head }) {
      const content = presenceType.write(presence);
      content.attributes.push(...versioned.write(head).attributes);
      return content;
    },
  },
};

export const diffDocument: DocumentType<PidfDiffHead> = {
  ns: PIDF_DIFF_NAMESPACE,
  root: 'pidf-diff',
  type: record<PidfDiffHead>({ version, entity: attribute('entity', anyUri) }),
};
