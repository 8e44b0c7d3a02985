import { describe, expect, it } from 'vitest';
import { byteString, utf8, utf8Text } from '@simple-im/grammar';
import { FakeClock, FakeNetwork, FakeRandom, type FakeNetworkOptions } from '@simple-im/transport/fake';
import type { ByteConnection } from '@simple-im/transport';
import { MsrpEndpoint, parseMsrpUri, rewriteHead, type EndpointOptions, type FrameSession, type FrameSink, type MessageSession, type MsrpConnection, type MsrpHead } from '../src/index.js';
import { outcome } from './raw-peer.js';

/** Endpoints on machines of one fake network. */
class World {
  readonly clock = new FakeClock();
  readonly random = new FakeRandom();
  readonly network: FakeNetwork;

  constructor(options: Omit<FakeNetworkOptions, 'clock'> = {}) {
    this.network = new FakeNetwork({ clock: this.clock, ...options });
  }

  async endpoint(host: string, options: Partial<EndpointOptions> = {}): Promise<MsrpEndpoint> {
    const endpoint = new MsrpEndpoint({ network: this.network.at(host), clock: this.clock, random: this.random, ...options });
    await endpoint.listen({ host, port: 2855 });
    return endpoint;
  }

  /** A session between two endpoints, the first one active. */
  async join(active: MessageSession, passive: MessageSession): Promise<void> {
    const bound = passive.accept([active.uri]);
    await active.connect([passive.uri]);
    await bound;
  }

  settle(): Promise<void> {
    return this.clock.settle();
  }
}

function collect(session: MessageSession): string[] {
  const texts: string[] = [];
  session.attach({ message: (message) => void message.bytes(1e9).then((bytes) => texts.push(utf8Text(bytes)), (error: { code: string }) => texts.push(error.code)) });
  return texts;
}

async function until(world: World, condition: () => boolean, turns = 500): Promise<void> {
  for (let i = 0; i < turns && !condition(); i++) await world.settle();
  expect(condition()).toBe(true);
}

describe('two endpoints', () => {
  it('exchange messages both ways, reported', async () => {
    const world = new World();
    const [alice, bob] = [await world.endpoint('10.0.0.1'), await world.endpoint('10.0.0.2')];
    const [a, b] = [alice.createSession(), bob.createSession()];
    const [toAlice, toBob] = [collect(a), collect(b)];
    await world.join(a, b);
    const sent = a.send({ contentType: 'text/plain', body: utf8('hello'), successReport: true });
    const back = b.send({ contentType: 'text/plain', body: utf8('hi') });
    await Promise.all([sent.accepted, sent.reported, back.accepted]);
    await world.settle();
    expect([toAlice, toBob]).toEqual([['hi'], ['hello']]);
    await Promise.all([alice.close(), bob.close()]);
    await world.settle();
    expect([world.network.connections.length, world.clock.timers, alice.sessionCount, bob.connectionCount]).toEqual([0, 0, 0, 0]);
  });

  it('carry a message of 1 MiB through tiny pieces', async () => {
    const world = new World({ pieceSize: 97, highWaterMark: 300, window: 500 });
    const [a, b] = [(await world.endpoint('10.0.0.1')).createSession(), (await world.endpoint('10.0.0.2')).createSession()];
    const body = world.random.bytes(1_048_576);
    let received: Uint8Array | undefined;
    b.attach({ message: (message) => void message.bytes().then((bytes) => { received = bytes; }) });
    await world.join(a, b);
    const sent = a.send({ contentType: 'application/octet-stream', body, successReport: true });
    await sent.reported;
    await until(world, () => received !== undefined);
    expect(byteString(received as Uint8Array) === byteString(body)).toBe(true);
  });

  it('share one connection between the same hosts, and close it with the last session (RFC 4975 §5.4)', async () => {
    const world = new World();
    const [alice, bob] = [await world.endpoint('10.0.0.1'), await world.endpoint('10.0.0.2')];
    const pairs = [0, 1, 2].map(() => [alice.createSession(), bob.createSession()] as const);
    const texts = pairs.map(([, b]) => collect(b));
    await Promise.all(pairs.map(([a, b]) => world.join(a, b)));
    expect([alice.connectionCount, bob.connectionCount]).toEqual([1, 1]);
    pairs.forEach(([a], index) => a.send({ contentType: 'text/plain', body: utf8(`${index}`.repeat(100_000)) }));
    await until(world, () => texts.every((each) => each.length === 1));
    expect(texts).toEqual([0, 1, 2].map((index) => [`${index}`.repeat(100_000)]));
    const [own, other] = [alice.createSession(), bob.createSession()];
    void other.accept([own.uri]);
    await own.connect([other.uri], { share: false });
    expect(alice.connectionCount).toBe(2);
    for (const [a] of pairs) a.close();
    await world.settle();
    expect([alice.connectionCount, bob.connectionCount]).toEqual([1, 1]);
    expect(pairs.map(([, b]) => b.state)).toEqual(['closed', 'closed', 'closed']);
  });

  it('interleave the chunks of sessions that share a connection (RFC 4975 §7.1.1)', async () => {
    const world = new World();
    const heads: string[] = [];
    const trace: EndpointOptions['trace'] = ({ direction, bytes }) => {
      const id = direction === 'out' ? /^MSRP \S+ SEND\r\n(?:.*\r\n)*?Message-ID: (long\S+)/.exec(byteString(bytes))?.[1] : undefined;
      if (id !== undefined) heads.push(id);
    };
    const [alice, bob] = [await world.endpoint('10.0.0.1', { trace }), await world.endpoint('10.0.0.2')];
    const pairs = ['long0001', 'long0002'].map((id) => ({ id, a: alice.createSession(), b: bob.createSession() }));
    const texts = pairs.map(({ b }) => collect(b));
    for (const { a, b } of pairs) await world.join(a, b);
    for (const { a, id } of pairs) a.send({ contentType: 'text/plain', body: utf8('x'.repeat(100_000)), messageId: id });
    await until(world, () => texts.every((each) => each.length === 1));
    expect(heads.slice(0, 6)).toEqual(['long0001', 'long0002', 'long0001', 'long0002', 'long0001', 'long0002']);
  });

  it('fail what was on its way when the connection is lost in mid-chunk', async () => {
    const world = new World();
    const [alice, bob] = [await world.endpoint('10.0.0.1'), await world.endpoint('10.0.0.2')];
    const [a, b] = [alice.createSession(), bob.createSession()];
    const texts = collect(b);
    await world.join(a, b);
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(5000);
      await new Promise(() => undefined);
    }
    const sent = a.send({ contentType: 'text/plain', body: endless() });
    await world.settle();
    for (const connection of world.network.connections) connection.destroy();
    await world.settle();
    expect(await outcome(sent.accepted)).toBe('MSRP_CONNECTION_LOST');
    expect(texts).toEqual(['MSRP_CONNECTION_LOST']);
    expect([a.state, b.state, alice.connectionCount, bob.connectionCount]).toEqual(['closed', 'closed', 0, 0]);
  });

  it('advertise another address than they are bound to, IPv6 too', async () => {
    const world = new World();
    const endpoint = new MsrpEndpoint({ network: world.network.at('::1'), clock: world.clock, random: world.random });
    expect(parseMsrpUri(endpoint.createSession().uri)).toMatchObject({ host: 'client.invalid', port: 9 });
    const bound = await endpoint.listen({ host: '::1', port: 0 }, { advertise: { host: '2001:db8::1', port: 2855 } });
    expect(bound.port).not.toBe(0);
    expect(endpoint.createSession().uri).toMatch(/^msrp:\/\/\[2001:db8::1\]:2855\/[a-z2-7]{20};tcp$/);
    expect(parseMsrpUri(endpoint.createSession({ host: 'im.example.com' }).uri)).toMatchObject({ host: 'im.example.com', port: 2855 });
  });

  it('say why a session could not be made', async () => {
    const world = new World();
    const alice = await world.endpoint('10.0.0.1');
    const refused = alice.createSession();
    await expect(refused.connect(['msrp://10.0.0.9:1/x;tcp'])).rejects.toMatchObject({ code: expect.stringMatching(/^TRANSPORT_/) as string });
    expect(refused.state).toBe('closed');
    await expect(alice.createSession().connect(['msrps://10.0.0.1:2855/x;tcp'])).rejects.toMatchObject({ code: 'MSRP_UNSUPPORTED_TRANSPORT' });
    const early = alice.createSession();
    const attempt = early.connect(['msrp://10.0.0.1:2855/x;tcp']);
    early.close();
    await expect(attempt).rejects.toMatchObject({ code: 'MSRP_SESSION_CLOSED' });
    await alice.close();
    expect(() => alice.createSession()).toThrowError(expect.objectContaining({ code: 'MSRP_SESSION_CLOSED' }));
  });
});

describe('strangers', () => {
  it('may hold so many connections without a session, and for so long', async () => {
    const world = new World();
    const bob = await world.endpoint('10.0.0.2', { limits: { maxUnbound: 2, unboundTime: 5000 } });
    const closed: number[] = [];
    const connections: ByteConnection[] = [];
    for (let i = 0; i < 3; i++) {
      const connection = await world.network.at('10.0.0.3').connectTcp({ host: '10.0.0.2', port: 2855 });
      connection.attach({ data: () => undefined, closed: () => closed.push(i) });
      connections.push(connection);
      await world.settle();
    }
    expect(closed).toEqual([0]);
    await world.clock.elapse(5000);
    expect(closed.sort()).toEqual([0, 1, 2]);
    expect(bob.connectionCount).toBe(0);
  });
});

describe('a reader that stalls', () => {
  it('keeps memory flat from its queue back to the sender\'s source', async () => {
    const world = new World();
    const [alice, bob] = [await world.endpoint('10.0.0.1'), await world.endpoint('10.0.0.2', { limits: { maxUnread: 100_000, maxSize: 1e9 } })];
    const [a, b] = [alice.createSession(), bob.createSession()];
    let read = 0;
    let reading: AsyncIterator<Uint8Array> | undefined;
    b.attach({ message: (message) => { reading = message[Symbol.asyncIterator](); } });
    await world.join(a, b);
    let made = 0;
    const total = 8_000_000;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; made < total; made += 8000) yield new Uint8Array(8000);
    }
    const sent = a.send({ contentType: 'application/octet-stream', body: source(), size: total });
    let most = 0;
    for (let turn = 0; turn < 2000 && read < total; turn++) {
      await world.settle();
      most = Math.max(most, made - read);
      expect(b.messages.unread).toBeLessThan(100_000 + 65_536);
      // One piece in a while: slower than anything in between could hide.
      const piece = turn % 2 === 1 ? await reading?.next() : undefined;
      if (piece?.done === false) read += piece.value.length;
    }
    expect(read).toBe(total);
    await sent.accepted;
    expect(most).toBeLessThan(500_000);
    expect(most).toBeGreaterThan(50_000);
  });
});

describe('frames for their owner', () => {
  /** Takes chunks on one leg and writes them on the other with the same transaction id; responses go back by it. */
  class Leg implements FrameSink {
    readonly log: string[] = [];
    other!: Leg;
    session!: FrameSession;
    readonly #asked = new Map<string, MsrpHead>();
    #head: MsrpHead | undefined;

    head(head: MsrpHead, _connection: MsrpConnection): void {
      const out = this.other.session;
      this.#head = head;
      this.#asked.set(head.transactionId, head);
      const rewritten = rewriteHead(head, { toPath: out.entry.remotePath as readonly string[], fromPath: [out.uri] });
      this.#credit(out.startFrame({ transactionId: head.transactionId, head: rewritten, hasBody: head.hasBody }));
      this.log.push(`${head.method} ${head.hasBody}`);
    }

    body(bytes: Uint8Array): void {
      this.#credit(this.other.session.writeBody(bytes));
    }

    end(flag: '$' | '+' | '#'): void {
      this.other.session.endFrame(flag);
      if (this.#head?.method === 'REPORT') this.#asked.delete(this.#head.transactionId);
    }

    response(head: MsrpHead): void {
      this.log.push(`response ${head.status}`);
      this.other.respondTo(head.transactionId, head.status as number);
    }

    respondTo(transactionId: string, status: number): void {
      const head = this.#asked.get(transactionId);
      if (head !== undefined) this.session.respond(head, status);
    }

    drain(): void {
      this.other.session.resume();
    }

    lost(): void {
      this.log.push('lost');
    }

    closed(): void {
      this.other.session.close();
    }

    #credit(more: boolean): void {
      if (!more) this.session.pause();
    }
  }

  async function bridge(world: World): Promise<{ a: MessageSession; b: MessageSession; legs: [Leg, Leg] }> {
    const [alice, bob, server] = [await world.endpoint('10.0.0.1'), await world.endpoint('10.0.0.2', { limits: { maxSize: 1e9, maxUnread: 100_000 } }), await world.endpoint('10.0.0.9')];
    const legs: [Leg, Leg] = [new Leg(), new Leg()];
    [legs[0].other, legs[1].other] = [legs[1], legs[0]];
    for (const leg of legs) leg.session = server.createSession({ sink: leg });
    const [a, b] = [alice.createSession(), bob.createSession()];
    void b.accept([legs[1].session.uri]);
    await legs[1].session.connect([b.uri]);
    void legs[0].session.accept([a.uri]);
    await a.connect([legs[0].session.uri]);
    await world.settle();
    return { a, b, legs };
  }

  it('pass from leg to leg with their transaction ids, responses and REPORTs back', async () => {
    const world = new World();
    const { a, b, legs } = await bridge(world);
    const texts = collect(b);
    const sent = a.send({ contentType: 'text/plain', body: utf8('hello'.repeat(30_000)), successReport: true });
    await sent.accepted;
    await sent.reported;
    expect(texts).toEqual(['hello'.repeat(30_000)]);
    expect(legs[0].log).toEqual(['SEND false', 'SEND true']);
    expect(legs[1].log).toEqual(['response 200', 'response 200', 'REPORT false']);
    a.close();
    await until(world, () => b.state === 'closed');
    expect(legs.map((leg) => leg.session.state)).toEqual(['closed', 'closed']);
  });

  it('pass a stall on: nothing piles up between the legs', async () => {
    const world = new World();
    const { a, b, legs } = await bridge(world);
    let made = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; made < 4_000_000; made += 8000) yield new Uint8Array(8000);
    }
    a.send({ contentType: 'text/plain', body: source(), size: 4_000_000 });
    let stalled = -1;
    for (let turn = 0; turn < 200 && stalled !== made; turn++) {
      stalled = turn % 20 === 0 ? made : stalled;
      await world.settle();
    }
    expect(made).toBeLessThan(1_000_000);
    expect(legs[1].session.pending).toBeLessThan(65_536 * 3);
    const texts = collect(b);
    await until(world, () => texts.length === 1);
    expect(texts[0]?.length).toBe(4_000_000);
  });

  it('are ended with "#" when a leg closes in the middle of one', async () => {
    const world = new World();
    const { b, legs } = await bridge(world);
    const texts = collect(b);
    const { session } = legs[1];
    const head = utf8(`MSRP trans001 SEND\r\nTo-Path: ${b.uri}\r\nFrom-Path: ${session.uri}\r\nMessage-ID: mess0001\r\nByte-Range: 1-*/*\r\nContent-Type: text/plain\r\n\r\n`);
    session.startFrame({ transactionId: 'trans001', head });
    session.writeBody(utf8('hello'));
    expect(() => session.startFrame({ transactionId: 'trans002', head })).toThrowError(expect.objectContaining({ code: 'MSRP_CHUNK_MISUSED' }));
    await world.settle();
    session.close();
    await until(world, () => texts.length === 1);
    expect(texts).toEqual(['MSRP_MESSAGE_ABORTED']);
  });
});
