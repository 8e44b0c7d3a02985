import type { ProtocolError } from '@simple-im/grammar';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { ImClient, type ImClientOptions, type ImTraceEvent, type RegistrationEvent } from '../src/index.js';
import { HOST, TestServer } from './server.js';

export type TestClientOptions = Partial<ImClientOptions> & { readonly transport?: 'udp' | 'tcp' };

export interface TestClient {
  readonly im: ImClient;
  readonly wire: ImTraceEvent[];
  readonly errors: Error[];
  readonly events: RegistrationEvent[];
}

/** A server and clients on one network and one clock, in memory. */
export class World {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork({ clock: this.clock });
  readonly server = new TestServer(this);
  #clients = 0;

  static async start(): Promise<World> {
    const world = new World();
    await world.server.listen();
    return world;
  }

  client(user: string, options: TestClientOptions = {}): TestClient {
    this.#clients += 1;
    const { transport = 'tcp', ...rest } = options;
    const host = `192.0.2.${this.#clients}`;
    const wire: ImTraceEvent[] = [];
    const errors: Error[] = [];
    const events: RegistrationEvent[] = [];
    const im = new ImClient({
      platform: { network: this.network.at(host), clock: this.clock, random: new FakeRandom(this.#clients), hash: nodeHash },
      aor: `sip:${user}@example.com`,
      password: 'wonderland',
      proxy: `sip:${HOST}:5060;transport=${transport}`,
      local: { host, port: 5060 },
      trace: (event) => wire.push(event),
      onError: (error) => errors.push(error),
      ...rest,
    });
    im.onRegistration = (event) => events.push(event);
    return { im, wire, errors, events };
  }

  /** Two registered clients. Sessions take UDP here: the server of the tests knows no flows for what is in a dialog. */
  async pair(options: TestClientOptions = {}): Promise<{ alice: TestClient; bob: TestClient }> {
    const [alice, bob] = [this.client('alice', options), this.client('bob', options)];
    await this.done(Promise.all([alice.im.register(), bob.im.register()]));
    return { alice, bob };
  }

  settle(): Promise<void> {
    return this.clock.settle();
  }

  /** What a promise gives once everything has settled; it must not need time. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => (settled = true), () => (settled = true));
    for (let turn = 0; turn < 50 && !settled; turn++) await this.settle();
    if (!settled) throw new Error('still waiting');
    return promise;
  }

  /** The error a promise rejects with, after so much time. */
  async failure(promise: Promise<unknown>, after = 0): Promise<ProtocolError> {
    const error = promise.then(() => { throw new Error('it did not fail'); }, (reason: ProtocolError) => reason);
    if (after > 0) await this.clock.elapse(after);
    return this.done(error);
  }
}

/** The next item of a stream that has it already. */
export async function next<T>(world: World, stream: AsyncIterable<T>): Promise<T> {
  const { value, done } = await world.done(stream[Symbol.asyncIterator]().next());
  if (done === true) throw new Error('the stream has ended');
  return value;
}

/** `out MESSAGE`, `in 200 MESSAGE`: the SIP messages of a client, one line each. */
export function lines(client: TestClient): string[] {
  return client.wire.filter(({ protocol }) => protocol === 'sip').map(({ direction, message }) => {
    if (message === undefined) return `${direction} ?`;
    return 'method' in message ? `${direction} ${message.method}` : `${direction} ${message.status} ${message.cseq?.method}`;
  });
}
