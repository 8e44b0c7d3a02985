import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesOf, concatBytes } from '@simple-im/grammar';
import { FakeRandom } from '@simple-im/transport/fake';
import type { ChunkSink } from '../../src/participating/chunk-sink.js';
import { RelayLeg } from '../../src/participating/relay-leg.js';
import { hashOf, Peer, relay, reportOf, textOf } from './support.js';

describe('the end of a leg', () => {
  it('a sender lost in mid-chunk is ended downstream with # (RFC 4975 §7.1)', async () => {
    const { alice, bob, clock, network, lost } = await relay();
    alice.send({ id: 'half1234', body: 'half' });
    await clock.settle();
    network.cut(alice.connection);
    await clock.settle();
    expect([textOf(bob.sends[0]), bob.sends[0]?.flag]).toEqual(['half', '#']);
    expect(lost).toEqual(['alice']);
  });

  it.each(['481 No session', '506 Elsewhere'])('%s ends the session (RFC 4975 §7.3.2)', async (line) => {
    const { alice, bob, clock, lost } = await relay();
    alice.send({ id: 'chunk123', body: 'abc', flag: '$' });
    await clock.settle();
    bob.respond('chunk123', line);
    await clock.settle();
    expect(lost).toEqual(['bob']);
    expect(alice.reports.map(reportOf)).toEqual([['m-chunk123', '1-3/*', `000 ${line}`]]);
  });

  it('a chunk for a leg that is closed is answered 481 (RFC 4975 §10.9)', async () => {
    const { alice, bob, clock, media, legs } = await relay();
    media.release(legs.bob.session);
    alice.send({ id: 'chunk123', body: 'abc', flag: '$' });
    await clock.settle();
    expect(alice.statuses).toEqual({ chunk123: 481 });
    expect(bob.sends).toEqual([]);
  });

  it('a leg that closes in mid-chunk answers its sender 481, and lets it go (RFC 4975 §10.9)', async () => {
    const { alice, bob, clock, media, legs } = await relay({ window: 1000, highWaterMark: 1000 });
    bob.connection.pause();
    alice.send({ id: 'long1234', body: 'a'.repeat(200_000) });
    await clock.settle();
    media.release(legs.bob.session);
    await clock.settle();
    expect(alice.connection.pending).toBe(0);
    expect(alice.statuses).toEqual({ long1234: 481 });
  });

  it('frees the URIs and the gauge (RFC 4975 §5.4)', async () => {
    const { alice, clock, media, legs, metrics } = await relay();
    expect(metrics.values.get('msrp_sessions_active')).toBe(2);
    media.release(legs.alice.session);
    media.release(legs.alice.session);
    media.release(legs.bob.session);
    expect(metrics.values.get('msrp_sessions_active')).toBe(0);
    alice.send({ id: 'chunk123', body: 'abc', flag: '$' });
    await clock.settle();
    expect(alice.statuses).toEqual({ chunk123: 481 });
  });
});

describe('a receiver that does not read', () => {
  it('pauses the sender with flat memory; 8 MiB arrive whole once it reads (LESSONS MSRP 11)', async () => {
    const { alice, bob, clock, legs } = await relay({ window: 4096, highWaterMark: 2048, pieceSize: 1500 });
    const body = new FakeRandom(5).bytes(8 * 1_048_576);
    const hash = createHash('sha256');
    const head = alice.head({ id: 'file1234', range: '1-*/8388608' });
    bob.connection.pause();
    alice.write(head, body, alice.end('file1234', '$'));
    await clock.settle();
    const stalledAt = alice.connection.pending;
    expect(stalledAt).toBeGreaterThan(8_000_000);
    expect(legs.bob.session.pending).toBeLessThan(70_000);
    await clock.elapse(60_000);
    expect(alice.connection.pending).toBe(stalledAt);
    expect(alice.statuses).toEqual({});
    let most = 0;
    let length = 0;
    const reader = bob.connection;
    reader.attach({
      data: (bytes) => {
        hash.update(bytes);
        length += bytes.length;
        most = Math.max(most, legs.bob.session.pending);
      },
      closed: () => undefined,
    });
    reader.resume();
    await clock.settle();
    const expected = concatBytes([
      bytesOf(head.replaceAll(legs.alice.session.uri, bob.uri).replace(`From-Path: ${alice.uri}`, `From-Path: ${legs.bob.session.uri}`)),
      body,
      bytesOf(alice.end('file1234', '$')),
    ]);
    expect(length).toBe(expected.length);
    expect(hash.digest('hex')).toBe(hashOf(expected));
    expect(most).toBeLessThan(70_000);
    expect(alice.statuses).toEqual({ file1234: 200 });
  });

  it('pauses who reports to it, with flat memory; no REPORT is lost (LESSONS MSRP 11)', async () => {
    const { alice, bob, clock, legs } = await relay({ window: 1000, highWaterMark: 1000 });
    alice.connection.pause();
    for (let i = 0; i < 5000; i++) bob.report(`report${i}`, [`Message-ID: m${i}xxx`, 'Byte-Range: 1-5/5', 'Status: 000 200 OK']);
    await clock.settle();
    expect(bob.connection.pending).toBeGreaterThan(400_000);
    expect(legs.alice.session.pending).toBeLessThan(70_000);
    alice.connection.resume();
    await clock.settle();
    expect(alice.reports.map((report) => report.head.messageId)).toEqual(Array.from({ length: 5000 }, (_, i) => `m${i}xxx`));
  });

  it('is not silent while we do not read it ourselves (RFC 4975 §7.1.1)', async () => {
    const { alice, bob, clock } = await relay({ window: 1000, highWaterMark: 1000 });
    bob.send({ id: 'bobs1234', body: 'hello', flag: '$' });
    await clock.settle();
    bob.connection.pause();
    alice.send({ id: 'long1234', body: 'a'.repeat(200_000), flag: '$' });
    alice.respond('bobs1234', '200 OK');
    await clock.elapse(100_000);
    bob.connection.resume();
    await clock.elapse(100_000);
    expect(textOf(bob.sends[0])).toHaveLength(200_000);
    expect(bob.reports).toEqual([]);
  });

  it('is not reported 408 while the chunk waits in our queue (RFC 4975 §7.1.1)', async () => {
    const { alice, bob, clock } = await relay({ window: 1000, highWaterMark: 1000 });
    bob.connection.pause();
    alice.send({ id: 'first123', range: '1-*/20000', body: 'a'.repeat(20_000), flag: '$' });
    await clock.elapse(100_000);
    expect(alice.statuses).toEqual({ first123: 200 });
    expect(alice.reports).toEqual([]);
    bob.connection.resume();
    await clock.settle();
    expect(textOf(bob.sends[0])).toHaveLength(20_000);
    await clock.elapse(60_000);
    expect(alice.reports.map(reportOf)).toEqual([['m-first123', '1-20000/20000', '000 408 No response']]);
  });
});

describe('a chunk that stalls half way', () => {
  it('makes way for a response on the same connection, and goes on as a chunk of its own (RFC 4975 §7.1.1)', async () => {
    const { alice, bob, clock, legs } = await relay();
    alice.send({ id: 'stall123', messageId: 'm1xx', range: '1-*/5000', body: 'a'.repeat(3000) });
    await clock.settle();
    bob.send({ id: 'bobs1234', body: 'hello', flag: '$' });
    await clock.settle();
    expect(bob.statuses).toEqual({ bobs1234: 200 });
    expect(bob.sends.map(({ flag }) => flag)).toEqual(['+']);
    alice.write('b'.repeat(2000), alice.end('stall123', '$'));
    await clock.settle();
    const [first, rest] = bob.sends;
    expect([first?.head.transactionId, textOf(first), first?.flag]).toEqual(['stall123', 'a'.repeat(3000), '+']);
    expect([
      rest?.head.header('Message-ID'),
      rest?.head.header('Byte-Range'),
      rest?.head.header('Content-Type'),
      textOf(rest),
      rest?.flag,
    ]).toEqual(['m1xx', '3001-*/5000', 'text/plain', 'b'.repeat(2000), '$']);
    expect(rest?.head.fromPath).toEqual([legs.bob.session.uri]);
    expect(rest?.head.transactionId).not.toBe('stall123');
    bob.respond('stall123', '200 OK');
    bob.respond(rest?.head.transactionId as string, '413 Too much');
    await clock.elapse(60_000);
    expect(alice.reports.map(reportOf)).toEqual([['m1xx', '3001-5000/5000', '000 413 Too much']]);
  });

  it('both pieces are reported with their own ranges (RFC 4975 §7.1.4)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'stall123', messageId: 'm1xx', range: '101-*/*', body: 'a'.repeat(3000) });
    await clock.settle();
    bob.send({ id: 'bobs1234', body: 'hello', flag: '$' });
    await clock.settle();
    alice.write('b'.repeat(2000), alice.end('stall123', '+'));
    await clock.elapse(61_000);
    expect(alice.reports.map(reportOf)).toEqual([
      ['m1xx', '101-3100/*', '000 408 No response'],
      ['m1xx', '3101-5100/*', '000 408 No response'],
    ]);
  });

  it('an error for the first piece refuses the chunk while its sender is in it (RFC 4975 §10.5)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'stall123', messageId: 'm1xx', body: 'a'.repeat(3000) });
    await clock.settle();
    bob.send({ id: 'bobs1234', body: 'hello', flag: '$' });
    await clock.settle();
    bob.respond('stall123', '413 Stop');
    await clock.settle();
    alice.write('b'.repeat(2000), alice.end('stall123', '$'));
    await clock.settle();
    expect(alice.statuses['stall123']).toBe(413);
    const rest = bob.sends[1];
    expect(rest?.flag).toBe('#');
    bob.respond(rest?.head.transactionId as string, '413 Stop');
    await clock.elapse(60_000);
    expect(alice.reports).toEqual([]);
  });

  it('right behind its head holds up nobody (RFC 4975 §7.1.1)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'stall123', body: '' });
    await clock.settle();
    bob.send({ id: 'bobs1234', body: 'hello', flag: '$' });
    bob.report('rep12345', ['Message-ID: m0xx', 'Byte-Range: 1-5/5', 'Status: 000 200 OK']);
    await clock.settle();
    expect(bob.statuses).toEqual({ bobs1234: 200 });
    expect(alice.reports).toHaveLength(1);
  });
});

describe('another sink (the walk of a user who comes back)', () => {
  it('takes the chunks that begin afterwards; the one under way stays where it is', async () => {
    const { alice, bob, clock, legs } = await relay();
    const taken: string[] = [];
    const store: ChunkSink = {
      begin: (head) => taken.push(head.transactionId),
      body: () => true,
      end: (flag) => taken.push(flag),
      lost: () => undefined,
      report: () => true,
    };
    alice.send({ id: 'under-way', body: 'one ' });
    await clock.settle();
    legs.alice.deliverTo(store);
    alice.write('two', alice.end('under-way', '$'));
    alice.send({ id: 'stored12', body: 'three', flag: '$' });
    await clock.settle();
    expect(bob.sends.map(textOf)).toEqual(['one two']);
    expect(taken).toEqual(['stored12', '$']);
    legs.alice.deliverTo(legs.bob.writer);
    alice.send({ id: 'joined12', body: 'four', flag: '$' });
    await clock.settle();
    expect(bob.sends.map(textOf)).toEqual(['one two', 'four']);
    expect(alice.statuses).toEqual({ 'under-way': 200, stored12: 200, joined12: 200 });
  });
});

describe('a peer that is faster than its answer', () => {
  it('has its chunk kept until the other side is bound (RFC 4975 §5.4)', async () => {
    const { network, media, address, clock, metrics } = await relay();
    const common = { clock, random: new FakeRandom(9), metrics, lost: () => undefined };
    const caller = new RelayLeg({
      ...common,
      remotePath: ['msrp://192.0.2.13:2855/carol123;tcp'],
      createSession: (sink) => media.createSession('sip:carol@example.com', sink),
    });
    const callee = new RelayLeg({ ...common, createSession: (sink) => media.createSession('sip:dave@example.com', sink) });
    callee.deliverTo(caller.writer);
    const dave = new Peer('msrp://192.0.2.14:2855/dave1234;tcp', callee.session.uri, await network.at('192.0.2.14').connectTcp(address));
    dave.sendEmpty('bind1234');
    dave.send({ id: 'early123', body: 'already?', flag: '$' });
    await clock.settle();
    expect(dave.statuses).toEqual({ bind1234: 200, early123: 200 });
    void callee.bind([dave.uri], false);
    void caller.bind(['msrp://192.0.2.13:2855/carol123;tcp'], false);
    const carol = new Peer('msrp://192.0.2.13:2855/carol123;tcp', caller.session.uri, await network.at('192.0.2.13').connectTcp(address));
    carol.sendEmpty('bind1234');
    await clock.settle();
    expect(carol.sends.map(textOf)).toEqual(['already?']);
  });
});
