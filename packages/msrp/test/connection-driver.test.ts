import { expect, it } from 'vitest';
import { FakeClock } from '@simple-im/transport/fake';
import type { ByteConnection, ConnectionHandlers } from '@simple-im/transport';
import { ConnectionDriver } from '../src/connection-driver.js';
import { SessionTable } from '../src/index.js';

it('comes to rest while its socket takes time to close', async () => {
  const clock = new FakeClock();
  let pumps = 0;
  let ended = 0;
  let handlers: ConnectionHandlers | undefined;
  const address = { host: '10.0.0.1', port: 1 };
  const socket: ByteConnection = {
    local: address, remote: address, secure: false, pending: 0,
    attach: (given) => { handlers = given; },
    write: () => true,
    cork: () => { if (++pumps > 100) throw new Error('it never rests'); },
    uncork: () => undefined, pause: () => undefined, resume: () => undefined, destroy: () => undefined,
    end: () => { ended++; },
  };
  const driver = new ConnectionDriver({ socket, clock, sessions: new SessionTable(), changed: (each) => each.end() });
  driver.end();
  await clock.settle();
  expect(ended).toBeGreaterThan(0);
  expect(driver.usable).toBe(false);
  handlers?.closed();
  expect(clock.timers).toBe(0);
});
