import { deepEqual, equal } from 'node:assert/strict';
import type { ByteConnection } from '@simple-im/transport';
import { isError, octets, rejectsWith, type NetworkCase } from './network-under-test.js';
import { connect, destroyBoth, record } from './pair.js';

/** How connections come about, or do not. */
export const connectCases: readonly NetworkCase[] = [
  {
    name: 'TCP: nobody listening is TRANSPORT_REFUSED',
    run: async ({ network, host }) => {
      const listener = await network.listenTcp({ host, port: 0 }, () => {});
      await listener.close();
      await rejectsWith(network.connectTcp(listener.local), 'TRANSPORT_REFUSED', String(listener.local.port));
    },
  },
  {
    name: 'TCP: an address in use is TRANSPORT_ADDRESS_IN_USE',
    run: async ({ network, host }) => {
      const listener = await network.listenTcp({ host, port: 0 }, () => {});
      await rejectsWith(network.listenTcp(listener.local, () => {}), 'TRANSPORT_ADDRESS_IN_USE', String(listener.local.port));
      await listener.close();
    },
  },
  {
    name: 'TCP: a closed listener frees its address while its connections live on',
    run: async ({ network, host }) => {
      const { client, server } = await connect(network, host);
      const theirs = record(server);
      const again = await network.listenTcp(client.remote, () => {});
      deepEqual(again.local, client.remote);
      client.write(octets('alive'));
      await theirs.has(5);
      await Promise.all([again.close(), again.close()]);
      await destroyBoth(client, server);
    },
  },
  {
    name: 'TCP: a name without an address is TRANSPORT_NAME_NOT_FOUND',
    run: async ({ network }) => {
      await rejectsWith(network.connectTcp({ host: 'nobody.invalid', port: 5060 }), 'TRANSPORT_NAME_NOT_FOUND', 'nobody.invalid');
    },
  },
  {
    name: 'TCP: connects to a host name',
    run: async ({ network, host }) => {
      if (host !== '127.0.0.1') return;
      const accepted: ByteConnection[] = [];
      const listener = await network.listenTcp({ host, port: 0 }, (connection) => { accepted.push(connection); });
      const client = await network.connectTcp({ host: 'localhost', port: listener.local.port });
      deepEqual(client.remote, listener.local);
      await listener.close();
      await destroyBoth(client, ...accepted);
    },
  },
  {
    name: 'TCP: an attempt that is aborted is TRANSPORT_ABORTED with the reason as its cause',
    run: async ({ network, host }) => {
      const listener = await network.listenTcp({ host, port: 0 }, (connection) => connection.destroy());
      const reason = new Error('changed my mind');
      const during = new AbortController();
      const attempt = network.connectTcp(listener.local, { signal: during.signal });
      during.abort(reason);
      for (const promise of [attempt, network.connectTcp(listener.local, { signal: AbortSignal.abort(reason) })]) {
        const error = await promise.then(() => undefined, (caught: unknown) => caught);
        isError(error, 'TRANSPORT_ABORTED', String(listener.local.port));
        equal((error as Error).cause, reason);
      }
      await listener.close();
    },
  },
  {
    name: 'TCP: a signal aborted after the connection stands changes nothing',
    run: async ({ network, host }) => {
      let accepted: (connection: ByteConnection) => void;
      const server = new Promise<ByteConnection>((resolve) => { accepted = resolve; });
      const listener = await network.listenTcp({ host, port: 0 }, (connection) => accepted(connection));
      const abort = new AbortController();
      const client = await network.connectTcp(listener.local, { signal: abort.signal });
      abort.abort();
      const theirs = record(await server);
      client.write(octets('here'));
      await theirs.has(4);
      await listener.close();
      await destroyBoth(client, await server);
    },
  },
  {
    name: 'TCP: what is no address is TRANSPORT_BAD_ADDRESS',
    run: async ({ network, host }) => {
      const bad = [{ host, port: 0 }, { host, port: 65_536 }, { host, port: 1.5 }, { host: '', port: 1 }, { host: '[::1]', port: 1 }];
      for (const address of bad) {
        await rejectsWith(network.connectTcp(address), 'TRANSPORT_BAD_ADDRESS', String(address.port));
      }
      await rejectsWith(network.listenTcp({ host, port: -1 }, () => {}), 'TRANSPORT_BAD_ADDRESS', '-1');
      await rejectsWith(network.bindUdp({ host, port: -1 }, { datagram: () => {}, error: () => {} }), 'TRANSPORT_BAD_ADDRESS', '-1');
    },
  },
];
