import { byteString, bytesOf } from '@simple-im/grammar';
import { FakeRandom } from '@simple-im/transport/fake';
import { MsrpConnection, MsrpSession, SessionTable, encodeEnd, encodeHead, encodeResponse, type ConnectionLimits, type Continuation, type Field, type IncomingMessage, type MessageReport, type MsrpHead, type MsrpLimits, type MsrpSessionOptions } from '../src/index.js';
import { ALICE, BOB, decode, type DecodedFrame } from './frames.js';
import type { ProtocolError } from '@simple-im/grammar';

/** Alice's session on a connection without a socket; the test plays Bob, frame by frame. */
export class RawPeer {
  readonly sessions = new SessionTable();
  readonly connection: MsrpConnection;
  readonly session: MsrpSession;
  readonly messages: IncomingMessage[] = [];
  readonly reports: MessageReport[] = [];
  closedWith: ProtocolError | undefined | 'open' = 'open';
  now = 0;

  constructor(options: Partial<MsrpSessionOptions> = {}, limits: Partial<MsrpLimits & ConnectionLimits> = {}) {
    this.connection = new MsrpConnection({ sessions: this.sessions, now: 0, limits });
    this.session = new MsrpSession({ uri: ALICE, random: new FakeRandom(), ...options });
    this.sessions.add(this.session.entry);
    this.session.attach({
      message: (message) => { this.messages.push(message); },
      report: (report) => { this.reports.push(report); },
      closed: (error) => { this.closedWith = error; },
    });
    this.session.entry.connect([BOB]);
    this.session.entry.connected(this.connection, 'binding0');
    this.written();
  }

  /** Everything that can be written now, as octets. */
  octets(most = Infinity): string {
    let text = '';
    while (text.length < most) {
      const bytes = this.connection.transmit(this.now);
      if (bytes === undefined) break;
      text += byteString(bytes);
    }
    return text;
  }

  /** Everything that can be written now, as frames. */
  written(): DecodedFrame[] {
    return decode([bytesOf(this.octets())]);
  }

  receive(...frames: Uint8Array[]): void {
    for (const frame of frames) this.connection.receive(frame, this.now);
  }

  /** Bob answers a frame Alice wrote. */
  answer(to: { readonly head: MsrpHead }, status: number): void {
    this.receive(encodeResponse({ transactionId: to.head.transactionId, status, toPath: [ALICE], fromPath: [BOB] }));
  }

  report(messageId: string, status: number, range?: string): void {
    const fields: Field[] = [['Message-ID', messageId], ['Status', `000 ${status}`], ...(range === undefined ? [] : [['Byte-Range', range] as const])];
    const head = encodeHead({ transactionId: 'report01', method: 'REPORT', toPath: [ALICE], fromPath: [BOB], fields, body: false });
    this.receive(head, encodeEnd('report01', '$', false));
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
    this.connection.wake(this.now);
  }
}

export interface Send {
  readonly id?: string;
  readonly messageId?: string;
  readonly range?: string;
  readonly fields?: readonly Field[];
  readonly type?: string;
  readonly flag?: Continuation;
  readonly toPath?: readonly string[];
  readonly fromPath?: readonly string[];
}

/** A SEND from Bob to Alice. */
export function sendToAlice(body: string, { id = 'trans001', messageId = 'mess0001', range, fields = [], type = 'text/plain', flag = '$', toPath = [ALICE], fromPath = [BOB] }: Send = {}): Uint8Array {
  const head = encodeHead({
    transactionId: id,
    method: 'SEND',
    toPath,
    fromPath,
    fields: [['Message-ID', messageId], ['Byte-Range', range ?? `1-${body.length}/${body.length}`], ...fields, ['Content-Type', type]],
    body: true,
  });
  return bytesOf(byteString(head) + body + byteString(encodeEnd(id, flag, true)));
}

/** How a promise has been settled, without waiting for it: `pending`, `resolved`, or the code of its error. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  const pending = Symbol('pending');
  try {
    for (let i = 0; i < 10; i++) await Promise.resolve();
    return (await Promise.race([promise, Promise.resolve(pending)])) === pending ? 'pending' : 'resolved';
  } catch (error) {
    return (error as ProtocolError).code;
  }
}
