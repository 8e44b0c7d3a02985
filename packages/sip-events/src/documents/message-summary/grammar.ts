/*
 * The body of RFC 3842 §5.2 over byte strings. The rules have the names of the RFC; all of them match without regard to case.
 * A line feed alone ends a line too, and the last line need not be ended, since senders in the field write so.
 */
import P from 'parsimmon';
import { abnf } from '@simple-im/grammar';

/** The body taken apart; counts as digits, values with their folds. */
export interface SummaryParts {
  readonly status: string;
  readonly account: string | undefined;
  readonly lines: readonly SummaryLine[];
  readonly messages: readonly (readonly (readonly [name: string, value: string])[])[];
}

export interface SummaryLine {
  readonly context: string;
  readonly counts: readonly string[];
}

const CRLF = P.regexp(/\r?\n/);
const endOfLine = P.alt(CRLF, P.eof);
const { HCOLON: hcolon, SLASH: slash, SWS: sws } = abnf;
const HCOLON = P.regexp(hcolon);
const SLASH = P.regexp(slash);
const LPAREN = P.regexp(new RegExp(`${sws.source}\\(${sws.source}`));
const RPAREN = P.regexp(new RegExp(`${sws.source}\\)`));
const blanks = P.regexp(/[ \t]*/);

const msgStatus = P.regexp(/yes|no/i);
const msgStatusLine = P.regexp(/Messages-Waiting/i).then(HCOLON).then(msgStatus).skip(blanks);
const AccountUri = P.regexp(/[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-~]+/);
const msgAccount = P.regexp(/Message-Account/i).then(HCOLON).then(AccountUri).skip(blanks);
const msgcount = P.regexp(/[0-9]{1,20}/);
const counts = P.seq(msgcount.skip(SLASH), msgcount);
const messageContextClass = P.regexp(abnf.token);
const msgSummaryLine: P.Parser<SummaryLine> = P.seqMap(
  messageContextClass.skip(HCOLON),
  counts,
  LPAREN.then(counts).skip(RPAREN).times(0, 1),
  (context, all, [urgent = []]) => ({ context, counts: [...all, ...urgent] }),
).skip(blanks);
const headerValue = P.regexp(/[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/);
const extensionHeader = P.seq(P.regexp(abnf.token).skip(HCOLON), headerValue);
const optMsgHeaders = CRLF.then(extensionHeader.skip(endOfLine).atLeast(1));

/** message-summary; a blank line at the end is passed over. */
const messageSummary: P.Parser<SummaryParts> = P.seqMap(
  msgStatusLine.skip(endOfLine),
  msgAccount.skip(endOfLine).times(0, 1),
  msgSummaryLine.skip(endOfLine).many(),
  optMsgHeaders.many(),
  (status, [account], lines, messages) => ({ status, account, lines, messages }),
).skip(P.regexp(/[\r\n]*/));

/*
 * parsimmon uses its whole input as the key of a plain object: with a line feed in front no input is the name of an
 * inherited property.
 */
const START = '\n';
const body = P.string(START).then(messageSummary);

/** The parts, or where (octets from the start) the grammar is not followed. */
export function parseByGrammar(text: string): { readonly parts: SummaryParts } | { readonly offset: number } {
  const result = body.parse(START + text);
  return result.status ? { parts: result.value } : { offset: result.index.offset - START.length };
}

const whole = (rule: P.Parser<unknown>) => (text: string): boolean => P.string(START).then(rule).parse(START + text).status;
/** Whether a text can be written as the account. */
export const isAccountUri = whole(AccountUri);
/** Whether a text can be written as the name of a class or header. */
export const isName = whole(messageContextClass);
