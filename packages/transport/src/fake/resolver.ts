import { transportError } from '../errors.js';
import type { Resolver } from '../ports.js';
import { familyOf } from './host.js';

/** Names from a table; it may be changed at any time. `localhost` is known unless the table says otherwise. */
export class FakeResolver implements Resolver {
  readonly names: Map<string, readonly string[]>;

  constructor(names: Readonly<Record<string, readonly string[]>> = {}) {
    this.names = new Map([['localhost', ['127.0.0.1', '::1']], ...Object.entries(names)]);
  }

  async lookup(host: string): Promise<readonly string[]> {
    if (familyOf(host) !== 0) return [host];
    const addresses = this.names.get(host.toLowerCase());
    if (addresses === undefined || addresses.length === 0) throw transportError('TRANSPORT_NAME_NOT_FOUND', { detail: host });
    return addresses;
  }
}
