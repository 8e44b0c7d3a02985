import { describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { buildRequest, respondTo, responseOf, SipEndpoint, type IncomingRequest } from '@simple-im/sip';
import { FakeRandom } from '@simple-im/transport/fake';
import type { SentMessage } from '../src/index.js';
import { lines, next, World } from './world.js';

const bobUri = 'sip:bob@example.com';

async function two(options: Parameters<World['pair']>[0] = {}) {
  const world = await World.start();
  return { world, ...(await world.pair(options)) };
}

describe('a pager message (RFC 3428)', () => {
  it.each(['tcp', 'udp'] as const)('reaches the other client over %s', async (transport) => {
    const { world, alice, bob } = await two({ transport });
    const sent = await world.done(alice.im.send(bobUri, 'Grüße'));
    expect(sent.status).toBe(200);
    const message = await next(world, bob.im.messages);
    expect(message).toMatchObject({ text: 'Grüße', contentType: 'text/plain;charset=utf-8', body: utf8('Grüße') });
  });

  it.each(['Jürgen Groß', '山田 "太郎"'])('brings the display name along: %s', async (displayName) => {
    const world = await World.start();
    const { alice, bob } = await world.pair({ displayName });
    world.server.asserts = false;
    await world.done(alice.im.send(bobUri, 'hi'));
    expect(await next(world, bob.im.messages)).toMatchObject({ fromName: displayName, asserted: false });
  });

  it('has no Contact, nor has its 200, which has no body either (§4, §7)', async () => {
    const { world, alice, bob } = await two();
    await world.done(alice.im.send(bobUri, 'hi'));
    expect(world.server.messages[0]?.headers.has('Contact')).toBe(false);
    expect(world.server.messages[0]?.headers.get('Accept-Contact')).toBe('*;+g.oma.sip-im');
    const answer = bob.wire.at(-1)?.message;
    expect([answer?.headers.has('Contact'), answer?.body.length]).toEqual([false, 0]);
  });

  it('says 202 when a server has taken it over (§7)', async () => {
    const { world, alice } = await two();
    world.server.answerMessage = (incoming) => {
      incoming.respond(respondTo(incoming.request, 202, { toTag: 'x' }));
      return true;
    };
    expect(await world.done(alice.im.send(bobUri, 'hi'))).toMatchObject({ status: 202 });
  });

  it('rejects with IM_NOT_DELIVERED, the status and the response when it is refused (§4)', async () => {
    const { world, alice } = await two();
    const error = await world.failure(alice.im.send('sip:nobody@example.com', 'hi'));
    expect(error).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 404 });
    expect(responseOf(error)?.status).toBe(404);
  });

  it('rejects with IM_NOT_DELIVERED and 408 when nobody answers', async () => {
    const { world, alice } = await two({ transport: 'udp' });
    world.network.silence('192.0.2.100');
    expect(await world.failure(alice.im.send(bobUri, 'hi'), 32_000)).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 408 });
  });

  it('is refused with IM_TOO_LARGE above 1300 octets of the request, and leaves at 1300 (§8)', async () => {
    const { world, alice } = await two();
    await world.done(alice.im.send(bobUri, ''));
    const bare = alice.wire.filter(({ direction }) => direction === 'out').at(-1)?.bytes as Uint8Array;
    // Content-Length grows from one digit to three.
    const room = 1300 - bare.length - 2;
    await world.done(alice.im.send(bobUri, 'x'.repeat(room), { mode: 'pager' }));
    const tooLarge = alice.im.send(bobUri, 'x'.repeat(room + 1), { mode: 'pager' });
    expect(await world.failure(tooLarge)).toMatchObject({ code: 'IM_TOO_LARGE', fault: 'local' });
  });

  it('waits until the one before it to the same URI has its final response; other URIs do not wait (§8)', async () => {
    const { world, alice } = await two();
    const held: IncomingRequest[] = [];
    world.server.answerMessage = (incoming) => {
      held.push(incoming);
      return true;
    };
    const sent = ['one', 'two'].map((text) => alice.im.send(bobUri, text));
    const other = alice.im.send('sip:carol@example.com', 'three');
    await world.settle();
    const texts = () => held.map(({ request }) => new TextDecoder().decode(request.body));
    expect(texts().sort()).toEqual(['one', 'three']);
    for (const incoming of held) incoming.respond(respondTo(incoming.request, 200, { toTag: 'x' }));
    await world.done(Promise.all([sent[0], other]));
    await world.settle();
    expect(texts().at(-1)).toBe('two');
    held.at(-1)?.respond(respondTo((held.at(-1) as IncomingRequest).request, 200, { toTag: 'x' }));
    await world.done(sent[1] as Promise<unknown>);
  });

  it('goes on with the queue after a failure, and refuses more than may wait with IM_QUEUE_FULL', async () => {
    const { world, alice } = await two({ limits: { maxWaiting: 1 } });
    let first = true;
    world.server.answerMessage = (incoming) => {
      incoming.respond(respondTo(incoming.request, first ? 500 : 200, { toTag: 'x' }));
      first = false;
      return true;
    };
    const outcome = (sent: Promise<SentMessage>) => sent.then(({ status }) => status, (error: { code: string }) => error.code);
    const sent = ['one', 'two', 'three'].map((text) => outcome(alice.im.send(bobUri, text)));
    expect(await world.done(Promise.all(sent))).toEqual(['IM_NOT_DELIVERED', 200, 'IM_QUEUE_FULL']);
  });
});

describe('the receiving side', () => {
  it('says who sent it by P-Asserted-Identity from the proxy, else by From (RFC 3325)', async () => {
    const { world, alice, bob } = await two();
    await world.done(alice.im.send(bobUri, 'one'));
    expect(await next(world, bob.im.messages)).toMatchObject({ from: 'sip:alice@example.com', fromName: 'Asserted', asserted: true });
    const headers: [string, string][] = [['P-Asserted-Identity', '<tel:+1201>, "Cárol 山" <sip:carol@example.org>']];
    const text = { contentType: 'text/plain', body: utf8('two') };
    await world.done(world.server.toClient(bobUri, 'MESSAGE', { from: 'sip:mallory@example.com', headers, ...text }));
    expect(await next(world, bob.im.messages)).toMatchObject({ from: 'sip:carol@example.org', fromName: 'Cárol 山', asserted: true });
    world.server.asserts = false;
    await world.done(alice.im.send(bobUri, 'three'));
    expect(await next(world, bob.im.messages)).toMatchObject({ from: 'sip:alice@example.com', asserted: false });
  });

  it('does not believe a P-Asserted-Identity from anybody but the proxy (RFC 3325 §8)', async () => {
    const world = await World.start();
    const bob = world.client('bob', { transport: 'udp' });
    await world.done(bob.im.register());
    const mallory = new SipEndpoint({ network: world.network.at('192.0.2.66'), clock: world.clock, random: new FakeRandom(66) });
    await mallory.listenUdp({ host: '192.0.2.66', port: 5060 });
    const request = buildRequest({
      method: 'MESSAGE', uri: 'sip:bob@192.0.2.1', from: '<sip:mallory@example.com>;tag=1', to: `<${bobUri}>`, callId: 'c', cseq: 1,
      headers: [['P-Asserted-Identity', '<sip:alice@example.com>']], contentType: 'text/plain', body: utf8('psst'),
    });
    mallory.request(request, { transport: 'UDP', address: { host: '192.0.2.1', port: 5060 } }, { response: () => {}, failed: () => {} });
    expect(await next(world, bob.im.messages)).toMatchObject({ from: 'sip:mallory@example.com', asserted: false });
  });

  it('keeps messages until somebody asks, and answers 480 to those that do not fit', async () => {
    const { world, alice, bob } = await two({ limits: { maxMessages: 2 } });
    await world.done(alice.im.send(bobUri, 'one'));
    await world.done(alice.im.send(bobUri, 'two'));
    expect(await world.failure(alice.im.send(bobUri, 'three'))).toMatchObject({ code: 'IM_NOT_DELIVERED', status: 480 });
    const texts: string[] = [];
    for await (const { text } of bob.im.messages) {
      texts.push(text);
      if (texts.length === 2) break;
    }
    await world.done(alice.im.send(bobUri, 'four'));
    expect([...texts, (await next(world, bob.im.messages)).text]).toEqual(['one', 'two', 'four']);
  });

  it('answers 480 when the octets that wait would be too many', async () => {
    const { world, alice } = await two({ limits: { maxMessageOctets: 5 } });
    await world.done(alice.im.send(bobUri, 'three'));
    expect(await world.failure(alice.im.send(bobUri, '!'))).toMatchObject({ status: 480 });
  });

  it('answers 415 to what it does not take, wrapped or not (RFC 3261 §8.2.3)', async () => {
    const { world, alice, bob } = await two();
    expect(await world.failure(alice.im.send(bobUri, '<p>', { contentType: 'text/html' }))).toMatchObject({ status: 415 });
    const wrapped = alice.im.send(bobUri, '<p>', { contentType: 'text/html', notify: ['delivered'] });
    expect(await world.failure(wrapped)).toMatchObject({ status: 415 });
    expect(bob.errors.map((error) => (error as { code?: string }).code)).toEqual(['IM_UNEXPECTED_TYPE']);
  });

  it('answers 400 to malformed CPIM', async () => {
    const { world } = await two();
    const response = await world.done(world.server.toClient(bobUri, 'MESSAGE', { contentType: 'message/cpim', body: utf8('From') }));
    expect(response.status).toBe(400);
  });
});

it('traces both ends of what goes over the wire', async () => {
  const { world, alice } = await two();
  await world.done(alice.im.send(bobUri, 'hi'));
  expect(lines(alice).slice(-2)).toEqual(['out MESSAGE', 'in 200 MESSAGE']);
  const event = alice.wire.at(-1);
  const remote = { host: '192.0.2.100', port: 5060 };
  expect(event).toMatchObject({ protocol: 'sip', transport: 'TCP', local: { host: '192.0.2.1' }, remote });
});
