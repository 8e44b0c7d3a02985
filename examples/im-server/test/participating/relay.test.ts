import { describe, expect, it } from 'vitest';
import { bytesOf, concatBytes } from '@simple-im/grammar';
import { MAX_AWAITED } from '../../src/participating/awaited-responses.js';
import { FakeRandom } from '@simple-im/transport/fake';
import { hashOf, relay, reportOf, textOf } from './support.js';

describe('a chunk that passes', () => {
  it('goes with new paths, its transaction id and every other field as it came (RFC 4975 §7.1, FACTS §3)', async () => {
    const { alice, bob, clock, legs } = await relay();
    const fields = ['Success-Report: yes', 'Failure-Report: partial', 'X-Unknown: \u00c3\u00a9 as it is', 'Content-ID: <a@b>'];
    alice.send({ id: 'tr-0.1+%=', messageId: 'msg1.2+3', range: '3-8/10', fields, body: 'Hello!', flag: '+' });
    await clock.settle();
    const [chunk] = bob.sends;
    expect(chunk?.head.transactionId).toBe('tr-0.1+%=');
    expect(chunk?.head.fields).toEqual([
      ['To-Path', bob.uri],
      ['From-Path', legs.bob.session.uri],
      ['Message-ID', 'msg1.2+3'],
      ['Byte-Range', '3-8/10'],
      ['Success-Report', 'yes'],
      ['Failure-Report', 'partial'],
      ['X-Unknown', '\u00c3\u00a9 as it is'],
      ['Content-ID', '<a@b>'],
      ['Content-Type', 'text/plain'],
    ]);
    expect([textOf(chunk), chunk?.flag]).toEqual(['Hello!', '+']);
    expect(legs.bob.session.uri).not.toBe(legs.alice.session.uri);
  });

  it('keeps octets that look like the end of another chunk, and are no text (RFC 4975 §7.1)', async () => {
    const { alice, bob, clock } = await relay({ pieceSize: 7 });
    const body = concatBytes([
      bytesOf('\r\n-------other123$\r\n-------abcd1234'),
      new Uint8Array([0, 255, 254, 13, 10, 45]),
      bytesOf('\r\n-------abcd1234'),
    ]);
    alice.send({ id: 'abcd1234', body, flag: '$' });
    alice.send({ id: 'other123', body: 'next', flag: '$' });
    await clock.settle();
    expect(bob.sends.map((frame) => [frame.head.transactionId, hashOf(frame.body), frame.flag])).toEqual([
      ['abcd1234', hashOf(body), '$'],
      ['other123', hashOf(bytesOf('next')), '$'],
    ]);
  });

  it('keeps 1 MiB of any octets as it was (FACTS §3)', async () => {
    const { alice, bob, clock } = await relay();
    const body = new FakeRandom(3).bytes(1_048_576);
    alice.send({ id: 'big12345', range: '1-*/1048576', body, flag: '$' });
    await clock.settle();
    expect(bob.sends).toHaveLength(1);
    expect(hashOf(bob.sends[0]?.body ?? new Uint8Array())).toBe(hashOf(body));
    expect(alice.statuses).toEqual({ big12345: 200 });
  });

  it('leaves before it has arrived whole (RFC 4975 §5.1)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'half1234', body: 'first half, ' });
    await clock.settle();
    expect([textOf(bob.sends[0]), bob.sends[0]?.flag]).toEqual(['first half, ', undefined]);
    alice.write('second', alice.end('half1234', '$'));
    await clock.settle();
    expect([textOf(bob.sends[0]), bob.sends[0]?.flag]).toEqual(['first half, second', '$']);
  });

  it('gets a new transaction id only while its own is awaited (RFC 4975 §7.1)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'same1234', messageId: 'm1xx', body: 'one', flag: '$' });
    alice.send({ id: 'same1234', messageId: 'm2xx', body: 'two', flag: '$' });
    await clock.settle();
    const [first, second] = bob.sends.map(({ head }) => head.transactionId);
    expect(first).toBe('same1234');
    expect(second).toMatch(/^[a-z2-7]{32}$/);
    bob.respond('same1234', '200 OK');
    bob.respond(second as string, '200 OK');
    await clock.settle();
    alice.send({ id: 'same1234', messageId: 'm3xx', body: 'three', flag: '$' });
    await clock.settle();
    expect(bob.sends[2]?.head.transactionId).toBe('same1234');
  });

  it('of no octets goes through, and a SEND without body stays (RFC 4975 §5.4)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'empty123', range: '1-0/0', flag: '$' });
    alice.sendEmpty('keepopen');
    await clock.settle();
    expect(bob.sends.map(({ head, flag }) => [head.transactionId, head.hasBody, flag])).toEqual([['empty123', true, '$']]);
    expect(alice.statuses).toEqual({ empty123: 200, keepopen: 200 });
  });

  it.each([
    ['4-*/*', '$'],
    ['1-*/*', '#'],
  ] as const)('without body goes through where it ends a message that has begun: %s %s (RFC 4975 §7.1)', async (range, flag) => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'first123', messageId: 'm1xx', range: '1-*/*', body: 'abc', flag: '+' });
    alice.sendEmpty('last1234', 'm1xx', range, flag);
    await clock.settle();
    expect(bob.sends.map((frame) => [frame.head.transactionId, frame.head.hasBody, frame.flag])).toEqual([
      ['first123', true, '+'],
      ['last1234', false, flag],
    ]);
    expect(alice.statuses).toEqual({ first123: 200, last1234: 200 });
  });
});

describe('receipts and reports', () => {
  it.each([
    ['yes', 200],
    ['partial', undefined],
    ['no', undefined],
  ] as const)('a chunk with Failure-Report %s gets %s at once (RFC 4975 §7.2)', async (wish, status) => {
    const { alice, clock } = await relay();
    alice.send({ id: 'chunk123', fields: [`Failure-Report: ${wish}`], body: 'x', flag: '$' });
    await clock.settle();
    expect(alice.statuses).toEqual(status === undefined ? {} : { chunk123: status });
  });

  it('a REPORT of the receiver goes to the sender with new paths (RFC 4975 §7.1.2)', async () => {
    const { alice, bob, clock, legs } = await relay();
    bob.report('rep12345', ['Message-ID: m1xx', 'Byte-Range: 1-5/5', 'Status: 000 200 OK', 'X-More: kept']);
    await clock.settle();
    const [report] = alice.reports;
    expect(report?.head.fields).toEqual([
      ['To-Path', alice.uri],
      ['From-Path', legs.alice.session.uri],
      ['Message-ID', 'm1xx'],
      ['Byte-Range', '1-5/5'],
      ['Status', '000 200 OK'],
      ['X-More', 'kept'],
    ]);
    expect(bob.frames).toEqual([]);
  });

  it('an error of the receiver after the chunk is a REPORT with namespace 000, the status and the range (RFC 4975 §7.1.4)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'chunk123', messageId: 'm1xx', range: '11-*/100', body: '0123456789', flag: '+' });
    await clock.settle();
    bob.respond('chunk123', '415 Not that');
    await clock.settle();
    expect(alice.statuses).toEqual({ chunk123: 200 });
    expect(alice.reports.map(reportOf)).toEqual([['m1xx', '11-20/100', '000 415 Not that']]);
    expect(alice.reports[0]?.head.toPath).toEqual([alice.uri]);
  });

  it('30 seconds of silence are a REPORT 408, not a second before (RFC 4975 §7.1.1)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'silent12', messageId: 'm1xx', range: '1-*/3', body: 'abc', flag: '$' });
    alice.send({ id: 'answered', messageId: 'm2xx', body: 'abc', flag: '$' });
    await clock.settle();
    bob.respond('answered', '200 OK');
    await clock.elapse(29_999);
    expect(alice.reports).toEqual([]);
    await clock.elapse(1);
    await clock.settle();
    expect(alice.reports.map(reportOf)).toEqual([['m1xx', '1-3/3', '000 408 No response']]);
    bob.respond('silent12', '413 Too late');
    await clock.elapse(60_000);
    expect(alice.reports).toHaveLength(1);
  });

  it('each silent chunk has 30 seconds of its own (RFC 4975 §7.1.1)', async () => {
    const { alice, clock } = await relay();
    alice.send({ id: 'first123', body: 'abc', flag: '$' });
    await clock.elapse(10_000);
    alice.send({ id: 'second12', body: 'abc', flag: '$' });
    await clock.elapse(20_000);
    await clock.settle();
    expect(alice.reports).toHaveLength(1);
    await clock.elapse(9_999);
    expect(alice.reports).toHaveLength(1);
    await clock.elapse(1);
    await clock.settle();
    expect(alice.reports.map((report) => report.head.messageId)).toEqual(['m-first123', 'm-second12']);
  });

  it.each(['partial', 'no'])('silence is no failure with Failure-Report %s (RFC 4975 §7.1.4)', async (wish) => {
    const { alice, clock } = await relay();
    alice.send({ id: 'silent12', fields: [`Failure-Report: ${wish}`], body: 'abc', flag: '$' });
    await clock.elapse(120_000);
    expect(alice.reports).toEqual([]);
  });

  it.each([
    ['partial', 1],
    ['no', 0],
  ])('an error with Failure-Report %s makes %i REPORTs (RFC 4975 §7.1.4)', async (wish, count) => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'chunk123', fields: [`Failure-Report: ${wish}`], body: 'abc', flag: '$' });
    await clock.elapse(45_000);
    bob.respond('chunk123', '408 Said by the receiver');
    await clock.settle();
    expect(alice.reports).toHaveLength(count);
  });

  it.each([
    ['413 Stop', 413],
    ['400 Bad', 400],
  ])('%s in mid-chunk ends it with # and is the answer to the sender (RFC 4975 §10.5)', async (line, status) => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'long1234', body: 'a'.repeat(3000) });
    await clock.settle();
    bob.respond('long1234', line);
    await clock.settle();
    expect(bob.sends[0]?.flag).toBe('#');
    alice.write('b'.repeat(1000));
    await clock.settle();
    expect(alice.statuses).toEqual({ long1234: status });
    alice.write('b', alice.end('long1234', '$'));
    alice.send({ id: 'next1234', body: 'another', flag: '$' });
    await clock.elapse(20_000);
    expect(alice.statuses).toEqual({ long1234: status, next1234: 200 });
    expect(bob.sends.map(textOf)).toEqual(['a'.repeat(3000), 'another']);
    expect(alice.reports).toEqual([]);
  });

  it('an error in mid-chunk is the answer also when nothing but the end-line follows (RFC 4975 §7.2)', async () => {
    const { alice, bob, clock } = await relay();
    alice.send({ id: 'long1234', body: 'a'.repeat(3000) });
    await clock.settle();
    bob.respond('long1234', '413 Stop');
    await clock.settle();
    alice.write(alice.end('long1234', '$'));
    await clock.settle();
    expect(alice.statuses).toEqual({ long1234: 413 });
  });

  it.each(['yes', 'partial'])('what a receiver never answers is bounded, the newest remembered: Failure-Report %s (RFC 4975 §7.1.1)', async (wish) => {
    const { alice, bob, clock, legs } = await relay();
    const total = MAX_AWAITED + 500;
    for (let i = 0; i < total; i++) alice.send({ id: `chunk-${i}`, fields: [`Failure-Report: ${wish}`], body: 'x', flag: '$' });
    await clock.settle();
    expect(bob.sends).toHaveLength(total);
    expect(legs.bob.writer.awaited).toBe(MAX_AWAITED);
    bob.respond('chunk-0', '413 Forgotten');
    bob.respond('chunk-500', '413 Remembered');
    await clock.settle();
    expect(alice.reports.map(({ head }) => head.messageId)).toEqual(['m-chunk-500']);
    await clock.elapse(30_000);
    await clock.settle();
    expect(alice.reports).toHaveLength(wish === 'yes' ? MAX_AWAITED : 1);
  });
});
