import type { ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { MsrpPeer } from '../../raw-msrp.js';
import { session } from '../preconditions.js';
import { unlessClosed, unlessSilent } from '../steps.js';
import { inDialog, withinDialog } from '../templates.js';
import { chunk, octetsOf, paths, send } from './frames.js';

/** The session is over for this side: its connection is closed, or what it sends is answered 481. */
async function isOver(media: MsrpPeer): Promise<void> {
  await unlessClosed(media.expectResponse(media.send(send, chunk('too late')), 481));
}

export const endCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc3261/15.1.2/bye-ends-media',
    clause: 'RFC 3261 §15.1.2, RFC 4975 §7.3',
    level: 'SHOULD',
    asks: 'After a BYE the MSRP session exists no more, on neither side.',
    does: 'Sends BYE from the caller; then a message from either side is answered 481, or finds its connection closed.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { caller, callee, callerMedia, calleeMedia, callerDialog } = await session(context);
      equal('the status', (await caller.request(inDialog('BYE'), callerDialog)).status, 200);
      await isOver(callerMedia);
      await precondition('the callee gets a BYE', async () => callee.respond(await callee.expect('BYE '), withinDialog('200 OK')));
      await isOver(calleeMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/sender-lost-in-chunk',
    clause: 'RFC 4975 §7.1, §5.4',
    level: 'SHALL',
    asks: 'A message whose sender is lost in the middle of a chunk is not ended as if it were whole.',
    does: 'Closes the sender\'s connection in a body; the receiver gets nothing of it, or "#" in the end, or its connection is closed.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      const frame = octetsOf(send, { ...paths(callerMedia), ...chunk('a'.repeat(4000), { range: '1-*/*' }), tid: 'cNeverEnded0815' });
      callerMedia.sendOctets(frame.slice(0, frame.indexOf('aaaa') + 3000));
      await callerMedia.close();
      let flag: string | undefined;
      await unlessClosed(unlessSilent((async () => {
        for (; flag !== '#'; check(flag !== '$', 'the message of a sender that was lost arrived as a whole one')) {
          flag = (await calleeMedia.next('the message, given up with "#"')).flag;
        }
      })()).then(() => check(flag === undefined || flag === '#', 'the receiver was not told that the message is given up')));
    },
  },
  {
    id: 'IM-7/rfc4975/5.4/connection-lost-ends-session',
    clause: 'RFC 4975 §5.4',
    level: 'MAY',
    asks: 'When a connection is lost its session has failed: the other user is told, unless the session is set up anew.',
    does: 'Closes the caller\'s MSRP connection; expects a BYE at the callee and the end of its MSRP session, or an INVITE for a new one.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callee, callerMedia, calleeMedia } = await session(context);
      await callerMedia.close();
      const told = await callee.expect('');
      if (told.startLine.startsWith('INVITE ')) return void callee.respond(told, withinDialog('488 Not Acceptable Here'));
      if (!told.startLine.startsWith('BYE ')) fail(`got "${told.startLine}", expected a BYE or an INVITE`);
      callee.respond(told, withinDialog('200 OK'));
      await isOver(calleeMedia);
    },
  },
];
