import { deepEqual, equal, ok } from 'node:assert/strict';
import type { MessageConnection } from '@simple-im/transport';
import { recordMessages } from './message-recorder.js';
import { handshakeCases } from './network-cases-websocket-handshake.js';
import { isError, octets, text } from './network-under-test.js';
import { rng } from './rng.js';
import { connected, type WebSocketCase } from './websocket-under-test.js';

const messageCases: readonly WebSocketCase[] = [
  {
    name: 'WebSocket: both ends know the subprotocol and, but for a browser, both addresses (RFC 7118 §4.1)',
    run: (subject) => connected(subject, async ({ client, server, target }) => {
      deepEqual([client.protocol, server.protocol, client.secure, server.secure, target], ['sip', 'sip', false, false, '/sip?x=1']);
      if (subject.browser) deepEqual([client.local, client.remote], [undefined, undefined]);
      else deepEqual([client.local, client.remote], [server.remote, server.local]);
    }),
  },
  {
    name: 'WebSocket: messages keep their bounds and order both ways, text, binary and empty (RFC 7118 §4.2)',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const [ours, theirs] = [recordMessages(client), recordMessages(server)];
      for (const [word, isText] of [['one', true], ['', false], ['two', false], ['', true], ['drei: \u00e9\ufeff', true]] as const) {
        client.write(octets(word), { text: isText });
        server.write(octets(word), { text: isText });
      }
      await Promise.all([ours.has(5), theirs.has(5)]);
      for (const { messages } of [ours, theirs]) deepEqual(messages.map((bytes) => text(bytes)), ['one', '', 'two', '', 'drei: \u00e9\ufeff']);
    }),
  },
  {
    name: 'WebSocket: octets that are no UTF-8 arrive as they are, also where text was asked for',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const [ours, theirs] = [recordMessages(client), recordMessages(server)];
      const noise = Uint8Array.of(0xff, 0xc0, 0x80, 0x00, 0xfe);
      for (const end of [client, server]) for (const asText of [true, false]) end.write(noise, { text: asText });
      await Promise.all([ours.has(2), theirs.has(2)]);
      for (const { messages } of [ours, theirs]) deepEqual(messages.map((bytes) => [...bytes]), [[...noise], [...noise]]);
    }),
  },
  {
    name: 'WebSocket: nothing is told before attach, and what came meanwhile is not lost',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const theirs = recordMessages(server);
      server.write(octets('early'));
      client.write(octets('x'));
      await theirs.has(1);
      const ours = recordMessages(client);
      equal(ours.messages.length, 0);
      await ours.has(1);
      equal(text(ours.messages[0] as Uint8Array), 'early');
    }),
  },
  {
    name: 'WebSocket: a second attach hands the connection over',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const first = recordMessages(client);
      server.write(octets('first'));
      await first.has(1);
      const second = recordMessages(client);
      server.write(octets('second'));
      await second.has(1);
      deepEqual([first.messages.length, text(second.messages[0] as Uint8Array)], [1, 'second']);
    }),
  },
  {
    name: 'WebSocket: a large message arrives whole, write is false meanwhile, and drain follows',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const [ours, theirs] = [recordMessages(client), recordMessages(server)];
      const body = rng(9).bytes(5_000_000);
      const drained = ours.drained();
      equal(client.write(body), false);
      ok(client.pending > 0);
      await Promise.all([theirs.has(1), drained]);
      deepEqual([theirs.messages[0], client.pending], [body, 0]);
    }, { maxMessage: 5_000_000 }),
  },
  {
    name: 'WebSocket: a reader that pauses gets nothing more until it resumes, and slows the writer',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const ours = recordMessages(client);
      let received = 0;
      let all: () => void;
      const everything = new Promise<void>((resolve) => { all = resolve; });
      const count = 20_000;
      server.attach({
        message: () => {
          received++;
          if (received % 5_000 === 1) server.pause();
          if (received === count) all();
        },
        closed: () => {},
      });
      const body = new Uint8Array(1_000);
      for (let i = 0; i < count; i++) client.write(body);
      for (const stop of [1, 5_001, 10_001, 15_001]) {
        while (received < stop) await turn(server, ours);
        for (let i = 0; i < 3; i++) await turn(server, ours);
        equal(received, stop);
        if (stop === 1) ok(client.pending > 0);
        server.resume();
      }
      await everything;
    }),
  },
];

/** There and back: whatever was going to happen has happened. */
async function turn(server: MessageConnection, ours: ReturnType<typeof recordMessages>): Promise<void> {
  const before = ours.messages.length;
  server.write(octets('x'));
  await ours.has(before + 1);
}

const closingCases: readonly WebSocketCase[] = [
  {
    name: 'WebSocket: end sends what is pending, and both ends close once without an error (RFC 6455 §7.1)',
    run: async (subject) => {
      for (const who of ['client', 'server'] as const) {
        await connected(subject, async (ends) => {
          const [ours, theirs] = [recordMessages(ends.client), recordMessages(ends.server)];
          const body = rng(4).bytes(500_000);
          for (let i = 0; i < 5; i++) ends[who].write(body);
          ends[who].end();
          equal(ends[who].write(octets('too late')), false);
          deepEqual([await ours.closed, await theirs.closed], [undefined, undefined]);
          deepEqual((who === 'client' ? theirs : ours).messages, [body, body, body, body, body]);
          deepEqual([ours.closes.length, theirs.closes.length, ends[who].pending], [1, 1, 0]);
        });
      }
    },
  },
  {
    name: 'WebSocket: destroy closes both ends once, nothing is told within the call, and no message after it',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const theirs = recordMessages(server);
      let told = 0;
      let inside = false;
      let closedInside = false;
      const closed = new Promise<Error | undefined>((resolve) => {
        client.attach({
          message: () => {
            told++;
            inside = true;
            client.destroy();
            client.destroy();
            inside = false;
          },
          closed: (error) => {
            closedInside = inside;
            resolve(error);
          },
        });
      });
      for (let i = 0; i < 100; i++) server.write(octets('x'));
      equal(await closed, undefined);
      await theirs.closed;
      deepEqual([told, closedInside, client.write(octets('x')), theirs.closes.length], [1, false, false, 1]);
    }),
  },
  {
    name: 'WebSocket: a connection destroyed before attach still tells closed, once and later',
    run: (subject) => connected(subject, async ({ client, server }) => {
      const theirs = recordMessages(server);
      client.destroy();
      await theirs.closed;
      const ours = recordMessages(client);
      equal(ours.closes.length, 0);
      equal(await ours.closed, undefined);
    }),
  },
  {
    name: 'WebSocket: a message too large is TRANSPORT_MESSAGE_TOO_LARGE at the reader (RFC 6455 §7.4.1)',
    run: async (subject) => {
      await connected(subject, async ({ client, server }) => {
        const [ours, theirs] = [recordMessages(client), recordMessages(server)];
        client.write(new Uint8Array(1_000));
        client.write(new Uint8Array(1_001));
        isError(await theirs.closed, 'TRANSPORT_MESSAGE_TOO_LARGE', '');
        isError(await ours.closed, 'TRANSPORT_MESSAGE_TOO_LARGE', '1009');
        equal(theirs.messages.length, 1);
      }, { maxMessage: 1_000 });
      await connected(subject, async ({ client, server }) => {
        const [ours, theirs] = [recordMessages(client), recordMessages(server)];
        server.write(new Uint8Array(1_001));
        isError(await ours.closed, 'TRANSPORT_MESSAGE_TOO_LARGE', '');
        ok(await theirs.closed instanceof Error);
      }, {}, { maxMessage: 1_000 });
    },
  },
];

/** What every WebSocketNetwork, and every acceptor, owes its callers. */
export const webSocketCases: readonly WebSocketCase[] = [...messageCases, ...closingCases, ...handshakeCases];
