/*
 * The header field names this package knows, each with a small number. Fields are found by number, so that a name is
 * compared once, when the message is split, and compact forms (RFC 3261 §7.3.3) need no thought afterwards.
 */

const FIELDS: readonly (readonly [name: string, compact?: string])[] = [
  ['Content-Length', 'l'], ['Via', 'v'], ['From', 'f'], ['To', 't'], ['Call-ID', 'i'], ['CSeq'], ['Max-Forwards'], ['Contact', 'm'], ['Route'],
  ['Record-Route'], ['Content-Type', 'c'], ['Expires'], ['Min-Expires'], ['Path'], ['Service-Route'], ['Require'], ['Proxy-Require'],
  ['Supported', 'k'], ['Unsupported'], ['Allow'], ['Event', 'o'], ['Allow-Events', 'u'], ['Subject', 's'], ['Content-Encoding', 'e'],
  ['Accept-Contact', 'a'], ['Reject-Contact', 'j'], ['Request-Disposition', 'd'], ['Refer-To', 'r'], ['Referred-By', 'b'],
  ['Session-Expires', 'x'], ['Identity', 'y'], ['Identity-Info', 'n'], ['Accept'], ['Accept-Encoding'], ['Accept-Language'], ['Alert-Info'],
  ['Authentication-Info'], ['Authorization'], ['Call-Info'], ['Content-Disposition'], ['Content-ID'], ['Content-Language'], ['Date'],
  ['Error-Info'], ['History-Info'], ['In-Reply-To'], ['Join'], ['MIME-Version'], ['Min-SE'], ['Organization'], ['P-Access-Network-Info'],
  ['P-Asserted-Identity'], ['P-Asserted-Service'], ['P-Associated-URI'], ['P-Called-Party-ID'], ['P-Charging-Function-Addresses'],
  ['P-Charging-Vector'], ['P-Early-Media'], ['P-Preferred-Identity'], ['P-Preferred-Service'], ['P-Served-User'], ['P-Visited-Network-ID'],
  ['Priority'], ['Privacy'], ['Proxy-Authenticate'], ['Proxy-Authorization'], ['RAck'], ['Reason'], ['Replaces'], ['Reply-To'],
  ['Resource-Priority'], ['Retry-After'], ['RSeq'], ['Security-Client'], ['Security-Server'], ['Security-Verify'], ['Server'],
  ['SIP-ETag'], ['SIP-If-Match'], ['Subscription-State'], ['Target-Dialog'], ['Timestamp'], ['User-Agent'], ['Warning'], ['WWW-Authenticate'],
];

/** The number of a name this package does not know. */
export const UNKNOWN = -1;

/** The bit that tells small letters from capitals; no other two characters of a token differ in it alone. */
const CASE = 0x20;

const numbers = new Map<string, number>();

// The same for octets: each name in lower case, LONGEST octets apart. Those of one length and first letter form a chain.
const LONGEST = 32;
const NONE = 255;
const spellings = new Uint8Array(NONE * LONGEST);
const idOfSpelling = new Uint8Array(NONE);
const nextOfSpelling = new Uint8Array(NONE);
const firstOfShape = new Uint8Array(LONGEST * 32).fill(NONE);
let known = 0;

FIELDS.forEach(([name, compact], id) => {
  for (const form of compact === undefined ? [name] : [name, compact]) {
    numbers.set(form, id);
    numbers.set(form.toLowerCase(), id);
    const shape = shapeOf(form.length, form.charCodeAt(0));
    nextOfSpelling[known] = firstOfShape[shape] as number;
    firstOfShape[shape] = known;
    idOfSpelling[known] = id;
    for (let at = 0; at < form.length; at++) spellings[known * LONGEST + at] = form.charCodeAt(at) | CASE;
    known++;
  }
});

/** Length and first letter, without its case. */
function shapeOf(length: number, firstLetter: number): number {
  return (length << 5) | (firstLetter & 31);
}

/** The number of a field name in any case or compact form, or {@link UNKNOWN}. */
export function fieldId(name: string): number {
  return numbers.get(name) ?? numbers.get(name.toLowerCase()) ?? UNKNOWN;
}

/** The same for the token that stands in `octets` from `from` to before `to`; makes no string. */
export function fieldIdAt(octets: Uint8Array, from: number, to: number): number {
  if (to - from >= LONGEST) return UNKNOWN;
  let spelling = firstOfShape[shapeOf(to - from, octets[from] as number)] as number;
  while (spelling !== NONE && !isSpelling(spelling, octets, from, to)) spelling = nextOfSpelling[spelling] as number;
  return spelling === NONE ? UNKNOWN : (idOfSpelling[spelling] as number);
}

function isSpelling(spelling: number, octets: Uint8Array, from: number, to: number): boolean {
  let letter = spelling * LONGEST;
  for (let at = from; at < to; at++) if (((octets[at] as number) | CASE) !== spellings[letter++]) return false;
  return true;
}

/** The name of a number as the standard writes it. */
export function fieldName(id: number): string {
  return (FIELDS[id] as readonly [string])[0];
}

export const VIA = fieldId('Via');
export const FROM = fieldId('From');
export const TO = fieldId('To');
export const CALL_ID = fieldId('Call-ID');
export const CSEQ = fieldId('CSeq');
export const MAX_FORWARDS = fieldId('Max-Forwards');
export const CONTACT = fieldId('Contact');
export const ROUTE = fieldId('Route');
export const RECORD_ROUTE = fieldId('Record-Route');
export const CONTENT_LENGTH = fieldId('Content-Length');
export const CONTENT_TYPE = fieldId('Content-Type');
export const EXPIRES = fieldId('Expires');
export const MIN_EXPIRES = fieldId('Min-Expires');
export const PATH = fieldId('Path');
export const SERVICE_ROUTE = fieldId('Service-Route');
