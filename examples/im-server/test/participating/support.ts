/* Two users' MSRP ends, written by hand octet by octet, with the IM server's legs between them on a network in memory. */
import { createHash } from 'node:crypto';
import { bytesOf, concatBytes, utf8Text } from '@simple-im/grammar';
import { MsrpDecoder, type Continuation, type MsrpHead } from '@simple-im/msrp';
import type { Address, ByteConnection } from '@simple-im/transport';
import { FakeClock, FakeNetwork, FakeRandom, type FakeNetworkOptions } from '@simple-im/transport/fake';
import { Media } from '../../src/media/media.js';
import type { Metrics } from '../../src/observe/ports.js';
import { RelayLeg } from '../../src/participating/relay-leg.js';

export const SERVER = '192.0.2.1';

export class RecordedMetrics implements Metrics {
  readonly values = new Map<string, number>();

  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    for (const key of [name, [name, ...Object.values(labels)].join(' ')]) this.values.set(key, (this.values.get(key) ?? 0) + by);
  }

  gauge(name: string, value: number): void {
    this.values.set(name, value);
  }
}

export interface Frame {
  readonly head: MsrpHead;
  body: Uint8Array;
  flag: Continuation | undefined;
}

export interface ChunkToWrite {
  readonly id: string;
  readonly messageId?: string;
  readonly range?: string;
  readonly fields?: readonly string[];
  readonly body?: string | Uint8Array;
  readonly flag?: Continuation;
}

/** One user's connection. Frames are written as given, and nothing is answered by itself. */
export class Peer {
  readonly uri: string;
  /** Whole frames and the one that is arriving. */
  readonly frames: Frame[] = [];
  closed = false;
  octets = 0;
  readonly connection: ByteConnection;
  readonly #server: string;
  readonly #decoder = new MsrpDecoder();

  constructor(uri: string, server: string, connection: ByteConnection) {
    this.uri = uri;
    this.#server = server;
    this.connection = connection;
    connection.attach({
      data: (bytes) => this.#receive(bytes),
      closed: () => {
        this.closed = true;
      },
    });
  }

  get requests(): readonly Frame[] {
    return this.frames.filter(({ head }) => head.method !== undefined);
  }

  get sends(): readonly Frame[] {
    return this.frames.filter(({ head }) => head.method === 'SEND');
  }

  get reports(): readonly Frame[] {
    return this.frames.filter(({ head }) => head.method === 'REPORT');
  }

  /** Statuses of the responses, by transaction id. */
  get statuses(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(
      this.frames.filter(({ head }) => head.method === undefined).map(({ head }) => [head.transactionId, head.status]),
    );
  }

  write(...parts: readonly (string | Uint8Array)[]): void {
    this.connection.write(concatBytes(parts.map((part) => (typeof part === 'string' ? bytesOf(part) : part))));
  }

  /** A chunk whole, or without its end-line if `flag` is not given. */
  send(chunk: ChunkToWrite): void {
    this.write(this.head(chunk), chunk.body ?? '', ...(chunk.flag === undefined ? [] : [this.end(chunk.id, chunk.flag)]));
  }

  head({ id, messageId = `m-${id}`, range = '1-*/*', fields = [] }: ChunkToWrite): string {
    return [
      `MSRP ${id} SEND`,
      `To-Path: ${this.#server}`,
      `From-Path: ${this.uri}`,
      `Message-ID: ${messageId}`,
      `Byte-Range: ${range}`,
      ...fields,
      'Content-Type: text/plain',
      '',
      '',
    ].join('\r\n');
  }

  end(id: string, flag: Continuation): string {
    return `\r\n-------${id}${flag}\r\n`;
  }

  /** A SEND without body: by default it says whose connection this is (RFC 4975 §5.4). */
  sendEmpty(id: string, messageId = id, range = '1-0/0', flag: Continuation = '$'): void {
    const paths = `To-Path: ${this.#server}\r\nFrom-Path: ${this.uri}\r\n`;
    this.write(`MSRP ${id} SEND\r\n${paths}Message-ID: ${messageId}\r\nByte-Range: ${range}\r\n-------${id}${flag}\r\n`);
  }

  respond(id: string, status: string): void {
    this.write(`MSRP ${id} ${status}\r\nTo-Path: ${this.#server}\r\nFrom-Path: ${this.uri}\r\n-------${id}$\r\n`);
  }

  report(id: string, fields: readonly string[]): void {
    this.write([`MSRP ${id} REPORT`, `To-Path: ${this.#server}`, `From-Path: ${this.uri}`, ...fields, `-------${id}$`, ''].join('\r\n'));
  }

  #receive(bytes: Uint8Array): void {
    this.octets += bytes.length;
    this.#decoder.receive(bytes);
    for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next()) {
      const last = this.frames.at(-1);
      if (event.type === 'head') this.frames.push({ head: event.head, body: new Uint8Array(0), flag: undefined });
      else if (event.type === 'body' && last !== undefined) last.body = concatBytes([last.body, event.bytes]);
      else if (event.type === 'end' && last !== undefined) last.flag = event.flag;
      else if (event.type === 'refused') throw event.error;
    }
  }
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function textOf(frame: Frame | undefined): string {
  return frame === undefined ? '' : utf8Text(frame.body);
}

/** What a REPORT says. */
export function reportOf(frame: Frame | undefined): readonly (string | undefined)[] {
  return ['Message-ID', 'Byte-Range', 'Status'].map((name) => frame?.head.header(name));
}

export interface Relay {
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly media: Media;
  readonly metrics: RecordedMetrics;
  readonly address: Address;
  readonly legs: { readonly alice: RelayLeg; readonly bob: RelayLeg };
  readonly alice: Peer;
  readonly bob: Peer;
  /** Which legs were lost, in order. */
  readonly lost: string[];
}

const ALICE = 'msrp://192.0.2.11:2855/alice1234;tcp';
const BOB = 'msrp://192.0.2.12:2855/bob12345;tcp';

/** Alice and Bob, each bound to a leg of the server's; their binding SENDs are answered and forgotten. */
export async function relay(options: FakeNetworkOptions = {}): Promise<Relay> {
  const clock = new FakeClock();
  const network = new FakeNetwork({ clock, ...options });
  const metrics = new RecordedMetrics();
  const media = new Media({ network: network.at(SERVER), clock, random: new FakeRandom(7), metrics });
  const address = await media.listen({ host: SERVER, port: 2855 }, undefined);
  const lost: string[] = [];
  const random = new FakeRandom(8);
  const leg = (name: string): RelayLeg =>
    new RelayLeg({
      clock,
      random,
      metrics,
      createSession: (sink) => media.createSession(`sip:${name}@example.com`, sink),
      lost: () => lost.push(name),
    });
  const legs = { alice: leg('alice'), bob: leg('bob') };
  legs.alice.deliverTo(legs.bob.writer);
  legs.bob.deliverTo(legs.alice.writer);
  void legs.alice.bind([ALICE], false);
  void legs.bob.bind([BOB], false);
  const connect = async (host: string, uri: string, to: RelayLeg): Promise<Peer> => {
    const peer = new Peer(uri, to.session.uri, await network.at(host).connectTcp(address));
    peer.sendEmpty('bind1234');
    await clock.settle();
    peer.frames.length = 0;
    return peer;
  };
  return {
    clock,
    network,
    media,
    metrics,
    address,
    legs,
    lost,
    alice: await connect('192.0.2.11', ALICE, legs.alice),
    bob: await connect('192.0.2.12', BOB, legs.bob),
  };
}
