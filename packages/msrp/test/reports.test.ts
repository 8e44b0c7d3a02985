import { describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { consequence, reportTable, type FailureReport } from '../src/index.js';
import { ALICE, BOB } from './frames.js';
import { RawPeer, outcome, sendToAlice } from './raw-peer.js';

const combinations = (['no', 'yes'] as const).flatMap((success) => (['yes', 'partial', 'no'] as const).map((failure) => ({ success, failure, rules: reportTable[`${success}/${failure}`] })));
const fieldsOf = (success: 'yes' | 'no', failure: FailureReport) => [['Success-Report', success], ['Failure-Report', failure]] as const;

describe.each(combinations)('Success-Report $success, Failure-Report $failure', ({ success, failure, rules }) => {
  it('is answered 200 only for Failure-Report yes, and reported only for Success-Report yes (RFC 4975 §7.1.3, §7.2)', () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('hello', { fields: fieldsOf(success, failure) }));
    const written = peer.written();
    expect(written.filter(({ head }) => head.status === 200).length).toBe(failure === 'yes' ? 1 : 0);
    const reports = written.filter(({ head }) => head.method === 'REPORT');
    expect(reports.length).toBe(success === 'yes' ? 1 : 0);
    expect(written.length).toBe((rules.answers200 ? 1 : 0) + (rules.reportsSuccess ? 1 : 0));
    for (const { head, body } of reports) {
      expect(head).toMatchObject({ toPath: [BOB], fromPath: [ALICE], messageId: 'mess0001', byteRange: { start: 1, end: 5, total: 5 }, hasBody: false });
      expect(head.statusHeader).toMatchObject({ namespace: '000', code: 200 });
      expect(head.header('Success-Report') ?? head.header('Failure-Report') ?? body).toBe('');
    }
  });

  it('is answered with the failure for Failure-Report yes and partial (RFC 4975 §7.1.4)', () => {
    const peer = new RawPeer({ acceptTypes: ['text/html'] });
    peer.receive(sendToAlice('hello', { fields: fieldsOf(success, failure) }));
    expect(peer.written().map(({ head }) => head.status)).toEqual(failure === 'no' ? [] : [415]);
    expect(rules.answersFailure).toBe(failure !== 'no');
  });

  it('is answered 481 under the same rule for an unknown session (RFC 4975 §7.3)', () => {
    const peer = new RawPeer();
    peer.receive(sendToAlice('hello', { fields: fieldsOf(success, failure), toPath: ['msrp://alicepc.example.com:7777/other;tcp'] }));
    expect(peer.written().map(({ head }) => head.status)).toEqual(failure === 'no' ? [] : [481]);
  });

  it('makes a sender wait 30 s for a response only with Failure-Report yes (RFC 4975 §7.1.1)', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: utf8('hello'), successReport: success === 'yes', failureReport: failure });
    const [frame] = peer.written();
    expect(frame?.head.successReport).toBe(success === 'yes');
    expect(frame?.head.failureReport).toBe(failure);
    peer.advance(29_999);
    expect(await outcome(sent.accepted)).toBe(failure === 'yes' ? 'pending' : 'resolved');
    peer.advance(1);
    expect(await outcome(sent.accepted)).toBe(failure === 'yes' ? 'MSRP_RESPONSE_TIMEOUT' : 'resolved');
    expect(rules.timesOut).toBe(failure === 'yes');
    expect(peer.connection.deadline()).toBeUndefined();
    expect(peer.closedWith).toBe('open');
  });

  it('tells a sender of a failure response wherever one may come', async () => {
    const peer = new RawPeer();
    const sent = peer.session.send({ contentType: 'text/plain', body: new Uint8Array(5000), failureReport: failure, chunkSize: 2048 });
    const [frame] = peer.written();
    if (frame === undefined) throw new Error('nothing was written');
    peer.answer(frame, 403);
    expect(await outcome(sent.accepted)).toBe({ yes: 'MSRP_REFUSED_BY_PEER', partial: 'resolved', no: 'resolved' }[failure]);
  });

  it('settles the report from success REPORTs, whole or in ranges', async () => {
    const peer = new RawPeer();
    const whole = peer.session.send({ contentType: 'text/plain', body: utf8('hello'), successReport: success === 'yes', failureReport: failure });
    const parts = peer.session.send({ contentType: 'text/plain', body: utf8('hello'), successReport: success === 'yes', failureReport: failure });
    peer.written();
    peer.report(whole.messageId, 200);
    peer.report(parts.messageId, 200, '4-5/5');
    peer.report(parts.messageId, 200, '1-2/5');
    expect(await outcome(whole.reported)).toBe(success === 'yes' ? 'resolved' : 'MSRP_SESSION_MISUSED');
    expect(await outcome(parts.reported)).toBe(success === 'yes' ? 'pending' : 'MSRP_SESSION_MISUSED');
    peer.report(parts.messageId, 200, '3-3/5');
    expect(await outcome(parts.reported)).toBe(success === 'yes' ? 'resolved' : 'MSRP_SESSION_MISUSED');
    expect(peer.written()).toEqual([]);
    expect(peer.reports.length).toBe(4);
  });
});

describe('REPORT (RFC 4975 §7.1.2)', () => {
  it('is never answered, not even with 481 or 506, whatever it says', () => {
    const peer = new RawPeer();
    peer.report('unknown1', 200);
    peer.report('unknown1', 413);
    peer.report('unknown1', 999);
    expect(peer.written()).toEqual([]);
    expect(peer.closedWith).toBe('open');
    expect(peer.reports.length).toBe(3);
  });

  it('counts as a response of the same code; one about a lost range ends the session (RFC 4975 §7.3.2, §10.5)', async () => {
    for (const [status, ends] of [[413, false], [415, false], [403, false], [408, true], [481, true], [400, true]] as const) {
      const peer = new RawPeer();
      const sent = peer.session.send({ contentType: 'text/plain', body: utf8('hello'), successReport: true });
      peer.written();
      peer.report(sent.messageId, status, '1-5/5');
      expect(await outcome(sent.reported)).toBe(status === 408 ? 'MSRP_RESPONSE_TIMEOUT' : 'MSRP_REFUSED_BY_PEER');
      expect(peer.closedWith !== 'open').toBe(ends);
    }
  });

  it('covers each chunk when asked to, with the exact range (RFC 4975 §7.1.3)', () => {
    const peer = new RawPeer({ reportOn: 'chunk' });
    const fields = [['Success-Report', 'yes'], ['Failure-Report', 'no']] as const;
    peer.receive(sendToAlice('hel', { range: '1-*/5', flag: '+', fields }), sendToAlice('lo', { range: '4-*/5', fields }));
    expect(peer.written().map(({ head }) => head.byteRange)).toEqual([{ start: 1, end: 3, total: 5 }, { start: 4, end: 5, total: 5 }]);
  });

  it('waits for every octet before it reports on the whole', () => {
    const peer = new RawPeer();
    const fields = [['Success-Report', 'yes'], ['Failure-Report', 'no']] as const;
    peer.receive(sendToAlice('lo', { range: '4-5/5', fields }));
    expect(peer.written()).toEqual([]);
    peer.receive(sendToAlice('hel', { range: '1-3/5', flag: '+', fields }));
    expect(peer.written().map(({ head }) => head.byteRange)).toEqual([{ start: 1, end: 5, total: 5 }]);
  });
});

describe('what a status means for the sender (RFC 4975 §10)', () => {
  it('ends the message, or the session', () => {
    const meanings = [200, 400, 403, 408, 413, 415, 423, 481, 501, 506].map((status) => [status, consequence(status, 'response'), consequence(status, 'report')]);
    expect(meanings).toEqual([
      [200, 'none', 'none'], [400, 'message', 'session'], [403, 'message', 'message'], [408, 'message', 'session'], [413, 'message', 'message'],
      [415, 'message', 'message'], [423, 'message', 'session'], [481, 'session', 'session'], [501, 'message', 'session'], [506, 'session', 'session'],
    ]);
  });
});
