import type { ConformanceCase } from '../../case.js';
import { equal } from '../../expectation.js';
import { cpim, imdn, withoutRoutes } from '../cpim.js';
import { session } from '../preconditions.js';
import { chunk, received, send } from './frames.js';

const sendCpim = send.replace('text/plain', 'message/cpim');

export const sessionFormatCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc3862/2.2/cpim-unchanged',
    clause: 'RFC 3862 §2.2, RFC 4975 §13',
    level: 'SHALL',
    asks: 'The header fields of a CPIM message in a session are neither changed nor reordered on the way, nor are those of a notification.',
    does: 'Sends a CPIM message that asks for notifications one way and a notification the other, compares both octet for octet.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      for (const [sender, receiver, message] of [[callerMedia, calleeMedia, cpim], [calleeMedia, callerMedia, imdn]] as const) {
        const tid = sender.send(sendCpim, chunk(message));
        const { body, first } = await received(receiver);
        equal('the Content-Type', first.header('Content-Type'), 'message/cpim');
        equal('the message', withoutRoutes(body), message);
        await sender.expectResponse(tid, 200);
      }
    },
  },
];
