/* A WebSocket client made of octets (RFC 6455): the handshake as a case wants it, then messages, or frames one by one. */
import { createHash, randomBytes } from 'node:crypto';
import { check, ConnectionEnded, fail } from './expectation.js';
import { Inbox } from './inbox.js';
import { openStream, uriHost, type Arrival, type Channel, type HostPort, type Wire } from './raw-peer.js';
import { header } from './sip-text.js';
import type { Trust } from './tls.js';
import { cutFrame, frame, opcodes, type IncomingFrame, type OutgoingFrame } from './websocket-frame.js';

export interface WebSocketOptions {
  readonly address: HostPort & { readonly path?: string };
  /** Set where it goes over TLS. */
  readonly trust: Trust | undefined;
  /** Offered in the handshake; none when empty. */
  readonly subprotocols: readonly string[];
  /** For the wire log. */
  readonly label: string;
  readonly wire: Wire;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Added to the key of a handshake (RFC 6455 §1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Larger than any message a case asks for. */
const longest = 1_048_576;

/** What is in the frames goes into the wire log: masked, it would be of use to nobody, and its credentials would not be hidden. */
type Log = (direction: 'sent' | 'received', text: string) => void;

const silent: Wire = { add: () => undefined };

/** The connection after its handshake, whatever became of that. */
export class RawWebSocket {
  /** The answer to the handshake, up to its empty line. */
  readonly answer: string;
  readonly inbox = new Inbox<Arrival>();
  /** The data of Pong frames. */
  readonly pongs = new Inbox<string>();
  readonly #channel: Channel;
  readonly #log: Log;
  #stream: string;
  #message: { opcode: number; payload: string } | undefined;
  #closed = false;
  #closeStatus: number | undefined;

  constructor(channel: Channel, log: Log, answer: string, rest: string) {
    this.#channel = channel;
    this.#log = log;
    this.answer = answer;
    this.#stream = rest;
    if (this.isOpen) void this.#read();
  }

  /** The HTTP status of the answer; NaN when it is no HTTP. */
  get status(): number { return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1]); }
  get isOpen(): boolean { return this.status === 101; }
  /** Whether the target has sent a Close frame. */
  get closed(): boolean { return this.#closed; }
  get local(): HostPort { return this.#channel.local; }
  header(name: string): string | undefined { return header(this.answer, name); }

  /** One message in one frame. */
  send(payload: string, opcode: number = opcodes.text): void {
    this.sendFrame({ opcode, payload });
  }

  sendFrame(outgoing: OutgoingFrame): void {
    this.#log('sent', outgoing.payload);
    this.#channel.send(frame(outgoing));
  }

  /** The target closes: by a Close frame, whose status this gives (RFC 6455 §7.4), or by the connection. A message before is a failure. */
  async expectClosed(within: number): Promise<number | undefined> {
    try {
      const { octets } = await this.inbox.next(within, 'the end of the WebSocket');
      return fail(`got "${octets.split('\r\n', 1)[0]}", expected the end of the WebSocket`);
    } catch (error) {
      if (error instanceof ConnectionEnded) return this.#closeStatus;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.inbox.end('the case is over');
    this.pongs.end('the case is over');
    await this.#channel.close();
  }

  /** Until the connection ends. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const cut = cutFrame(this.#stream);
        if (cut === undefined) {
          check(this.#stream.length <= longest, `more than ${longest} octets that are no whole frame`);
          this.#stream += (await this.#channel.inbox.next(2 ** 31 - 1, 'a frame')).octets;
          continue;
        }
        this.#stream = cut.rest;
        this.#take(cut.frame);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.inbox.end(reason);
      this.pongs.end(reason);
    }
  }

  #take({ opcode, fin, masked, payload }: IncomingFrame): void {
    this.#log('received', payload);
    check(!masked, 'the target sent a masked frame (RFC 6455 §5.1)');
    if (opcode === opcodes.ping) return this.send(payload, opcodes.pong);
    if (opcode === opcodes.pong) return this.pongs.push(payload);
    if (opcode === opcodes.close) {
      this.#closed = true;
      this.#closeStatus = payload.length < 2 ? undefined : payload.charCodeAt(0) * 256 + payload.charCodeAt(1);
      this.send(payload.slice(0, 2), opcodes.close);
      throw new ConnectionEnded(`the target closed the WebSocket${this.#closeStatus === undefined ? '' : ` with ${this.#closeStatus}`}`);
    }
    const begun = this.#message ?? { opcode, payload: '' };
    const isInOrder = (opcode === opcodes.continuation) === (this.#message !== undefined);
    check(isInOrder, 'the target mixed up the fragments of messages (RFC 6455 §5.4)');
    this.#message = { opcode: begun.opcode, payload: begun.payload + payload };
    if (!fin) return;
    const message = this.#message;
    this.#message = undefined;
    this.inbox.push({
      octets: message.payload, reply: (answer) => this.send(answer), kind: message.opcode === opcodes.binary ? 'binary' : 'text',
    });
  }
}

/** Connects and shakes hands; a refusal is no error. Fails when nothing that is HTTP comes. */
export async function openWebSocket({ address, trust, subprotocols, label, wire, timeout }: WebSocketOptions): Promise<RawWebSocket> {
  const channel = await openStream(address, label, silent, timeout, trust);
  const peer = `${label} ${trust === undefined ? 'ws' : 'wss'} ${uriHost(channel.local.host)}:${channel.local.port}`;
  const log: Log = (direction, text) => wire.add(direction, peer, text);
  const key = randomBytes(16).toString('base64');
  const handshake = [
    `GET ${address.path ?? '/'} HTTP/1.1`, `Host: ${uriHost(address.host)}:${address.port}`, 'Upgrade: websocket', 'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13',
    ...(subprotocols.length === 0 ? [] : [`Sec-WebSocket-Protocol: ${subprotocols.join(', ')}`]), '', '',
  ].join('\r\n');
  try {
    log('sent', handshake);
    channel.send(handshake);
    const { answer, rest } = await answered(channel, timeout);
    log('received', answer);
    const socket = new RawWebSocket(channel, log, answer, rest);
    const accept = createHash('sha1').update(key + GUID).digest('base64');
    const isOurs = !socket.isOpen || socket.header('Sec-WebSocket-Accept') === accept;
    check(isOurs, 'the Sec-WebSocket-Accept is not that of our key (RFC 6455 §4.1)');
    return socket;
  } catch (error) {
    await channel.close();
    throw error;
  }
}

async function answered(channel: Channel, timeout: number): Promise<{ readonly answer: string; readonly rest: string }> {
  const deadline = performance.now() + timeout;
  for (let came = ''; ;) {
    came += (await channel.inbox.next(deadline - performance.now(), 'the answer to the WebSocket handshake')).octets;
    check('HTTP/1.1 '.startsWith(came.slice(0, 9)) && came.length <= longest, 'what came is no answer of HTTP to the WebSocket handshake');
    const end = came.indexOf('\r\n\r\n');
    if (end !== -1) return { answer: came.slice(0, end + 4), rest: came.slice(end + 4) };
  }
}

/** A channel whose pieces are messages: what a SIP or MSRP peer talks over (RFC 7118, RFC 7977). */
export function webSocketChannel(socket: RawWebSocket, host: string): Channel {
  return {
    local: { host, port: socket.local.port }, inbox: socket.inbox, send: (octets) => socket.send(octets), close: () => socket.close(),
  };
}
