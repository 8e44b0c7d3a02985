import P from 'parsimmon';
import { abnf } from './abnf.js';
import { grammarError } from './grammar-errors.js';
import type { NameAddrParts } from './name-addr.js';
import { checkedParams } from './params.js';
import { genericParams } from './params-grammar.js';
import { parseWhole } from './whole.js';

const SWS = P.regexp(abnf.SWS);
const LAQUOT = P.regexp(abnf.LAQUOT);
const RAQUOT = P.regexp(abnf.RAQUOT);
const quotedString = P.regexp(abnf.quotedString);

// *( token LWS ); white space before "<" may be missing (RFC 4475 §3.1.1.6).
const words = P.regexp(new RegExp(`${abnf.token.source}(?:${abnf.LWS.source}${abnf.token.source})*`));
const displayName = P.alt(quotedString, words);

// The URI's own grammar is applied when it is asked for; here it must only be visible ASCII behind a scheme.
const angledUri = P.regexp(/[A-Za-z][A-Za-z0-9+\-.]*:[!#-;=?-~]+/);
// Without "<" ">" a comma, question mark or semicolon ends the URI (RFC 3261 §20.10).
const bareUri = P.regexp(/[A-Za-z][A-Za-z0-9+\-.]*:[!#-+\--:=@-~]+/);

const nameAddr = P.seqMap(displayName.times(0, 1), LAQUOT.then(angledUri).skip(RAQUOT),
  (displays, uriText) => ({ display: displays[0], uriText }));
const addrSpec = bareUri.map((uriText) => ({ display: undefined, uriText }));

// RFC 4475 §3.1.2.14 and §3.1.2.15 name what may be taken leniently: any display name, blanks inside the brackets.
const anyDisplayName = P.regexp(/[^<\r\n]*[^<\r\n \t]/);
const blanks = P.regexp(/[ \t]*/);
const liberalNameAddr = P.seqMap(anyDisplayName.times(0, 1), LAQUOT.then(blanks).then(angledUri).skip(blanks).skip(RAQUOT),
  (displays, uriText) => ({ display: displays[0], uriText }));

const strict = P.seq(SWS.then(P.alt(nameAddr, addrSpec)), genericParams.skip(SWS));
const liberal = P.seq(SWS.then(P.alt(nameAddr, addrSpec, liberalNameAddr)), genericParams.skip(SWS));

/**
 * ( name-addr / addr-spec ) *( SEMI generic-param ) (RFC 3261 §25.1)
 * @throws GRAMMAR_BAD_NAME_ADDR, GRAMMAR_DUPLICATE_PARAMETER, GRAMMAR_TOO_MANY_PARAMETERS
 */
export function parseNameAddrByGrammar(text: string, isLiberal = false): NameAddrParts {
  const result = parseWhole(isLiberal ? liberal : strict, text);
  if ('offset' in result) throw grammarError('GRAMMAR_BAD_NAME_ADDR', { offset: result.offset });
  const [address, params] = result.value;
  return { ...address, params: checkedParams(params, 'header') };
}
