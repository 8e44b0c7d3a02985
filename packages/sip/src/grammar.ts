import P from 'parsimmon';
import { abnf, parseParams } from '@simple-im/grammar';
import { sipError } from './errors.js';
import type { ViaSyntax } from './via.js';

/*
 * Rules of RFC 3261 §25.1 that only SIP messages have, named as there. They read byte strings whose folds are undone.
 */

const token = P.regexp(abnf.token);
const SLASH = P.regexp(abnf.SLASH);
const COLON = P.regexp(abnf.COLON);
const LWS = P.regexp(abnf.LWS);
const SWS = P.regexp(abnf.SWS);

/** sent-protocol = protocol-name SLASH protocol-version SLASH transport */
const sentProtocol = P.seqMap(token.skip(SLASH), token.skip(SLASH), token, (name, version, transport) => ({
  protocol: `${name.toUpperCase()}/${version}`, transport: transport.toUpperCase(),
}));

/** sent-by = host [ COLON port ] */
const host = P.regexp(abnf.host);
const port = P.regexp(/\d{1,10}/).map(Number).chain((number) => (number > 65535 ? P.fail('a port up to 65535') : P.of(number)));
const sentBy = P.seq(host, COLON.then(port).times(0, 1));

/** gen-value, an IPv6 address without brackets included, as via-received has it */
const genValue = P.alt(P.regexp(abnf.quotedString), P.regexp(/[^\s;="]+/));

/** via-params, written together without blanks; `Params` checks them */
const viaParam = P.seqMap(P.regexp(abnf.SEMI).then(token), P.regexp(abnf.EQUAL).then(genValue).times(0, 1), (name, values) => (
  values.length === 0 ? `;${name}` : `;${name}=${values[0]}`
));

/** via-parm = sent-protocol LWS sent-by *( SEMI via-params ) */
const viaParm = P.seqMap(sentProtocol.skip(LWS), sentBy, viaParam.many().skip(SWS), (sent, [name, ports], params) => ({
  ...sent, host: name, port: ports[0], params: params.join(''),
}));

// parsimmon uses its whole input as the key of a plain object: an input such as "__proto__" would write into
// Object.prototype. With a line feed in front no input is the name of an inherited property.
const START = '\n';
const wholeVia = P.string(START).then(viaParm);

/** One via-parm, all of the text. Throws SIP_BAD_HEADER and the errors of parameters. */
export function parseViaByGrammar(text: string): ViaSyntax {
  const result = wholeVia.parse(START + text);
  if (!result.status) throw sipError('SIP_BAD_HEADER', { header: 'Via', detail: 'Via', offset: result.index.offset - START.length });
  const params = parseParams(result.value.params); // throws for a value that is none, and for a name that comes twice
  return { ...result.value, branch: params.get('branch'), received: params.get('received'), rport: params.get('rport'), ttl: params.get('ttl') };
}
