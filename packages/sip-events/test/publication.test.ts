import { describe, expect, it } from 'vitest';
import { buildRequest } from '@simple-im/sip';
import type { UaRequest } from '@simple-im/sip';
import { EventStateCompositor, MemoryPublicationStore, PublicationClient } from '../src/index.js';
import type { CompositorOptions, PublicationOptions } from '../src/index.js';
import { World, bob, octets, textOf } from './world.js';

const TEXT = { name: 'text', contentTypes: ['text/plain'] };

async function setUp(options: Partial<CompositorOptions> = {}, client: Partial<PublicationOptions> = {}) {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2');
  const changes: string[] = [];
  const store = new MemoryPublicationStore();
  const compositor = new EventStateCompositor({ agent: b.ua, packages: [TEXT], store, onChange: (_event, resource) => changes.push(resource), ...options });
  const publication = new PublicationClient({ agent: a.ua, uri: bob, event: 'text', ...client });
  const publish = async (text: string): Promise<void> => {
    const done = publication.publish('text/plain', octets(text));
    await world.clock.settle();
    await done;
  };
  const stored = async (): Promise<(string | undefined)[]> => (await compositor.publications('text', bob)).map(({ body }) => textOf(body));
  /** A PUBLISH made by hand: its status and the tag it got. */
  const send = async (headers: [string, string][], body?: string, contentType = 'text/plain') => {
    const answer = a.ua.request('PUBLISH', bob, { headers, ...(body === undefined ? {} : { contentType, body: octets(body) }) });
    await world.clock.settle();
    const response = await answer;
    return { response, status: response.status, tag: response.headers.get('SIP-ETag') ?? '' };
  };
  return { world, a, b, compositor, store, publication, publish, stored, changes, send };
}

/** An agent whose PUBLISHes are answered as the test says. */
async function puppet(answer: (incoming: UaRequest, count: number) => void, options: Partial<PublicationOptions> = {}) {
  const world = new World();
  const a = await world.agent('alice', '192.0.2.1');
  const b = await world.agent('bob', '192.0.2.2');
  let count = 0;
  b.ua.handle('PUBLISH', (incoming) => answer(incoming, (count += 1)));
  const publication = new PublicationClient({ agent: a.ua, uri: bob, event: 'text', ...options });
  const outcome: string[] = [];
  const publish = async (text: string): Promise<void> => {
    publication.publish('text/plain', octets(text)).then(() => outcome.push(text), (error: { code: string; status: number }) => outcome.push(`${error.code} ${error.status}`));
    await world.clock.settle();
  };
  /** `text`, then `if` and the tag: one PUBLISH that was received. */
  const asked = (): string[] => b.received('PUBLISH').map(({ headers, body, expires }) =>
    [textOf(body), expires === 0 ? 'remove' : '', headers.get('SIP-If-Match')].filter(Boolean).join(' '));
  return { world, a, b, publication, publish, outcome, asked };
}

const ok = (incoming: UaRequest, tag: string, expires = 3600): void => incoming.respond(200, { headers: [['SIP-ETag', tag], ['Expires', String(expires)]] });

describe('publishing (RFC 3903 §4)', () => {
  it('creates, modifies, refreshes and removes, each with the tag of the one before', async () => {
    const { world, b, publication, publish, stored, changes } = await setUp();
    await publish('one');
    const first = publication.etag;
    await publish('two');
    expect([await stored(), changes]).toEqual([['two'], [bob, bob]]);
    await world.clock.elapse(3_568_000);
    expect(publication.etag).not.toBe(first);
    const removed = publication.remove();
    await world.clock.settle();
    await removed;
    const sent = b.received('PUBLISH');
    expect(sent.map(({ body, expires, headers }) => [body.length > 0, expires, headers.has('SIP-If-Match')])).toEqual([
      [true, 3600, false], [true, 3600, true], [false, 3600, true], [false, 0, true],
    ]);
    expect(new Set(sent.map(({ headers }) => headers.get('SIP-If-Match'))).size).toBe(4);
    expect([await stored(), publication.state, changes.length]).toEqual([[], 'unpublished', 3]);
  });

  it('has one PUBLISH under way; of the states that come meanwhile the last is sent (§4)', async () => {
    const waiting: UaRequest[] = [];
    const { world, publish, outcome, asked } = await puppet((incoming) => waiting.push(incoming));
    for (const text of ['one', 'two', 'three', 'four']) await publish(text);
    expect(asked()).toEqual(['one']);
    ok(waiting[0] as UaRequest, 'e1');
    await world.clock.settle();
    expect([asked(), outcome]).toEqual([['one', 'four e1'], ['one']]);
    ok(waiting[1] as UaRequest, 'e2');
    await world.clock.settle();
    expect(outcome).toEqual(['one', 'two', 'three', 'four']);
  });

  it('publishes anew after a 412, without the tag (§5)', async () => {
    const { publish, asked, outcome, publication } = await puppet((incoming, count) => (count === 2 ? incoming.respond(412) : ok(incoming, `e${count}`)));
    await publish('one');
    await publish('two');
    expect([asked(), outcome, publication.etag]).toEqual([['one', 'two e1', 'two'], ['one', 'two'], 'e3']);
  });

  it('asks for Min-Expires after a 423 (§5)', async () => {
    const { b, publish, outcome } = await puppet((incoming, count) =>
      (count === 1 ? incoming.respond(423, { headers: [['Min-Expires', '900']] }) : ok(incoming, 'e', 900)), { expires: 60 });
    await publish('one');
    expect([b.received('PUBLISH').map(({ expires }) => expires), outcome]).toEqual([[60, 900], ['one']]);
  });

  it('tries again after a timeout and a server error, with the tag and the last state', async () => {
    const { world, publish, asked, outcome } = await puppet((incoming, count) =>
      (count === 2 ? incoming.respond(503, { headers: [['Retry-After', '40']] }) : ok(incoming, `e${count}`)));
    await publish('one');
    await publish('two');
    await world.clock.elapse(39_999);
    expect(asked()).toEqual(['one', 'two e1']);
    await publish('three');
    expect([asked().at(-1), outcome]).toEqual(['three e1', ['one', 'two', 'three']]);
    world.network.silence('192.0.2.2');
    await publish('four');
    await world.clock.elapse(33_000);
    world.network.restore('192.0.2.2');
    await world.clock.elapse(2000);
    expect([asked().at(-1), outcome.at(-1)]).toEqual(['four e3', 'four']);
  });

  it('gives up what is refused for good', async () => {
    const failures: string[] = [];
    const { world, publication, publish, outcome, asked } = await puppet((incoming, count) => (count === 1 ? incoming.respond(403) : count === 2 ? ok(incoming, 'e', 60) : incoming.respond(404)),
      { onFailure: (error) => failures.push(`${error.code} ${error.status}`) });
    await publish('one');
    expect([outcome, publication.state]).toEqual([['EVENTS_REJECTED 403'], 'unpublished']);
    await publish('two');
    await world.clock.elapse(30_000);
    expect([failures, publication.state, asked().length]).toEqual([['EVENTS_REJECTED 404'], 'unpublished', 3]);
    publication.close();
    await expect(publication.publish('text/plain', octets('x'))).rejects.toMatchObject({ code: 'EVENTS_CLOSED' });
    expect(world.clock.timers).toBeLessThan(4);
  });

  it('removes after the PUBLISH under way, and publishes anew after a removal under way', async () => {
    const waiting: UaRequest[] = [];
    const { world, publication, publish, outcome, asked } = await puppet((incoming) => waiting.push(incoming));
    await publish('one');
    void publication.remove().then(() => outcome.push('removed'));
    ok(waiting[0] as UaRequest, 'e1');
    await world.clock.settle();
    await publish('two');
    expect(asked()).toEqual(['one', 'remove e1']);
    ok(waiting[1] as UaRequest, 'e2', 0);
    await world.clock.settle();
    ok(waiting[2] as UaRequest, 'e3');
    await world.clock.settle();
    expect([asked().at(-1), outcome]).toEqual(['two', ['one', 'removed', 'two']]);
  });
});

describe('the compositor (RFC 3903 §6)', () => {
  it('answers in the order of its steps: 404, 489, 400, 412, 423, 415', async () => {
    const { send } = await setUp({ resource: (request) => (request.headers.has('Subject') ? undefined : bob) });
    expect((await send([['Subject', 'x'], ['Event', 'none']], 'x')).status).toBe(404);
    const unknown = await send([['Event', 'none'], ['SIP-If-Match', 'a, b']], 'x');
    expect([unknown.status, unknown.response.headers.get('Allow-Events')]).toEqual([489, 'text']);
    expect((await send([], 'x')).status).toBe(489);
    expect((await send([['Event', 'text'], ['SIP-If-Match', 'a, b'], ['Expires', '1']], 'x')).status).toBe(400);
    expect((await send([['Event', 'text'], ['SIP-If-Match', 'a'], ['Expires', '1']], 'x')).status).toBe(412);
    const brief = await send([['Event', 'text'], ['Expires', '1']], 'x', 'image/png');
    expect([brief.status, brief.response.headers.get('Min-Expires')]).toEqual([423, '60']);
    expect((await send([['Event', 'text']], 'x', 'image/png')).status).toBe(415);
    expect((await send([['Event', 'text']])).status).toBe(400);
  });

  it('gives a new tag each time, and takes none twice', async () => {
    const { send, stored } = await setUp();
    const first = await send([['Event', 'text']], 'one');
    const refresh = await send([['Event', 'text'], ['SIP-If-Match', first.tag]]);
    expect([first.status, refresh.status, first.tag === refresh.tag]).toEqual([200, 200, false]);
    expect((await send([['Event', 'text'], ['SIP-If-Match', first.tag]], 'two')).status).toBe(412);
    expect(await stored()).toEqual(['one']);
  });

  it('answers one of two that race with the same tag 412', async () => {
    const { world, a, send, stored } = await setUp();
    const { tag } = await send([['Event', 'text']], 'one');
    const race = ['two', 'three'].map((text) => a.ua.request('PUBLISH', bob, { headers: [['Event', 'text'], ['SIP-If-Match', tag]], contentType: 'text/plain', body: octets(text) }));
    await world.clock.settle();
    const statuses = (await Promise.all(race)).map(({ status }) => status);
    expect([statuses, await stored()]).toEqual([[200, 412], ['two']]);
  });

  it('shortens the time, removes what has expired and tells of it', async () => {
    const { world, b, send, stored, changes, compositor } = await setUp({ limits: { maxExpires: 100 } });
    const { response } = await send([['Event', 'text'], ['Expires', '5000']], 'one');
    expect(response.expires).toBe(100);
    await world.clock.elapse(99_999);
    expect([await stored(), changes.length]).toEqual([['one'], 1]);
    await world.clock.elapse(1);
    expect([await stored(), changes.length, compositor.size, b.errors]).toEqual([[], 2, 0, []]);
  });

  it('stores nothing with Expires 0 (§6 step 5), and names no route (§6)', async () => {
    const { stored, send } = await setUp();
    const { response } = await send([['Event', 'text'], ['Expires', '0'], ['Record-Route', '<sip:p.example.com;lr>']], 'one');
    expect([response.status, response.expires, response.headers.has('Record-Route'), await stored()]).toEqual([200, 0, false, []]);
  });

  it('replaces, and never duplicates, what a publisher publishes anew after it lost a tag', async () => {
    const { world, a, b, publication, publish, stored } = await setUp();
    await publish('one');
    // The PUBLISH arrives, its answer and every repetition of it do not.
    b.ua.handle('MESSAGE', () => {});
    world.network.fate = ({ from }) => (from.host === '192.0.2.2' ? 'drop' : 'deliver');
    void publication.publish('text/plain', octets('two'));
    await world.clock.elapse(33_000);
    world.network.fate = () => 'deliver';
    await world.clock.elapse(10_000);
    expect(a.lines().filter((line) => line.startsWith('in 412'))).toHaveLength(1);
    expect([await stored(), publication.state]).toEqual([['two'], 'published']);
  });

  it('keeps publications of several publishers, and its bounds', async () => {
    const { world, a, send, stored } = await setUp({ limits: { maxPerResource: 2, maxBody: 3, maxWaiting: 3 } });
    for (const text of ['one', 'two']) expect((await send([['Event', 'text']], text)).status).toBe(200);
    expect((await send([['Event', 'text']], 'six')).status).toBe(403);
    expect((await send([['Event', 'text']], 'four')).status).toBe(413);
    expect(await stored()).toEqual(['one', 'two']);
    const storm = Array.from({ length: 5 }, () => a.ua.request('PUBLISH', bob, { headers: [['Event', 'text']], contentType: 'text/plain', body: octets('six') }));
    await world.clock.settle();
    expect((await Promise.all(storm)).map(({ status }) => status).toSorted()).toEqual([403, 403, 403, 503, 503]);
  });

  it('refuses by policy, and answers 500 and keeps the state when the store fails', async () => {
    const store = new MemoryPublicationStore();
    const { b, send, stored } = await setUp({ store, policy: ({ request }) => (request.headers.has('Subject') ? { status: 403 } : 'allowed') });
    expect((await send([['Event', 'text'], ['Subject', 'x']], 'one')).status).toBe(403);
    const { tag } = await send([['Event', 'text']], 'one');
    store.replace = () => { throw new Error('no disk'); };
    expect((await send([['Event', 'text'], ['SIP-If-Match', tag]], 'two')).status).toBe(500);
    expect([await stored(), b.errors.map(({ message }) => message)]).toEqual([['one'], ['no disk']]);
  });

  it('goes on with what its store holds', async () => {
    const { world, b, store, compositor, send, changes } = await setUp();
    await send([['Event', 'text'], ['Expires', '100']], 'one');
    compositor.close();
    const next = new EventStateCompositor({ agent: b.ua, packages: [TEXT], store, onChange: () => changes.push('expired') });
    await next.load();
    await world.clock.elapse(100_000);
    expect([changes, await next.publications('text', bob)]).toEqual([[bob, 'expired'], []]);
  });

  it('takes a removal that has no Content-Length over UDP', async () => {
    const { world, send, b, stored } = await setUp();
    const { tag } = await send([['Event', 'text']], 'one');
    const request = buildRequest({ method: 'PUBLISH', uri: bob, from: '<sip:a@example.com>;tag=1', to: `<${bob}>`, callId: 'c', cseq: 1, headers: [['Event', 'text'], ['SIP-If-Match', tag], ['Expires', '0']] });
    request.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1');
    const head = `PUBLISH ${bob} SIP/2.0\r\n${[...request.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const socket = await world.network.at('192.0.2.9').bindUdp({ host: '192.0.2.9', port: 5060 }, { datagram: () => {}, error: () => {} });
    socket.send(octets(head), { host: '192.0.2.2', port: 5060 });
    await world.clock.settle();
    expect([await stored(), b.lines().at(-1)]).toEqual([[], 'out 200 PUBLISH']);
  });
});
