import { setTimeout as pause } from 'node:timers/promises';
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import type { MsrpFrame, MsrpPeer } from '../../raw-msrp.js';
import { session } from '../preconditions.js';
import { bodiless, chunk, ident, ok, received, send, worksStill } from './frames.js';

const refusal = `
  MSRP {tid} {status}
  To-Path: {to}
  From-Path: {from}
  -------{tid}$
`;

const success = `
  MSRP {tid} REPORT
  To-Path: {to}
  From-Path: {from}
  Message-ID: {messageId}
  Byte-Range: 1-10/10
  Status: 000 200 OK
  -------{tid}$
`;

/** A REPORT on all ten octets of our message (RFC 4975 §7.1.2 to §7.1.4). */
function checkReport(report: MsrpFrame, messageId: string, status: number | string): void {
  equal('the Message-ID of the REPORT', report.header('Message-ID'), messageId);
  const [said, range] = [report.header('Status'), report.header('Byte-Range')];
  check(new RegExp(`^000 ${status}( |$)`).test(said ?? ''), `the Status of the REPORT is ${said}, expected 000 ${status}`);
  check(/^1-10\/(10|\*)$/.test(range ?? ''), `the Byte-Range of the REPORT is ${range}, expected 1-10 of 10`);
  const asking = ['Success-Report', 'Failure-Report'].find((name) => report.header(name) !== undefined);
  check(asking === undefined, `the REPORT has a ${asking} (RFC 4975 §7.1.2)`);
}

/** The receiver answers a chunk with this status; the sender must learn of it, by the response or by a REPORT after a 200. */
function refused(status: number, phrase: string): ConformanceCase['run'] {
  return async (context) => {
    const { callerMedia, calleeMedia } = await session(context);
    const values = chunk('Hello you.', { range: '1-*/*' });
    const tid = callerMedia.send(send, values);
    calleeMedia.respond(await calleeMedia.expectRequest('SEND'), refusal, { status: `${status} ${phrase}` });
    const response = await callerMedia.next(`a 200 or ${status} to transaction ${tid}`);
    equal('the transaction that was answered', response.tid, tid);
    if (response.status === status) return;
    equal('the status', response.status, 200);
    checkReport(await callerMedia.expectRequest('REPORT'), values.messageId, status);
  };
}

/**
 * Sends a message with Success-Report: yes and has the receiver report it, if it is asked to: a target that is an endpoint of its own
 * may report itself (RFC 4975 §7.1.3). Gives the Message-ID it was sent with.
 */
async function reported(sender: MsrpPeer, receiver: MsrpPeer): Promise<string> {
  const values = chunk('Hello you.', { fields: 'Success-Report: yes' });
  const tid = sender.send(send, values);
  const { first } = await received(receiver);
  await sender.expectResponse(tid, 200);
  if (first.header('Success-Report') === 'yes') receiver.send(success, { messageId: first.header('Message-ID') ?? '' });
  return values.messageId;
}

export const reportCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc4975/7.2/hop-receipt-at-once',
    clause: 'RFC 4975 §7.2',
    level: 'SHALL',
    asks: 'A SEND is answered at once by the hop that took it, and once: the response of the next hop is not passed back.',
    does: 'Sends a message the receiver does not answer until the sender has its 200; what comes next is the response to the next request.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const tid = callerMedia.send(send, chunk('Hello you.'));
      const arrived = await calleeMedia.expectRequest('SEND');
      await callerMedia.expectResponse(tid, 200);
      calleeMedia.respond(arrived, ok);
      await calleeMedia.expectResponse(calleeMedia.send(bodiless), 200);
      await callerMedia.expectResponse(callerMedia.send(bodiless), 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.4/failure-report-no-unanswered',
    clause: 'RFC 4975 §7.1.4',
    level: 'SHALL',
    asks: 'A SEND with Failure-Report: no is never answered, whether it is carried out or not.',
    does: 'Sends such a message, which arrives, and one whose Byte-Range is no range; the only response is to the request after them.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      callerMedia.send(send, chunk('unanswered', { fields: 'Failure-Report: no' }));
      equal('the body', (await received(calleeMedia)).body, 'unanswered');
      callerMedia.send(send, chunk('malformed', { range: '1-x/9', fields: 'Failure-Report: no' }));
      await worksStill(callerMedia, calleeMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.4/failure-report-partial-no-200',
    clause: 'RFC 4975 §7.1.4',
    level: 'SHALL',
    asks: 'A SEND with Failure-Report: partial that is carried out is not answered.',
    does: 'Sends such a message, which arrives; the only response is to the request after it.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      callerMedia.send(send, chunk('partly', { fields: 'Failure-Report: partial' }));
      equal('the body', (await received(calleeMedia)).body, 'partly');
      await worksStill(callerMedia, calleeMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.3/success-reported',
    clause: 'RFC 4975 §7.1.3',
    level: 'SHALL',
    asks: 'Who asked for success reports gets them for all octets: of the receiver, who learns that they are wanted, or of the target.',
    does: 'Sends a message with Success-Report: yes; the receiver reports it if asked to, the sender gets a REPORT with its Message-ID.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const messageId = await reported(callerMedia, calleeMedia);
      checkReport(await callerMedia.expectRequest('REPORT'), messageId, 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.2/report-not-answered',
    clause: 'RFC 4975 §7.1.2',
    level: 'SHALL',
    asks: 'A REPORT is never answered, not even one about a message nobody sent.',
    does: 'The receiver sends a REPORT it was asked for and one it was not; the only response it gets is to the request after them.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      await reported(callerMedia, calleeMedia);
      calleeMedia.send(success, { messageId: ident() });
      await calleeMedia.expectResponse(calleeMedia.send(bodiless), 200);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.4/refused-413',
    clause: 'RFC 4975 §7.1.4, §10.5',
    level: 'SHOULD',
    asks: 'The sender of a chunk the receiver answers 413 learns of it: by the response, or by a REPORT with the range that was refused.',
    does: 'Sends a chunk with an open range, answers it 413 at the receiver; expects 413, or 200 and a REPORT with Status 000 413.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: refused(413, 'No more'),
  },
  {
    id: 'IM-7/rfc4975/7.1.4/refused-415',
    clause: 'RFC 4975 §7.1.4, §7.3.1, §10.6',
    level: 'SHOULD',
    asks: 'The sender of a message whose media type the receiver does not know learns of it: by the response, or by a REPORT.',
    does: 'Sends a message, answers it 415 at the receiver; expects 415, or 200 and a REPORT with Status 000 415.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: refused(415, 'What is it'),
  },
  {
    id: 'IM-7/rfc4975/7.1.4/failure-report-no-no-report',
    clause: 'RFC 4975 §7.1.4',
    level: 'SHALL',
    asks: 'No failure REPORT is sent about a SEND with Failure-Report: no.',
    does: 'Sends such a message; the receiver answers it 413 all the same, and sends a message, which is the first thing the sender gets.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      callerMedia.send(send, chunk('Hello you.', { fields: 'Failure-Report: no' }));
      calleeMedia.respond(await calleeMedia.expectRequest('SEND'), refusal, { status: '413 No more' });
      await worksStill(calleeMedia, callerMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.4/silence-reported',
    clause: 'RFC 4975 §7.1.4, §7.1.1',
    level: 'SHOULD',
    asks: 'When nobody answers a SEND for 30 seconds, who sent it first learns that it probably failed.',
    does: 'Sends a message the receiver never answers; expects a REPORT of a failure with the range after about 30 seconds.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    slow: 40,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const values = chunk('Hello you.');
      const tid = callerMedia.send(send, values);
      const sent = performance.now();
      equal('the body', (await calleeMedia.expectRequest('SEND')).body, 'Hello you.');
      await callerMedia.expectResponse(tid, 200);
      // A request every second, so that waiting means waiting for its response.
      for (;;) {
        await pause(1000);
        const asked = callerMedia.send(bodiless);
        const frame = await callerMedia.next('a REPORT');
        const seconds = Math.round((performance.now() - sent) / 1000);
        if (frame.tid !== asked) {
          check(frame.startLine.endsWith(' REPORT'), `got "${frame.startLine}", expected a REPORT`);
          checkReport(frame, values.messageId, '[45]\\d\\d');
          check(seconds >= 29, `the REPORT came after ${seconds} s, expected 30`);
          return;
        }
        check(seconds < 40, `no REPORT came for ${seconds} s`);
      }
    },
  },
];
