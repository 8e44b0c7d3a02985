import type { ProtocolError } from '@simple-im/grammar';
import { fakeCertificates } from '@simple-im/testkit';
import { FakeClock, FakeNetwork, FakeRandom, FakeResolver, FakeTls, FakeWebSockets } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { ImClient, type ImClientOptions, type ImPlatform, type ImTraceEvent, type RegistrationEvent } from '../src/index.js';
import { HOST, TestServer } from './server.js';

export type TestClientOptions = Partial<ImClientOptions> & { readonly transport?: 'udp' | 'tcp' | 'tls' };

export interface TestClient {
  readonly im: ImClient;
  readonly wire: ImTraceEvent[];
  readonly errors: Error[];
  readonly events: RegistrationEvent[];
}

/** A server and clients on one network and one clock, in memory. */
export class World {
  readonly clock = new FakeClock();
  /** The names in the certificate of the server, and one that is not. */
  readonly resolver = new FakeResolver({ 'example.com': [HOST], 'localhost': [HOST], 'other.example.com': [HOST] });
  readonly network = new FakeNetwork({ clock: this.clock, resolver: this.resolver });
  readonly server = new TestServer({
    host: HOST,
    network: this.network.at(HOST),
    tls: new FakeTls(this.network.at(HOST), { clock: this.clock }),
    clock: this.clock,
    random: new FakeRandom(99),
    ports: { sip: 5060, sips: 5061, msrp: 2855, msrps: 2856 },
    identity: fakeCertificates.server,
    advertise: { host: 'localhost', port: 2856 },
  });
  #clients = 0;

  static async start(): Promise<World> {
    const world = new World();
    await world.server.listen();
    await world.#listenForWebSockets();
    return world;
  }

  /** WebSockets at port 80, and with TLS at 443; those of MSRP have ports of their own here. */
  async #listenForWebSockets(): Promise<void> {
    const { endpoint, msrp } = this.server;
    const sockets = new FakeWebSockets(this.network.at(HOST), { clock: this.clock });
    const tls = { identity: fakeCertificates.server };
    const [sip, message] = [{ path: '/sip', protocols: ['sip'] }, { path: '/msrp', protocols: ['msrp'] }];
    await sockets.acceptWebSockets({ host: HOST, port: 80 }, sip, (connection) => endpoint.acceptWebSocket(connection));
    await sockets.acceptWebSockets({ host: HOST, port: 443 }, { ...sip, tls }, (connection) => endpoint.acceptWebSocket(connection));
    await sockets.acceptWebSockets({ host: HOST, port: 8080 }, message, (connection) => msrp.acceptConnection(connection));
    await sockets.acceptWebSockets({ host: HOST, port: 8443 }, { ...message, tls }, (connection) => msrp.acceptConnection(connection));
    msrp.advertiseWebSocket({ host: HOST, port: 8080 }, false);
    msrp.advertiseWebSocket({ host: 'example.com', port: 8443 }, true);
  }

  /** All that a machine has; a page has `webSockets` alone of the three. */
  platform(host: string, seed: number): ImPlatform {
    const { clock, resolver } = this;
    const network = this.network.at(host);
    const [tls, webSockets] = [new FakeTls(network, { clock }), new FakeWebSockets(network, { clock })];
    return { network, tls, webSockets, clock, random: new FakeRandom(seed), hash: nodeHash, resolver };
  }

  client(user: string, options: TestClientOptions = {}): TestClient {
    this.#clients += 1;
    const { transport = 'tcp', ...rest } = options;
    const host = `192.0.2.${this.#clients}`;
    const wire: ImTraceEvent[] = [];
    const errors: Error[] = [];
    const events: RegistrationEvent[] = [];
    const im = new ImClient({
      platform: this.platform(host, this.#clients),
      aor: `sip:${user}@example.com`,
      password: 'wonderland',
      proxy: transport === 'tls' ? 'sips:example.com:5061' : `sip:${HOST}:5060;transport=${transport}`,
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
