import type { ConformanceCase } from '../../case.js';
import { equal } from '../../expectation.js';
import { cpim, imdn, withoutRoutes } from '../cpim.js';
import { registered } from '../preconditions.js';
import { isTaken } from '../steps.js';
import { finalResponse, message } from '../templates.js';

const cpimMessage = message.replace('text/plain', 'message/cpim').replace('Watson, come here.', '{body}');

/** A case that sends this as a pager message and expects every octet of it. */
function passes(body: string): ConformanceCase['run'] {
  return async (context) => {
    const [from, to] = context.users;
    const alice = await registered(context, from!);
    const bob = await registered(context, to!);
    const answered = alice.request(cpimMessage, { recipient: to!.aor, body });
    answered.catch(() => undefined);
    const arrived = await bob.expect('MESSAGE ');
    equal('the Content-Type', arrived.header('Content-Type'), 'message/cpim');
    equal('the body', withoutRoutes(arrived.body), `${body}\r\n`);
    bob.respond(arrived, finalResponse('200 OK'));
    isTaken(await answered);
  };
}

export const formatCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3862/2.2/cpim-unchanged',
    clause: 'RFC 3862 §2.2, RFC 5438 §6',
    level: 'SHALL',
    asks: 'The header fields of a CPIM message, those that ask for notifications among them, are neither changed nor reordered on the way.',
    does: 'Sends a MESSAGE with a CPIM message that asks for notifications, compares what arrives octet for octet.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: passes(cpim),
  },
  {
    id: 'IM-1/rfc3862/2.2/imdn-unchanged',
    clause: 'RFC 3862 §2.2, RFC 5438 §7.2.1',
    level: 'SHALL',
    asks: 'A notification goes to the sender of the message as a CPIM message of its own, unchanged.',
    does: 'Sends a MESSAGE with a notification of delivery, compares what arrives octet for octet.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: passes(imdn),
  },
];
