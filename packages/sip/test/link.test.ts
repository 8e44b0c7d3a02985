import type { ByteConnection } from '@simple-im/transport';
import { describe, expect, it } from 'vitest';
import { ByteLink } from '../src/link.js';

/** Notes what is done to a connection; what is corked is pending. */
function recorded(): { connection: ByteConnection; done: string[] } {
  const done: string[] = [];
  let pending = 0;
  const connection = {
    get pending() { return pending; },
    cork: () => void done.push('cork'),
    uncork: () => {
      pending = 0;
      done.push('uncork');
    },
    write: (bytes: Uint8Array) => {
      pending += bytes.length;
      done.push(`write ${bytes.length}`);
      return true;
    },
  };
  return { connection: connection as unknown as ByteConnection, done };
}

describe('messages over a connection', () => {
  it('that are written in one turn leave together (RFC 3261 §18)', async () => {
    const { connection, done } = recorded();
    const link = new ByteLink(connection, {});
    for (const octets of [1, 2]) link.write(new Uint8Array(octets));
    await Promise.resolve();
    link.write(new Uint8Array(3));
    await Promise.resolve();
    expect(done).toEqual(['cork', 'write 1', 'write 2', 'uncork', 'cork', 'write 3', 'uncork']);
  });

  it('do not wait once they are many: what the system could take is not what the peer does not read', async () => {
    const { connection, done } = recorded();
    const link = new ByteLink(connection, {});
    for (const octets of [65_535, 1, 2]) link.write(new Uint8Array(octets));
    await Promise.resolve();
    await Promise.resolve();
    expect(done).toEqual(['cork', 'write 65535', 'write 1', 'uncork', 'cork', 'write 2', 'uncork']);
  });
});
