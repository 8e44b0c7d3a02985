/* Pager mode (RFC 3428): what the target carries, what it passes back, and what it keeps off. */
import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { registered } from '../preconditions.js';
import { credentialsFor, isTaken, nothingComes, shortWait, unlessSilent } from '../steps.js';
import { fields, finalResponse, message } from '../templates.js';

/** Every octet there is, among them NUL, line ends and those no UTF-8 text has. */
const allOctets = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('');

/** One refusal of the recipient's, which the sender must get. */
function refusalPassedOn(status: number, reason: string, more: Readonly<Record<string, string>> = {}): ConformanceCase {
  return {
    id: `IM-1/rfc3261/16.7/message-${status}-passed-on`,
    clause: 'RFC 3261 §16.7 (6), RFC 3428 §7',
    level: 'SHALL',
    asks: `When the only recipient refuses a MESSAGE with ${status}, the sender gets this ${status}.`,
    does: `Sends a MESSAGE, refuses it at the recipient with ${status} ${reason}, looks for the same at the sender.`,
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      const lines = Object.entries(more).map(([name, value]) => `${name}: ${value}`);
      bob.respond(arrived, finalResponse(`${status} ${reason}`), fields(...lines));
      const response = await answered;
      equal('the status', response.status, status);
      for (const [name, value] of Object.entries(more)) equal(`the ${name}`, response.header(name), value);
    },
  };
}

export const messageCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/16.6/body-octets-untouched',
    clause: 'RFC 3261 §16.6 (1)',
    level: 'SHALL',
    asks: 'A proxy does not add to, modify or remove the body of what it forwards.',
    does: 'Sends a MESSAGE whose body holds every octet from 0 to 255, compares what arrives.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const binary = message.replace('text/plain', 'application/octet-stream').replace('Watson, come here.', '{body}');
      const answered = alice.request(binary, { recipient: to!.aor, body: allOctets });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      equal('the body', arrived.body, `${allOctets}\r\n`);
      equal('the Content-Length', arrived.header('Content-Length'), '258');
      bob.respond(arrived, finalResponse('200 OK'));
      isTaken(await answered);
    },
  },
  {
    id: 'IM-1/rfc3428/7/no-contact-no-body-in-200',
    clause: 'RFC 3428 §7',
    level: 'SHALL',
    asks: 'The 2xx to a MESSAGE has neither a Contact nor a body.',
    does: 'Sends a MESSAGE, answers it 200 at the recipient, looks at the response the sender gets.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      bob.respond(arrived, finalResponse('200 OK'));
      const response = await answered;
      isTaken(response);
      equal('the Contact', response.header('Contact'), undefined);
      equal('the body', response.body, '');
    },
  },
  {
    id: 'IM-1/rfc4320/4.1/no-180-to-message',
    clause: 'RFC 4320 §4.1',
    level: 'SHALL',
    asks: 'No provisional response but 100 is sent to a request that is not an INVITE, whatever a recipient sends.',
    does: 'Sends a MESSAGE, answers it 180 and then 200 at the recipient, looks at every response the sender gets.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const authorization = await credentialsFor(alice, from!, 'MESSAGE', to!.aor);
      alice.send(message, { recipient: to!.aor, authorization });
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      bob.respond(arrived, finalResponse('180 Ringing'));
      const next = (): Promise<SipMessage | undefined> => unlessSilent(alice.expect('SIP/2.0 1', { within: shortWait(context) }));
      for (let early = await next(); early !== undefined; early = await next()) {
        equal('the status of the provisional response', early.status, 100);
      }
      bob.respond(arrived, finalResponse('200 OK'));
      isTaken(await alice.expect('SIP/2.0 2'));
    },
  },
  {
    id: 'IM-1/rfc4320/4.2/no-408-to-message',
    clause: 'RFC 4320 §4.2',
    level: 'SHALL',
    asks: 'A 408 is never sent to a request that is not an INVITE, not even when a recipient sent it.',
    does: 'Sends a MESSAGE, answers it 408 at the recipient; the sender may get another status or nothing at all.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const answered = unlessSilent(alice.request(message, { recipient: to!.aor }));
      answered.catch(() => undefined);
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      bob.respond(arrived, finalResponse('408 Request Timeout'));
      check((await answered)?.status !== 408, 'the sender of a MESSAGE got 408');
    },
  },
  refusalPassedOn(415, 'Unsupported Media Type', { Accept: 'message/cpim' }),
  refusalPassedOn(486, 'Busy Here'),
  {
    id: 'IM-1/rfc3261/16.7/forked-answered-once',
    clause: 'RFC 3261 §16.7 (5)',
    level: 'SHALL',
    asks: 'A MESSAGE that went to several contacts gets one final response, however many of them answer.',
    does: 'Registers two contacts of a user, sends a MESSAGE, answers it 200 wherever it came to, expects one 200 at the sender.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const [bob, desk] = [await registered(context, to!), await registered(context, to!)];
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      // One after the other is as good as both at once (§16.6).
      const here = unlessSilent(bob.expect('MESSAGE ', { within: shortWait(context) }));
      const there = unlessSilent(desk.expect('MESSAGE ', { within: shortWait(context) }));
      for (const promise of [here, there]) promise.catch(() => undefined);
      const [first, other] = [await here, await there];
      await precondition('the MESSAGE arrives', async () => check((first ?? other) !== undefined, 'it came to neither contact'));
      if (first !== undefined) bob.respond(first, finalResponse('200 OK'));
      if (other !== undefined) desk.respond(other, finalResponse('200 OK'));
      isTaken(await answered);
      await nothingComes(alice, 'the sender, who had a 200,', shortWait(context));
    },
  },
  {
    id: 'IM-1/rfc3261/18.3/octets-behind-body-dropped',
    clause: 'RFC 3261 §18.3',
    level: 'SHALL',
    asks: 'What stands in a datagram behind the body, as long as Content-Length says, is no part of the message.',
    does: 'Sends a MESSAGE with Content-Length: 18 and more octets behind these in a datagram, compares what arrives.',
    needs: ['registrar', 'pager', 'sip-udp'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!, 'udp');
      const bob = await registered(context, to!);
      const answered = alice.request(`${message.replace('{length}', '18')}  BYE sip:everybody SIP/2.0\n`, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      equal('the body', arrived.body, 'Watson, come here.');
      bob.respond(arrived, finalResponse('200 OK'));
      isTaken(await answered);
    },
  },
];
