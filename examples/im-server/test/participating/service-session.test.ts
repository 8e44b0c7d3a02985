/* A session with one of the IM server's own services: who it is with, at what pace it answers, and when it ends. */
import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { buildRequest } from '@simple-im/sip';
import { RETRIEVAL_MEDIA_TYPE } from '@simple-im/sip-events/documents/retrieval';
import { serverError } from '../../src/errors.js';
import type { RetrievalService, RetrievedContent } from '../../src/session-ports.js';
import { ALICE_PATH, inviteOf, offer, scene, sdpOf, type Exchange, type Scene } from './core.js';
import { Peer, SERVER, type RecordedMetrics } from './support.js';

const ALICE = 'sip:alice@example.com';
const SERVICE = 'sip:deferred@example.com';

/** Answers each request with the contents that it names. */
class FakeService implements RetrievalService {
  readonly asked: [user: string, document: string][] = [];
  readonly outcomes: string[] = [];
  /** Octets that were read of bodies. */
  read = 0;
  pieces: readonly (Uint8Array | Error)[] = [utf8('an answer')];

  async *answer(user: string, document: Uint8Array): AsyncIterable<RetrievedContent> {
    this.asked.push([user, utf8Text(document)]);
    const size = this.pieces.reduce((sum, piece) => sum + (piece instanceof Error ? 1 : piece.length), 0);
    yield {
      contentType: 'message/cpim', size, body: this.#body(),
      taken: async () => void this.outcomes.push('taken'),
      refused: (status) => void this.outcomes.push(`refused ${status}`),
    };
    this.outcomes.push('asked for more');
  }

  async *#body(): AsyncIterable<Uint8Array> {
    for (const piece of this.pieces) {
      if (piece instanceof Error) throw piece;
      this.read += piece.length;
      yield piece;
    }
  }
}

interface Served extends Scene {
  readonly service: FakeService;
  readonly caller: Exchange;
  readonly alice: Peer;
  ask(id: string, text: string): void;
}

async function served(pieces?: readonly (Uint8Array | Error)[], wire: Parameters<typeof scene>[0] = {}): Promise<Served> {
  const service = new FakeService();
  if (pieces !== undefined) service.pieces = pieces;
  const made = await scene({ ...wire, more: { services: { deferred: service } } });
  const body = offer('active', { acceptTypes: [RETRIEVAL_MEDIA_TYPE, 'message/cpim'] });
  const caller = await made.receive(inviteOf({ body, uri: SERVICE }), 'originating', ALICE);
  const [server = ''] = sdpOf(caller.last).path;
  made.participating.ack(buildRequest({
    method: 'ACK', uri: caller.last.contacts[0]?.uriText ?? '', cseq: 1, callId: 'call-1', from: caller.last.headers.get('From') ?? '', to: caller.last.headers.get('To') ?? '',
  }));
  const alice = new Peer(ALICE_PATH, server, await made.network.at('192.0.2.11').connectTcp({ host: SERVER, port: 2855 }));
  alice.sendEmpty('bind1234');
  await made.clock.settle();
  alice.frames.length = 0;
  const ask = (id: string, text: string): void => alice.write(
    [`MSRP ${id} SEND`, `To-Path: ${server}`, `From-Path: ${ALICE_PATH}`, `Message-ID: m-${id}`, `Byte-Range: 1-${text.length}/${text.length}`,
      `Content-Type: ${RETRIEVAL_MEDIA_TYPE}`, '', text].join('\r\n'), `\r\n-------${id}$\r\n`,
  );
  return { ...made, service, caller, alice, ask };
}

const sessions = (metrics: RecordedMetrics): unknown => [metrics.values.get('im_sessions_active'), metrics.values.get('msrp_sessions_active')];
/** Our BYEs. */
const byes = ({ core }: Scene): number => core.sent.filter(({ request }) => request.method === 'BYE').length;

describe('a session with a service', () => {
  it('is answered by the IM server, which says what it takes and how much of it', async () => {
    const { caller, core } = await served();
    expect(caller.statuses).toEqual([200]);
    expect(core.sent).toEqual([]);
    expect(sdpOf(caller.last)).toMatchObject({ acceptTypes: [RETRIEVAL_MEDIA_TYPE], maxSize: 65_536, setup: 'passive' });
  });

  it('answers for the user whom the core asserts, one request after the other, the next when the last is taken', async () => {
    const { alice, clock, service, ask } = await served();
    ask('reqs0001', 'one');
    ask('reqs0002', 'two');
    await clock.settle();
    expect(alice.statuses).toEqual({ reqs0001: 200, reqs0002: 200 });
    expect(service.asked).toEqual([[ALICE, 'one']]);
    const [first] = alice.sends;
    expect([first?.head.contentType, utf8Text(first?.body ?? new Uint8Array()), first?.flag]).toEqual(['message/cpim', 'an answer', '$']);
    alice.respond(first?.head.transactionId ?? '', '200 OK');
    await clock.settle();
    expect(service.asked).toEqual([[ALICE, 'one'], [ALICE, 'two']]);
    expect(service.outcomes).toEqual(['taken', 'asked for more']);
  });

  it('goes on when the user refuses a message, or when it was removed meanwhile', async () => {
    const { alice, clock, service, ask } = await served();
    ask('reqs0001', 'one');
    await clock.settle();
    alice.respond(alice.sends[0]?.head.transactionId ?? '', '413 No');
    await clock.settle();
    expect(service.outcomes).toEqual(['refused 413', 'asked for more']);
    service.pieces = [utf8('half'), serverError('IM_ITEM_GONE')];
    ask('reqs0002', 'two');
    await clock.settle();
    expect([alice.sends[1]?.flag, service.outcomes.slice(2)]).toEqual(['#', ['refused 404', 'asked for more']]);
  });

  it('reads no more from the disk than the user takes', async () => {
    const many = Array.from({ length: 40 }, () => new Uint8Array(65_536));
    const { alice, clock, service, ask } = await served(many, { wire: { window: 65_536 } });
    alice.connection.pause();
    ask('reqs0001', 'all');
    await clock.settle();
    await clock.advance(1000);
    const atFirst = service.read;
    expect(atFirst).toBeLessThan(1024 * 1024);
    await clock.advance(60_000);
    expect(service.read).toBe(atFirst);
    alice.connection.resume();
    for (let step = 0; step < 2000 && service.read < 40 * 65_536; step++) await clock.settle();
    expect(service.read).toBe(40 * 65_536);
  });

  it('ends after ten minutes in which nothing moves, and what was under way is not taken', async () => {
    const served1 = await served();
    const { alice, clock, service, metrics, ask } = served1;
    await clock.advance(599_000);
    ask('reqs0001', 'one');
    await clock.settle();
    await clock.advance(2_000);
    expect(byes(served1)).toBe(0);
    alice.respond(alice.sends[0]?.head.transactionId ?? '', '200 OK');
    await clock.settle();
    await clock.advance(601_000);
    expect([byes(served1), sessions(metrics as RecordedMetrics), service.outcomes]).toEqual([1, [0, 0], ['taken', 'asked for more']]);
  });

  it('ends with whoever leaves in the middle of a message', async () => {
    const { alice, clock, service, metrics, ask } = await served();
    ask('reqs0001', 'one');
    await clock.settle();
    alice.connection.end();
    await clock.settle();
    expect(service.outcomes).toEqual([]);
    expect(metrics.values.get('msrp_sessions_active')).toBe(0);
  });

  it('has so many requests waiting and no more: 413', async () => {
    const { alice, clock, ask } = await served();
    for (let number = 0; number < 20; number++) ask(`reqs00${10 + number}`, 'more');
    await clock.settle();
    const statuses = Object.values(alice.statuses);
    expect([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 413).length]).toEqual([16, 4]);
  });
});
