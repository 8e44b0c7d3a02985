/*
 * The architecture's flow of a session (OMA IM SIMPLE AD, session based messaging), in the terms of docs/profile.md. It is older
 * than RFC 4975, so what is asked here is no more than that the IM server stands between both users.
 */
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import type { MsrpPeer } from '../../raw-msrp.js';
import { hungUpByCallee, pathOf, session, sessionSetUp } from '../preconditions.js';
import { chunk, received, send } from './frames.js';

/** Steps 11 and 12, or 13 and 14. */
async function exchanged(sender: MsrpPeer, receiver: MsrpPeer, text: string): Promise<void> {
  const tid = sender.send(send, chunk(text));
  equal('the body', (await received(receiver)).body, text);
  await sender.expectResponse(tid, 200);
}

export const flowCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/oma-003/4.2/session-set-up',
    clause: 'OMA IM SIMPLE AD §4.2 (session based messaging, steps 2 to 10), RFC 4975 §5.4, §8, RFC 6135 §4.2',
    level: 'SHOULD',
    asks: 'The IM server passes an invitation and its answer on with paths of its own, so that the media of both users is with it.',
    does: 'Invites, answers, acknowledges; each side connects or is connected to, as negotiated; looks at a=path and at the first SEND.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { arrived, accepted, callerMedia, calleeMedia } = await sessionSetUp(context);
      check(pathOf(arrived) !== callerMedia.ownUri, 'step 3: the INVITE has the path of the inviting user, not of the IM server');
      check(pathOf(accepted) !== calleeMedia.ownUri, 'step 8: the 200 has the path of the invited user, not of the IM server');
      check(pathOf(accepted) !== pathOf(arrived), 'step 8: the 200 and the INVITE have the same path');
    },
  },
  {
    id: 'IM-7/oma-003/4.2/messages-both-ways',
    clause: 'OMA IM SIMPLE AD §4.2 (session based messaging, steps 11 to 14), RFC 4975 §7.1, §7.2',
    level: 'SHOULD',
    asks: 'Messages of either user reach the other, and are acknowledged on each hop.',
    does: 'Sends a message from the inviting user, one from the invited user, and one more each.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia: bob, calleeMedia: tom } = await session(context);
      await exchanged(bob, tom, 'Hello Tom');
      await exchanged(tom, bob, 'Hello Bob');
      await exchanged(bob, tom, 'Are you there?');
      await exchanged(tom, bob, 'I am.');
    },
  },
  {
    id: 'IM-7/oma-003/4.2/session-ended-by-guest',
    clause: 'OMA IM SIMPLE AD §4.2 (session based messaging, steps 15 to 18), RFC 3261 §15.1.2',
    level: 'SHOULD',
    asks: 'Either user may end the session; the IM server ends it for the other, who is alone in it, and answers the first.',
    does: 'Sends BYE from the invited user; expects a BYE in the dialog of the inviting user, and 200 at the invited one.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => hungUpByCallee(await session(context)),
  },
];
