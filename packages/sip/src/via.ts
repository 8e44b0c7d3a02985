import { parseParams, type Params } from '@simple-im/grammar';
import { sipError } from './errors.js';
import { parseViaByLane } from './fast-lane.js';
import { parseViaByGrammar } from './grammar.js';

/** What a Via says of one hop (RFC 3261 §20.42). Read-only; {@link formatVia} writes a new one. */
export interface Via {
  /** `SIP/2.0`, blanks around the slash gone. */
  readonly protocol: string;
  /** In upper case. */
  readonly transport: string;
  /** A name, an IPv4 address, or an IPv6 address in brackets; as it came. */
  readonly host: string;
  /** 0 to 65535; `undefined` when none is written. */
  readonly port: number | undefined;
  readonly params: Params;
  readonly branch: string | undefined;
  /** The address the request came from; IPv6 without brackets, which some senders put there (RFC 5118 §4.5). */
  readonly received: string | undefined;
  /** `true` when the parameter has no value (yet) (RFC 3581 §3). */
  readonly rport: number | true | undefined;
  readonly maddr: string | undefined;
  /** 0 to 255. */
  readonly ttl: number | undefined;
}

/** What a new Via is made from. */
export interface ViaParts {
  /** `SIP/2.0` when absent. */
  readonly protocol?: string;
  readonly transport: string;
  readonly host: string;
  readonly port?: number | undefined;
  readonly params?: Params | undefined;
}

/** sent-protocol, sent-by and the parameters of a Via as text, from the fast lane or the grammar. */
export interface ViaSyntax {
  readonly protocol: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  /** `;name=value` for each, valid by the grammar. */
  readonly params: string;
  /** Values of the parameters of these names; empty for a name alone. */
  readonly branch: string | undefined;
  readonly received: string | undefined;
  readonly rport: string | undefined;
  readonly ttl: string | undefined;
}

class ReceivedVia implements Via {
  readonly #syntax: ViaSyntax;
  #params: Params | undefined;

  constructor(syntax: ViaSyntax) {
    this.#syntax = syntax;
  }

  get protocol(): string {
    return this.#syntax.protocol;
  }

  get transport(): string {
    return this.#syntax.transport;
  }

  get host(): string {
    return this.#syntax.host;
  }

  get port(): number | undefined {
    return this.#syntax.port;
  }

  get branch(): string | undefined {
    return this.#syntax.branch;
  }

  get params(): Params {
    return (this.#params ??= parseParams(this.#syntax.params));
  }

  get received(): string | undefined {
    const value = this.#syntax.received;
    return value?.startsWith('[') === true ? value.slice(1, -1) : value;
  }

  get rport(): number | true | undefined {
    const value = this.#syntax.rport;
    return value === undefined ? undefined : value === '' ? true : numberUpTo(value, 65535, 'rport');
  }

  get maddr(): string | undefined {
    return this.#params === undefined && !/maddr/i.test(this.#syntax.params) ? undefined : this.params.get('maddr');
  }

  /** Its text with `received` and the port for an `rport` without a value; undefined when it has one of them already. */
  stamped(received: string, port: number): string | undefined {
    const { protocol, transport, host, port: sentByPort, params, received: before, rport } = this.#syntax;
    if (before !== undefined || (rport !== undefined && rport !== '')) return undefined;
    const sentBy = sentByPort === undefined ? host : `${host}:${sentByPort}`;
    const filled = rport === undefined ? params : params.replace(/;(rport)(?=;|$)/i, `;$1=${port}`);
    return `${protocol}/${transport} ${sentBy}${filled};received=${received}`;
  }

  get ttl(): number | undefined {
    const value = this.#syntax.ttl;
    return value === undefined ? undefined : numberUpTo(value, 255, 'ttl');
  }
}

function numberUpTo(text: string, most: number, name: string): number {
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number > most) throw sipError('SIP_BAD_HEADER', { header: 'Via', detail: name });
  return number;
}

/** Reads one via-parm, all of the text (a byte string). Throws SIP_BAD_HEADER, GRAMMAR_DUPLICATE_PARAMETER. */
export function parseVia(text: string): Via {
  return new ReceivedVia(parseViaByLane(text, 0, text.length) ?? parseViaByGrammar(text));
}

/** The Via that stands from `from` to before `to`, if it is of the common form and alone. */
export function parseUsualVia(text: string, from: number, to: number): Via | undefined {
  const syntax = parseViaByLane(text, from, to);
  return syntax === undefined ? undefined : new ReceivedVia(syntax);
}

/** The text of a Via with where the message came from in `received`, and in `rport` if the sender asks for it (RFC 3581 §4). */
export function stampedVia(via: Via, received: string, port: number): string {
  const text = via instanceof ReceivedVia ? via.stamped(received, port) : undefined;
  if (text !== undefined) return text;
  const params = via.params.with('received', received);
  return formatVia({ ...viaParts(via), params: via.rport === undefined ? params : params.with('rport', port) });
}

function viaParts({ protocol, transport, host, port }: Via): ViaParts {
  return { protocol, transport, host, port };
}

/** The text of a Via, to be put into a message. */
export function formatVia(via: ViaParts): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `${via.protocol ?? 'SIP/2.0'}/${via.transport} ${via.host}${port}${via.params?.toString() ?? ''}`;
}
