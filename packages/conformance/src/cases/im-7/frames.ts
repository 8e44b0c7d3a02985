/* Frames that many cases send, and how a message is taken whoever cut it into chunks. */
import { randomBytes } from 'node:crypto';
import { check, fail } from '../../expectation.js';
import type { MsrpFrame, MsrpPeer } from '../../raw-msrp.js';
import { fill, type Values } from '../../template.js';

export const ok = `
  MSRP {tid} 200 OK
  To-Path: {to}
  From-Path: {from}
  -------{tid}$
`;

/** A chunk; its values come from `chunk`. */
export const send = `
  MSRP {tid} SEND
  To-Path: {to}
  From-Path: {from}
  Message-ID: {messageId}
  Byte-Range: {range}
  {fields}
  Content-Type: text/plain

  {body}
  -------{tid}{flag}
`;

/** For one hop alone (RFC 4975 §7.1): its response tells that everything before it was read. */
export const bodiless = `
  MSRP {tid} SEND
  To-Path: {to}
  From-Path: {from}
  Message-ID: {messageId}
  Byte-Range: 1-0/0
  -------{tid}$
`;

/** An identifier nobody else has: for a transaction or a message. */
export const ident = (): string => `c${randomBytes(8).toString('hex')}`;

export interface ChunkChoice {
  /** A whole message by default. */
  readonly range?: string;
  readonly flag?: '$' | '+' | '#';
  readonly messageId?: string;
  /** Header lines between Byte-Range and Content-Type. */
  readonly fields?: string;
}

/** What `send` is filled with. */
export function chunk(body: string, choice: ChunkChoice = {}): Values & { readonly messageId: string } {
  return { body, range: `1-${body.length}/${body.length}`, flag: '$', messageId: ident(), fields: '', ...choice };
}

/** The `{to}` and `{from}` of the peer, for a frame that is not sent by it. */
export function paths({ remotePath, ownUri }: MsrpPeer): { readonly to: string; readonly from: string } {
  return { to: remotePath, from: ownUri };
}

/** A frame as octets, for cases that send it in pieces or with others. */
export function octetsOf(template: string, values: Values): string {
  return fill(template, { messageId: ident(), ...values });
}

export interface Received {
  readonly body: string;
  readonly first: MsrpFrame;
  readonly frames: readonly MsrpFrame[];
}

/**
 * Takes the chunks of one message and answers those that are to be answered, until it has no gap. A target may cut a message
 * anew (RFC 4975 §7.1.1), so what counts are the octets and their places; of octets that came twice the later ones (§7.3.1).
 */
export async function received(receiver: MsrpPeer): Promise<Received> {
  const frames: MsrpFrame[] = [];
  const octets: string[] = [];
  let total: number | undefined;
  while (total === undefined || !isWhole(octets, total)) {
    const frame = await receiver.expectRequest('SEND');
    frames.push(frame);
    check(frame.flag !== '#', 'the message was given up ("#") on its way');
    check(frame.header('Message-ID') === frames[0]?.header('Message-ID'), 'the chunks of a message have different Message-IDs');
    const before = startOf(frame) - 1;
    [...frame.body].forEach((octet, index) => { octets[before + index] = octet; });
    if (frame.flag === '$') total = before + frame.body.length;
    if (/^(no|partial)$/i.test(frame.header('Failure-Report') ?? 'yes')) continue;
    receiver.respond(frame, ok);
  }
  return { body: octets.join(''), first: frames[0]!, frames };
}

function isWhole(octets: readonly string[], total: number): boolean {
  for (let at = 0; at < total; at++) if (octets[at] === undefined) return false;
  return true;
}

/** Where the chunk stands in its message: 1 when it does not say (RFC 4975 §7.3.1). */
function startOf(frame: MsrpFrame): number {
  const range = frame.header('Byte-Range') ?? '1-*/*';
  return Number(/^(\d+)-(?:\d+|\*)\/(?:\d+|\*)$/.exec(range)?.[1] ?? fail(`the Byte-Range that arrived is ${JSON.stringify(range)}`));
}

/** Sends a message and sees it arrive: the session works, and nothing else came before it on either side. */
export async function worksStill(sender: MsrpPeer, receiver: MsrpPeer): Promise<void> {
  const tid = sender.send(send, chunk('still here'));
  const { body } = await received(receiver);
  check(body === 'still here', `the receiver got ${JSON.stringify(body)} before the message that was sent next`);
  await sender.expectResponse(tid, 200);
}
