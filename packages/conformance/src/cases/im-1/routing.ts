/* What a proxy checks before it forwards, and what it changes on the way (RFC 3261 §16). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage } from '../../raw-sip.js';
import { registered } from '../preconditions.js';
import { isTaken, nothingComes, shortWait, unlessSilent } from '../steps.js';
import { finalResponse, message } from '../templates.js';

/** Sends `template` from the first user to the second, both registered, who answers 200; gives what arrived there. */
async function arrivedOf(context: CaseContext, template: string): Promise<SipMessage> {
  const [from, to] = context.users;
  const alice = await registered(context, from!);
  const bob = await registered(context, to!);
  const answered = alice.request(template, { recipient: to!.aor });
  answered.catch(() => undefined);
  const arrived = await bob.expect('MESSAGE ');
  bob.respond(arrived, finalResponse('200 OK'));
  await precondition('the recipient\'s 200 comes back', async () => isTaken(await answered));
  return arrived;
}

/** Sends `template` the same way, which must be refused: gives the refusal after seeing that nothing arrives. */
async function refused(context: CaseContext, template: string): Promise<SipMessage> {
  const [from, to] = context.users;
  const alice = await registered(context, from!);
  const bob = await registered(context, to!);
  const answered = alice.request(template, { recipient: to!.aor });
  answered.catch(() => undefined);
  await nothingComes(bob, 'the recipient', shortWait(context));
  return answered;
}

export const routingCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/16.3/max-forwards-zero-483',
    clause: 'RFC 3261 §16.3 (3)',
    level: 'SHALL',
    asks: 'A request whose Max-Forwards is 0 is not forwarded and is answered 483.',
    does: 'Sends a MESSAGE with Max-Forwards 0 to a registered user, expects 483 and nothing at the user.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const response = await refused(context, message.replace('Max-Forwards: 70', 'Max-Forwards: 0'));
      equal('the status', response.status, 483);
    },
  },
  {
    id: 'IM-1/rfc3261/16.6/max-forwards-decremented',
    clause: 'RFC 3261 §16.6 (3)',
    level: 'SHALL',
    asks: 'Every proxy on the way takes at least one off Max-Forwards.',
    does: 'Sends a MESSAGE with Max-Forwards 41 and expects a smaller number, at least 0, at the recipient.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const arrived = await arrivedOf(context, message.replace('Max-Forwards: 70', 'Max-Forwards: 41'));
      const left = arrived.header('Max-Forwards') ?? '';
      const isLess = /^\d+$/.test(left) && Number(left) < 41;
      check(isLess, `Max-Forwards is ${JSON.stringify(left)} at the recipient, expected 0 to 40`);
    },
  },
  {
    id: 'IM-1/rfc3261/16.3/proxy-require-unknown-420',
    clause: 'RFC 3261 §16.3 (5)',
    level: 'SHALL',
    asks: 'A request that requires of proxies what this one does not understand is answered 420, with Unsupported naming it.',
    does: 'Sends a MESSAGE with a Proxy-Require nobody knows, expects 420 with its option tag in Unsupported and nothing at the recipient.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const response = await refused(context, message.replace('Max-Forwards: 70', 'Max-Forwards: 70\n  Proxy-Require: no-such-extension'));
      equal('the status', response.status, 420);
      const unsupported = response.headers('Unsupported').flatMap((value) => value.split(',')).map((tag) => tag.trim());
      check(unsupported.includes('no-such-extension'), `Unsupported names ${JSON.stringify(unsupported)}, not no-such-extension`);
    },
  },
  {
    id: 'IM-1/rfc5393/4.2/loop-482',
    clause: 'RFC 5393 §4.1, §4.2.2',
    level: 'SHOULD',
    asks: 'A request that was forked and comes back with nothing changed that decides its way has looped, and is answered 482.',
    does: 'Registers two contacts of a user, takes a MESSAGE at one of them and sends it back with its Via fields and first Request-URI.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const other = await registered(context, to!);
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      const vias = arrived.headers('Via').map((via) => `Via: ${via}`).join('\r\n');
      const elsewhere = await context.sip({ user: from! });
      const looped = await elsewhere.request(`
        MESSAGE ${to!.aor} SIP/2.0
        Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
        {vias}
        Max-Forwards: {left}
        From: {from}
        To: {to}
        Call-ID: {theirCallId}
        CSeq: {theirCseq}
        {authorization}
        Content-Type: text/plain
        Content-Length: {length}

        Watson, come here.
      `, {
        vias, left: arrived.header('Max-Forwards') ?? '60', from: arrived.header('From') ?? '', to: arrived.header('To') ?? '',
        theirCallId: arrived.header('Call-ID') ?? '', theirCseq: arrived.header('CSeq') ?? '',
      });
      equal('the status', looped.status, 482);
      bob.respond(arrived, finalResponse('200 OK'));
      await precondition('the MESSAGE ends', () => answered);
      // Repeats of what it has not answered would come to whoever gets its port.
      const copy = await unlessSilent(other.expect('MESSAGE ', { within: 100 }));
      if (copy !== undefined) other.respond(copy, finalResponse('200 OK'));
    },
  },
  {
    id: 'IM-1/rfc3261/16.5/unknown-user-404',
    clause: 'RFC 3261 §16.5, §21.4.5',
    level: 'SHALL',
    asks: 'A request for a user the target\'s domain does not have is answered 404.',
    does: 'Sends a MESSAGE to a user part nobody was given.',
    needs: ['registrar', 'pager'],
    users: 1,
    run: async (context) => {
      const alice = await registered(context, context.users[0]!);
      const response = await alice.request(message, { recipient: `sip:no-such-user@${context.domain}` });
      equal('the status', response.status, 404);
    },
  },
  {
    id: 'IM-1/rfc3261/26.3.2.2/stranger-not-relayed',
    clause: 'RFC 3261 §26.3.2.2',
    level: 'MAY',
    asks: 'A proxy is no open relay: whoever is no user of its domain reaches nobody outside of it through it.',
    does: 'Sends a MESSAGE from a stranger, without credentials, to an address outside of the domain, expects a refusal and nothing there.',
    needs: ['pager'],
    users: 0,
    run: async (context) => {
      const stranger = await context.sip();
      const victim = await context.sip();
      const response = stranger.request(message, { recipient: victim.contact, aor: 'sip:stranger@elsewhere.invalid' });
      response.catch(() => undefined);
      await nothingComes(victim, 'the address outside of the domain', shortWait(context));
      const { status = 0 } = await response;
      check(status >= 400, `the status is ${status}, expected a refusal`);
    },
  },
];
