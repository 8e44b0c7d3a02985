import P from 'parsimmon';

/*
 * The value of a feature parameter (RFC 3840 §9), rules named as there. It reads what stood between the quotes of the header
 * field, its quoted-pairs undone.
 */

/** One simple filter of RFC 2533: what a value of the feature may be. */
export type FeatureFilter =
  /** A token or a boolean, in lower case: tokens match without case (RFC 3841 §7.2.4). */
  | { readonly kind: 'token'; readonly text: string; readonly negated: boolean }
  /** A range of numbers, both ends included. */
  | { readonly kind: 'number'; readonly least: number; readonly most: number; readonly negated: boolean }
  /** Text in angle brackets, which matches with case. */
  | { readonly kind: 'string'; readonly text: string; readonly negated: false };

/** number = [ "+" / "-" ] 1*DIGIT ["." 0*DIGIT] */
const number = P.regexp(/[+-]?\d{1,30}(?:\.\d{0,30})?/).map(Number);

/** numeric = "#" numeric-relation number; numeric-relation = ">=" / "<=" / "=" / (number ":") */
const numeric = P.string('#').then(
  P.alt(
    P.string('>=').then(number).map((least) => ({ least, most: Infinity })),
    P.string('<=').then(number).map((most) => ({ least: -Infinity, most })),
    P.string('=').then(number).map((value) => ({ least: value, most: value })),
    P.seqMap(number.skip(P.string(':')), number, (least, most) => ({ least, most })),
  ),
);

/** token-nobang; a boolean is one too. RFC 3840 leaves "/" and ":" out of it, yet they are written: they come as they are. */
const tokenNobang = P.regexp(/[A-Za-z0-9\-.%*_+`'~/:]+/);

/** tag-value = ["!"] (token-nobang / boolean / numeric) */
const tagValue: P.Parser<FeatureFilter> = P.seqMap(
  P.string('!').times(0, 1).map((bangs) => bangs.length > 0),
  P.alt<{ least: number; most: number } | string>(numeric, tokenNobang),
  (negated, value) => (typeof value === 'string' ? tokenFilter(value, negated) : { kind: 'number', ...value, negated }),
);

/** A comma between blanks is none in the ABNF; written by hand it is common. */
const comma = P.regexp(/[ \t]*,[ \t]*/);

/** string-value = "<" *(qdtext-no-abkt / quoted-pair ) ">" */
const stringValue: P.Parser<readonly FeatureFilter[]> = P.regexp(/<([^<>]*)>/, 1).map((text) => [{ kind: 'string', text, negated: false }]);

/** tag-value-list / string-value. In front a line feed, which keeps hostile text out of parsimmon's index. */
const featureValue = P.string('\n').then(P.alt(stringValue, tagValue.sepBy1(comma)));

/** Booleans have two values: what is not TRUE is FALSE. */
function tokenFilter(value: string, negated: boolean): FeatureFilter {
  const text = value.toLowerCase();
  if (negated && (text === 'true' || text === 'false')) return { kind: 'token', text: text === 'true' ? 'false' : 'true', negated: false };
  return { kind: 'token', text, negated };
}

/** The filters of a value, any of which may hold; `undefined` when it does not follow the grammar. */
export function parseFeatureValue(value: string): readonly FeatureFilter[] | undefined {
  const result = featureValue.parse(`\n${value}`);
  return result.status ? result.value : undefined;
}
