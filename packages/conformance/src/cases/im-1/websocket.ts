/* SIP over WebSocket (RFC 7118, RFC 6455). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { bodyOf, cutMessage } from '../../sip-text.js';
import { without } from '../../template.js';
import { opcodes } from '../../websocket-frame.js';
import { registered } from '../preconditions.js';
import { delivered, shortWait, unlessSilent } from '../steps.js';
import { message, options } from '../templates.js';
import { contactsOf, registeredWith } from './requests.js';
import type { SipPeer } from '../../raw-sip.js';

const needs = ['sip-ws'] as const;
const flow = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e129>";reg-id=1';

/** A peer over WebSocket to whom a right OPTIONS was answered. */
async function open(context: CaseContext): Promise<SipPeer> {
  const peer = await context.sip({ transport: 'ws' });
  await precondition('an OPTIONS is answered', async () => equal('the status', (await peer.request(options)).status, 200));
  peer.newCall();
  return peer;
}

export const webSocketCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc7118/4.1/subprotocol-confirmed',
    clause: 'RFC 7118 §4.1',
    level: 'SHALL',
    asks: 'The 101 to a handshake that offers the subprotocol sip has sip in Sec-WebSocket-Protocol.',
    does: 'Shakes hands with the subprotocols conformance and sip; expects 101 with sip.',
    needs,
    users: 0,
    run: async ({ webSocket }) => {
      const socket = await webSocket(['conformance', 'sip']);
      equal('the status', socket.status, 101);
      equal('Sec-WebSocket-Protocol', socket.header('Sec-WebSocket-Protocol'), 'sip');
    },
  },
  {
    id: 'IM-1/rfc7118/4.1/no-subprotocol-refused',
    clause: 'RFC 7118 §4.1, RFC 6455 §4.2.2',
    level: 'SHOULD',
    asks: 'Without the subprotocol there is no SIP over a WebSocket: the handshake is refused, or the connection closed at once.',
    does: 'Shakes hands without a subprotocol; after a 101 sends an OPTIONS, which must not be answered.',
    needs,
    users: 0,
    run: async (context) => {
      const socket = await context.webSocket([]);
      if (!socket.isOpen) return check(socket.status >= 400, `the status is ${socket.status}, expected a refusal`);
      const peer = await context.sip({ transport: 'ws' });
      socket.send(peer.written(options));
      const came = await unlessSilent(socket.inbox.next(shortWait(context), 'nothing').catch(() => undefined));
      check(came === undefined, 'SIP is served without the subprotocol');
    },
  },
  {
    id: 'IM-1/rfc7118/5/register-with-invalid-contact',
    clause: 'RFC 7118 §5.2, §8.1',
    level: 'SHALL',
    asks: 'A client over WebSocket registers a contact that ends with .invalid and has transport=ws.',
    does: 'Registers such a contact and looks for it, and for WS or WSS in the Via, in the 200.',
    needs: [...needs, 'registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user!, transport: 'ws' });
      const response = await registeredWith(alice, `Contact: <${alice.contact}>${flow}`, 'Expires: 600', 'Supported: path, outbound');
      check(contactsOf(response).some(({ uri }) => uri === alice.contact), 'the 200 does not list the contact');
      check(/^SIP\/2\.0\/WSS? /.test(response.header('Via') ?? ''), `the Via of the 200 is ${response.header('Via')}`);
    },
  },
  {
    id: 'IM-1/rfc7118/5/message-over-the-flow',
    clause: 'RFC 7118 §5, §8.1, RFC 5626 §7',
    level: 'SHALL',
    asks: 'A request for a client over WebSocket goes over its own connection, in one WebSocket message.',
    does: 'Registers over WebSocket, sends a MESSAGE from a client over TCP or UDP, compares what comes over the connection.',
    needs: [...needs, 'registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!, 'ws', flow);
      const arrived = await delivered(alice, bob, to!);
      equal('the body', arrived.body, 'Watson, come here.\r\n');
      equal('the Request-URI', arrived.startLine.split(' ')[1], bob.contact);
    },
  },
  {
    id: 'IM-1/rfc7118/5/message-from-websocket',
    clause: 'RFC 7118 §5',
    level: 'SHALL',
    asks: 'What a client sends over WebSocket goes on over whatever its recipient registered.',
    does: 'Sends a MESSAGE over WebSocket to a client over TCP or UDP, compares what arrives.',
    needs: [...needs, 'registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!, 'ws', flow);
      const bob = await registered(context, to!);
      equal('the body', (await delivered(alice, bob, to!)).body, 'Watson, come here.\r\n');
    },
  },
  {
    id: 'IM-1/rfc7118/5/one-message-in-one',
    clause: 'RFC 7118 §5',
    level: 'SHALL',
    asks: 'A WebSocket message carries one SIP message, whole, and no more.',
    does: 'Sends two OPTIONS at once; expects two WebSocket messages, each of them one SIP message.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await open(context);
      for (let count = 0; count < 2; count++) {
        peer.newCall();
        peer.send(options);
      }
      for (let count = 0; count < 2; count++) {
        const octets = await peer.octets();
        const cut = cutMessage(octets);
        check(cut !== undefined && cut.rest === '' && cut.message === octets, 'a WebSocket message is not one whole SIP message');
      }
    },
  },
  {
    id: 'IM-1/rfc7118/5/no-content-length-needed',
    clause: 'RFC 7118 §5',
    level: 'SHALL',
    asks: 'Over WebSocket a message ends with its WebSocket message: it may come without Content-Length.',
    does: 'Sends an OPTIONS without Content-Length, and one with a body and without it; expects both answered.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await open(context);
      const bare = without(options, 'Content-Length:');
      equal('the status', (await peer.request(bare)).status, 200);
      peer.newCall();
      equal('the status with a body', (await peer.request(`${bare.trimEnd()}\n  Content-Type: text/plain\n\n  a body\n`)).status, 200);
    },
  },
  {
    id: 'IM-1/rfc7118/4.2/binary-taken',
    clause: 'RFC 7118 §4.2',
    level: 'SHALL',
    asks: 'A SIP message may come in a binary WebSocket message as well as in a text one.',
    does: 'Sends an OPTIONS in a binary message; expects the answer.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await open(context);
      peer.webSocket.send(peer.written(options), opcodes.binary);
      await peer.expect('SIP/2.0 200');
    },
  },
  {
    id: 'IM-1/rfc7118/4.2/octets-that-are-no-text',
    clause: 'RFC 7118 §4.2, RFC 6455 §8.1',
    level: 'SHALL',
    asks: 'A message with octets that are no UTF-8 goes to a client over WebSocket as a binary message, octet for octet.',
    does: 'Sends a MESSAGE with every octet above 127 in its body to a client over WebSocket; compares body and kind.',
    needs: [...needs, 'registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!, 'ws', flow);
      const octets = Array.from({ length: 128 }, (_, at) => String.fromCharCode(at + 128)).join('');
      const answered = alice.request(message.replace('Watson, come here.', '{body}'), { recipient: to!.aor, body: octets });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      equal('the kind of the WebSocket message', arrived.kind, 'binary');
      equal('the body', bodyOf(arrived.text), `${octets}\r\n`);
    },
  },
  {
    id: 'IM-1/rfc6455/5.4/fragments-joined',
    clause: 'RFC 6455 §5.4',
    level: 'SHALL',
    asks: 'A WebSocket message in several fragments, with a ping between them, is one message.',
    does: 'Sends an OPTIONS in three frames with a ping between them; expects the answer.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await open(context);
      const text = peer.written(options);
      const { webSocket } = peer;
      webSocket.sendFrame({ opcode: opcodes.text, payload: text.slice(0, 20), fin: false });
      webSocket.sendFrame({ opcode: opcodes.ping, payload: 'between' });
      webSocket.sendFrame({ opcode: opcodes.continuation, payload: text.slice(20, 50), fin: false });
      webSocket.sendFrame({ opcode: opcodes.continuation, payload: text.slice(50) });
      await peer.expect('SIP/2.0 200');
    },
  },
  {
    id: 'IM-1/rfc6455/5.5.2/ping-answered',
    clause: 'RFC 6455 §5.5.2, §5.5.3, RFC 7118 §6',
    level: 'SHALL',
    asks: 'A Ping frame is answered by a Pong frame with the same data.',
    does: 'Sends a Ping with data, expects a Pong with them.',
    needs,
    users: 0,
    run: async (context) => {
      const { webSocket } = await open(context);
      webSocket.sendFrame({ opcode: opcodes.ping, payload: 'conformance' });
      equal('the data of the Pong', await webSocket.pongs.next(context.timeout, 'a Pong'), 'conformance');
    },
  },
  {
    id: 'IM-1/rfc6455/5.1/unmasked-frame-closes',
    clause: 'RFC 6455 §5.1',
    level: 'SHALL',
    asks: 'A server that gets a frame that is not masked closes the connection and does not take what is in it.',
    does: 'Sends an OPTIONS in a frame without a mask; expects the end of the connection and no answer.',
    needs,
    users: 0,
    run: async (context) => {
      const peer = await open(context);
      peer.webSocket.sendFrame({ opcode: opcodes.text, payload: peer.written(options), masked: false });
      await peer.webSocket.expectClosed(context.timeout);
    },
  },
  {
    id: 'IM-1/rfc6455/5.5.1/close-answered',
    clause: 'RFC 6455 §5.5.1',
    level: 'SHALL',
    asks: 'A Close frame is answered by a Close frame, which usually has the same status.',
    does: 'Sends a Close with 1000; expects a Close.',
    needs,
    users: 0,
    run: async (context) => {
      const { webSocket } = await open(context);
      webSocket.sendFrame({ opcode: opcodes.close, payload: '\x03\xe8' });
      await webSocket.expectClosed(context.timeout);
      check(webSocket.closed, 'the connection ended without a Close frame');
    },
  },
  {
    id: 'IM-1/rfc7118/5/closed-websocket-no-delivery',
    clause: 'RFC 7118 §8.1, RFC 5626 §7',
    level: 'SHALL',
    asks: 'When the WebSocket of a client is closed, a MESSAGE for it is not delivered and not answered 200.',
    does: 'Registers over WebSocket, closes it, sends a MESSAGE; expects 430, 480 or 202 of a store.',
    needs: [...needs, 'registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      await (await registered(context, to!, 'ws', flow)).close();
      const { status = 0 } = await alice.request(message, { recipient: to!.aor });
      check(status >= 400 || (context.has('deferred') && status === 202), `the status is ${status}, expected 430 or 480`);
    },
  },
];
