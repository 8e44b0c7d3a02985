import { FakeClock, FakeNetwork, type FakeNetworkOptions } from '@simple-im/transport/fake';
import type { Address, ByteConnection, Network } from '@simple-im/transport';

/** Attached to a connection, remembers what it is told. */
export interface Recorder {
  /** Everything that has arrived, in one array. */
  readonly received: Uint8Array;
  /** How many octets each `data` call brought. */
  readonly sizes: readonly number[];
  readonly drains: number;
  /** One entry for each `closed` call: its error. More than one is a defect. */
  readonly closes: readonly (Error | undefined)[];
  /** Resolves with the error, if any, at the first `closed`. */
  readonly closed: Promise<Error | undefined>;
  /** Resolves when at least so many octets have arrived; rejects when the connection closes before. */
  has(octets: number): Promise<void>;
  /** Resolves at the next `drain`. */
  drained(): Promise<void>;
}

/** Attaches a recorder to the connection. */
export function record(connection: ByteConnection): Recorder {
  const chunks: Uint8Array[] = [];
  const closes: (Error | undefined)[] = [];
  let waiting: { readonly octets: number; resolve(): void; reject(error: Error): void }[] = [];
  let drainWaiting: (() => void)[] = [];
  let drains = 0;
  let length = 0;
  let tellClosed: (error: Error | undefined) => void;
  const closed = new Promise<Error | undefined>((resolve) => { tellClosed = resolve; });
  connection.attach({
    data: (bytes) => {
      chunks.push(new Uint8Array(bytes));
      length += bytes.length;
      for (const waiter of waiting) if (length >= waiter.octets) waiter.resolve();
      waiting = waiting.filter((waiter) => length < waiter.octets);
    },
    drain: () => {
      drains++;
      for (const resolve of drainWaiting) resolve();
      drainWaiting = [];
    },
    closed: (error) => {
      closes.push(error);
      for (const waiter of waiting) waiter.reject(new Error(`Closed after ${length} of ${waiter.octets} octets`, { cause: error }));
      waiting = [];
      tellClosed(error);
    },
  });
  return {
    get received() { return join(chunks, length); },
    get sizes() { return chunks.map((chunk) => chunk.length); },
    get drains() { return drains; },
    closes,
    closed,
    has: (octets) => new Promise((resolve, reject) => {
      if (length >= octets) resolve();
      else if (closes.length > 0) reject(new Error(`Closed after ${length} of ${octets} octets`, { cause: closes[0] }));
      else waiting.push({ octets, resolve, reject });
    }),
    drained: () => new Promise((resolve) => { drainWaiting.push(resolve); }),
  };
}

/** Listens on a free port of `host`, connects to it, and stops listening; the ends are not attached yet. */
export async function connect(
  network: Network,
  host: string,
): Promise<{ readonly client: ByteConnection; readonly server: ByteConnection }> {
  let accepted: (connection: ByteConnection) => void;
  const server = new Promise<ByteConnection>((resolve) => { accepted = resolve; });
  const listener = await network.listenTcp({ host, port: 0 }, (connection) => accepted(connection));
  const client = await network.connectTcp(listener.local);
  const ends = { client, server: await server };
  await listener.close();
  return ends;
}

export interface TestPair {
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  /** The end that connected, and the one that accepted; neither is attached. */
  readonly client: ByteConnection;
  readonly server: ByteConnection;
  readonly address: Address;
}

/** Two connected ends on a fake network with a fake clock. */
export async function connectedPair(options: Omit<FakeNetworkOptions, 'clock'> = {}): Promise<TestPair> {
  const clock = new FakeClock();
  const network = new FakeNetwork({ ...options, clock });
  const { client, server } = await connect(network, '127.0.0.1');
  return { clock, network, client, server, address: client.remote };
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** For the end of a case. */
export async function destroyBoth(...connections: readonly ByteConnection[]): Promise<void> {
  for (const connection of connections) connection.destroy();
}
