/* Frames of WebSocket (RFC 6455 §5.2), written and read here and by no library. Octets are byte strings. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface OutgoingFrame {
  readonly opcode: number;
  readonly payload: string;
  /** Whether it ends its message; true by default. */
  readonly fin?: boolean;
  /** As every frame of a client must be (§5.1); true by default. */
  readonly masked?: boolean;
}

/** One frame as it goes over the connection. */
export function frame({ opcode, payload, fin = true, masked = true }: OutgoingFrame): string {
  const octets = Buffer.from(payload, 'latin1');
  const extended = octets.length > 65_535 ? 8 : octets.length > 125 ? 2 : 0;
  const head = Buffer.alloc(2 + extended);
  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (extended === 8 ? 127 : extended === 2 ? 126 : octets.length);
  if (extended === 2) head.writeUInt16BE(octets.length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(octets.length), 2);
  if (!masked) return Buffer.concat([head, octets]).toString('latin1');
  const key = randomBytes(4);
  return Buffer.concat([head, key, octets.map((octet, at) => octet ^ key[at % 4]!)]).toString('latin1');
}

export interface IncomingFrame {
  readonly opcode: number;
  readonly fin: boolean;
  /** A server's frames never are (§5.1); their payload is of no use then. */
  readonly masked: boolean;
  readonly payload: string;
}

/** The frame at the start of what came and what follows it, or undefined while it is not whole. */
export function cutFrame(stream: string): { readonly frame: IncomingFrame; readonly rest: string } | undefined {
  const octets = Buffer.from(stream.slice(0, 10), 'latin1');
  if (octets.length < 2) return undefined;
  const [first, second] = [octets[0]!, octets[1]!];
  const short = second & 0x7f;
  const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
  const masked = (second & 0x80) !== 0;
  const begin = 2 + extended + (masked ? 4 : 0);
  if (stream.length < begin) return undefined;
  const length = extended === 8 ? Number(octets.readBigUInt64BE(2)) : extended === 2 ? octets.readUInt16BE(2) : short;
  if (stream.length < begin + length) return undefined;
  const payload = stream.slice(begin, begin + length);
  return { frame: { opcode: first & 0x0f, fin: (first & 0x80) !== 0, masked, payload }, rest: stream.slice(begin + length) };
}
