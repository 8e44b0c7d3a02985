/*
 * A port has had other owners, and a target sends them requests again for half a minute (RFC 3261 §17.1.2.2): which of what comes is for
 * the present one.
 */
import { header, parameter } from './sip-text.js';

export class Ownership {
  readonly #address: string;
  /** The Call-IDs this peer has to do with. */
  readonly #calls = new Set<string>();
  /** The user parts it has at its address. */
  readonly #names: Set<string>;

  /** `address`: host and port as URIs have them. `name`: the user part of the Contact. */
  constructor(address: string, name: string) {
    this.#address = address.toLowerCase();
    this.#names = new Set([name]);
  }

  /** Learns from what the peer sends: its calls, and what else it may be called. */
  sent(text: string): void {
    this.#calls.add(header(text, 'Call-ID') ?? '');
    for (const [, name = '', address = ''] of text.matchAll(/sips?:([^@\s<>]+)@([^\s<>;?,]+)/gi)) {
      if (address.toLowerCase() === this.#address) this.#names.add(name);
    }
  }

  /** Whether a request is for this peer; if so, its call is one of the peer's from now on. */
  has(request: string): boolean {
    const callId = header(request, 'Call-ID') ?? '';
    if (this.#calls.has(callId)) return true;
    const isInDialog = parameter(header(request, 'To'), 'tag') !== undefined;
    const isOurs = isInDialog ? this.#mayJoin(request) : this.#isNamed(request);
    if (isOurs) this.#calls.add(callId);
    return isOurs;
  }

  /** A dialog may move here that began elsewhere, as long as the peer has not done anything else; it does not begin with its end. */
  #mayJoin(request: string): boolean {
    return this.#calls.size === 0 && !request.startsWith('BYE ');
  }

  /** At another address the Request-URI says nothing: it is that of who comes behind, or of the user. */
  #isNamed(request: string): boolean {
    const [, name = '', address = ''] = /^\S+ sips?:([^@\s]+)@([^\s;?]+)/i.exec(request) ?? [];
    return address.toLowerCase() !== this.#address || this.#names.has(name);
  }
}
