import { ProtocolError } from '@simple-im/grammar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { respondTo, type SipRequest } from '../src/index.js';
import { Bench, RowRecorder, allRows, flowOf, newRequest, overWire, startOf } from './transaction-helpers.js';

const rows = new RowRecorder();
beforeAll(() => rows.start());
afterAll(() => rows.stop());

describe('INVITE client transaction (RFC 3261 §17.1.1)', () => {
  it('retransmits over UDP after 500, 1000, 2000 ... ms (Timer A) and times out after 64*T1 (Timer B)', () => {
    const bench = new Bench();
    bench.request('INVITE');
    bench.until(40_000);
    expect(bench.times('INVITE')).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(bench.told()).toEqual(['timeout', 'terminated']);
    expect(bench.layer.size).toBe(0);
  });

  it('does not retransmit over TCP, and times out all the same', () => {
    const bench = new Bench('TCP');
    bench.request('INVITE');
    bench.until(31_999);
    expect(bench.told()).toEqual([]);
    bench.until(32_000);
    expect(bench.times('INVITE')).toEqual([0]);
    expect(bench.told()).toEqual(['timeout', 'terminated']);
  });

  it('stops retransmitting and waits without end once a provisional response has come', () => {
    const bench = new Bench();
    bench.request('INVITE');
    bench.answer(180).until(300_000).answer(183);
    expect(bench.times('INVITE')).toEqual([0]);
    expect(bench.told()).toEqual(['response 180', 'response 183']);
  });

  it('acknowledges a failure, each retransmission too, and ends after 32 s (Timer D)', () => {
    const bench = new Bench();
    bench.request('INVITE', [['Route', '<sip:p.example.com;lr>']]);
    bench.until(10).answer(486).until(20).answer(486, 'INVITE').until(32_009);
    expect(bench.times('ACK')).toEqual([10, 20]);
    expect(bench.told()).toEqual(['response 486']);
    bench.until(32_010);
    expect(bench.told()).toEqual(['response 486', 'terminated']);
    expect(bench.layer.deadline()).toBeUndefined();
  });

  it('makes the ACK from the INVITE, but with the To of the response (§17.1.1.3)', () => {
    const bench = new Bench();
    bench.request('INVITE', [['Route', '<sip:p.example.com;lr>'], ['Via', 'SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKbelow']]);
    bench.answer(486);
    const [invite, ack] = bench.sent.map(({ message }) => message) as [SipRequest, SipRequest];
    expect(ack.uri).toBe(invite.uri);
    expect(ack.headers.list('Via')).toEqual(invite.headers.list('Via').slice(0, 1));
    expect(ack.headers.get('Route')).toBe('<sip:p.example.com;lr>');
    expect([ack.callId, ack.fromTag, ack.toTag, ack.cseq]).toEqual(['call', 'a', 'b', { number: 7, method: 'ACK' }]);
    expect(ack.headers.has('Contact')).toBe(false);
  });

  it('sends the ACK and is gone at once over TCP (Timer D is zero)', () => {
    const bench = new Bench('TCP');
    bench.request('INVITE');
    bench.answer(100).answer(404);
    expect(bench.times('ACK')).toEqual([0]);
    expect(bench.told()).toEqual(['response 100', 'response 404', 'terminated']);
    expect(bench.layer.size).toBe(0);
  });

  it('passes every 2xx for 64*T1 and sends no ACK itself (RFC 6026 §7.2, Timer M)', () => {
    const bench = new Bench();
    bench.request('INVITE');
    bench.answer(200).until(1000).answer(200).answer(200, 'INVITE', 'other').until(31_999);
    expect(bench.told()).toEqual(['response 200', 'response 200', 'response 200']);
    expect(bench.times('ACK')).toEqual([]);
    bench.until(32_000);
    expect(bench.told().at(-1)).toBe('terminated');
    bench.answer(200, 'INVITE');
    expect(bench.told().at(-1)).toBe('stray');
  });

  it('ends with a transport error in Calling, Proceeding and Completed', () => {
    for (const responses of [[], [100], [100, 500]]) {
      const bench = new Bench();
      bench.request('INVITE');
      for (const status of responses) bench.answer(status, 'INVITE');
      bench.layer.flowFailed(bench.flow, 0);
      bench.drain();
      expect(bench.told().slice(-2)).toEqual(['transportError', 'terminated']);
      expect(bench.layer.size).toBe(0);
    }
  });

  it('accepts a 2xx or a failure after a provisional response', () => {
    const bench = new Bench();
    bench.request('INVITE');
    bench.answer(100).answer(200);
    expect(bench.told()).toEqual(['response 100', 'response 200']);
  });
});

describe('CANCEL (RFC 3261 §9.1)', () => {
  it('waits for a provisional response, then goes with the Via and CSeq number of the INVITE', () => {
    const bench = new Bench();
    const key = bench.request('INVITE', [['Require', '100rel'], ['Route', '<sip:p.example.com;lr>']]);
    bench.layer.cancel(key, 0, 'SIP;cause=600');
    bench.until(400);
    expect(bench.drain().times('CANCEL')).toEqual([]);
    bench.answer(100);
    expect(bench.times('CANCEL')).toEqual([400]);
    const invite = bench.sent[0]?.message as SipRequest;
    const cancel = bench.sent.at(-1)?.message as SipRequest;
    expect(cancel.via).toEqual(invite.via);
    expect(cancel.cseq).toEqual({ number: 7, method: 'CANCEL' });
    expect([cancel.headers.get('Route'), cancel.headers.has('Require'), cancel.headers.get('Reason')]).toEqual(['<sip:p.example.com;lr>', false, 'SIP;cause=600']);
    bench.answer(200, 'CANCEL').answer(487, 'INVITE');
    expect(bench.told()).toEqual(['response 100', 'response 487']);
    expect(bench.until(100_000).layer.size).toBe(0);
  });

  it('gives the INVITE up 64*T1 after the CANCEL when no final response comes', () => {
    const bench = new Bench();
    const key = bench.request('INVITE');
    bench.answer(180).until(5000);
    bench.layer.cancel(key, 5000);
    bench.layer.cancel(key, 5000);
    bench.drain().until(36_999);
    expect(bench.times('CANCEL')[0]).toBe(5000);
    expect(bench.told()).toEqual(['response 180']);
    bench.until(37_000);
    expect(bench.told()).toEqual(['response 180', 'timeout', 'terminated']);
    expect(bench.until(80_000).layer.size).toBe(0);
  });

  it('is not sent after a final response, nor for other methods', () => {
    const bench = new Bench();
    const key = bench.request('INVITE');
    bench.answer(486);
    bench.layer.cancel(key, 0);
    bench.layer.cancel(bench.request('MESSAGE'), 0);
    expect(bench.drain().times('CANCEL')).toEqual([]);
  });
});

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  it('retransmits over UDP after 500, 1000, 2000, 4000, 4000 ... ms (Timer E) until 64*T1 (Timer F)', () => {
    const bench = new Bench();
    bench.request('MESSAGE');
    bench.until(40_000);
    expect(bench.times('MESSAGE')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(bench.told()).toEqual(['timeout', 'terminated']);
  });

  it('goes on every T2 after a provisional response', () => {
    const bench = new Bench();
    bench.request('MESSAGE');
    bench.until(100).answer(100).until(9000).answer(100);
    expect(bench.times('MESSAGE')).toEqual([0, 500, 4500, 8500]);
    bench.until(40_000);
    expect(bench.told()).toEqual(['response 100', 'response 100', 'timeout', 'terminated']);
  });

  it('absorbs repeated responses for T4 over UDP (Timer K), and not at all over TCP', () => {
    const udp = new Bench();
    udp.request('MESSAGE');
    udp.answer(200).until(4999).answer(200);
    expect(udp.told()).toEqual(['response 200']);
    expect(udp.until(5000).told()).toEqual(['response 200', 'terminated']);
    const tcp = new Bench('TCP');
    tcp.request('MESSAGE');
    tcp.answer(100).answer(404);
    expect(tcp.told()).toEqual(['response 100', 'response 404', 'terminated']);
    expect(tcp.times('MESSAGE')).toEqual([0]);
  });

  it('takes a failure in Trying and a success in Proceeding, and ends with a transport error in both', () => {
    const bench = new Bench();
    bench.request('MESSAGE');
    bench.answer(500);
    bench.request('MESSAGE');
    bench.answer(100).answer(202);
    expect(bench.told()).toEqual(['response 500', 'response 100', 'response 202']);
    for (const status of [undefined, 100]) {
      const failing = new Bench();
      failing.request('MESSAGE');
      if (status !== undefined) failing.answer(status);
      failing.layer.flowFailed(failing.flow, 0);
      expect(failing.drain().told().slice(-2)).toEqual(['transportError', 'terminated']);
    }
  });

  it('is matched by branch and CSeq method, and by our sent-by (§17.1.3, §18.1.2)', () => {
    const bench = new Bench();
    bench.request('MESSAGE');
    const request = overWire(bench.sent[0]?.message as SipRequest);
    const wrongMethod = respondTo(request, 200);
    wrongMethod.headers.set('CSeq', '7 INFO');
    const wrongSentBy = respondTo(request, 200);
    wrongSentBy.headers.set('Via', (request.headers.get('Via') as string).replace('192.0.2.1', '192.0.2.77'));
    bench.receive(wrongMethod).receive(wrongSentBy);
    expect(bench.told()).toEqual(['stray', 'stray']);
  });
});

describe('INVITE server transaction (RFC 3261 §17.2.1)', () => {
  it('sends 100 after 200 ms unless the TU answers before, and repeats the last provisional response', () => {
    const bench = new Bench();
    const key = bench.incoming('INVITE');
    bench.until(199).incoming('INVITE');
    expect(bench.sent).toEqual([]);
    bench.until(200);
    expect(bench.times('100')).toEqual([200]);
    expect((bench.sent[0]?.message as SipRequest | undefined)?.headers.get('To')).not.toContain('tag=');
    bench.respond(key, 180);
    bench.until(300).incoming('INVITE');
    expect(bench.times('180')).toEqual([200, 300]);
    const quick = new Bench();
    quick.respond(quick.incoming('INVITE'), 180).until(10_000);
    expect(quick.times('100')).toEqual([]);
    expect(bench.told()).toEqual(['request INVITE']);
  });

  it('repeats a failure after 500, 1000, 2000, 4000, 4000 ... ms (Timer G) and gives up after 64*T1 (Timer H)', () => {
    const bench = new Bench();
    bench.respond(bench.incoming('INVITE'), 486).until(40_000);
    expect(bench.times('486')).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(bench.told()).toEqual(['request INVITE', 'timeout', 'terminated']);
  });

  it('repeats a failure for each INVITE, stops at the ACK, which it keeps, and stays for T4 (Timer I)', () => {
    const bench = new Bench();
    bench.respond(bench.incoming('INVITE'), 486);
    bench.until(100).incoming('INVITE');
    expect(bench.times('486')).toEqual([0, 100]);
    const ack = newRequest('ACK');
    ack.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer');
    bench.receive(ack).until(5099).receive(ack);
    expect(bench.times('486')).toEqual([0, 100]);
    expect(bench.told()).toEqual(['request INVITE']);
    expect(bench.until(5100).told()).toEqual(['request INVITE', 'terminated']);
  });

  it('is over with the ACK over TCP, and does not repeat (Timers G and I)', () => {
    const bench = new Bench('TCP');
    bench.respond(bench.incoming('INVITE', 'SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKpeer'), 486).until(1000);
    const ack = newRequest('ACK');
    ack.headers.prepend('Via', 'SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKpeer');
    bench.receive(ack);
    expect(bench.times('486')).toEqual([0]);
    expect(bench.told()).toEqual(['request INVITE', 'terminated']);
  });

  it('passes 2xx through, absorbs INVITEs, and passes ACKs up for 64*T1 (RFC 6026 §7.1, Timer L)', () => {
    const bench = new Bench();
    const key = bench.incoming('INVITE');
    bench.respond(key, 200);
    bench.until(100).incoming('INVITE');
    bench.until(500).respond(key, 200).respond(key, 486);
    expect(bench.sent.map(({ at, message }) => `${at} ${startOf(message)}`)).toEqual(['0 200', '500 200']);
    const ack = newRequest('ACK');
    ack.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer');
    bench.receive(ack);
    expect(bench.told()).toEqual(['request INVITE', 'ack ACK']);
    expect(bench.until(31_999).layer.size).toBe(1);
    expect(bench.until(32_000).layer.size).toBe(0);
  });

  it('stays where it is after a transport error (RFC 6026 §7.1)', () => {
    for (const status of [180, 200, 486]) {
      const bench = new Bench();
      const key = bench.incoming('INVITE');
      bench.respond(key, status);
      bench.layer.sendFailed('server', key, 0);
      bench.drain().incoming('INVITE');
      expect(bench.told()).toEqual(['request INVITE', 'transportError']);
    }
  });

  it('tells the TU of a CANCEL and answers it 200 (§9.2)', () => {
    const bench = new Bench();
    const key = bench.incoming('INVITE');
    bench.respond(key, 180);
    const cancel = newRequest('CANCEL');
    cancel.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKpeer');
    bench.receive(cancel).receive(cancel);
    expect(bench.told()).toEqual(['request INVITE', 'cancelled']);
    expect(bench.sent.map(({ message }) => `${startOf(message)} ${message.cseq?.method} ${message.toTag}`))
      .toEqual(['180 INVITE ours', '200 CANCEL ours', '200 CANCEL ours']);
    bench.respond(key, 200);
    bench.until(40_000).receive(cancel);
    expect(bench.told().at(-1)).toBe('request CANCEL');
  });
});

describe('non-INVITE server transaction (RFC 3261 §17.2.2, RFC 4320)', () => {
  it('sends 100 by itself when Timer E of the client has reached T2, and repeats it (RFC 4320 §4.1)', () => {
    const bench = new Bench();
    const key = bench.incoming('MESSAGE');
    bench.until(3499).incoming('MESSAGE');
    expect(bench.sent).toEqual([]);
    bench.until(3500).incoming('MESSAGE');
    expect(bench.times('100')).toEqual([3500, 3500]);
    bench.respond(key, 100).respond(key, 200);
    expect(bench.times('200')).toEqual([3500]);
  });

  it('never sends 408, no provisional response but 100, no early 100 over UDP (RFC 4320 §4)', () => {
    const bench = new Bench();
    const key = bench.incoming('MESSAGE');
    bench.respond(key, 408).respond(key, 180).respond(key, 100);
    expect(bench.sent).toEqual([]);
    const tcp = new Bench('TCP');
    tcp.respond(tcp.incoming('MESSAGE'), 100);
    expect(tcp.times('100')).toEqual([0]);
  });

  it('drops a late response (RFC 4320 §4.2)', () => {
    for (const transport of ['UDP', 'TCP'] as const) {
      const bench = new Bench(transport);
      const key = bench.incoming('MESSAGE');
      bench.until(32_000);
      expect(bench.told()).toEqual(['request MESSAGE', 'terminated']);
      expect(bench.respond(key, 200).times('200')).toEqual([]);
    }
    const patient = new Bench('UDP', { timers: { T1: 100, T2: 100_000 } });
    patient.incoming('MESSAGE');
    expect(patient.until(6400).sent).toEqual([]);
    expect(patient.layer.size).toBe(0);
    const early = new Bench('TCP');
    early.respond(early.incoming('MESSAGE'), 100).until(32_000);
    expect(early.layer.size).toBe(0);
  });

  it('repeats the final response for 64*T1 over UDP (Timer J), and not at all over TCP', () => {
    const udp = new Bench();
    udp.respond(udp.incoming('MESSAGE'), 200);
    udp.until(31_999).incoming('MESSAGE');
    expect(udp.times('200')).toEqual([0, 31_999]);
    expect(udp.until(32_000).told()).toEqual(['request MESSAGE', 'terminated']);
    const tcp = new Bench('TCP');
    tcp.respond(tcp.incoming('MESSAGE'), 200);
    expect(tcp.told()).toEqual(['request MESSAGE', 'terminated']);
    expect(tcp.layer.size).toBe(0);
  });

  it('takes one final response of each kind, and stays after transport errors', () => {
    const bench = new Bench();
    const key = bench.incoming('MESSAGE');
    bench.respond(key, 404).respond(key, 200);
    bench.layer.sendFailed('server', key, 0);
    expect(bench.drain().times('200')).toEqual([]);
    const late = new Bench();
    const slow = late.incoming('MESSAGE');
    late.until(4000);
    late.layer.sendFailed('server', slow, 4000);
    late.respond(slow, 500);
    expect(late.told()).toEqual(['request MESSAGE', 'transportError']);
    expect(late.times('500')).toEqual([4000]);
  });
});

describe('matching requests (RFC 3261 §17.2.3)', () => {
  it('tells apart by sent-by and by method', () => {
    const bench = new Bench();
    bench.incoming('MESSAGE');
    bench.incoming('MESSAGE', 'SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bKpeer');
    bench.incoming('INFO');
    bench.incoming('MESSAGE');
    bench.incoming('INFO');
    expect(bench.told()).toEqual(['request MESSAGE', 'request MESSAGE', 'request INFO']);
  });

  it('matches requests of RFC 2543 clients by their header fields, the ACK by the tag of the response', () => {
    const bench = new Bench();
    const via = 'SIP/2.0/UDP 192.0.2.2:5060;branch=1';
    const key = bench.incoming('INVITE', via);
    bench.incoming('INVITE', via);
    expect(bench.told()).toEqual(['request INVITE']);
    bench.respond(key, 486);
    const stranger = newRequest('ACK');
    stranger.headers.set('To', '<sip:bob@example.com>;tag=else');
    stranger.headers.prepend('Via', via);
    const ack = newRequest('ACK');
    ack.headers.set('To', '<sip:bob@example.com>;tag=ours');
    ack.headers.prepend('Via', via);
    bench.receive(stranger).receive(ack).until(600);
    expect(bench.told()).toEqual(['request INVITE', 'ack ACK']);
    expect(bench.times('486')).toEqual([0]);
    expect(bench.until(60_000).layer.size).toBe(0);
  });
});

describe('the top Via of a request', () => {
  const received = (via: string): string | undefined => {
    const bench = new Bench();
    bench.incoming('MESSAGE', via);
    return (bench.events[0] as { request: SipRequest }).request.headers.get('Via');
  };

  it('gets received when it names another host (RFC 3261 §18.2.1), and received and rport when it asks (RFC 3581 §4)', () => {
    expect(received('SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKx')).toBe('SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKx');
    expect(received('SIP/2.0/UDP b.example.com;branch=z9hG4bKx')).toBe('SIP/2.0/UDP b.example.com;branch=z9hG4bKx;received=192.0.2.2');
    expect(received('SIP/2.0/UDP 192.0.2.2;rport;branch=z9hG4bKx')).toBe('SIP/2.0/UDP 192.0.2.2;rport=5060;branch=z9hG4bKx;received=192.0.2.2');
  });

  it('does not keep an address the peer made up', () => {
    expect(received('SIP/2.0/UDP 192.0.2.2;received=203.0.113.1;branch=z9hG4bKx')).toContain(';received=192.0.2.2');
    expect(received('SIP/2.0/UDP 192.0.2.2;received=203.0.113.1;rport=9;branch=z9hG4bKx')).not.toMatch(/203\.0\.113\.1|rport=9/);
  });
});

describe('limits', () => {
  it('refuses transactions above the limit: 503 with Retry-After and a tag that does not change, an error for ours', () => {
    const bench = new Bench('UDP', { maxTransactions: 1 });
    bench.incoming('MESSAGE');
    const other = newRequest('MESSAGE');
    other.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKother');
    bench.receive(other).receive(other);
    expect(bench.times('503')).toEqual([0, 0]);
    const [one, two] = bench.sent.map(({ message }) => message);
    expect(one?.headers.get('Retry-After')).toBe('10');
    expect(one?.toTag).toBe(two?.toTag);
    let thrown: unknown;
    try {
      bench.request('MESSAGE');
    } catch (error) {
      thrown = error;
    }
    expect(ProtocolError.is(thrown) && thrown.code).toBe('SIP_TOO_MANY_TRANSACTIONS');
    expect(ProtocolError.is(thrown) && thrown.status).toBe(503);
    expect(bench.until(40_000).layer.size).toBe(0);
  });

  it('counts what was answered apart from what is under way: a busy proxy remembers answers for 32 s (Timer J)', () => {
    const bench = new Bench('UDP', { maxTransactions: 1, maxAnswered: 2 });
    for (const name of ['a', 'b']) bench.layer.respond(bench.incoming('MESSAGE', `SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK${name}`), respondTo(newRequest('MESSAGE'), 200), 0);
    bench.drain();
    expect([bench.layer.size, bench.times('503')]).toEqual([2, []]);
    const third = newRequest('MESSAGE');
    third.headers.prepend('Via', 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKc');
    bench.receive(third);
    expect(bench.times('503')).toEqual([0]);
    bench.until(40_000).receive(third);
    expect([bench.layer.size, bench.times('503')]).toEqual([1, [0]]);
  });

  it('counts none as answered that ended with its answer (Timer J and K are zero over a reliable transport)', () => {
    const bench = new Bench('TCP', { maxAnswered: 1 });
    for (const name of ['a', 'b', 'c']) bench.layer.respond(bench.incoming('MESSAGE', `SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK${name}`), respondTo(newRequest('MESSAGE'), 200), 0);
    expect([bench.drain().layer.size, bench.times('503')]).toEqual([0, []]);
  });

  it('keeps nothing of finished transactions', () => {
    const bench = new Bench();
    for (let i = 0; i < 300; i++) {
      bench.request(i % 2 === 0 ? 'INVITE' : 'MESSAGE');
      if (i % 3 === 0) bench.answer(200);
      else if (i % 3 === 1) bench.answer(486);
      const key = bench.incoming(i % 2 === 0 ? 'INVITE' : 'MESSAGE', `SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK${i}`);
      bench.respond(key, i % 3 === 0 ? 200 : 500);
      bench.until(bench.now + 10);
    }
    expect(bench.layer.size).toBeGreaterThan(300);
    bench.until(bench.now + 200_000);
    expect(bench.layer.size).toBe(0);
    expect(bench.layer.deadline()).toBeUndefined();
  });

  it('lets go of the request, with its body, once it cannot be needed again', () => {
    const bench = new Bench();
    rows.last = undefined;
    bench.respond(bench.incoming('MESSAGE'), 200);
    expect(rows.last).toMatchObject({ state: 'Completed', request: undefined });
    bench.request('INVITE');
    bench.answer(200, 'INVITE');
    expect(rows.last).toMatchObject({ state: 'Accepted', request: undefined });
  });

  it('ends only the client transactions of a flow that failed', () => {
    const bench = new Bench();
    bench.request('MESSAGE');
    bench.layer.request(newRequest('MESSAGE'), flowOf('UDP', '192.0.2.1', '192.0.2.3'), 0);
    bench.layer.flowFailed(bench.flow, 0);
    expect(bench.drain().told()).toEqual(['transportError', 'terminated']);
    expect(bench.layer.size).toBe(1);
  });

  it('ends the transactions of a flow that still wait, the oldest first, and none that was answered', () => {
    const bench = new Bench();
    const keys = Array.from({ length: 4 }, () => bench.request('MESSAGE'));
    bench.drain();
    bench.layer.flowFailed(flowOf('UDP', '192.0.2.1', '192.0.2.9'), 0);
    expect(bench.drain().told()).toEqual([]);
    bench.answer(200, 'MESSAGE');
    bench.drain();
    bench.layer.flowFailed(bench.flow, 0);
    const failed: string[] = [];
    for (let event = bench.layer.next(); event !== undefined; event = bench.layer.next()) if (event.type === 'transportError') failed.push(event.key);
    expect(failed).toEqual(keys.slice(0, 3));
    expect(bench.layer.size).toBe(1);
  });
});

describe('the tables', () => {
  it('have no row the tests above did not run', () => {
    expect(allRows().filter((row) => !rows.visited.has(row))).toEqual([]);
  });

  it('use other timers when they are given', () => {
    const bench = new Bench('UDP', { timers: { T1: 100, T2: 300, F: 1000 } });
    bench.request('MESSAGE');
    bench.until(5000);
    expect(bench.times('MESSAGE')).toEqual([0, 100, 300, 600, 900]);
    expect(bench.now).toBe(5000);
    expect(bench.told()).toEqual(['timeout', 'terminated']);
  });
});
