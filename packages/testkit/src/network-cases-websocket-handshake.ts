import { deepEqual, equal, ok } from 'node:assert/strict';
import type { MessageConnection } from '@simple-im/transport';
import { recordMessages } from './message-recorder.js';
import { isError, rejectsWith } from './network-under-test.js';
import { SIP, connected, type WebSocketCase } from './websocket-under-test.js';

export const handshakeCases: readonly WebSocketCase[] = [
  {
    name: 'WebSocket: another path, no common subprotocol, a wrong origin, too many: TRANSPORT_WEBSOCKET with the status',
    run: async (subject) => {
      const open: MessageConnection[] = [];
      const attempts = [
        [{}, '/other', ['sip'], '404'],
        [{}, '/sip', ['msrp'], '400'],
        [{ allowOrigin: () => false }, '/sip', ['sip'], '403'],
        [{ maxConnections: 0 }, '/sip', ['sip'], '503'],
      ] as const;
      for (const [serving, path, protocols, status] of attempts) {
        const { url, close } = await subject.serve({ ...SIP, ...serving }, (connection) => { open.push(connection); });
        await rejectsWith(subject.webSockets.connectWebSocket(url + path, { protocols }), 'TRANSPORT_WEBSOCKET', subject.browser ? path : status);
        await close();
      }
      equal(open.length, 0);
    },
  },
  {
    name: 'WebSocket: a connection closed makes room for another',
    run: async (subject) => {
      const accepted: MessageConnection[] = [];
      const { url, close } = await subject.serve({ ...SIP, maxConnections: 1 }, (connection) => { accepted.push(connection); });
      for (let i = 0; i < 3; i++) {
        const client = await subject.webSockets.connectWebSocket(`${url}/sip`, { protocols: ['sip'] });
        await rejectsWith(subject.webSockets.connectWebSocket(`${url}/sip`, { protocols: ['sip'] }), 'TRANSPORT_WEBSOCKET', '/sip');
        const [ours, theirs] = [recordMessages(client), recordMessages(accepted[i] as MessageConnection)];
        client.end();
        await Promise.all([ours.closed, theirs.closed]);
      }
      await close();
    },
  },
  {
    name: 'WebSocket: of several subprotocols the server chooses its best',
    run: (subject) => connected(subject, async ({ client, server }) => {
      deepEqual([client.protocol, server.protocol], ['sip', 'sip']);
    }, { protocols: ['sip', 'msrp'] }, { protocols: ['msrp', 'sip'] }),
  },
  {
    name: 'WebSocket: an attempt that is aborted is TRANSPORT_ABORTED with the reason as its cause',
    run: async (subject) => {
      const { url, close } = await subject.serve(SIP, (connection) => connection.destroy());
      const reason = new Error('changed my mind');
      const during = new AbortController();
      const attempt = (signal: AbortSignal): Promise<unknown> => {
        return subject.webSockets.connectWebSocket(`${url}/sip`, { protocols: ['sip'], signal }).then(() => undefined, (error: unknown) => error);
      };
      const attempts = [attempt(during.signal), attempt(AbortSignal.abort(reason))];
      during.abort(reason);
      for (const error of await Promise.all(attempts)) {
        isError(error, 'TRANSPORT_ABORTED', new URL(url).port);
        equal((error as Error).cause, reason);
      }
      await close();
    },
  },
  {
    name: 'WebSocket: what is no ws: or wss: URL is TRANSPORT_BAD_ADDRESS, and no credentials are shown',
    run: async ({ webSockets }) => {
      for (const url of ['', 'http://127.0.0.1/', 'ws://user:secret@127.0.0.1/', 'ws://127.0.0.1/#x', 'sip:alice@example.com']) {
        const error = await webSockets.connectWebSocket(url, { protocols: ['sip'] }).then(() => undefined, (caught: unknown) => caught);
        isError(error, 'TRANSPORT_BAD_ADDRESS', '');
        ok(!(error as Error).message.includes('secret'));
      }
    },
  },
];
