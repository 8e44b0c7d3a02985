// bench/decode.bench.mjs
import { createRequire } from "node:module";

// ../grammar/src/errors.ts
var BRAND = /* @__PURE__ */ Symbol.for("@simple-im/ProtocolError");
var ProtocolError = class extends Error {
  /** Stable across releases; docs/errors.md lists them all. */
  code;
  fault;
  status;
  section;
  offset;
  header;
  constructor(code, kind, place = {}) {
    const message2 = place.detail === void 0 ? kind.meaning : `${kind.meaning}: ${place.detail}`;
    super(message2, place.cause === void 0 ? void 0 : { cause: place.cause });
    this.name = "ProtocolError";
    this.code = code;
    this.fault = kind.fault;
    this.status = place.status ?? kind.status;
    this.section = place.section ?? kind.section;
    this.offset = place.offset;
    this.header = place.header;
    Object.defineProperty(this, BRAND, { value: true });
  }
  /** True for a ProtocolError of any copy of this module; `instanceof` fails between its ESM and CJS copies. */
  static is(error) {
    return typeof error === "object" && error !== null && error[BRAND] === true;
  }
};
function defineErrors(table) {
  return (code, place) => new ProtocolError(code, table[code], place);
}

// ../grammar/src/grammar-errors.ts
var grammarErrors = {
  GRAMMAR_BAD_URI: { meaning: "The text is not a URI", fault: "remote", status: 400, section: "RFC 3261 \xA719.1.1" },
  GRAMMAR_URI_TOO_LONG: { meaning: "The URI is longer than the limit", fault: "remote", status: 414, section: "RFC 3261 \xA721.4.12" },
  GRAMMAR_BAD_NAME_ADDR: {
    meaning: "The value is neither name-addr nor addr-spec",
    fault: "remote",
    status: 400,
    section: "RFC 3261 \xA720.10"
  },
  GRAMMAR_NAME_ADDR_TOO_LONG: {
    meaning: "The name-addr is longer than the limit",
    fault: "remote",
    status: 400,
    section: "RFC 3261 \xA720.10"
  },
  GRAMMAR_BAD_PARAMETERS: { meaning: "The parameters are malformed", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  GRAMMAR_DUPLICATE_PARAMETER: { meaning: "A parameter name appears twice", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  GRAMMAR_TOO_MANY_PARAMETERS: {
    meaning: "There are more parameters than the limit",
    fault: "remote",
    status: 400,
    section: "RFC 3261 \xA77.3.1"
  },
  GRAMMAR_BAD_QUOTED_STRING: { meaning: "The text is not a quoted-string", fault: "remote", status: 400, section: "RFC 3261 \xA725.1" },
  GRAMMAR_UNENCODABLE: { meaning: "The value cannot be written in this syntax", fault: "local", section: "RFC 3261 \xA725.1" }
};
var grammarError = defineErrors(grammarErrors);

// ../grammar/src/bytes.ts
var NodeBuffer = globalThis.Buffer;
var utf8Encoder = new TextEncoder();
var utf8Decoder = new TextDecoder();
var strictUtf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
var SLICE = 8192;
function byteString(bytes, from = 0, to = bytes.length) {
  if (NodeBuffer !== void 0) {
    const own = bytes;
    if (own.latin1Slice !== void 0) return own.latin1Slice(from, to);
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice(from, to);
  }
  let text = "";
  for (let at = from; at < to; at += SLICE) text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + SLICE)));
  return text;
}
function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  writeByteString(bytes, 0, text);
  return bytes;
}
function writeByteString(target, at, text) {
  const own = target;
  if (own.latin1Write !== void 0) own.latin1Write(text, at);
  else for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
function utf8(text) {
  return utf8Encoder.encode(text);
}
function utf8Text(bytes) {
  return utf8Decoder.decode(bytes);
}
function textToByteString(text) {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return byteString(utf8(text));
  return text;
}
function byteStringToText(bytes) {
  for (let i = 0; i < bytes.length; i++) if (bytes.charCodeAt(i) > 127) return utf8Text(bytesOf(bytes));
  return bytes;
}

// ../grammar/src/abnf.ts
var ALPHA = "[A-Za-z]";
var DIGIT = "[0-9]";
var HEXDIG = "[0-9A-Fa-f]";
var alphanum = "[A-Za-z0-9]";
var WSP = "[ \\t]";
var LWS = `(?:(?:${WSP}*\\r\\n)?${WSP}+)`;
var SWS = `${LWS}?`;
var token = "[A-Za-z0-9\\-.!%*_+`'~]+";
var unreserved = "[A-Za-z0-9\\-_.!~*'()]";
var escaped = `%${HEXDIG}${HEXDIG}`;
var qdtext = "(?:\\r\\n[ \\t]|[\\t !#-\\[\\]-~\\x80-\\xff])";
var quotedPair = "\\\\[\\x00-\\x09\\x0b\\x0c\\x0e-\\x7f]";
var quotedString = `"(?:${qdtext}|${quotedPair})*"`;
var label = `${alphanum}(?:-*${alphanum})*`;
var toplabel = `${ALPHA}(?:-*${alphanum})*`;
var hostname = `(?:${label}\\.)*${toplabel}\\.?`;
var decOctet = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])";
var IPv4address = `${decOctet}(?:\\.${decOctet}){3}(?![0-9])`;
var h16 = `${HEXDIG}{1,4}`;
var ls32 = `(?:${h16}:${h16}|${IPv4address})`;
var IPv6address = "(?:" + [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`
].join("|") + ")";
var IPv6reference = `\\[${IPv6address}\\]`;
var host = `(?:${hostname}|${IPv4address}|${IPv6reference})`;
function rule(source) {
  return new RegExp(source);
}
var abnf = {
  ALPHA: rule(ALPHA),
  DIGIT: rule(DIGIT),
  HEXDIG: rule(HEXDIG),
  alphanum: rule(alphanum),
  LWS: rule(LWS),
  SWS: rule(SWS),
  HCOLON: rule(`${WSP}*:${SWS}`),
  COMMA: rule(`${SWS},${SWS}`),
  SEMI: rule(`${SWS};${SWS}`),
  EQUAL: rule(`${SWS}=${SWS}`),
  SLASH: rule(`${SWS}/${SWS}`),
  COLON: rule(`${SWS}:${SWS}`),
  LAQUOT: rule(`${SWS}<`),
  RAQUOT: rule(`>${SWS}`),
  token: rule(token),
  unreserved: rule(unreserved),
  escaped: rule(escaped),
  quotedString: rule(quotedString),
  hostname: rule(hostname),
  IPv4address: rule(IPv4address),
  IPv6address: rule(IPv6address),
  IPv6reference: rule(IPv6reference),
  host: rule(host),
  port: rule(`${DIGIT}+`)
};

// ../grammar/src/blanks.ts
function trimBlanks(text) {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}
function isBlank(code) {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

// ../grammar/src/chars.ts
var TOKEN = 1;
var UNRESERVED = 2;
var USER = 4;
var PARAM = 8;
var ALPHANUM = 16;
var DIGIT2 = 32;
var ANGLED = 64;
var QDTEXT = 128;
var LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
var DIGITS = "0123456789";
var MARKS = "-_.!~*'()";
var CLASSES = new Uint8Array(256);
function classify(characters2, classes) {
  for (let i = 0; i < characters2.length; i++) CLASSES[characters2.charCodeAt(i)] |= classes;
}
classify(LETTERS, TOKEN | UNRESERVED | USER | PARAM | ALPHANUM);
classify(DIGITS, TOKEN | UNRESERVED | USER | PARAM | ALPHANUM | DIGIT2);
classify("-.!%*_+`'~", TOKEN);
classify(MARKS, UNRESERVED | USER | PARAM);
classify("&=+$,;?/", USER);
classify("[]/:&+$", PARAM);
for (let code = 33; code <= 126; code++) if (!'<>"'.includes(String.fromCharCode(code))) CLASSES[code] |= ANGLED;
for (let code = 32; code <= 255; code++) if (code !== 34 && code !== 92 && code !== 127) CLASSES[code] |= QDTEXT;
classify("	", QDTEXT);
function allIn(text, from, to, charClass) {
  for (let at = from; at < to; at++) if ((CLASSES[text.charCodeAt(at)] & charClass) === 0) return false;
  return true;
}
function isToken(text) {
  return text.length > 0 && allIn(text, 0, text.length, TOKEN);
}

// ../grammar/src/host.ts
var HOST_MAX = 255;
var wholeHost = new RegExp(`^${abnf.host.source}$`);
var wholeIPv4 = new RegExp(`^${abnf.IPv4address.source}$`);
var wholeIPv6 = new RegExp(`^${abnf.IPv6address.source}$`);
function isHost(text) {
  return text.length <= HOST_MAX && wholeHost.test(text);
}
function isIPv6(text) {
  return wholeIPv6.test(text);
}

// ../grammar/src/escapes.ts
var escape = /%[0-9A-Fa-f]{2}/g;
function octetOf(percent) {
  return parseInt(percent.slice(1), 16);
}
function unescapeUri(text) {
  if (!text.includes("%")) return text;
  return text.replace(escape, (found) => String.fromCharCode(octetOf(found)));
}

// ../grammar/src/quoted-string.ts
var wholeQuotedString = new RegExp(`^${abnf.quotedString.source}$`);
var quotedPair2 = /\\([^])/g;
var fold = /(?<![ \t])[ \t]*\r\n[ \t]+/g;
var needsEscape = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f"\\]/g;
function quote(text) {
  if (/[\r\n\u0100-\uffff]/.test(text)) {
    throw grammarError("GRAMMAR_UNENCODABLE", { detail: "a line break or a character that is not an octet" });
  }
  return `"${text.replace(needsEscape, "\\$&")}"`;
}
function unquoteValid(text) {
  const inner = text.slice(1, -1);
  if (!inner.includes("\\") && !inner.includes("\r")) return inner;
  return inner.replace(fold, " ").replace(quotedPair2, "$1");
}

// ../grammar/src/split-list.ts
var DQUOTE = 34;
var BACKSLASH = 92;
var COMMA = 44;
var LAQUOT = 60;
function splitList(text) {
  if (!text.includes(",")) {
    const only = trimBlanks(text);
    return only === "" ? [] : [only];
  }
  const elements = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === COMMA) {
      elements.push(trimBlanks(text.slice(start, at)));
      start = at + 1;
    } else if (code === DQUOTE) {
      at = endOfQuotes(text, at);
    } else if (code === LAQUOT) {
      const close = text.indexOf(">", at);
      if (close < 0) break;
      at = close;
    }
    at++;
  }
  elements.push(trimBlanks(text.slice(start)));
  return elements;
}
function endOfQuotes(text, open) {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== DQUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

// ../grammar/src/params-grammar.ts
import P from "parsimmon";
var token2 = P.regexp(abnf.token);
var EQUAL = P.regexp(abnf.EQUAL);
var SEMI = P.regexp(abnf.SEMI);
var SWS2 = P.regexp(abnf.SWS);
var genValue = P.alt(P.regexp(abnf.quotedString), wholeValue(abnf.IPv6address), wholeValue(abnf.host), token2);
function wholeValue(rule2) {
  return P.regexp(new RegExp(`${rule2.source}(?=[ \\t\\r\\n;,]|$)`));
}
var genericParam = P.seqMap(token2, EQUAL.then(genValue).times(0, 1), (name, values) => [name, values[0]]);
var genericParams = SEMI.then(genericParam).many();
var wholeParams = genericParams.skip(SWS2);
function parseParamsByGrammar(text) {
  const result = wholeParams.parse(text);
  if (!result.status) throw grammarError("GRAMMAR_BAD_PARAMETERS", { offset: result.index.offset });
  return result.value;
}

// ../grammar/src/params.ts
var PARAMS_MAX = 64;
var Params = class _Params {
  static none = new _Params([]);
  static #noneOfUri = new _Params([], "uri");
  #entries;
  #syntax;
  /** Takes entries that are already in the written form; {@link Params.of} quotes and checks. */
  constructor(entries, syntax = "header") {
    this.#entries = entries;
    this.#syntax = syntax;
  }
  /**
   * Parameters from plain values: quoted where they are no token, escaped in a URI.
   * @throws GRAMMAR_UNENCODABLE for a name that is no token or a value with a line break.
   */
  static of(values, syntax = "header") {
    let params = syntax === "uri" ? _Params.#noneOfUri : _Params.none;
    for (const [name, value] of Object.entries(values)) if (value !== false) params = params.with(name, value);
    return params;
  }
  get size() {
    return this.#entries.length;
  }
  has(name) {
    return this.#find(name) !== void 0;
  }
  /**
   * The value: without quotes and their escapes, or with percent escapes undone in a URI, as a byte string.
   * Empty for a parameter that is a name alone, `undefined` when there is none of that name.
   */
  get(name) {
    const entry = this.#find(name);
    if (entry === void 0) return void 0;
    const value = entry[1];
    if (value === void 0) return "";
    if (this.#syntax === "uri") return unescapeUri(value);
    return value.charCodeAt(0) === 34 ? unquoteValid(value) : value;
  }
  /** The value as it came; `undefined` for a name alone and for an absent parameter. */
  raw(name) {
    return this.#find(name)?.[1];
  }
  /** In the order they came. */
  entries() {
    return this.#entries;
  }
  [Symbol.iterator]() {
    return this.#entries[Symbol.iterator]();
  }
  /**
   * The same parameters with one replaced in its place, or appended.
   * @throws GRAMMAR_UNENCODABLE as {@link Params.of}
   */
  with(name, value) {
    if (value === false) return this.without(name);
    const written = [name, this.#write(name, value === void 0 || value === true ? void 0 : String(value))];
    const old = this.#find(name);
    const entries = old === void 0 ? [...this.#entries, written] : this.#entries.map((entry) => entry === old ? written : entry);
    return new _Params(entries, this.#syntax);
  }
  without(name) {
    const old = this.#find(name);
    return old === void 0 ? this : new _Params(this.#entries.filter((entry) => entry !== old), this.#syntax);
  }
  /** `;name=value` for each, as they came; an empty text for none. */
  toString() {
    let text = "";
    for (const [name, value] of this.#entries) text += value === void 0 ? `;${name}` : `;${name}=${value}`;
    return text;
  }
  #find(name) {
    for (const entry of this.#entries) if (entry[0] === name) return entry;
    const wanted = name.toLowerCase();
    for (const entry of this.#entries) if (paramKey(entry[0], this.#syntax) === wanted) return entry;
    return void 0;
  }
  #write(name, value) {
    if (this.#syntax === "uri") {
      if (!uriParam.test(name)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "parameter name" });
      return value === void 0 ? void 0 : escapeParam(value);
    }
    if (!isToken(name)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "parameter name" });
    if (value === void 0 || isToken(value) || isHost(value) || isIPv6(value)) return value;
    return quote(value);
  }
};
var uriParam = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
var notParam = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g;
function escapeParam(value) {
  if (value === "" || /[\u0100-\uffff]/.test(value)) throw grammarError("GRAMMAR_UNENCODABLE", { detail: "value of a URI parameter" });
  return value.replace(notParam, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}
function paramKey(name, syntax) {
  return (syntax === "uri" ? unescapeUri(name) : name).toLowerCase();
}
function parseParams(text) {
  if (text === "") return Params.none;
  const entries = parseParamsByLane(text, 0);
  return new Params(entries ?? checkedParams(parseParamsByGrammar(text), "header"));
}
function parseParamsByLane(text, from) {
  const entries = [];
  let at = from;
  while (at < text.length) {
    if (text.charCodeAt(at) !== 59) return void 0;
    const semicolon = text.indexOf(";", at + 1);
    const end = semicolon < 0 ? text.length : semicolon;
    const equal = text.indexOf("=", at + 1);
    const nameEnd = equal < 0 || equal > end ? end : equal;
    if (nameEnd === at + 1 || !allIn(text, at + 1, nameEnd, TOKEN)) return void 0;
    if (nameEnd < end && (nameEnd + 1 === end || !allIn(text, nameEnd + 1, end, TOKEN))) return void 0;
    entries.push([text.slice(at + 1, nameEnd), nameEnd < end ? text.slice(nameEnd + 1, end) : void 0]);
    at = end;
  }
  return entries.length > 1 ? checkedParams(entries, "header") : entries;
}
function checkedParams(entries, syntax) {
  if (entries.length > PARAMS_MAX) throw grammarError("GRAMMAR_TOO_MANY_PARAMETERS", { detail: `more than ${PARAMS_MAX}` });
  const seen = /* @__PURE__ */ new Set();
  for (const [name] of entries) {
    const key = paramKey(name, syntax);
    if (seen.has(key)) throw grammarError("GRAMMAR_DUPLICATE_PARAMETER", { detail: key });
    seen.add(key);
  }
  return entries;
}

// ../grammar/src/uri-grammar.ts
import P2 from "parsimmon";
var HOST_MAX2 = 255;
var PORT_MAX = 65535;
var escaped2 = abnf.escaped.source;
function characters(charClass) {
  return `(?:[${charClass}]|${escaped2})`;
}
var unreserved2 = "A-Za-z0-9\\-_.!~*'()";
var user = P2.regexp(new RegExp(`${characters(`${unreserved2}&=+$,;?/`)}+`));
var password = P2.regexp(new RegExp(`${characters(`${unreserved2}&=+$,`)}*`));
var host2 = P2.regexp(abnf.host).chain((text) => text.length <= HOST_MAX2 ? P2.succeed(text) : P2.fail("a host of at most 255 characters"));
var port = P2.regexp(abnf.port).chain((text) => Number(text) <= PORT_MAX ? P2.succeed(Number(text)) : P2.fail("a port up to 65535"));
var paramchar = characters(`${unreserved2}[\\]/:&+$`);
var pname = P2.regexp(new RegExp(`${paramchar}+`));
var pvalue = P2.regexp(new RegExp(`${paramchar}+`));
var uriParameter = P2.seqMap(
  P2.string(";").then(pname),
  P2.string("=").then(pvalue).times(0, 1),
  (name, values) => [name, values[0]]
);
var hnv = characters(`${unreserved2}[\\]/?:+$`);
var header = P2.seqMap(
  P2.regexp(new RegExp(`${hnv}+`)).skip(P2.string("=")),
  P2.regexp(new RegExp(`${hnv}*`)),
  (name, value) => [name, value]
);
var headers = P2.string("?").then(P2.sepBy1(header, P2.string("&")));
var userinfo = P2.seqMap(user, P2.string(":").then(password).times(0, 1), P2.string("@"), (name, passwords) => ({ user: name, password: passwords[0] }));
var uriParameters = uriParameter.many();
var sipUri = P2.seqMap(
  userinfo.times(0, 1),
  host2,
  P2.string(":").then(port).times(0, 1),
  uriParameters,
  headers.times(0, 1),
  (infos, hostText, ports, params, headerLists) => ({
    user: infos[0]?.user,
    password: infos[0]?.password,
    host: hostText,
    port: ports[0],
    params,
    headers: headerLists[0] ?? []
  })
);
var globalNumberDigits = P2.regexp(/\+[-.()]*[0-9][0-9\-.()]*/);
var localNumberDigits = P2.regexp(/[-.()]*[0-9A-Fa-f*#][0-9A-Fa-f*#\-.()]*/);
var telParameter = P2.seqMap(
  P2.regexp(/;([A-Za-z0-9-]+)/, 1),
  P2.string("=").then(pvalue).times(0, 1),
  (name, values) => [name, values[0]]
);
var uric = characters(`${unreserved2};/?:@&=+$,`);
var isdnSubaddress = P2.seqMap(
  P2.regexp(/;(isub)=/i, 1),
  P2.regexp(new RegExp(`(?:(?!;)${uric})+`)),
  (name, value) => [name, value]
);
var extension = P2.seqMap(P2.regexp(/;(ext)=/i, 1), P2.regexp(/[-.()]*[0-9][0-9\-.()]*(?=;|$)/), (name, value) => [name, value]);
var telParameters = P2.alt(isdnSubaddress, extension, telParameter).many();
var telUri = P2.seqMap(P2.alt(globalNumberDigits, localNumberDigits), telParameters, (digits, params) => ({ digits, params }));
var wholeHostname = new RegExp(`^${abnf.hostname.source}$`);
var wholeGlobalNumber = /^\+[-.()]*[0-9][0-9\-.()]*$/;
var imUri = P2.seqMap(
  P2.regexp(new RegExp(`${characters(`${unreserved2}&=+$,;/`)}+`)).skip(P2.string("@")),
  host2,
  headers.times(0, 1),
  (name, hostText, headerLists) => ({ user: name, host: hostText, headers: headerLists[0] ?? [] })
);
var scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/;
var otherUri = new RegExp(`^${characters(`${unreserved2};/?:@&=+$,[\\]#`)}+$`);
function parseUriByGrammar(text) {
  const found = scheme.exec(text);
  if (found === null) throw grammarError("GRAMMAR_BAD_URI", { detail: "no scheme", offset: 0 });
  const name = found[1].toLowerCase();
  const rest = text.slice(name.length + 1);
  if (name === "sip" || name === "sips") return readSipUri(name, rest, text);
  if (name === "tel") return readTelUri(rest, text);
  if ((name === "im" || name === "pres") && rest.includes("@")) return readImUri(name, rest, text);
  return readOtherUri(name, rest, text);
}
function readSipUri(name, rest, text) {
  const { params, ...parts } = read(sipUri, name, rest);
  return { scheme: name, ...parts, params: new Params(checkedParams(params, "uri"), "uri"), text };
}
function readTelUri(rest, text) {
  const { digits, params: entries } = read(telUri, "tel", rest);
  const params = new Params(checkedParams(entries, "uri"), "uri");
  const context = params.raw("phone-context");
  const global = digits.startsWith("+");
  if (!global && context === void 0) {
    throw grammarError("GRAMMAR_BAD_URI", { detail: "a local number without phone-context", section: "RFC 3966 \xA75.1.5" });
  }
  if (context !== void 0 && !wholeHostname.test(context) && !wholeGlobalNumber.test(context)) {
    throw grammarError("GRAMMAR_BAD_URI", { detail: "phone-context", section: "RFC 3966 \xA73" });
  }
  const phoneContext = context?.startsWith("+") === true ? withoutSeparators(context) : context;
  return { scheme: "tel", number: withoutSeparators(digits), global, phoneContext, params, text };
}
function readImUri(name, rest, text) {
  return { scheme: name, ...read(imUri, name, rest), text };
}
function readOtherUri(name, rest, text) {
  if (!otherUri.test(rest)) throw grammarError("GRAMMAR_BAD_URI", { detail: `after ${name}:`, offset: name.length + 1 });
  return { scheme: "other", name, text };
}
function read(parser, name, rest) {
  const result = parser.parse(rest);
  if (result.status) return result.value;
  throw grammarError("GRAMMAR_BAD_URI", { offset: name.length + 1 + result.index.offset });
}
function withoutSeparators(digits) {
  return digits.replace(/[-.()]/g, "");
}

// ../grammar/src/uri-fast-lane.ts
var HOST_MAX3 = 255;
var COLON = 58;
var SEMICOLON = 59;
var DOT = 46;
var HYPHEN = 45;
var noParams = new Params([], "uri");
function parseSipUriByLane(text) {
  if (!text.startsWith("sip")) return void 0;
  const start = text.charCodeAt(3) === COLON ? 4 : text.startsWith("s:", 3) ? 5 : 0;
  if (start === 0) return void 0;
  const at = text.indexOf("@", start);
  if (at === start) return void 0;
  for (let i = start; i < at; i++) if ((CLASSES[text.charCodeAt(i)] & USER) === 0) return void 0;
  const hostStart = at < 0 ? start : at + 1;
  const hostEnd2 = endOfHost(text, hostStart);
  if (hostEnd2 < 0) return void 0;
  let port3;
  let next = hostEnd2;
  if (text.charCodeAt(next) === COLON) {
    const portEnd = endOfDigits(text, next + 1);
    if (portEnd === next + 1 || portEnd > next + 6) return void 0;
    port3 = Number(text.slice(next + 1, portEnd));
    if (port3 > 65535) return void 0;
    next = portEnd;
  }
  const params = next === text.length ? noParams : readParams(text, next);
  if (params === void 0) return void 0;
  return {
    scheme: start === 4 ? "sip" : "sips",
    user: at < 0 ? void 0 : text.slice(start, at),
    password: void 0,
    host: text.slice(hostStart, hostEnd2),
    port: port3,
    params,
    headers: [],
    text
  };
}
function endOfDigits(text, from) {
  let at = from;
  while (at < text.length && (CLASSES[text.charCodeAt(at)] & DIGIT2) !== 0) at++;
  return at;
}
function endOfHost(text, from) {
  let at = from;
  let labelStart = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((CLASSES[code] & ALPHANUM) !== 0) continue;
    if (code === HYPHEN) {
      if (at === labelStart) return -1;
    } else if (code === DOT) {
      if (at === labelStart || text.charCodeAt(at - 1) === HYPHEN) return -1;
      labelStart = at + 1;
    } else {
      break;
    }
  }
  if (at === labelStart || at - from > HOST_MAX3 || text.charCodeAt(at - 1) === HYPHEN) return -1;
  const startsWithDigit = (CLASSES[text.charCodeAt(labelStart)] & DIGIT2) !== 0;
  return !startsWithDigit || isPlainIPv4(text, from, at) ? at : -1;
}
function isPlainIPv4(text, from, to) {
  let numbers2 = 1;
  let value = 0;
  let digits = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      numbers2++;
      value = 0;
      digits = 0;
      continue;
    }
    if ((CLASSES[code] & DIGIT2) === 0) return false;
    value = value * 10 + code - 48;
    if (++digits > 3 || value > 255) return false;
  }
  return numbers2 === 4;
}
function readParams(text, from) {
  const entries = [];
  let at = from;
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) return void 0;
    const nameEnd = endOfParam(text, at + 1);
    if (nameEnd === at + 1) return void 0;
    const name = text.slice(at + 1, nameEnd);
    let value;
    at = nameEnd;
    if (text.charCodeAt(nameEnd) === 61) {
      at = endOfParam(text, nameEnd + 1);
      if (at === nameEnd + 1) return void 0;
      value = text.slice(nameEnd + 1, at);
    }
    if (entries.length > 8 || isIn(entries, name)) return void 0;
    entries.push([name, value]);
  }
  return new Params(entries, "uri");
}
function endOfParam(text, from) {
  let at = from;
  while (at < text.length && (CLASSES[text.charCodeAt(at)] & PARAM) !== 0) at++;
  return at;
}
function isIn(entries, name) {
  if (entries.length === 0) return false;
  const key = name.toLowerCase();
  for (const entry of entries) if (entry[0].toLowerCase() === key) return true;
  return false;
}

// ../grammar/src/uri.ts
var URI_MAX = 4096;
function parseUri(text, options) {
  if (text.length > (options?.maxLength ?? URI_MAX)) throw grammarError("GRAMMAR_URI_TOO_LONG", { detail: `${text.length} octets` });
  return parseSipUriByLane(text) ?? parseUriByGrammar(text);
}

// ../grammar/src/name-addr-grammar.ts
import P3 from "parsimmon";
var SWS3 = P3.regexp(abnf.SWS);
var LAQUOT2 = P3.regexp(abnf.LAQUOT);
var RAQUOT = P3.regexp(abnf.RAQUOT);
var quotedString2 = P3.regexp(abnf.quotedString);
var words = P3.regexp(new RegExp(`${abnf.token.source}(?:${abnf.LWS.source}${abnf.token.source})*`));
var displayName = P3.alt(quotedString2, words);
var angledUri = P3.regexp(/[A-Za-z][A-Za-z0-9+\-.]*:[!#-;=?-~]+/);
var bareUri = P3.regexp(/[A-Za-z][A-Za-z0-9+\-.]*:[!#-+\--:=@-~]+/);
var nameAddr = P3.seqMap(
  displayName.times(0, 1),
  LAQUOT2.then(angledUri).skip(RAQUOT),
  (displays, uriText) => ({ display: displays[0], uriText })
);
var addrSpec = bareUri.map((uriText) => ({ display: void 0, uriText }));
var anyDisplayName = P3.regexp(/[^<\r\n]*[^<\r\n \t]/);
var blanks = P3.regexp(/[ \t]*/);
var liberalNameAddr = P3.seqMap(
  anyDisplayName.times(0, 1),
  LAQUOT2.then(blanks).then(angledUri).skip(blanks).skip(RAQUOT),
  (displays, uriText) => ({ display: displays[0], uriText })
);
var strict = P3.seq(SWS3.then(P3.alt(nameAddr, addrSpec)), genericParams.skip(SWS3));
var liberal = P3.seq(SWS3.then(P3.alt(nameAddr, addrSpec, liberalNameAddr)), genericParams.skip(SWS3));
function parseNameAddrByGrammar(text, isLiberal = false) {
  const result = (isLiberal ? liberal : strict).parse(text);
  if (!result.status) throw grammarError("GRAMMAR_BAD_NAME_ADDR", { offset: result.index.offset });
  const [address, params] = result.value;
  return { ...address, params: checkedParams(params, "header") };
}

// ../grammar/src/name-addr-fast-lane.ts
var SPACE = 32;
var DQUOTE2 = 34;
var COMMA2 = 44;
var COLON2 = 58;
var SEMICOLON2 = 59;
var LAQUOT3 = 60;
var EQUAL2 = 61;
var RAQUOT2 = 62;
var QUESTION = 63;
function parseNameAddrByLane(text) {
  let display;
  let open = 0;
  const first = text.charCodeAt(0);
  if (first === DQUOTE2) {
    const close = endOf(text, 1, QDTEXT);
    if (text.charCodeAt(close) !== DQUOTE2) return void 0;
    open = text.charCodeAt(close + 1) === SPACE ? close + 2 : close + 1;
    display = text.slice(0, close + 1);
  } else if (first !== LAQUOT3) {
    open = endOf(text, 0, TOKEN);
    if (text.charCodeAt(open) === COLON2) return readAddrSpec(text, open);
    if (open === 0) return void 0;
    display = text.slice(0, open);
    if (text.charCodeAt(open) === SPACE) open++;
  }
  if (text.charCodeAt(open) !== LAQUOT3) return void 0;
  const uriStart = open + 1;
  const uriEnd = endOf(text, uriStart, ANGLED);
  if (text.charCodeAt(uriEnd) !== RAQUOT2 || !hasScheme(text, uriStart, uriEnd) || !isSimpleParam(text, uriEnd + 1)) return void 0;
  return { display, uriText: text.slice(uriStart, uriEnd), params: text.slice(uriEnd + 1) };
}
function readAddrSpec(text, colon) {
  if (!hasScheme(text, 0, text.length)) return void 0;
  let end = colon + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === SEMICOLON2) break;
    if (code === COMMA2 || code === QUESTION || (CLASSES[code] & ANGLED) === 0) return void 0;
  }
  if (end === colon + 1 || !isSimpleParam(text, end)) return void 0;
  return { display: void 0, uriText: text.slice(0, end), params: text.slice(end) };
}
function endOf(text, from, charClass) {
  let at = from;
  while (at < text.length && (CLASSES[text.charCodeAt(at)] & charClass) !== 0) at++;
  return at;
}
function hasScheme(text, from, to) {
  const colon = endOf(text, from, ALPHANUM);
  return colon > from && text.charCodeAt(from) >= 65 && text.charCodeAt(colon) === COLON2 && colon + 1 < to;
}
function isSimpleParam(text, from) {
  if (from === text.length) return true;
  if (text.charCodeAt(from) !== SEMICOLON2) return false;
  const nameEnd = endOf(text, from + 1, TOKEN);
  if (nameEnd === from + 1) return false;
  if (nameEnd === text.length) return true;
  if (text.charCodeAt(nameEnd) !== EQUAL2 || nameEnd + 1 === text.length) return false;
  return endOf(text, nameEnd + 1, TOKEN) === text.length;
}

// ../grammar/src/name-addr.ts
var NAME_ADDR_MAX = 8192;
var NameAddr = class {
  /** The URI as it came. */
  uriText;
  #display;
  #paramsText;
  #params;
  #uri;
  #displayName;
  constructor(parts) {
    this.uriText = parts.uriText;
    this.#display = parts.display;
    if (typeof parts.params === "string") {
      this.#paramsText = parts.params;
    } else {
      this.#paramsText = "";
      this.#params = new Params(parts.params);
    }
  }
  /** The display name as text: unquoted, unescaped, decoded from UTF-8; `undefined` when there is none. */
  get displayName() {
    if (this.#display === void 0) return void 0;
    this.#displayName ??= byteStringToText(this.#display.charCodeAt(0) === 34 ? unquoteValid(this.#display) : this.#display);
    return this.#displayName;
  }
  /** The URI, read when first asked for. @throws as `parseUri` */
  get uri() {
    this.#uri ??= parseUri(this.uriText);
    return this.#uri;
  }
  /** The parameters of the header field, such as `tag`; those of the URI are in `uri`. */
  get params() {
    this.#params ??= this.#paramsText === "" ? Params.none : new Params(parseParamsByLane(this.#paramsText, 0) ?? []);
    return this.#params;
  }
};
function parseNameAddr(text, options) {
  if (text.length > (options?.maxLength ?? NAME_ADDR_MAX)) {
    throw grammarError("GRAMMAR_NAME_ADDR_TOO_LONG", { detail: `${text.length} octets` });
  }
  return new NameAddr(parseNameAddrByLane(text) ?? parseNameAddrByGrammar(text, options?.liberal ?? false));
}

// src/errors.ts
var messageErrors = {
  SIP_NO_MESSAGE: { meaning: "The datagram holds nothing but line ends, as keepalives do", fault: "remote", section: "RFC 5626 \xA74.4.1" },
  SIP_NOT_SIP: { meaning: "The start line is neither a SIP request line nor a SIP status line", fault: "remote", status: 400, section: "RFC 3261 \xA77.1" },
  SIP_HEAD_UNFINISHED: { meaning: "The datagram ends before the empty line behind the header fields", fault: "remote", status: 400, section: "RFC 3261 \xA77" },
  SIP_HEAD_TOO_LARGE: { meaning: "Start line and header fields exceed the limit headOctets", fault: "remote", status: 513, section: "RFC 3261 \xA721.5.7" },
  SIP_TOO_MANY_FIELDS: { meaning: "There are more header fields than the limit fields", fault: "remote", status: 513, section: "RFC 3261 \xA721.5.7" },
  SIP_BODY_TOO_LARGE: { meaning: "The body exceeds the limit bodyOctets", fault: "remote", status: 513, section: "RFC 3261 \xA721.5.7" },
  SIP_STREAM_UNUSABLE: { meaning: "The stream cannot be framed any further; close the connection", fault: "remote", section: "RFC 3261 \xA718.3" },
  SIP_BAD_REQUEST_LINE: { meaning: "The request line is malformed", fault: "remote", status: 400, section: "RFC 3261 \xA77.1" },
  SIP_BAD_STATUS_LINE: { meaning: "The status line is malformed", fault: "remote", section: "RFC 3261 \xA77.2" },
  SIP_UNSUPPORTED_VERSION: { meaning: "The version of SIP is not 2.0", fault: "remote", status: 505, section: "RFC 3261 \xA721.5.6" },
  SIP_BAD_LINE: { meaning: "A header line has no name, no colon, or a line end that is not CRLF", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  SIP_NO_CONTENT_LENGTH: { meaning: "A message on a stream has no Content-Length", fault: "remote", status: 400, section: "RFC 3261 \xA718.3" },
  SIP_BAD_CONTENT_LENGTH: { meaning: "Content-Length is not one number", fault: "remote", status: 400, section: "RFC 3261 \xA720.14" },
  SIP_BODY_TRUNCATED: { meaning: "The body is shorter than Content-Length says", fault: "remote", status: 400, section: "RFC 3261 \xA718.3" },
  SIP_BAD_URI: { meaning: "The Request-URI is malformed", fault: "remote", status: 400, section: "RFC 3261 \xA719.1" },
  SIP_UNSUPPORTED_SCHEME: { meaning: "The scheme of the Request-URI is not known here", fault: "remote", status: 416, section: "RFC 3261 \xA78.2.2.1" },
  SIP_BAD_HEADER: { meaning: "A header field is malformed", fault: "remote", status: 400, section: "RFC 3261 \xA720" },
  SIP_MISSING_HEADER: { meaning: "A mandatory header field is missing", fault: "remote", status: 400, section: "RFC 3261 \xA78.1.1" },
  SIP_DUPLICATE_HEADER: { meaning: "A header field that may appear once appears twice", fault: "remote", status: 400, section: "RFC 3261 \xA77.3.1" },
  SIP_CSEQ_METHOD: { meaning: "The method in CSeq is not the method of the request", fault: "remote", status: 400, section: "RFC 3261 \xA78.1.1.5" },
  SIP_OUT_OF_RANGE: { meaning: "A number in a header field is out of its range", fault: "remote", status: 400, section: "RFC 4475 \xA73.1.2.4" },
  SIP_UNSAFE_FIELD: { meaning: "The text cannot be put into a message without changing its structure", fault: "local", section: "RFC 3261 \xA77.3.1" }
};
var transactionErrors = {
  SIP_TIMEOUT: { meaning: "No final response came in time", fault: "remote", status: 408, section: "RFC 3261 \xA78.1.3.1" },
  SIP_TRANSPORT: { meaning: "The message could not be sent, or the connection was lost before the response", fault: "remote", status: 503, section: "RFC 3261 \xA78.1.3.1" },
  SIP_NO_ACK: { meaning: "No ACK came for the final response to an INVITE", fault: "remote", section: "RFC 3261 \xA717.2.1" },
  SIP_TOO_MANY_TRANSACTIONS: { meaning: "There are as many transactions as the limit maxTransactions allows", fault: "local", status: 503, section: "RFC 3261 \xA721.5.4" },
  SIP_TOO_MANY_CONNECTIONS: { meaning: "There are as many connections as the limit maxConnections allows", fault: "local", status: 503, section: "RFC 3261 \xA721.5.4" },
  SIP_PEER_DOES_NOT_READ: { meaning: "More octets wait for the peer to read than the limit maxPendingOutput; the connection was closed", fault: "remote" },
  SIP_NO_SOCKET: { meaning: "There is no UDP socket of the address family of the destination; call listenUdp first", fault: "local", status: 503 },
  SIP_ENDPOINT_CLOSED: { meaning: "The endpoint was closed", fault: "local", status: 503 },
  SIP_UNRESOLVED: { meaning: "No address was found for the URI", fault: "remote", status: 503, section: "RFC 3263 \xA74" },
  SIP_UNSUPPORTED_TRANSPORT: { meaning: "The URI asks for a transport this endpoint does not have", fault: "local", status: 503, section: "RFC 3263 \xA74.1" },
  SIP_CSEQ_OUT_OF_ORDER: { meaning: "A request in a dialog has a lower CSeq number than one before it", fault: "remote", status: 500, section: "RFC 3261 \xA712.2.2" },
  SIP_NO_DIALOG: { meaning: "The message belongs to no dialog or cannot make one", fault: "remote", status: 481, section: "RFC 3261 \xA712.2.2" },
  SIP_DIALOG_ENDED: { meaning: "The dialog is over; nothing more can be sent in it", fault: "local", status: 481, section: "RFC 3261 \xA712.3" },
  SIP_GLARE: { meaning: "An INVITE is still under way in this dialog; try again when it is done", fault: "local", status: 491, section: "RFC 3261 \xA714.1" },
  SIP_REJECTED: { meaning: "The INVITE was answered with a failure; the response is the cause", fault: "remote", section: "RFC 3261 \xA713.2.2.3" },
  SIP_ABORTED: { meaning: "The caller gave the request up", fault: "local", status: 487 },
  SIP_ALREADY_ANSWERED: { meaning: "The request has had its final response, or was cancelled", fault: "local" }
};
var sipErrors = { ...messageErrors, ...transactionErrors };
var sipError = defineErrors(sipErrors);

// src/limits.ts
var DEFAULT_LIMITS = { headOctets: 65536, fields: 512, bodyOctets: 1048576 };
function limitsOf(options) {
  return options?.limits === void 0 ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...options.limits };
}

// src/field-names.ts
var FIELDS = [
  ["Via", "v"],
  ["From", "f"],
  ["To", "t"],
  ["Call-ID", "i"],
  ["CSeq"],
  ["Max-Forwards"],
  ["Contact", "m"],
  ["Route"],
  ["Record-Route"],
  ["Content-Length", "l"],
  ["Content-Type", "c"],
  ["Expires"],
  ["Min-Expires"],
  ["Path"],
  ["Service-Route"],
  ["Require"],
  ["Proxy-Require"],
  ["Supported", "k"],
  ["Unsupported"],
  ["Allow"],
  ["Event", "o"],
  ["Allow-Events", "u"],
  ["Subject", "s"],
  ["Content-Encoding", "e"],
  ["Accept-Contact", "a"],
  ["Reject-Contact", "j"],
  ["Request-Disposition", "d"],
  ["Refer-To", "r"],
  ["Referred-By", "b"],
  ["Session-Expires", "x"],
  ["Identity", "y"],
  ["Identity-Info", "n"],
  ["Accept"],
  ["Accept-Encoding"],
  ["Accept-Language"],
  ["Alert-Info"],
  ["Authentication-Info"],
  ["Authorization"],
  ["Call-Info"],
  ["Content-Disposition"],
  ["Content-ID"],
  ["Content-Language"],
  ["Date"],
  ["Error-Info"],
  ["History-Info"],
  ["In-Reply-To"],
  ["Join"],
  ["MIME-Version"],
  ["Min-SE"],
  ["Organization"],
  ["P-Access-Network-Info"],
  ["P-Asserted-Identity"],
  ["P-Asserted-Service"],
  ["P-Associated-URI"],
  ["P-Called-Party-ID"],
  ["P-Charging-Function-Addresses"],
  ["P-Charging-Vector"],
  ["P-Early-Media"],
  ["P-Preferred-Identity"],
  ["P-Preferred-Service"],
  ["P-Served-User"],
  ["P-Visited-Network-ID"],
  ["Priority"],
  ["Privacy"],
  ["Proxy-Authenticate"],
  ["Proxy-Authorization"],
  ["RAck"],
  ["Reason"],
  ["Replaces"],
  ["Reply-To"],
  ["Resource-Priority"],
  ["Retry-After"],
  ["RSeq"],
  ["Security-Client"],
  ["Security-Server"],
  ["Security-Verify"],
  ["Server"],
  ["SIP-ETag"],
  ["SIP-If-Match"],
  ["Subscription-State"],
  ["Target-Dialog"],
  ["Timestamp"],
  ["User-Agent"],
  ["Warning"],
  ["WWW-Authenticate"]
];
var UNKNOWN = -1;
var numbers = /* @__PURE__ */ new Map();
var sameShape = [];
function shape(length, firstLetter) {
  return length << 5 | firstLetter & 31;
}
FIELDS.forEach(([name, compact], id) => {
  for (const form of compact === void 0 ? [name] : [name, compact]) {
    numbers.set(form, id);
    numbers.set(form.toLowerCase(), id);
    (sameShape[shape(form.length, form.charCodeAt(0))] ??= []).push([form, id]);
  }
});
for (let at = 0; at < sameShape.length; at++) sameShape[at] ??= [];
function fieldId(name) {
  return numbers.get(name) ?? numbers.get(name.toLowerCase()) ?? UNKNOWN;
}
function fieldIdAt(head, from, to) {
  const candidates = sameShape[shape(to - from, head.charCodeAt(from))];
  if (candidates === void 0 || candidates.length === 0) return UNKNOWN;
  for (const [name, id] of candidates) if (head.startsWith(name, from)) return id;
  return numbers.get(head.slice(from, to).toLowerCase()) ?? UNKNOWN;
}
function fieldName(id) {
  return FIELDS[id][0];
}
var VIA = fieldId("Via");
var FROM = fieldId("From");
var TO = fieldId("To");
var CALL_ID = fieldId("Call-ID");
var CSEQ = fieldId("CSeq");
var MAX_FORWARDS = fieldId("Max-Forwards");
var CONTACT = fieldId("Contact");
var ROUTE = fieldId("Route");
var RECORD_ROUTE = fieldId("Record-Route");
var CONTENT_LENGTH = fieldId("Content-Length");
var CONTENT_TYPE = fieldId("Content-Type");
var EXPIRES = fieldId("Expires");
var MIN_EXPIRES = fieldId("Min-Expires");
var PATH = fieldId("Path");
var SERVICE_ROUTE = fieldId("Service-Route");

// src/lists.ts
var QUOTE = 34;
var COMMA3 = 44;
var LESS = 60;
var GREATER = 62;
var BACKSLASH2 = 92;
function isBlank2(code) {
  return code === 32 || code === 9;
}
function trimBlanks2(text) {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank2(text.charCodeAt(from))) from++;
  while (to > from && isBlank2(text.charCodeAt(to - 1))) to--;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}
function firstElementEnd(text) {
  if (!text.includes(",")) return text.length;
  let inAngles = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE && !inAngles) {
      at = quoteEnd(text, at);
    } else if (code === LESS) {
      inAngles = true;
    } else if (code === GREATER) {
      inAngles = false;
    } else if (code === COMMA3 && !inAngles) {
      return at;
    }
  }
  return text.length;
}
function quoteEnd(text, from) {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH2) at++;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

// src/headers.ts
var ROW = 4;
var FROM2 = 1;
var VALUE = 2;
var TO2 = 3;
var Headers = class _Headers {
  #head = "";
  #folded = true;
  // whether a line of the head may be folded
  #rows;
  #made;
  #typed = [];
  /** Fields in the order given. Throws SIP_UNSAFE_FIELD. */
  constructor(fields) {
    this.#rows = [];
    if (fields !== void 0) for (const [name, value] of fields) this.#rows.push(...this.#make(fieldId(name), name, value));
  }
  /** For the decoder: fields that stand in `head`, a byte string; `folded` when one of them is on several lines. */
  static fromHead(head, rows, folded) {
    const headers2 = new _Headers();
    headers2.#head = head;
    headers2.#rows = rows;
    headers2.#folded = folded;
    return headers2;
  }
  /** An independent copy; costs a few small arrays. */
  clone() {
    const copy = _Headers.fromHead(this.#head, this.#rows.slice(), this.#folded);
    copy.#made = this.#made?.slice();
    copy.#typed = this.#typed.slice();
    return copy;
  }
  /** Header fields there are, lines counted. */
  get size() {
    return this.#rows.length / ROW;
  }
  has(name) {
    return this.#find(fieldId(name), name, 0) >= 0;
  }
  /** The value of the first field of that name: folds undone, blanks around it gone, UTF-8 decoded. */
  get(name) {
    const row = this.#find(fieldId(name), name, 0);
    return row < 0 ? void 0 : this.#value(row);
  }
  /** The values of every field of that name, one per field, lists not split. */
  all(name) {
    const id = fieldId(name);
    const values = [];
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) values.push(this.#value(row));
    return values;
  }
  /** Every element of the comma-separated lists in the fields of that name, in order (§7.3.1); empty ones are left out. */
  list(name) {
    return this.all(name).flatMap(splitList).filter((element) => element !== "");
  }
  /** How many fields of that name there are. */
  count(name) {
    const id = fieldId(name);
    let count = 0;
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) count++;
    return count;
  }
  /** The first of these known fields that stands in more than one line; ids below 31. */
  repeated(ids) {
    let wanted = 0;
    for (const id of ids) wanted |= 1 << id;
    let seen = 0;
    for (let row = 0; row < this.#rows.length; row += ROW) {
      const id = this.#rows[row];
      if (id < 0 || id > 30) continue;
      const bit = 1 << id;
      if ((seen & wanted & bit) !== 0) return id;
      seen |= bit;
    }
    return void 0;
  }
  /**
   * Replaces all fields of that name, at the place of the first, else at the end.
   * Throws SIP_UNSAFE_FIELD for a name that is no token or a value with a line end.
   */
  set(name, value) {
    const id = fieldId(name);
    const values = typeof value === "string" ? [value] : value;
    const first = this.#find(id, name, 0);
    const fresh = values.flatMap((one) => this.#make(id, name, one));
    for (let row = first; row >= 0; row = this.#find(id, name, row)) this.#rows.splice(row, ROW);
    this.#insert(first < 0 ? this.#rows.length : first, fresh);
    this.#changed(id);
  }
  /** Adds a field behind the last of that name, else at the end. Throws SIP_UNSAFE_FIELD. */
  add(name, value) {
    const id = fieldId(name);
    let after = this.#rows.length;
    for (let row = this.#find(id, name, 0); row >= 0; row = this.#find(id, name, row + ROW)) after = row + ROW;
    this.#insert(after, this.#make(id, name, value));
    this.#changed(id);
  }
  /** Puts a new field before the first of that name, else at the top. Throws SIP_UNSAFE_FIELD. */
  prepend(name, value) {
    const id = fieldId(name);
    this.#insert(Math.max(this.#find(id, name, 0), 0), this.#make(id, name, value));
    this.#changed(id);
  }
  /** Takes away and returns the first element of that name (a Via, a Route); the rest of its line stays. */
  removeFirst(name) {
    const id = fieldId(name);
    const row = this.#find(id, name, 0);
    if (row < 0) return void 0;
    const value = this.#value(row);
    const end = firstElementEnd(value);
    const rest = trimBlanks2(value.slice(end + 1));
    this.#rows.splice(row, ROW, ...rest === "" ? [] : this.#make(id, name, rest));
    this.#changed(id);
    return trimBlanks2(value.slice(0, end));
  }
  delete(name) {
    this.set(name, []);
  }
  /** Adds the fields of that name of another message at the end, line by line as they came. */
  addFrom(other, name) {
    const id = fieldId(name);
    for (let row = other.#find(id, name, 0); row >= 0; row = other.#find(id, name, row + ROW)) {
      const [from, value, to] = other.#rows.slice(row + FROM2, row + ROW);
      const start = Math.max(from, 0);
      this.#rows.push(id, this.#keep(other.#text(from).slice(start, to)), value - start, to - start);
    }
    this.#folded ||= other.#folded;
    this.#changed(id);
  }
  /** Name and value of every field; names as the standard writes them, unknown ones as they came. */
  *[Symbol.iterator]() {
    for (let row = 0; row < this.#rows.length; row += ROW) yield [this.#name(row), this.#value(row)];
  }
  /** For the typed values: what `read` makes of the first (part 0) or of all fields (part 1) of a name, kept until one changes. */
  typed(id, part, read2) {
    const kept = this.#typed[2 * id + part];
    if (kept !== void 0) return kept;
    const value = read2(this, id);
    this.#typed[2 * id + part] = value;
    return value;
  }
  /** For the typed values: the first value of a known field as a byte string. */
  rawFirst(id) {
    const row = this.#find(id, "", 0);
    return row < 0 ? void 0 : this.#raw(row);
  }
  /** For the typed values: every value of a known field as byte strings. */
  rawAll(id) {
    const values = [];
    for (let row = this.#find(id, "", 0); row >= 0; row = this.#find(id, "", row + ROW)) values.push(this.#raw(row));
    return values;
  }
  /** For the encoder: all lines, each with its CRLF, as a byte string; without Content-Length if asked. */
  toByteString(withoutContentLength = false) {
    const rows = this.#rows;
    let text = "";
    let runFrom = 0;
    let runTo = 0;
    for (let row = 0; row < rows.length; row += ROW) {
      if (withoutContentLength && rows[row] === CONTENT_LENGTH) continue;
      const from = rows[row + FROM2];
      if (from < 0) {
        text += this.#head.slice(runFrom, runTo) + this.#text(from) + "\r\n";
        runFrom = runTo;
      } else {
        if (from !== runTo) {
          text += this.#head.slice(runFrom, runTo);
          runFrom = from;
        }
        runTo = rows[row + TO2] + 2;
      }
    }
    return text + this.#head.slice(runFrom, runTo);
  }
  #find(id, name, start) {
    const rows = this.#rows;
    if (id !== UNKNOWN) {
      for (let row = start; row < rows.length; row += ROW) if (rows[row] === id) return row;
      return -1;
    }
    const wanted = name.toLowerCase();
    for (let row = start; row < rows.length; row += ROW) {
      if (rows[row] === UNKNOWN && this.#name(row).toLowerCase() === wanted) return row;
    }
    return -1;
  }
  #text(from) {
    return from < 0 ? this.#made[~from] : this.#head;
  }
  #name(row) {
    const id = this.#rows[row];
    if (id !== UNKNOWN) return fieldName(id);
    const from = this.#rows[row + FROM2];
    const line = this.#text(from);
    const start = Math.max(from, 0);
    return trimBlanks2(line.slice(start, line.indexOf(":", start)));
  }
  #raw(row) {
    const rows = this.#rows;
    const value = this.#text(rows[row + FROM2]).slice(rows[row + VALUE], rows[row + TO2]);
    return this.#folded && value.includes("\n") ? unfold(value) : isBlank2(value.charCodeAt(value.length - 1)) ? trimBlanks2(value) : value;
  }
  #value(row) {
    return byteStringToText(this.#raw(row));
  }
  #make(id, name, value) {
    const written = id === UNKNOWN ? name : fieldName(id);
    if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(written)) throw sipError("SIP_UNSAFE_FIELD", { detail: "the name is not a token" });
    if (value.includes("\n") || value.includes("\r")) throw sipError("SIP_UNSAFE_FIELD", { header: written, detail: `line end in ${written}` });
    const line = `${written}: ${textToByteString(value)}`;
    return [id, this.#keep(line), written.length + 2, line.length];
  }
  /** Keeps a line made here; returns what stands for it in a row. */
  #keep(line) {
    this.#made ??= [];
    return ~(this.#made.push(line) - 1);
  }
  #insert(at, row) {
    if (at === this.#rows.length) this.#rows.push(...row);
    else this.#rows.splice(at, 0, ...row);
  }
  #changed(id) {
    if (id === UNKNOWN) return;
    this.#typed[2 * id] = void 0;
    this.#typed[2 * id + 1] = void 0;
  }
};
function unfold(value) {
  const lines = value.split("\n").map((line) => trimBlanks2(line.endsWith("\r") ? line.slice(0, -1) : line));
  return lines.filter((line) => line !== "").join(" ");
}

// src/fast-lane.ts
var DQUOTE3 = 34;
var DOT2 = 46;
var COLON3 = 58;
var SEMICOLON3 = 59;
var LESS2 = 60;
var EQUAL3 = 61;
var OPEN_BRACKET = 91;
var BACKSLASH3 = 92;
var HOST_MAX4 = 255;
var PARAMS_MAX2 = 32;
var TOKEN2 = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") TOKEN2[char.charCodeAt(0)] = 1;
function parseViaByLane(text) {
  if (!text.startsWith("SIP/2.0/")) return void 0;
  const transport = transportAt(text);
  if (transport === void 0) return void 0;
  const hostAt = 9 + transport.length;
  let at = hostEnd(text, hostAt);
  if (at < 0) return void 0;
  const host4 = text.slice(hostAt, at);
  if (!isPlainName(text, hostAt, at) && !isHost(host4)) return void 0;
  let port3;
  if (text.charCodeAt(at) === COLON3) {
    port3 = 0;
    const portAt = ++at;
    for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(++at)) port3 = port3 * 10 + code - 48;
    if (at === portAt || at > portAt + 5 || port3 > 65535) return void 0;
  }
  return readParams2(text, at, { protocol: "SIP/2.0", transport, host: host4, port: port3, params: "", branch: void 0, received: void 0, rport: void 0, ttl: void 0 });
}
function transportAt(text) {
  if (text.startsWith("UDP ", 8)) return "UDP";
  if (text.startsWith("TCP ", 8)) return "TCP";
  if (text.startsWith("TLS ", 8)) return "TLS";
  const space = text.indexOf(" ", 8);
  const transport = text.slice(8, space);
  return space > 0 && /^[A-Z-]+$/.test(transport) ? transport : void 0;
}
function hostEnd(text, from) {
  if (text.charCodeAt(from) === OPEN_BRACKET) return text.indexOf("]", from) + 1 || -1;
  let at = from;
  while (at < text.length && TOKEN2[text.charCodeAt(at)] === 1) at++;
  return at;
}
function readParams2(text, from, via) {
  let names = 0;
  for (let at = from; at < text.length; ) {
    if (text.charCodeAt(at) !== SEMICOLON3) return void 0;
    const nameAt = at + 1;
    let nameEnd = nameAt;
    while (TOKEN2[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameAt) return void 0;
    const kind = kindOf(text, nameAt, nameEnd);
    if ((names & kind) !== 0) return void 0;
    names |= kind;
    at = nameEnd;
    let value = "";
    if (text.charCodeAt(nameEnd) === EQUAL3) {
      at = nameEnd + 1;
      while (TOKEN2[text.charCodeAt(at)] === 1) at++;
      if (at === nameEnd + 1 || at < text.length && text.charCodeAt(at) !== SEMICOLON3) at = addressEnd(text, nameEnd + 1);
      if (at < 0) return void 0;
      value = text.slice(nameEnd + 1, at);
    }
    keep(text, nameAt, nameEnd, value, via);
  }
  via.params = text.slice(from);
  return via;
}
function addressEnd(text, from) {
  const semicolon = text.indexOf(";", from);
  const end = semicolon < 0 ? text.length : semicolon;
  return isIPv6(text.slice(from, end)) ? end : -1;
}
function keep(text, from, to, value, via) {
  const first = text.charCodeAt(from) | 32;
  if (first !== 98 && first !== 114 && first !== 116) return;
  switch (text.slice(from, to).toLowerCase()) {
    case "branch":
      via.branch = value;
      break;
    case "received":
      via.received = value;
      break;
    case "rport":
      via.rport = value;
      break;
    case "ttl":
      via.ttl = value;
      break;
    default:
  }
}
function kindOf(text, from, to) {
  return 1 << ((to - from) * 5 + (text.charCodeAt(from) & 31) * 3 + (text.charCodeAt(to - 1) & 31) & 31);
}
function isPlainName(text, from, to) {
  let labelAt = from;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT2) {
      if (at === labelAt) return false;
      labelAt = at + 1;
    } else if (!(code >= 97 && code <= 122 || code >= 48 && code <= 57 || code >= 65 && code <= 90)) {
      return false;
    }
  }
  return labelAt < to && to - from <= HOST_MAX4 && text.charCodeAt(labelAt) > 57;
}
function parseContactByLane(text) {
  let open = 0;
  if (text.charCodeAt(0) === DQUOTE3) {
    const close = plainQuoteEnd(text, 0);
    if (close < 0) return void 0;
    open = text.charCodeAt(close) === 32 ? close + 1 : close;
  }
  if (text.charCodeAt(open) !== LESS2) return void 0;
  const uriEnd = text.indexOf(">", open);
  const uriText = text.slice(open + 1, uriEnd);
  if (uriEnd < 0 || !/^sips?:[!#-;=?-~]+$/.test(uriText)) return void 0;
  const params = contactParams(text, uriEnd + 1);
  return params === void 0 ? void 0 : { display: open === 0 ? void 0 : text.slice(0, text.lastIndexOf('"', open) + 1), uriText, params };
}
function contactParams(text, from) {
  const params = [];
  let names = 0;
  for (let at = from; at < text.length; ) {
    if (text.charCodeAt(at) !== SEMICOLON3) return void 0;
    const nameAt = at + 1;
    let nameEnd = nameAt;
    while (TOKEN2[text.charCodeAt(nameEnd)] === 1) nameEnd++;
    if (nameEnd === nameAt || params.length === PARAMS_MAX2) return void 0;
    const kind = kindOf(text, nameAt, nameEnd);
    const name = text.slice(nameAt, nameEnd);
    if ((names & kind) !== 0 && params.some((param) => param[0].toLowerCase() === name.toLowerCase())) return void 0;
    names |= kind;
    at = nameEnd;
    let value;
    if (text.charCodeAt(nameEnd) === EQUAL3) {
      at = text.charCodeAt(nameEnd + 1) === DQUOTE3 ? plainQuoteEnd(text, nameEnd + 1) : tokenEnd(text, nameEnd + 1);
      if (at <= nameEnd + 1) return void 0;
      value = text.slice(nameEnd + 1, at);
    }
    params.push([name, value]);
  }
  return params;
}
function tokenEnd(text, from) {
  let at = from;
  while (TOKEN2[text.charCodeAt(at)] === 1) at++;
  return at;
}
function plainQuoteEnd(text, from) {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DQUOTE3) return at + 1;
    if (code < 32 || code > 126 || code === BACKSLASH3) return -1;
  }
  return -1;
}

// src/grammar.ts
import P4 from "parsimmon";
var token3 = P4.regexp(abnf.token);
var SLASH = P4.regexp(abnf.SLASH);
var COLON4 = P4.regexp(abnf.COLON);
var LWS2 = P4.regexp(abnf.LWS);
var SWS4 = P4.regexp(abnf.SWS);
var sentProtocol = P4.seqMap(token3.skip(SLASH), token3.skip(SLASH), token3, (name, version, transport) => ({
  protocol: `${name.toUpperCase()}/${version}`,
  transport: transport.toUpperCase()
}));
var host3 = P4.regexp(abnf.host);
var port2 = P4.regexp(/\d{1,10}/).map(Number).chain((number) => number > 65535 ? P4.fail("a port up to 65535") : P4.of(number));
var sentBy = P4.seq(host3, COLON4.then(port2).times(0, 1));
var genValue2 = P4.alt(P4.regexp(abnf.quotedString), P4.regexp(/[^\s;="]+/));
var viaParam = P4.seqMap(P4.regexp(abnf.SEMI).then(token3), P4.regexp(abnf.EQUAL).then(genValue2).times(0, 1), (name, values) => values.length === 0 ? `;${name}` : `;${name}=${values[0]}`);
var viaParm = P4.seqMap(sentProtocol.skip(LWS2), sentBy, viaParam.many().skip(SWS4), (sent, [name, ports], params) => ({
  ...sent,
  host: name,
  port: ports[0],
  params: params.join("")
}));
function parseViaByGrammar(text) {
  const result = viaParm.parse(text);
  if (!result.status) throw sipError("SIP_BAD_HEADER", { header: "Via", detail: "Via", offset: result.index.offset });
  const params = parseParams(result.value.params);
  return { ...result.value, branch: params.get("branch"), received: params.get("received"), rport: params.get("rport"), ttl: params.get("ttl") };
}

// src/via.ts
var ReceivedVia = class {
  protocol;
  transport;
  host;
  port;
  branch;
  #syntax;
  #params;
  constructor(syntax) {
    this.protocol = syntax.protocol;
    this.transport = syntax.transport;
    this.host = syntax.host;
    this.port = syntax.port;
    this.branch = syntax.branch;
    this.#syntax = syntax;
  }
  get params() {
    return this.#params ??= parseParams(this.#syntax.params);
  }
  get received() {
    const value = this.#syntax.received;
    return value?.startsWith("[") === true ? value.slice(1, -1) : value;
  }
  get rport() {
    const value = this.#syntax.rport;
    return value === void 0 ? void 0 : value === "" ? true : numberUpTo(value, 65535, "rport");
  }
  get maddr() {
    return this.params.get("maddr");
  }
  get ttl() {
    const value = this.#syntax.ttl;
    return value === void 0 ? void 0 : numberUpTo(value, 255, "ttl");
  }
};
function numberUpTo(text, most, name) {
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number > most) throw sipError("SIP_BAD_HEADER", { header: "Via", detail: name });
  return number;
}
function parseVia(text) {
  return new ReceivedVia(parseViaByLane(text) ?? parseViaByGrammar(text));
}

// src/header-values.ts
var Contact = class {
  address;
  constructor(address) {
    this.address = address;
  }
  /** True for the `*` of a REGISTER, which has no URI (RFC 3261 §10.2.2). */
  get wildcardContact() {
    return this.address.uriText === "*";
  }
  get uriText() {
    return this.address.uriText;
  }
  get uri() {
    return this.address.uri;
  }
  get displayName() {
    return this.address.displayName;
  }
  get params() {
    return this.address.params;
  }
  /** 0 to 1; `undefined` when absent. Throws SIP_BAD_HEADER. */
  get q() {
    const text = this.params.get("q");
    if (text === void 0) return void 0;
    if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text)) throw sipError("SIP_BAD_HEADER", { header: "Contact", detail: "q" });
    return Number(text);
  }
  /** Seconds up to 2^32-1; 3600 when malformed, the most when overlarge (RFC 3261 §10.2.1.1); `undefined` when absent. */
  get expires() {
    const text = this.params.get("expires");
    if (text === void 0) return void 0;
    return /^\d+$/.test(text) ? Math.min(Number(text), MOST_SECONDS) : 3600;
  }
};
var MOST_SECONDS = 2 ** 32 - 1;
function guarded(id, read2) {
  try {
    return read2();
  } catch (cause) {
    throw badHeader(id, cause);
  }
}
function badHeader(id, cause) {
  if (!ProtocolError.is(cause) || cause.code.startsWith("SIP_")) return cause;
  return sipError("SIP_BAD_HEADER", { header: fieldName(id), detail: fieldName(id), cause });
}
function bad(id) {
  return sipError("SIP_BAD_HEADER", { header: fieldName(id), detail: fieldName(id) });
}
function readVia(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  const end = firstElementEnd(text);
  return guarded(id, () => parseVia(end === text.length ? text : trimBlanks2(text.slice(0, end))));
}
function readVias(headers2, id) {
  return readAll(headers2, id, parseVia);
}
function readNameAddr(headers2, id) {
  const text = headers2.rawFirst(id);
  return text === void 0 ? void 0 : guarded(id, () => parseNameAddr(text));
}
function readNameAddrs(headers2, id) {
  return readAll(headers2, id, parseNameAddr);
}
function readContacts(headers2, id) {
  return readAll(headers2, id, readContact);
}
var WILDCARD = new NameAddr({ display: void 0, uriText: "*", params: "" });
function readContact(text) {
  if (text === "*") return new Contact(WILDCARD);
  const parts = parseContactByLane(text);
  return new Contact(parts === void 0 ? parseNameAddr(text) : new NameAddr(parts));
}
function readAll(headers2, id, read2) {
  const values = [];
  try {
    for (const text of headers2.rawAll(id)) {
      if (text.includes(",")) for (const element of splitList(text)) values.push(read2(element));
      else values.push(read2(text));
    }
  } catch (cause) {
    throw badHeader(id, cause);
  }
  return values;
}
function readCallId(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  if (!/^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+(?:@[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}]+)?$/.test(text)) throw bad(id);
  return text;
}
function readCseq(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  const at = digitsEnd(text);
  const method = trimBlanks2(text.slice(at));
  if (at === 0 || method.length + at === text.length || !isToken(method)) throw bad(id);
  return { number: numberOf(text.slice(0, at), CSEQ), method };
}
function readNumber(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  if (text === "" || digitsEnd(text) !== text.length) throw bad(id);
  return numberOf(text, id);
}
function digitsEnd(text) {
  let at = 0;
  while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++;
  return at;
}
var MOST = /* @__PURE__ */ new Map([[CSEQ, 2 ** 31 - 1], [MAX_FORWARDS, 255], [CONTENT_LENGTH, Number.MAX_SAFE_INTEGER]]);
function numberOf(digits, id) {
  const number = Number(digits);
  if (number > (MOST.get(id) ?? MOST_SECONDS)) throw sipError("SIP_OUT_OF_RANGE", { header: fieldName(id), detail: fieldName(id) });
  return number;
}
function readContentType(headers2, id) {
  const text = headers2.rawFirst(id);
  if (text === void 0) return void 0;
  const semicolon = text.indexOf(";");
  const end = semicolon < 0 ? text.length : semicolon;
  const [type = "", subtype = "", more] = text.slice(0, end).split("/").map(trimBlanks2);
  if (!isToken(type) || !isToken(subtype) || more !== void 0) throw bad(id);
  return { type: `${type}/${subtype}`.toLowerCase(), params: guarded(id, () => parseParams(text.slice(end))) };
}

// src/message.ts
var NO_OCTETS = new Uint8Array(0);
var Message = class {
  headers;
  body;
  /** What the decoder found wrong in the framing; {@link validate} answers it. */
  flaw = void 0;
  constructor(headers2, body) {
    this.headers = headers2;
    this.body = body;
  }
  /** The topmost Via: that of the element the message came from last. */
  get via() {
    return this.headers.typed(VIA, 0, readVia);
  }
  get vias() {
    return this.headers.typed(VIA, 1, readVias);
  }
  get from() {
    return this.headers.typed(FROM, 0, readNameAddr);
  }
  get to() {
    return this.headers.typed(TO, 0, readNameAddr);
  }
  get fromTag() {
    return this.from?.params.get("tag");
  }
  get toTag() {
    return this.to?.params.get("tag");
  }
  get callId() {
    return this.headers.typed(CALL_ID, 0, readCallId);
  }
  get cseq() {
    return this.headers.typed(CSEQ, 0, readCseq);
  }
  get contacts() {
    return this.headers.typed(CONTACT, 1, readContacts);
  }
  get routes() {
    return this.headers.typed(ROUTE, 1, readNameAddrs);
  }
  get recordRoutes() {
    return this.headers.typed(RECORD_ROUTE, 1, readNameAddrs);
  }
  /** RFC 3327 */
  get paths() {
    return this.headers.typed(PATH, 1, readNameAddrs);
  }
  /** RFC 3608 */
  get serviceRoutes() {
    return this.headers.typed(SERVICE_ROUTE, 1, readNameAddrs);
  }
  /** 0 to 255. */
  get maxForwards() {
    return this.headers.typed(MAX_FORWARDS, 0, readNumber);
  }
  /** Seconds, 0 to 2^32-1. */
  get expires() {
    return this.headers.typed(EXPIRES, 0, readNumber);
  }
  /** Seconds, 0 to 2^32-1. */
  get minExpires() {
    return this.headers.typed(MIN_EXPIRES, 0, readNumber);
  }
  /** Octets, as the field says; the encoder does not trust it. */
  get contentLength() {
    return this.headers.typed(CONTENT_LENGTH, 0, readNumber);
  }
  get contentType() {
    return this.headers.typed(CONTENT_TYPE, 0, readContentType);
  }
  /** Option tags (RFC 3261 §20.32). */
  require() {
    return this.headers.list("Require");
  }
  /** Option tags (RFC 3261 §20.29). */
  proxyRequire() {
    return this.headers.list("Proxy-Require");
  }
  /** Option tags (RFC 3261 §20.37). */
  supported() {
    return this.headers.list("Supported");
  }
  /** Methods (RFC 3261 §20.5). */
  allow() {
    return this.headers.list("Allow");
  }
};
var SipRequest = class _SipRequest extends Message {
  /** Case matters; `%` is no escape here. */
  method;
  /** The Request-URI as it came. */
  uri;
  #parsedUri;
  #parsedFrom = "";
  constructor(method, uri, headers2 = new Headers(), body = NO_OCTETS) {
    super(headers2, body);
    this.method = method;
    this.uri = uri;
  }
  /** The Request-URI read. Throws SIP_BAD_URI. */
  get parsedUri() {
    if (this.#parsedUri === void 0 || this.#parsedFrom !== this.uri) {
      this.#parsedUri = readUri(this.uri);
      this.#parsedFrom = this.uri;
    }
    return this.#parsedUri;
  }
  /** A copy with headers of its own; the body is shared. */
  clone() {
    const copy = new _SipRequest(this.method, this.uri, this.headers.clone(), this.body);
    copy.flaw = this.flaw;
    return copy;
  }
};
var SipResponse = class _SipResponse extends Message {
  /** 100 to 699. */
  status;
  reason;
  constructor(status, reason, headers2 = new Headers(), body = NO_OCTETS) {
    super(headers2, body);
    this.status = status;
    this.reason = reason;
  }
  /** A copy with headers of its own; the body is shared. */
  clone() {
    const copy = new _SipResponse(this.status, this.reason, this.headers.clone(), this.body);
    copy.flaw = this.flaw;
    return copy;
  }
};
function readUri(text) {
  try {
    return parseUri(text);
  } catch (cause) {
    throw sipError("SIP_BAD_URI", { cause });
  }
}

// src/decoder.ts
var CR = 13;
var LF = 10;
var COLON5 = 58;
var NO_OCTETS2 = new Uint8Array(0);
function decodeDatagram(bytes, options) {
  const limits = limitsOf(options);
  const liberal2 = options?.liberal === true;
  let start = 0;
  while (bytes[start] === CR || bytes[start] === LF) start++;
  if (start === bytes.length) throw sipError("SIP_NO_MESSAGE");
  const found = headEnd(bytes, start, start);
  const bodyAt = found >= 0 ? found : liberal2 ? looseHeadEnd(bytes, start) : bytes.length;
  if (bodyAt - start > limits.headOctets) throw sipError("SIP_HEAD_TOO_LARGE", { offset: bodyAt });
  const head = byteString(bytes, start, bodyAt);
  const message2 = readHead(found >= 0 ? head : finished(head), limits, liberal2);
  if (found < 0 && !liberal2) message2.flaw ??= sipError("SIP_HEAD_UNFINISHED", { offset: bytes.length });
  const length = bodyLength(message2, bytes.length - bodyAt);
  if (length > limits.bodyOctets) throw sipError("SIP_BODY_TOO_LARGE", { offset: bodyAt });
  message2.body = bodyView(bytes, bodyAt, length);
  return message2;
}
function finished(head) {
  let end = head.length;
  while (head[end - 1] === "\n" || head[end - 1] === "\r") end--;
  return `${head.slice(0, end)}\r
\r
`;
}
function bodyLength(message2, present) {
  const declared = declaredLength(message2.headers);
  if (declared === void 0) return present;
  if (typeof declared !== "number") {
    message2.flaw ??= declared;
    return 0;
  }
  if (declared <= present) return declared;
  message2.flaw ??= sipError("SIP_BODY_TRUNCATED", { header: "Content-Length", detail: `${present} of ${declared} octets` });
  return present;
}
function bodyView(bytes, from, length) {
  return length === 0 ? NO_OCTETS2 : new Uint8Array(bytes.buffer, bytes.byteOffset + from, length);
}
function headEnd(bytes, start, from, to = bytes.length) {
  const first = Math.max(start, from) + 3;
  for (let at = first; at < to; ) {
    const octet = bytes[at];
    if (octet === LF) {
      if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
      at += 2;
    } else {
      at += octet === CR ? 1 : 4;
    }
  }
  return -1;
}
function looseHeadEnd(bytes, start) {
  for (let at = bytes.indexOf(LF, start); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return bytes.length;
}
function readHead(head, limits, liberal2) {
  const text = liberal2 && /(?:^|[^\r])\n/.test(head) ? head.replace(/\r?\n/g, "\r\n") : head;
  const lineEnd = text.indexOf("\r\n");
  const rows = [];
  const folded = text.includes("\n ") || text.includes("\n	");
  const flaw = splitFields(text, lineEnd + 2, text.length - 2, rows, limits, folded);
  const headers2 = Headers.fromHead(text, rows, folded);
  const message2 = text.startsWith("SIP/") ? readStatusLine(text.slice(0, lineEnd), headers2) : readRequestLine(text.slice(0, lineEnd), headers2);
  message2.flaw ??= flaw;
  return message2;
}
function splitFields(head, start, end, rows, limits, folded) {
  let flaw;
  let fields = 0;
  for (let at = start; at < end; ) {
    let lineFeed = head.indexOf("\n", at);
    let carriageReturn = head.indexOf("\r", at);
    while (folded && carriageReturn === lineFeed - 1 && isBlank2(head.charCodeAt(lineFeed + 1))) {
      carriageReturn = head.indexOf("\r", lineFeed + 1);
      lineFeed = head.indexOf("\n", lineFeed + 1);
    }
    if (carriageReturn !== lineFeed - 1) {
      flaw ??= sipError("SIP_BAD_LINE", { offset: at, detail: "CR or LF alone" });
      lineFeed = head.indexOf("\r\n", at) + 1;
    }
    if (++fields > limits.fields) throw sipError("SIP_TOO_MANY_FIELDS", { offset: at });
    if (!pushField(head, at, lineFeed - 1, rows)) flaw ??= sipError("SIP_BAD_LINE", { offset: at, detail: "no name and colon" });
    at = lineFeed + 1;
  }
  return flaw;
}
function pushField(head, from, to, rows) {
  let nameEnd = from;
  while (TOKEN3[head.charCodeAt(nameEnd)] === 1) nameEnd++;
  let value = nameEnd;
  while (isBlank2(head.charCodeAt(value))) value++;
  if (nameEnd === from || head.charCodeAt(value) !== COLON5) {
    rows.push(UNKNOWN, from, from, to);
    return false;
  }
  value++;
  while (isBlank2(head.charCodeAt(value))) value++;
  rows.push(fieldIdAt(head, from, nameEnd), from, value, to);
  return true;
}
var TOKEN3 = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") TOKEN3[char.charCodeAt(0)] = 1;
function isToken2(text) {
  for (let at = 0; at < text.length; at++) if (TOKEN3[text.charCodeAt(at)] !== 1) return false;
  return text !== "";
}
function readStatusLine(line, headers2) {
  if (!line.startsWith("SIP/2.0 ")) throw sipError("SIP_BAD_STATUS_LINE", { offset: 0, detail: "version" });
  const status = (line.charCodeAt(8) - 48) * 100 + (line.charCodeAt(9) - 48) * 10 + (line.charCodeAt(10) - 48);
  const digits = isDigit(line.charCodeAt(8)) && isDigit(line.charCodeAt(9)) && isDigit(line.charCodeAt(10));
  if (!digits || status < 100 || status > 699 || line.length > 11 && line.charCodeAt(11) !== 32) {
    throw sipError("SIP_BAD_STATUS_LINE", { offset: 8, detail: "status code" });
  }
  return new SipResponse(status, byteStringToText(line.slice(12)), headers2);
}
function isDigit(code) {
  return code >= 48 && code <= 57;
}
function readRequestLine(line, headers2) {
  const space = line.indexOf(" ");
  const method = line.slice(0, Math.max(space, 0));
  const uri = line.slice(space + 1, -8);
  if (!line.endsWith(" SIP/2.0") || uri === "" || !isToken2(method) || isBlank2(uri.charCodeAt(0)) || isBlank2(uri.charCodeAt(uri.length - 1))) {
    return readOddRequestLine(line, headers2);
  }
  return new SipRequest(method, byteStringToText(uri), headers2);
}
function readOddRequestLine(line, headers2) {
  const parts = /^[ \t]*([^ \t]+)[ \t]+(?=[^ \t])(.*[^ \t])[ \t]+(SIP\/\d+\.\d+)[ \t]*$/is.exec(line);
  if (parts === null) throw sipError("SIP_NOT_SIP", { offset: 0 });
  const [, method, uri, version] = parts;
  const request = new SipRequest(method, byteStringToText(uri), headers2);
  if (!isToken2(method)) request.flaw = sipError("SIP_BAD_REQUEST_LINE", { offset: 0, detail: "the method is not a token" });
  else if (`${method} ${uri} ${version}` !== line) request.flaw = sipError("SIP_BAD_REQUEST_LINE", { offset: 0, detail: "more blanks than one space between its parts" });
  else if (version.toUpperCase() !== "SIP/2.0") request.flaw = sipError("SIP_UNSUPPORTED_VERSION", { offset: line.length - version.length, detail: version });
  return request;
}
function declaredLength(headers2) {
  const values = headers2.rawAll(CONTENT_LENGTH);
  if (values.length === 0) return void 0;
  const text = values[0];
  if (values.length > 1) return sipError("SIP_BAD_CONTENT_LENGTH", { header: "Content-Length", detail: "there is more than one Content-Length" });
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code) || length > 1e15) return sipError("SIP_BAD_CONTENT_LENGTH", { header: "Content-Length" });
    length = length * 10 + code - 48;
  }
  return text === "" ? sipError("SIP_BAD_CONTENT_LENGTH", { header: "Content-Length" }) : length;
}

// bench/measure.mjs
import { readFileSync } from "node:fs";
var CASES = ["message", "invite", "ok200", "notify"];
function message(name) {
  return readFileSync(new URL(`../messages/${name}.sip`, import.meta.url));
}
var ROUNDS = 15;
var ROUND_SECONDS = 0.06;
function ratio(ours2, theirs) {
  for (const run of [ours2, theirs]) for (let i = 0; i < 3e3; i++) run();
  const ratios = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [first, second] = round % 2 === 0 ? [ours2, theirs] : [theirs, ours2];
    const a = rate(first);
    const b = rate(second);
    ratios.push(first === ours2 ? a / b : b / a);
  }
  return ratios.sort((a, b) => a - b)[ROUNDS >> 1];
}
function rate(run) {
  const start = process.cpuUsage();
  const until = performance.now() + ROUND_SECONDS * 1e3;
  let done = 0;
  do {
    for (let i = 0; i < 100; i++) run();
    done += 100;
  } while (performance.now() < until);
  const { user: user2, system } = process.cpuUsage(start);
  return done / (user2 + system);
}
function report(bench, name, value, needed) {
  console.log(JSON.stringify({ bench, case: name, ratio: Number(value.toFixed(2)), unit: "times the peer", needed }));
}

// bench/decode.bench.mjs
var require2 = createRequire(import.meta.url);
var sip = require2("sip");
var Parser = require2("jssip/lib/Parser.js");
var sink = 0;
function ours(bytes) {
  const m = decodeDatagram(bytes);
  for (const via of m.vias) sink += via.host.length + (via.branch?.length ?? 0) + (via.port ?? 0);
  sink += m.from.uriText.length + m.fromTag.length + m.to.uriText.length + (m.toTag?.length ?? 0);
  sink += m.callId.length + m.cseq.number + m.cseq.method.length;
  for (const contact of m.contacts) sink += contact.uriText.length + contact.params.size;
  for (const route of m.routes) sink += route.uri.host.length + route.uri.params.size;
  for (const route of m.recordRoutes) sink += route.uri.host.length + route.uri.params.size;
  sink += m.contentLength + m.body.length;
}
function npmSip(bytes) {
  const m = sip.parse(bytes);
  for (const via of m.headers.via) sink += via.host.length + (via.params.branch?.length ?? 0) + (via.port ?? 0);
  sink += m.headers.from.uri.length + (m.headers.from.params.tag?.length ?? 0) + m.headers.to.uri.length + (m.headers.to.params.tag?.length ?? 0);
  sink += m.headers["call-id"].length + m.headers.cseq.seq + m.headers.cseq.method.length;
  for (const contact of m.headers.contact ?? []) sink += contact.uri.length;
  for (const route of m.headers.route ?? []) sink += route.uri.host.length;
  for (const route of m.headers["record-route"] ?? []) sink += route.uri.host.length;
  sink += m.headers["content-length"] + m.content.length;
}
var ua = { configuration: { jssip_id: "bench" } };
function jssip(bytes) {
  const m = Parser.parseMessage(bytes.toString(), ua);
  sink += m.via.host.length + (m.from_tag?.length ?? 0) + (m.to_tag?.length ?? 0) + m.call_id.length + m.cseq;
  for (let i = 0; i < (m.headers.Via?.length ?? 0); i++) sink += m.parseHeader("via", i).host.length;
  for (let i = 0; i < (m.headers.Contact?.length ?? 0); i++) sink += m.parseHeader("contact", i).uri.host.length;
  for (let i = 0; i < (m.headers.Route?.length ?? 0); i++) sink += m.parseHeader("route", i).uri.host.length;
  sink += m.body.length;
}
for (const name of CASES) {
  const bytes = message(name);
  report("sip decode, typed values, against npm sip 0.0.6", name, ratio(() => ours(bytes), () => npmSip(bytes)), 1.2);
}
for (const name of CASES) {
  const bytes = message(name);
  report("sip decode, typed values, against jssip 3.13.8", name, ratio(() => ours(bytes), () => jssip(bytes)), 20);
}
if (sink === 0) throw new Error("nothing was read");
