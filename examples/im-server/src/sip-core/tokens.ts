/*
 * What we write into the user part of our own Path and Record-Route URIs: which node and which flow, sealed with a key of
 * the configuration, so that any node can check what another wrote and nobody can point us at a flow of their choosing
 * (RFC 5626 §5.2 asks for that).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { copied } from '@simple-im/grammar';
import type { Flow } from '@simple-im/sip';

/** A flow as a token holds it; `id` names a connection of the node, the address serves UDP after a restart. */
export interface FlowReference {
  readonly id: string;
  readonly transport: string;
  readonly host: string;
  readonly port: number;
}

export function referenceTo(flow: Flow): FlowReference {
  return { id: flow.id, transport: flow.transport, host: flow.remote.host, port: flow.remote.port };
}

/** What a Path token says. */
export interface PathToken {
  readonly node: string;
  readonly flow: FlowReference;
}

/** What a Record-Route token says: the flows to either side, where they are ours to know. */
export interface RouteToken {
  readonly node: string;
  readonly caller: FlowReference | undefined;
  readonly callee: FlowReference | undefined;
}

/** What names a dialog from its first request on. */
export interface DialogName {
  readonly callId: string | undefined;
  /** The tag of whoever made the dialog: From of its first request. */
  readonly callerTag: string | undefined;
}

const MAC_OCTETS = 12;
const MOST_REMEMBERED = 4096;

export class Tokens {
  readonly #key: Uint8Array;
  readonly #node: string;
  /** Contexts of tokens sealed lately: most come back at once, from the next step or in the next request of their dialog. */
  readonly #valid = new Map<string, string>();

  /** `key`: at least 16 octets, the same on every node that shares users. `node`: our name among them. */
  constructor(key: Uint8Array, node: string) {
    this.#key = key;
    this.#node = node;
  }

  path(flow: FlowReference): string {
    return this.#seal('p', '', [this.#node, ...write(flow)]);
  }

  /** Undefined for a token we did not write. */
  readPath(token: string): PathToken | undefined {
    const fields = this.#open('p', '', token);
    const flow = fields === undefined ? undefined : read(fields.slice(1));
    return fields?.[0] === undefined || flow === undefined ? undefined : { node: fields[0], flow };
  }

  /** Valid for one dialog only: its Call-ID and the tag of its caller are part of what is sealed. */
  route(dialog: DialogName, caller: FlowReference | undefined, callee: FlowReference | undefined): string {
    return this.#seal('r', contextOf(dialog), [this.#node, ...write(caller), ...write(callee)]);
  }

  readRoute(dialog: DialogName, token: string): RouteToken | undefined {
    const fields = this.#open('r', contextOf(dialog), token);
    return fields?.[0] === undefined ? undefined : { node: fields[0], caller: read(fields.slice(1, 5)), callee: read(fields.slice(5)) };
  }

  #seal(kind: string, context: string, fields: readonly string[]): string {
    const body = Buffer.from(fields.join(' ')).toString('base64url');
    const token = `${kind}.${body}.${this.#mac(kind, context, body).toString('base64url')}`;
    this.#remember(token, context);
    return token;
  }

  #remember(token: string, context: string): void {
    if (this.#valid.size === MOST_REMEMBERED) this.#valid.clear();
    this.#valid.set(copied(token), copied(context));
  }

  #open(kind: string, context: string, token: string): readonly string[] | undefined {
    const [tokenKind, body, mac, more] = token.split('.');
    if (tokenKind !== kind || body === undefined || mac === undefined || more !== undefined) return undefined;
    if (this.#valid.get(token) !== context && !this.#isGenuine(kind, context, body, mac)) return undefined;
    return Buffer.from(body, 'base64url').toString().split(' ');
  }

  #isGenuine(kind: string, context: string, body: string, mac: string): boolean {
    const given = Buffer.from(mac, 'base64url');
    return given.length === MAC_OCTETS && timingSafeEqual(given, this.#mac(kind, context, body));
  }

  #mac(kind: string, context: string, body: string): Buffer {
    return createHmac('sha256', this.#key).update(`${kind}.${body}.${context}`).digest().subarray(0, MAC_OCTETS);
  }
}

/** Neither part can hold a space (RFC 3261 §25.1). */
function contextOf({ callId = '', callerTag = '' }: DialogName): string {
  return `${callId} ${callerTag}`;
}

function write(flow: FlowReference | undefined): readonly string[] {
  return flow === undefined ? ['', '', '', ''] : [flow.id, flow.transport, flow.host, String(flow.port)];
}

function read(fields: readonly string[]): FlowReference | undefined {
  const [id, transport, host, port] = fields;
  if (!id || !transport || !host || !port) return undefined;
  return { id, transport, host, port: Number(port) };
}
