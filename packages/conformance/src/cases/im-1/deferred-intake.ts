/* What is taken for a user who is away, and what is not (RFC 3428 §7; docs/profile.md, "Deferred messaging"). */
import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipPeer, User } from '../../raw-sip.js';
import { back, cpimAsking, kept, messageWith, needsDeferred, nothingWaits, sending, senderTo, takesBody } from '../deferred.js';
import { registered } from '../preconditions.js';
import { credentialsFor, isNotDelivered } from '../steps.js';
import { finalResponse } from '../templates.js';
import { challenged } from './requests.js';

const profile = 'docs/profile.md, "Deferred messaging"';

/** The only device answers so: that is its user's answer, and nothing is kept. */
function refusalPassedOn(status: number, phrase: string): ConformanceCase {
  return {
    id: `IM-1/profile/deferred/${status}-passed-on-not-kept`,
    clause: `${profile}, RFC 3261 §16.7 (6)`,
    level: 'MAY',
    asks: `A MESSAGE whose recipient answers ${status} is refused: its sender gets the answer, and it is not kept for later.`,
    does: `Refuses a MESSAGE with ${status} ${phrase}, looks for it at the sender, registers the recipient anew, and looks for the message.`,
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const bob = await registered(context, to);
      const answered = sending(alice, to, 'unwanted');
      answered.catch(() => undefined);
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      bob.respond(arrived, finalResponse(`${status} ${phrase}`));
      equal('the status at the sender', (await answered).status, status);
      await bob.close();
      await nothingWaits(alice, await back(context, to), to);
    },
  };
}

/** The only device answers so: it is away. */
function unavailableKept(status: number, phrase: string): ConformanceCase {
  return {
    id: `IM-1/profile/deferred/${status}-kept`,
    clause: `${profile}, RFC 3428 §7`,
    level: 'MAY',
    asks: `A MESSAGE which a device answers ${status} is kept: 202 for its sender, and it comes when the device registers again.`,
    does: `Answers a MESSAGE ${status} ${phrase}, expects 202 at the sender, registers the device again, and expects the message.`,
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const bob = await registered(context, to);
      const answered = sending(alice, to, 'for later');
      answered.catch(() => undefined);
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      bob.respond(arrived, finalResponse(`${status} ${phrase}`));
      equal('the status at the sender', (await answered).status, 202);
      await bob.close();
      await takesBody(await back(context, to), 'for later');
    },
  };
}

/** Puts a MESSAGE on the wire, for who looks at every response; gives its octets. */
async function put(sender: SipPeer, from: User, to: User, body: string): Promise<string> {
  const authorization = await credentialsFor(sender, from, 'MESSAGE', to.aor);
  return sender.send(messageWith, { recipient: to.aor, type: 'text/plain', body, fields: '', authorization });
}

/** A transaction that is not an INVITE has an answer by then, or its sender gives up (RFC 3261 §17.1.2.2). Milliseconds. */
const timerF = 32_000;

export const deferredIntakeCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3428/7/202-for-absent',
    clause: 'RFC 3428 §7',
    level: 'SHOULD',
    asks: 'A message that is stored and forwarded later is answered 202, as nobody has it yet; not 200.',
    does: 'Sends a MESSAGE to a user who has no binding.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      equal('the status', (await sending(alice, to, 'for later')).status, 202);
    },
  },
  {
    id: 'IM-1/rfc3428/7/no-contact-no-body-in-202',
    clause: 'RFC 3428 §7',
    level: 'SHALL',
    asks: 'The 202 to a MESSAGE has neither a Contact nor a body.',
    does: 'Sends a MESSAGE to a user who has no binding, and looks at the 202.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const response = await sending(alice, to, 'for later');
      await precondition('it is taken', async () => equal('the status', response.status, 202));
      equal('the Contact', response.header('Contact'), undefined);
      equal('the body', response.body, '');
    },
  },
  {
    id: 'IM-1/profile/deferred/dead-device-202',
    clause: `${profile}, RFC 3428 §7, RFC 3261 §17.1.2.2`,
    level: 'MAY',
    asks: 'A message to a device that is registered and silent is kept, and its sender has a 202 before it gives up.',
    does: 'Sends a MESSAGE to a device that does not answer; expects 202 within Timer F, and the message where the user registers next.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const bob = await registered(context, to);
      await put(alice, context.users[0]!, to, 'for later');
      await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      equal('the status', (await alice.expect('SIP/2.0 ', { within: timerF })).status, 202);
      await bob.close();
      await takesBody(await back(context, to), 'for later');
    },
  },
  {
    id: 'IM-1/profile/deferred/late-200-removes-copy',
    clause: profile,
    level: 'MAY',
    asks: 'A device that was silent for long and answers 200 after all has the message: it does not come again.',
    does: 'Sends a MESSAGE to a device that answers it only when the sender has its 202; registers anew, and looks for the message.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const bob = await registered(context, to);
      await put(alice, context.users[0]!, to, 'at last');
      const arrived = await precondition('the MESSAGE arrives', () => bob.expect('MESSAGE '));
      await precondition('it is kept', () => alice.expect('SIP/2.0 202', { within: timerF }));
      bob.respond(arrived, finalResponse('200 OK'));
      await nothingWaits(alice, bob, to);
      await bob.close();
      await nothingWaits(alice, await back(context, to), to);
    },
  },
  refusalPassedOn(403, 'Forbidden'),
  refusalPassedOn(415, 'Unsupported Media Type'),
  refusalPassedOn(486, 'Busy Here'),
  refusalPassedOn(488, 'Not Acceptable Here'),
  refusalPassedOn(600, 'Busy Everywhere'),
  refusalPassedOn(603, 'Decline'),
  unavailableKept(408, 'Request Timeout'),
  unavailableKept(480, 'Temporarily Unavailable'),
  unavailableKept(500, 'Server Internal Error'),
  unavailableKept(503, 'Service Unavailable'),
  {
    id: 'IM-1/rfc3261/22.3/challenged-not-kept',
    clause: 'RFC 3261 §22.3, RFC 3428 §11',
    level: 'SHALL',
    asks: 'A message whose sender has proved nothing is not kept.',
    does: 'Sends a MESSAGE without credentials to a user who is away; expects a challenge, and nothing when the user registers.',
    needs: [...needsDeferred, 'digest'],
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await challenged(alice, messageWith, { recipient: to.aor, type: 'text/plain', body: 'from whom?', fields: '' });
      await nothingWaits(alice, await back(context, to), to);
    },
  },
  {
    id: 'IM-1/rfc3261/26.1.2/impersonation-not-kept',
    clause: 'RFC 3261 §26.1.2, RFC 3428 §11.3',
    level: 'SHALL',
    asks: 'A message in the name of somebody else is refused, and not kept.',
    does: 'Sends a MESSAGE to a user who is away with the From of that user and credentials of one\'s own; nothing is there when the user registers.',
    needs: [...needsDeferred, 'digest'],
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const forged = messageWith.replace('From: <{aor}>', `From: <${to.aor}>`);
      const { status = 0 } = await sending(alice, to, 'not from me', { template: forged });
      check(status >= 400, `the status is ${status}, expected a refusal`);
      await nothingWaits(alice, await back(context, to), to);
    },
  },
  {
    id: 'IM-1/rfc3261/16.5/unknown-user-not-kept',
    clause: 'RFC 3261 §16.5, §21.4.5',
    level: 'SHALL',
    asks: 'A message to a user there is not is refused, however many messages are kept for users there are.',
    does: 'Sends a MESSAGE to a user nobody has heard of.',
    needs: needsDeferred,
    users: 1,
    run: async (context) => {
      const alice = await registered(context, context.users[0]!);
      const { status = 0 } = await sending(alice, { aor: `sip:nobody-at-all@${context.domain}`, password: '' }, 'to whom?');
      check(status >= 400, `the status is ${status}, expected an error`);
    },
  },
  {
    id: 'IM-1/rfc3261/17.2.2/retransmission-kept-once',
    clause: 'RFC 3261 §17.2.2, RFC 3428 §7',
    level: 'SHALL',
    asks: 'A repeated MESSAGE is answered with the same 202, and kept once.',
    does: 'Sends the octets of a MESSAGE to a user who is away again when it is answered; expects the 202 again, and one message.',
    needs: [...needsDeferred, 'sip-udp'],
    users: 2,
    run: async (context) => {
      const [from, to] = [context.users[0]!, context.users[1]!];
      const alice = await registered(context, from, 'udp');
      const octets = await put(alice, from, to, 'once');
      await precondition('it is taken', () => alice.expect('SIP/2.0 202'));
      alice.sendOctets(octets);
      equal('the status of the second answer', (await alice.expect('SIP/2.0 ', { repeats: true })).status, 202);
      const bob = await back(context, to);
      await takesBody(bob, 'once');
      alice.newCall();
      await nothingWaits(alice, bob, to);
    },
  },
  {
    id: 'IM-1/profile/deferred/message-id-kept-once',
    clause: `${profile}, RFC 5438 §6.3`,
    level: 'MAY',
    asks: 'A message that its sender sends anew under the same Message-ID is taken and comes once.',
    does: 'Sends a CPIM message twice to a user who is away, as two requests; expects 202 for both, and one message.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const message = cpimAsking('', { id: 'the-very-same' });
      for (let time = 0; time < 2; time++) {
        alice.newCall();
        await kept(alice, to, message, { type: 'message/cpim' });
      }
      const bob = await back(context, to);
      await takesBody(bob, message);
      await nothingWaits(alice, bob, to);
    },
  },
  {
    id: 'IM-1/rfc3428/7/expired-when-it-comes',
    clause: 'RFC 3428 §7, §4',
    level: 'SHOULD',
    asks: 'Expires counts from Date: what has expired by the time it comes is not delivered.',
    does: 'Sends a MESSAGE with an Expires of a minute and a Date of an hour ago to a user who is away; nothing is there when the user registers.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const date = new Date(Date.now() - 3_600_000).toUTCString();
      const response = await sending(alice, to, 'too late', { lines: [`Date: ${date}`, 'Expires: 60'] });
      isNotDelivered(context, response);
      await nothingWaits(alice, await back(context, to), to);
    },
  },
];
