import { parseParams, splitList } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { featureSetOf, featureSetsMatch, type FeatureSet } from './feature-set.js';
import { trimBlanks } from './lists.js';
import type { SipRequest } from './message.js';

/** Values of Accept-Contact and of Reject-Contact that one request may carry; the work is this times the contacts. */
const MOST_PREFERENCES = 32;

/** One value of Accept-Contact (RFC 3841 §9.2). */
export interface AcceptContact {
  readonly features: FeatureSet;
  /** Contacts that say they are otherwise are left out. */
  readonly require: boolean;
  /** Only contacts that name every feature count as a match. */
  readonly explicit: boolean;
}

/** Which contacts the sender of a request wants it to reach. */
export interface CallerPreferences {
  readonly accept: readonly AcceptContact[];
  readonly reject: readonly FeatureSet[];
  /** Nothing was asked for: `accept` follows from the method and the event package (RFC 3841 §7.2.2). */
  readonly implicit: boolean;
}

/**
 * The preferences of a request (RFC 3841 §7.2.1, §7.2.2). Throws SIP_BAD_HEADER for a malformed value and
 * SIP_TOO_MANY_PREFERENCES above 32 of them.
 */
export function callerPreferences(request: SipRequest): CallerPreferences {
  const accept = valuesOf(request, 'Accept-Contact').map(({ features, params }) => ({
    features, require: params.has('require'), explicit: params.has('explicit'),
  }));
  const reject = valuesOf(request, 'Reject-Contact').map(({ features }) => features);
  if (accept.length + reject.length > 0) return { accept, reject, implicit: false };
  return { accept: [{ features: impliedFeatures(request), require: true, explicit: false }], reject: [], implicit: true };
}

function valuesOf(request: SipRequest, name: 'Accept-Contact' | 'Reject-Contact') {
  const values = request.headers.all(name).flatMap(splitList).map(trimBlanks).filter((value) => value !== '');
  if (values.length > MOST_PREFERENCES) throw sipError('SIP_TOO_MANY_PREFERENCES', { header: name, detail: `${name}: ${values.length}` });
  return values.map((value) => {
    try {
      if (!value.startsWith('*')) throw sipError('SIP_BAD_HEADER', { header: name, detail: name });
      const params = parseParams(trimBlanks(value.slice(1)));
      return { params, features: featureSetOf(params) };
    } catch (cause) {
      throw sipError('SIP_BAD_HEADER', { header: name, detail: name, cause });
    }
  });
}

function impliedFeatures(request: SipRequest): FeatureSet {
  const features = new Map([['methods', token(request.method)]]);
  const event = request.headers.get('Event');
  if (request.method === 'SUBSCRIBE' && event !== undefined) features.set('events', token(trimBlanks(event.split(';', 1)[0] ?? '')));
  return features;
}

function token(text: string) {
  return [{ kind: 'token' as const, text: text.toLowerCase(), negated: false }];
}

/** A contact a request may go to. */
export interface PreferableContact {
  readonly features: FeatureSet;
  /** 0 to 1: the callee's order, which comes before the caller's. */
  readonly q: number;
}

/**
 * The contacts that remain, in the order to try them, in groups of equal rank: by q, then by how well they match what the caller
 * prefers (RFC 3841 §7.2.4). None: the answer is 480. A contact without features is immune: it stays.
 */
export function byCallerPreferences<T extends PreferableContact>(contacts: readonly T[], preferences: CallerPreferences): T[][] {
  const ranked: Ranked<T>[] = [];
  for (const contact of contacts) {
    const preference = preferenceFor(contact.features, preferences);
    if (preference !== undefined) ranked.push({ contact, preference });
  }
  // §7.2.4: where what was merely implied leaves nobody, it is as if nothing had been.
  if (ranked.length === 0 && preferences.implicit) return grouped(contacts.map((contact) => ({ contact, preference: 1 })));
  return grouped(ranked);
}

interface Ranked<T> {
  readonly contact: T;
  readonly preference: number;
}

function grouped<T extends PreferableContact>(ranked: readonly Ranked<T>[]): T[][] {
  const groups: T[][] = [];
  let last: Ranked<T> | undefined;
  for (const next of [...ranked].sort((a, b) => b.contact.q - a.contact.q || b.preference - a.preference)) {
    if (last === undefined || last.contact.q !== next.contact.q || last.preference !== next.preference) groups.push([]);
    groups.at(-1)?.push(next.contact);
    last = next;
  }
  return groups;
}

/** Qa, 0 to 1; `undefined` for a contact that is left out. */
function preferenceFor(features: FeatureSet, { accept, reject }: CallerPreferences): number | undefined {
  if (features.size === 0) return 1;
  if (reject.some((unwanted) => namesAll(features, unwanted) && featureSetsMatch(unwanted, features))) return undefined;
  let sum = 0;
  let matching = 0;
  for (const wanted of accept) {
    if (!featureSetsMatch(wanted.features, features)) {
      if (wanted.require) return undefined;
      continue;
    }
    let score = scoreOf(wanted.features, features);
    if (wanted.explicit && score < 1) {
      if (wanted.require) return undefined;
      score = 0;
    }
    sum += score;
    matching += 1;
  }
  // The average of no scores: nothing was preferred, or nothing that is preferred is known of this contact.
  if (matching === 0) return accept.length === 0 ? 1 : 0;
  return sum / matching;
}

/** A contact is rejected only for what it says of itself. */
function namesAll(features: FeatureSet, unwanted: FeatureSet): boolean {
  return [...unwanted.keys()].every((name) => features.has(name));
}

function scoreOf(wanted: FeatureSet, features: FeatureSet): number {
  if (wanted.size === 0) return 1;
  let named = 0;
  for (const name of wanted.keys()) if (features.has(name)) named += 1;
  return named / wanted.size;
}
