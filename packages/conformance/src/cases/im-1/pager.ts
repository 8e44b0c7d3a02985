import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { registered } from '../preconditions.js';
import { isNotDelivered, isTaken } from '../steps.js';
import { finalResponse, message } from '../templates.js';

export const pagerCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3428/4/message-delivered',
    clause: 'RFC 3428 §4, §7, RFC 3261 §16.6',
    level: 'SHALL',
    asks: 'A MESSAGE reaches the contact its recipient registered with its body as it was sent, and the sender gets the recipient\'s 200.',
    does: 'Registers both users, sends a MESSAGE from one to the other, compares what arrives, answers 200.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      equal('the body', arrived.body, 'Watson, come here.\r\n');
      equal('the Content-Type', arrived.header('Content-Type'), 'text/plain');
      check(arrived.header('From')?.includes(from!.aor) === true, 'the From is not the sender\'s');
      check(arrived.header('Contact') === undefined, 'the MESSAGE has a Contact (RFC 3428 §4)');
      bob.respond(arrived, finalResponse('200 OK'));
      isTaken(await answered);
    },
  },
  {
    id: 'IM-1/rfc3261/16.5/no-binding-error',
    clause: 'RFC 3261 §16.5, RFC 3428 §7',
    level: 'SHALL',
    asks: 'A MESSAGE to a user who has no binding is answered with an error, or with 202 where messages are kept for later.',
    does: 'Registers the sender only and sends a MESSAGE to the other user; takes 202 of a target with the feature deferred.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      isNotDelivered(context, await alice.request(message, { recipient: to!.aor }));
    },
  },
  {
    id: 'IM-1/rfc3261/16.5/no-binding-480',
    clause: 'RFC 3261 §16.5, §21.4.18, RFC 3428 §7',
    level: 'SHOULD',
    asks: 'The error for a user who has no binding is 480, that for a message which is kept 202.',
    does: 'Registers the sender only and sends a MESSAGE to the other user; expects 480, or 202 of a target with the feature deferred.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      equal('the status', (await alice.request(message, { recipient: to!.aor })).status, context.has('deferred') ? 202 : 480);
    },
  },
];
