import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { octets, text, type NetworkCase } from './network-under-test.js';
import { connect, destroyBoth, record } from './pair.js';
import { rng } from './rng.js';

export const tcpCases: readonly NetworkCase[] = [
  {
    name: 'TCP: both ends know both addresses',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      deepEqual(client.local, server.remote);
      deepEqual(client.remote, server.local);
      equal(client.local.host, host);
      notEqual(client.remote.port, 0);
      await destroyBoth(client, server);
    },
  },
  {
    name: 'TCP: octets arrive in order both ways, and both ends close once without an error',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const [ours, theirs] = [record(client), record(server)];
      for (const word of ['one ', 'two ', 'three']) client.write(octets(word));
      await theirs.has(13);
      server.write(octets('answer'));
      await ours.has(6);
      client.end();
      deepEqual([await ours.closed, await theirs.closed], [undefined, undefined]);
      deepEqual([text(ours.received), text(theirs.received)], ['answer', 'one two three']);
      deepEqual([ours.closes.length, theirs.closes.length], [1, 1]);
    },
  },
  {
    name: 'TCP: octets are handed over for good: later ones do not change them',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const ours = record(client);
      const kept: Uint8Array[] = [];
      const closed = new Promise<void>((resolve) => {
        server.attach({ data: (bytes) => { kept.push(bytes); server.write(octets('.')); }, closed: () => resolve() });
      });
      for (const word of ['one ', 'two ', 'three']) {
        const before = ours.received.length;
        client.write(octets(word));
        await ours.has(before + 1);
      }
      client.end();
      await closed;
      equal(kept.map((bytes) => text(bytes)).join(''), 'one two three');
    },
  },
  {
    name: 'TCP: nothing is told before attach, and what came meanwhile is not lost',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const ours = record(client);
      client.write(octets('early'));
      client.end();
      server.write(octets('x'));
      await ours.has(1);
      const theirs = record(server);
      equal(theirs.received.length, 0);
      equal(await theirs.closed, undefined);
      equal(text(theirs.received), 'early');
    },
  },
  {
    name: 'TCP: a second attach hands the connection over, and after closed there is nothing more to tell',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const [first, theirs] = [record(client), record(server)];
      server.write(octets('first'));
      await first.has(5);
      const second = record(client);
      server.write(octets('second'));
      await second.has(6);
      server.end();
      await Promise.all([second.closed, theirs.closed]);
      const late = record(client);
      const other = await connect(network, host);
      deepEqual([text(first.received), text(second.received)], ['first', 'second']);
      deepEqual([first, second, late].map(({ closes }) => closes.length), [0, 1, 0]);
      await destroyBoth(other.client, other.server);
    },
  },
  {
    name: 'TCP: a connection destroyed before attach still tells closed, once and later',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const theirs = record(server);
      client.destroy();
      await theirs.closed;
      const ours = record(client);
      equal(ours.closes.length, 0);
      equal(await ours.closed, undefined);
      equal(ours.closes.length, 1);
    },
  },
  {
    name: 'TCP: end sends what is pending first, whatever was corked too',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const [ours, theirs] = [record(client), record(server)];
      const body = rng(7).bytes(3_000_000);
      client.cork();
      client.write(body);
      equal(client.pending, body.length);
      client.end();
      equal(client.write(octets('too late')), false);
      deepEqual([await ours.closed, await theirs.closed], [undefined, undefined]);
      deepEqual(theirs.received, body);
    },
  },
  {
    name: 'TCP: corked writes leave at uncork, and pending counts them until then',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const [ours, theirs] = [record(client), record(server)];
      client.cork();
      client.write(octets('head'));
      client.write(octets('body'));
      equal(client.pending, 8);
      client.uncork();
      await theirs.has(8);
      equal(text(theirs.received), 'headbody');
      client.end();
      await Promise.all([ours.closed, theirs.closed]);
      equal(client.pending, 0);
    },
  },
  {
    name: 'TCP: a reader that pauses makes write false and pending grow; drain follows its resume',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const [ours, theirs] = [record(client), record(server)];
      server.pause();
      const body = rng(3).bytes(16_000_000);
      equal(client.write(body), false);
      server.write(octets('a turn of the event loop'));
      await ours.has(24);
      ok(client.pending > 0);
      equal(ours.drains, 0);
      const drained = ours.drained();
      server.resume();
      await drained;
      equal(client.pending, 0);
      await theirs.has(body.length);
      deepEqual(theirs.received, body);
      await destroyBoth(client, server);
    },
  },
  {
    name: 'TCP: pause before attach holds, and no data comes until resume',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      server.pause();
      const [ours, theirs] = [record(client), record(server)];
      client.write(octets('held'));
      for (let turn = 1; turn <= 5; turn++) {
        server.write(octets('x'));
        await ours.has(turn);
      }
      equal(theirs.received.length, 0);
      server.resume();
      await theirs.has(4);
      await destroyBoth(client, server);
    },
  },
  {
    name: 'TCP: writing and ending within data is allowed',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const ours = record(client);
      let received = 0;
      const closed = new Promise<Error | undefined>((resolve) => {
        server.attach({
          data: (bytes) => {
            server.write(new Uint8Array(bytes));
            received += bytes.length;
            if (received === 4) server.end();
          },
          closed: resolve,
        });
      });
      client.write(octets('echo'));
      deepEqual([await ours.closed, await closed], [undefined, undefined]);
      equal(text(ours.received), 'echo');
    },
  },
  {
    name: 'TCP: no data after destroy, and closed only after the call',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const theirs = record(server);
      let pieces = 0;
      let inside = false;
      let closedInside = false;
      const closed = new Promise<Error | undefined>((resolve) => {
        client.attach({
          data: () => {
            pieces++;
            inside = true;
            client.destroy();
            inside = false;
          },
          closed: (error) => {
            closedInside = inside;
            resolve(error);
          },
        });
      });
      server.write(rng(5).bytes(1_000_000));
      equal(await closed, undefined);
      await theirs.closed;
      deepEqual([pieces, closedInside], [1, false]);
      deepEqual([client.write(octets('x')), theirs.closes.length], [false, 1]);
    },
  },
];
