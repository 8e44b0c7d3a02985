import type { ConformanceCase } from '../../case.js';
import { check } from '../../expectation.js';
import { session } from '../preconditions.js';
import { bodiless, chunk, paths, send, worksStill } from './frames.js';

const strayReport = `
  MSRP {tid} REPORT
  To-Path: {to}
  From-Path: {from}
  Message-ID: {messageId}
  Byte-Range: 1-10/10
  Status: 000 200 OK
  -------{tid}$
`;

export const connectionCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc4975/5.4/session-on-other-connection-refused',
    clause: 'RFC 4975 §5.4, §7.3, §10.10',
    level: 'SHALL',
    asks: 'A request for a session that is bound to another connection is refused: with 506, or 481 as there is no such session here.',
    does: 'Opens a second connection, sends a message there with the paths of the caller; expects 506 or 481, and that it does not arrive.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const way = paths(callerMedia);
      const intruder = await context.msrp(way.to, way.from);
      const tid = intruder.send(send, chunk('forged'));
      const response = await intruder.next('a 506 or 481');
      const isRefused = response.tid === tid && (response.status === 506 || response.status === 481);
      check(isRefused, `got "${response.startLine}", expected 506 or 481 to transaction ${tid}`);
      await worksStill(callerMedia, calleeMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/12/unknown-method-501',
    clause: 'RFC 4975 §12, §10.9',
    level: 'SHALL',
    asks: 'A request with a method that is not understood is answered 501, and the session goes on.',
    does: 'Sends a GOSSIP, expects 501, sends a message.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      await callerMedia.expectResponse(callerMedia.send(send.replace(' SEND', ' GOSSIP'), chunk('psst')), 501);
      await worksStill(callerMedia, calleeMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1.2/stray-report-unanswered',
    clause: 'RFC 4975 §7.1.2',
    level: 'SHALL',
    asks: 'A REPORT is never answered, not even one for a session nobody has.',
    does: 'Sends a REPORT and then a SEND for an unknown session; the only response is the 481 to the SEND.',
    needs: ['msrp'],
    users: 0,
    run: async ({ msrpAtListener }) => {
      const peer = await msrpAtListener();
      peer.send(strayReport);
      await peer.expectResponse(peer.send(bodiless), 481);
    },
  },
  {
    id: 'IM-7/rfc4975/7.3/unknown-session-unanswered',
    clause: 'RFC 4975 §7.3',
    level: 'SHALL',
    asks: 'Where Failure-Report is no, a SEND for an unknown session is not answered either.',
    does: 'Sends such a SEND and then one without Failure-Report; the only response is the 481 to the latter.',
    needs: ['msrp'],
    users: 0,
    run: async ({ msrpAtListener }) => {
      const peer = await msrpAtListener();
      peer.send(send, chunk('to nobody', { fields: 'Failure-Report: no' }));
      await peer.expectResponse(peer.send(send, chunk('to nobody')), 481);
    },
  },
];
