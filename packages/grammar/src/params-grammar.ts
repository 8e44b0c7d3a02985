import P from 'parsimmon';
import { abnf } from './abnf.js';
import { grammarError } from './grammar-errors.js';
import { parseWhole } from './whole.js';

type Param = readonly [name: string, value: string | undefined];

const token = P.regexp(abnf.token);
const EQUAL = P.regexp(abnf.EQUAL);
const SEMI = P.regexp(abnf.SEMI);
const SWS = P.regexp(abnf.SWS);

// An IPv6 address without brackets comes first, as in Via's `received` (RFC 3261 §25.1); a token would end at its colon.
const genValue = P.alt(P.regexp(abnf.quotedString), wholeValue(abnf.IPv6address), wholeValue(abnf.host), token);

/** Only where the value ends behind it: a token may begin with what looks like a host. */
function wholeValue(rule: RegExp): P.Parser<string> {
  return P.regexp(new RegExp(`${rule.source}(?=[ \\t\\r\\n;,]|$)`));
}

/** generic-param = token [ EQUAL gen-value ] (RFC 3261 §25.1) */
export const genericParam: P.Parser<Param> = P.seqMap(token, EQUAL.then(genValue).times(0, 1), (name, values): Param => [name, values[0]]);

/** *( SEMI generic-param ) */
export const genericParams: P.Parser<Param[]> = SEMI.then(genericParam).many();

const wholeParams = genericParams.skip(SWS);

/** @throws GRAMMAR_BAD_PARAMETERS */
export function parseParamsByGrammar(text: string): Param[] {
  const result = parseWhole(wholeParams, text);
  if ('offset' in result) throw grammarError('GRAMMAR_BAD_PARAMETERS', { offset: result.offset });
  return result.value;
}
