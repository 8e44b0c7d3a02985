/* A WebSocket server in front of a TCP port of ours (RFC 6455, RFC 7118 §4, §5), and what can be wrong with one. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { cutMessage } from '../../src/sip-text.js';

/** Rules of RFC 6455 and RFC 7118 that this gateway breaks. */
export interface WebSocketFaults {
  /** Takes a handshake that does not ask for the subprotocol. */
  readonly anySubprotocol?: true;
  /** Leaves out Sec-WebSocket-Protocol. */
  readonly silentSubprotocol?: true;
  /** Takes frames that are not masked. */
  readonly unmasked?: true;
  /** Drops binary messages. */
  readonly deafToBinary?: true;
  /** Takes the first fragment for a message, and drops the others. */
  readonly fragmentsAlone?: true;
  /** Sends a SIP message in two WebSocket messages, the first one excepted. */
  readonly splitsLater?: true;
  /** Sends what is no UTF-8 as text. */
  readonly alwaysText?: true;
  /** Answers no ping. */
  readonly noPong?: true;
  /** Serves no message without Content-Length. */
  readonly wantsLength?: true;
  /** Does not answer a Close frame. */
  readonly noClose?: true;
}

export interface GatewayOptions {
  readonly port: number;
  readonly subprotocol: 'sip' | 'msrp';
  readonly faults: WebSocketFaults;
  readonly fromServer: (text: string) => string;
  readonly toServer: (text: string) => string;
  readonly opened: (socket: Socket) => void;
}

/** Serves one client. */
export function serveWebSocket(client: Socket, { port, subprotocol, faults, fromServer, toServer, opened }: GatewayOptions): void {
  let [came, upstream, sent]: [Buffer, Socket | undefined, number] = [Buffer.alloc(0), undefined, 0];
  let message: Buffer[] = [];
  const send = (opcode: number, payload: Buffer): void => {
    const length = payload.length < 126 ? Buffer.from([payload.length]) : Buffer.from([126, payload.length >> 8, payload.length & 0xff]);
    client.write(Buffer.concat([Buffer.from([0x80 | opcode]), length, payload]));
  };
  const end = (status: number): void => {
    send(8, Buffer.from([status >> 8, status & 0xff]));
    client.end();
  };
  const take = (opcode: number, fin: boolean, payload: Buffer): void => {
    if (opcode === 8) return faults.noClose ? undefined : end(payload.length < 2 ? 1000 : payload.readUInt16BE());
    if (opcode === 9) return faults.noPong ? undefined : send(10, payload);
    if (opcode === 2 && faults.deafToBinary) return;
    if (opcode === 0 && faults.fragmentsAlone) return;
    message.push(payload);
    if (!fin && !faults.fragmentsAlone) return;
    const text = Buffer.concat(message).toString('latin1');
    message = [];
    upstream?.write(Buffer.from(toServer(subprotocol === 'sip' && !faults.wantsLength ? withLength(text) : text), 'latin1'));
  };
  const connect = (): void => {
    let stream = '';
    upstream = createConnection(port, '127.0.0.1');
    opened(upstream);
    upstream.on('data', (bytes: Buffer) => {
      stream += bytes.toString('latin1');
      const cutOne = subprotocol === 'sip' ? cutMessage : cutMsrp;
      for (let cut = cutOne(stream); cut !== undefined; cut = cutOne(stream)) {
        stream = cut.rest;
        const text = Buffer.from(fromServer(cut.message), 'latin1');
        if (text.length === 0) continue;
        const kind = isUtf8(text) || faults.alwaysText ? 1 : 2;
        const split = faults.splitsLater === true && sent++ > 0;
        send(kind, split ? text.subarray(0, 40) : text);
        if (split) send(kind, text.subarray(40));
      }
    });
    upstream.on('close', () => client.destroy());
    upstream.on('error', () => client.destroy());
  };
  const frames = (): void => {
    for (let cut = cutFrame(came); cut !== undefined; cut = cutFrame(came)) {
      came = came.subarray(cut.length);
      // RFC 6455 §5.1.
      if (!cut.masked && !faults.unmasked) return end(1002);
      take(cut.opcode, cut.fin, cut.payload);
    }
  };
  client.on('data', (bytes: Buffer) => {
    came = Buffer.concat([came, bytes]);
    if (upstream !== undefined) return frames();
    const head = came.toString('latin1');
    const stop = head.indexOf('\r\n\r\n');
    if (stop === -1) return;
    came = came.subarray(stop + 4);
    const offered = /\r\nSec-WebSocket-Protocol: ([^\r]*)/i.exec(head)?.[1]?.split(', ') ?? [];
    if (!offered.includes(subprotocol) && !faults.anySubprotocol) return void client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    const accept = createHash('sha1').update(`${/\r\nSec-WebSocket-Key: ([^\r]*)/i.exec(head)?.[1]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    client.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`
      + `${faults.silentSubprotocol ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`}\r\n`);
    connect();
    frames();
  });
  client.on('close', () => upstream?.destroy());
  client.on('error', () => upstream?.destroy());
}

function cutFrame(came: Buffer): { opcode: number; fin: boolean; masked: boolean; payload: Buffer; length: number } | undefined {
  if (came.length < 2) return undefined;
  const masked = (came[1]! & 0x80) !== 0;
  const short = came[1]! & 0x7f;
  const begin = (short === 126 ? 4 : short === 127 ? 10 : 2) + (masked ? 4 : 0);
  if (came.length < begin) return undefined;
  const size = short === 126 ? came.readUInt16BE(2) : short === 127 ? Number(came.readBigUInt64BE(2)) : short;
  if (came.length < begin + size) return undefined;
  const payload = Buffer.from(came.subarray(begin, begin + size));
  if (masked) for (let at = 0; at < size; at++) payload[at]! ^= came[begin - 4 + (at % 4)]!;
  return { opcode: came[0]! & 0x0f, fin: (came[0]! & 0x80) !== 0, masked, payload, length: begin + size };
}

function cutMsrp(stream: string): { message: string; rest: string } | undefined {
  const message = /^MSRP (\S+) [^]*?\r\n-------\1[$+#]\r\n/.exec(stream)?.[0];
  return message === undefined ? undefined : { message, rest: stream.slice(message.length) };
}

/** Over TCP it cannot be left out (RFC 3261 §20.14). */
function withLength(text: string): string {
  if (/\r\nContent-Length:/i.test(text)) return text;
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? text : `${text.slice(0, end)}\r\nContent-Length: ${text.length - end - 4}${text.slice(end)}`;
}
