import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Resolver } from '../ports.js';
import { systemError } from './system-error.js';

/** The names the system knows (hosts file, name servers), in the order the system prefers (RFC 6724). */
export const nodeResolver: Resolver = {
  async lookup(host) {
    if (isIP(host) !== 0) return [host];
    try {
      return (await lookup(host, { all: true, verbatim: true })).map((entry) => entry.address);
    } catch (error) {
      throw systemError(error, host);
    }
  },
};
