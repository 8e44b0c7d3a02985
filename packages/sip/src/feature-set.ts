import type { Params } from '@simple-im/grammar';
import { parseFeatureValue, type FeatureFilter } from './feature-grammar.js';

/** The feature tags that stand in a Contact without a plus sign (RFC 3840 §9, base-tags). */
const BASE_TAGS = new Set([
  'audio', 'automata', 'class', 'duplex', 'data', 'control', 'mobility', 'description', 'events', 'priority', 'methods', 'schemes',
  'application', 'video', 'language', 'type', 'isfocus', 'actor', 'text', 'extensions',
]);

/** Filters considered of one feature; a list with more counts as one that matches nothing but itself. */
const MOST_FILTERS = 64;

const TRUE: readonly FeatureFilter[] = [{ kind: 'token', text: 'true', negated: false }];

/** The features of a user agent, or those asked of one: a conjunction with one term for each feature tag (RFC 3840 §5). */
export type FeatureSet = ReadonlyMap<string, readonly FeatureFilter[]>;

/**
 * The feature parameters among those of a Contact, Accept-Contact or Reject-Contact (RFC 3841 §7.2.3, §8): the base tags and all that
 * begin with a plus sign, names in lower case. A value that does not follow the grammar of RFC 3840 §9 matches only the same
 * text; nothing is thrown.
 */
export function featureSetOf(params: Params): FeatureSet {
  const features = new Map<string, readonly FeatureFilter[]>();
  for (const [written] of params) {
    const name = written.toLowerCase();
    if (BASE_TAGS.has(name)) features.set(name, filtersOf(params, written));
  }
  for (const [written] of params) {
    const name = written.toLowerCase();
    // A base tag may not be written with a plus sign as well; where it is, the one without counts.
    if (name.startsWith('+') && !features.has(name.slice(1))) features.set(name, filtersOf(params, written));
  }
  return features;
}

function filtersOf(params: Params, name: string): readonly FeatureFilter[] {
  if (params.raw(name) === undefined) return TRUE;
  const value = params.get(name) ?? '';
  const filters = parseFeatureValue(value);
  if (filters === undefined || filters.length > MOST_FILTERS) return [{ kind: 'string', text: value, negated: false }];
  return filters;
}

/**
 * Whether something can have both sets of features: the matching of RFC 2533 for sets as RFC 3840 §5 builds them. A tag
 * that only one of them names does not stand in the way.
 */
export function featureSetsMatch(a: FeatureSet, b: FeatureSet): boolean {
  for (const [name, wanted] of a) {
    const had = b.get(name);
    if (had !== undefined && !wanted.some((filter) => had.some((other) => filtersOverlap(filter, other)))) return false;
  }
  return true;
}

function filtersOverlap(a: FeatureFilter, b: FeatureFilter): boolean {
  if (a.kind === 'number' && b.kind === 'number') return rangesOverlap(a, b);
  if (a.kind === 'number' || b.kind === 'number') return a.negated || b.negated;
  // A string in angle brackets and a token are values of different types.
  if (a.kind !== b.kind) return a.negated || b.negated;
  if (a.negated && b.negated) return true;
  return (a.text === b.text) !== (a.negated || b.negated);
}

function rangesOverlap(a: FeatureFilter & { kind: 'number' }, b: FeatureFilter & { kind: 'number' }): boolean {
  if (a.negated && b.negated) return true;
  if (!a.negated && !b.negated) return a.least <= b.most && b.least <= a.most;
  const [inside, outside] = a.negated ? [b, a] : [a, b];
  // Some of `inside` lies outside the other.
  return inside.least < outside.least || inside.most > outside.most;
}
