import { describe, expect, it } from 'vitest';
import { respondTo } from '@simple-im/sip';
import { FakeRandom, FakeResolver } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { lines, World } from './world.js';

const alice = 'sip:alice@example.com';

async function registered(options: Parameters<World['client']>[1] = {}) {
  const world = await World.start();
  const client = world.client('alice', options);
  await world.done(client.im.register());
  return { world, client };
}

describe('registration (RFC 3261 §10.2)', () => {
  it('answers the challenge of the registrar (§22.2) and binds a Contact with the feature tag', async () => {
    const { world, client } = await registered();
    expect(lines(client)).toEqual(['out REGISTER', 'in 401 REGISTER', 'out REGISTER', 'in 200 REGISTER']);
    const [first, second] = world.server.registers;
    expect(first?.uri).toBe('sip:example.com');
    expect(second?.headers.get('Contact')).toContain('+g.oma.sip-im');
    expect(second?.headers.get('Supported')).toBe('path, outbound, gruu');
    expect(second?.headers.get('User-Agent')).toContain('OMA1.0');
    expect(client.events).toEqual([{ state: 'registering' }, { state: 'registered', expires: 600 }]);
  });

  it('keeps Call-ID and raises CSeq over all its REGISTER requests (§10.2)', async () => {
    const { world } = await registered();
    await world.clock.elapse(300_000);
    const requests = world.server.registers;
    expect(new Set(requests.map(({ callId }) => callId)).size).toBe(1);
    const numbers = requests.map(({ cseq }) => cseq?.number as number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('asks again for as long as a 423 wants, and at once the next time (§10.2.8)', async () => {
    const world = await World.start();
    world.server.minExpires = 1000;
    const client = world.client('alice', { transport: 'udp' });
    await world.done(client.im.register());
    expect(client.events.at(-1)).toEqual({ state: 'registered', expires: 1000 });
    const before = world.server.registers.length;
    await world.clock.elapse(500_000);
    // Twice, since the nonce has become stale meanwhile.
    expect(world.server.registers.slice(before).map(({ expires }) => expires)).toEqual([1000, 1000]);
  });

  it('refreshes after half of what was granted, not before', async () => {
    const world = await World.start();
    world.server.granted = 100;
    const client = world.client('alice');
    await world.done(client.im.register());
    const before = world.server.registers.length;
    await world.clock.elapse(49_999);
    expect(world.server.registers.length).toBe(before);
    await world.clock.elapse(1);
    await world.settle();
    expect(world.server.registers.length).toBeGreaterThan(before);
    expect(client.events.at(-1)).toEqual({ state: 'registered', expires: 100 });
  });

  it('refreshes every 300 s over a connection, so that it is not taken for idle', async () => {
    const world = await World.start();
    world.server.granted = 7200;
    const client = world.client('alice');
    await world.done(client.im.register());
    await world.clock.elapse(3_600_000);
    expect(client.events.some(({ state }) => state === 'lost')).toBe(false);
    expect(world.network.connections.length).toBe(2);
  });

  it('rejects with IM_CREDENTIALS_REFUSED for a wrong password, and does not try again', async () => {
    const world = await World.start();
    const client = world.client('alice', { password: 'looking-glass' });
    const error = await world.failure(client.im.register());
    expect(error).toMatchObject({ code: 'IM_CREDENTIALS_REFUSED', status: 401 });
    const before = world.server.registers.length;
    await world.clock.elapse(3_600_000);
    expect(world.server.registers.length).toBe(before);
    expect(client.im.registration).toBe('failed');
  });

  it('rejects with IM_REGISTRATION_REFUSED and the status of another refusal', async () => {
    const world = await World.start();
    world.server.answerRegister = (request) => respondTo(request, 403, { toTag: 'x' });
    const error = await world.failure(world.client('alice').im.register());
    expect(error).toMatchObject({ code: 'IM_REGISTRATION_REFUSED', status: 403 });
  });

  it('rejects with IM_REGISTRAR_UNREACHABLE when nobody answers', async () => {
    const world = await World.start();
    world.network.silence('192.0.2.100');
    const error = await world.failure(world.client('alice', { transport: 'udp' }).im.register(), 32_000);
    expect(error).toMatchObject({ code: 'IM_REGISTRAR_UNREACHABLE', status: 408 });
  });

  it('looks for the proxy again when its name was not known the first time', async () => {
    const world = await World.start();
    const resolver = new FakeResolver();
    const platform = { network: world.network.at('192.0.2.1'), clock: world.clock, random: new FakeRandom(1), hash: nodeHash, resolver };
    const client = world.client('alice', { platform, proxy: 'sip:proxy.example.com;transport=tcp' });
    const error = await world.failure(client.im.register());
    expect(error).toMatchObject({ code: 'IM_REGISTRAR_UNREACHABLE', cause: { code: 'SIP_UNRESOLVED' } });
    resolver.names.set('proxy.example.com', ['192.0.2.100']);
    await world.done(client.im.register());
  });

  it('sends later requests along the Service-Route (RFC 3608 §5)', async () => {
    const world = await World.start();
    world.server.answerRegister = (request) => respondTo(request, 200, {
      toTag: 'x',
      headers: [['Contact', request.headers.get('Contact') as string], ['Service-Route', '<sip:192.0.2.100;transport=tcp;lr>']],
    });
    const client = world.client('alice');
    await world.done(client.im.register());
    await world.failure(client.im.send('sip:bob@example.com', 'hi'));
    expect(world.server.messages[0]?.headers.get('Route')).toBe('<sip:192.0.2.100;transport=tcp;lr>');
  });
});

describe('a lost connection', () => {
  it('is told, and registered over a new one at once, since the old one had worked (RFC 5626 §4.5)', async () => {
    const { world, client } = await registered();
    world.network.cut();
    await world.settle();
    expect(client.events.slice(-2)).toMatchObject([
      { state: 'lost', error: { code: 'IM_REGISTRAR_UNREACHABLE' }, retryIn: 0 },
      { state: 'registered', expires: 600 },
    ]);
  });

  it('is tried again after doubling waits up to the bound while the server is away', async () => {
    const { world, client } = await registered({ retry: { base: 1000, most: 8000 } });
    world.network.remove('192.0.2.100');
    world.network.cut();
    await world.clock.elapse(60_000);
    const [first, ...waits] = client.events.filter(({ state }) => state === 'lost').map(({ retryIn }) => retryIn as number);
    expect(first).toBe(0);
    expect(waits.length).toBeGreaterThan(5);
    for (const [at, wait] of waits.entries()) {
      const upper = Math.min(8000, 1000 * 2 ** (at + 1));
      expect(wait).toBeGreaterThanOrEqual(upper / 2);
      expect(wait).toBeLessThanOrEqual(upper);
    }
    world.network.restore('192.0.2.100');
    await world.clock.elapse(20_000);
    expect(client.im.registration).toBe('registered');
  });

  it('is tried at once when register is called meanwhile; what fails then goes on being tried', async () => {
    const { world, client } = await registered();
    world.network.remove('192.0.2.100');
    world.network.cut();
    await world.settle();
    expect(client.im.registration).toBe('lost');
    expect(await world.failure(client.im.register())).toMatchObject({ code: 'IM_REGISTRAR_UNREACHABLE' });
    expect(client.im.registration).toBe('lost');
    world.network.restore('192.0.2.100');
    await world.done(client.im.register());
    expect(client.im.registration).toBe('registered');
  });

  it('waits as long as Retry-After of a 503 says (§20.33)', async () => {
    const { world, client } = await registered();
    world.server.answerRegister = (request) => respondTo(request, 503, { toTag: 'x', headers: [['Retry-After', '120 (later)']] });
    await world.clock.elapse(301_000);
    expect(client.events.at(-1)).toMatchObject({ state: 'lost', retryIn: 120_000 });
  });
});

describe('close', () => {
  it('takes the registration back (§10.2.2) and leaves no socket and no timer', async () => {
    const { world, client } = await registered();
    await world.done(client.im.close());
    expect(world.server.bindings.has(alice)).toBe(false);
    expect(client.events.at(-1)).toEqual({ state: 'unregistered' });
    await world.done(world.server.close());
    await world.clock.elapse(60_000);
    expect([world.clock.timers, world.network.connections.length, world.network.datagramSockets]).toEqual([0, 0, 0]);
    expect(await world.failure(client.im.send('sip:bob@example.com', 'hi'))).toMatchObject({ code: 'IM_CLOSED' });
    expect(await world.failure(client.im.register())).toMatchObject({ code: 'IM_CLOSED' });
    expect(await world.failure(client.im.invite('sip:bob@example.com'))).toMatchObject({ code: 'IM_CLOSED' });
  });

  it('waits 5 s at most for a server that does not answer', async () => {
    const { world, client } = await registered({ transport: 'udp' });
    world.network.silence('192.0.2.100');
    const closed = client.im.close();
    await world.clock.elapse(5000);
    await world.done(closed);
    const { done } = await client.im.messages[Symbol.asyncIterator]().next();
    expect(done).toBe(true);
  });
});

it('refuses an address of record that is no SIP URI (IM_BAD_OPTION)', async () => {
  const world = await World.start();
  expect(() => world.client('alice', { aor: 'tel:+1201' })).toThrow(expect.objectContaining({ code: 'IM_BAD_OPTION' }));
});
