/* Disposition notifications of a target that stores (RFC 5438 §8), and those it passes on. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipPeer, User } from '../../raw-sip.js';
import { childrenOf } from '../../xml-text.js';
import { imdn, withoutRoutes } from '../cpim.js';
import { anonymously, back, cpimAsking, kept, leaves, needsDeferred, nothingWaits, sending, senderTo, takes, type CpimChoice } from '../deferred.js';
import { cpimOf, linesOf, notified, notifiedOctets, type Notification } from '../dispositions.js';
import { registered } from '../preconditions.js';
import { isNotDelivered, nothingComes, shortWait } from '../steps.js';
import { finalResponse } from '../templates.js';

const type = 'message/cpim';

interface Asked {
  readonly alice: SipPeer;
  readonly to: User;
}

/** A message that asks so is kept for a user who is away. */
async function asking(context: CaseContext, dispositions: string, choice: CpimChoice = {}, lines: readonly string[] = []): Promise<Asked> {
  const { alice, to } = await senderTo(context);
  alice.keepRequests();
  await kept(alice, to, cpimAsking(dispositions, { id: 'asked0001', ...choice }), { type, lines });
  return { alice, to };
}

/** The sender is told so of its message. */
async function told(context: CaseContext, { alice }: Asked, says: string): Promise<Notification> {
  const notification = await notified(context, alice, context.users[0]!);
  equal('what the notification says', notification.says, says);
  equal('the message it is about', notification.messageId, 'asked0001');
  return notification;
}

/** The sender gets nothing. */
const notTold = (context: CaseContext, { alice }: Asked): Promise<void> => nothingComes(alice, 'the sender', shortWait(context));

/** A message that expires within a second. */
async function expired(context: CaseContext, dispositions: string): Promise<Asked> {
  const asked = await asking(context, dispositions, {}, ['Expires: 1']);
  await pause(1000);
  return asked;
}

/** The recipient's device refuses what was kept, for good. */
async function refusedLater(context: CaseContext, dispositions: string): Promise<Asked> {
  const asked = await asking(context, dispositions);
  const bob = await back(context, asked.to);
  await precondition('the message comes', () => takes(bob, '415 Unsupported Media Type'));
  return asked;
}

interface Silence {
  readonly id: string;
  readonly clause: string;
  readonly asks: string;
  readonly does: string;
  readonly after: (context: CaseContext) => Promise<Asked>;
}

/** The sender gets no notification then. */
function silence({ id, clause, asks, does, after }: Silence): ConformanceCase {
  return { id, clause, level: 'SHALL', asks, does, needs: needsDeferred, users: 2, run: async (context) => notTold(context, await after(context)) };
}

/** The recipient is there, and takes the message that comes. */
async function takenLater(context: CaseContext, dispositions: string): Promise<Asked> {
  const asked = await asking(context, dispositions);
  const bob = await back(context, asked.to);
  await precondition('the message comes', () => takes(bob));
  return asked;
}

export const dispositionCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc5438/8.1/stored-if-asked',
    clause: 'RFC 5438 §8.1, §12.2',
    level: 'MAY',
    asks: 'The sender of a message that asks for processing notifications is told that it is stored.',
    does: 'Sends a CPIM message with Disposition-Notification: processing to a user who is away; expects a notification that says stored.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      await told(context, await asking(context, 'processing'), 'processing stored');
    },
  },
  {
    id: 'IM-1/rfc5438/8.1/stored-beside-others',
    clause: 'RFC 5438 §8.1, §7.2.1',
    level: 'SHALL',
    asks: 'Of several values of Disposition-Notification each counts, also beside one that nobody knows.',
    does: 'Asks for positive-delivery, processing and something unknown; expects a notification that says stored.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      await told(context, await asking(context, 'positive-delivery, x-later, processing'), 'processing stored');
    },
  },
  silence({
    id: 'IM-1/rfc5438/8.1/not-stored-unless-asked',
    clause: 'RFC 5438 §8.1',
    asks: 'There is a processing notification only if the sender asked for one.',
    does: 'Keeps a message that asks for delivery and display; the sender gets no notification.',
    after: (context) => asking(context, 'positive-delivery, negative-delivery, display'),
  }),
  silence({
    id: 'IM-1/rfc5438/8.1/one-of-a-type',
    clause: 'RFC 5438 §8.1',
    asks: 'There is one processing notification of a message, and no other after it.',
    does: 'Keeps a message that asks for processing; after the notification that it is stored, and its delivery, comes no other.',
    after: async (context) => {
      const asked = await asking(context, 'processing');
      await precondition('the sender is told that it is stored', () => told(context, asked, 'processing stored'));
      const bob = await back(context, asked.to);
      await precondition('the message comes', () => takes(bob));
      return asked;
    },
  }),
  {
    id: 'IM-1/rfc5438/11.1/notification-of-the-target',
    clause: 'RFC 5438 §7.2.1, §7.2.1.1, §11.1.1 to §11.1.3',
    level: 'SHALL',
    asks: 'A notification has a Message-ID of its own, Content-Disposition: notification, no request for notifications, and the DateTime of the message.',
    does: 'Looks at the head and the document of a notification that a message is stored.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { cpim, root } = await told(context, await asking(context, 'processing'), 'processing stored');
      const [own = ''] = linesOf(cpim.head, 'imdn.Message-ID');
      check(own !== '' && own !== 'asked0001', `the Message-ID of the notification is ${JSON.stringify(own)}`);
      equal('the Content-Disposition', linesOf(cpim.inner, 'Content-Disposition').join().toLowerCase(), 'notification');
      equal('the Disposition-Notification', linesOf(cpim.head, 'imdn.Disposition-Notification').join(), '');
      equal('the IMDN-Record-Route', linesOf(cpim.head, 'imdn.IMDN-Record-Route').join(), '');
      const date = childrenOf(root, 'datetime')[0]?.text.trim() ?? '';
      equal('the <datetime>', Date.parse(date), Date.parse('2026-01-01T00:00:00Z'));
      const [recipient] = childrenOf(root, 'recipient-uri');
      if (recipient !== undefined) equal('the <recipient-uri>', recipient.text.trim(), 'im:bob@example.com');
    },
  },
  silence({
    id: 'IM-1/rfc5438/7.2.1/none-about-a-notification',
    clause: 'RFC 5438 §7.2.1',
    asks: 'There is no notification about a notification, not even where one is asked for in it.',
    does: 'Sends a notification that asks for processing notifications to a user who is away; its sender gets nothing.',
    after: async (context) => {
      const { alice, to } = await senderTo(context);
      const asking = 'DateTime: 2026-01-01T00:00:00Z\r\nimdn.Disposition-Notification: processing, negative-delivery';
      await kept(alice, to, imdn.replace('imdn.Message-ID: ', `${asking}\r\n$&`), { type });
      return { alice, to };
    },
  }),
  {
    id: 'IM-1/rfc5438/8.2/failed-when-expired',
    clause: 'RFC 5438 §8.2',
    level: 'MAY',
    asks: 'The sender of a message that asks for negative delivery notifications is told when it expires undelivered.',
    does: 'Keeps a message with Expires: 1; expects a notification that delivery has failed.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      await told(context, await expired(context, 'negative-delivery'), 'delivery failed');
    },
  },
  silence({
    id: 'IM-1/rfc5438/8.2/not-failed-unless-asked',
    clause: 'RFC 5438 §8.2',
    asks: 'There is a negative delivery notification only if the sender asked for one.',
    does: 'A message that asks for positive delivery and display expires; the sender gets no notification.',
    after: (context) => expired(context, 'positive-delivery, display'),
  }),
  {
    id: 'IM-1/rfc5438/12.2/failed-when-refused',
    clause: 'RFC 5438 §12.2, §8.2',
    level: 'SHOULD',
    asks: 'The sender of a message that asks for negative delivery notifications is told when the recipient refuses it later.',
    does: 'The device that was away answers what was kept 415; expects a notification that delivery has failed.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      await told(context, await refusedLater(context, 'negative-delivery'), 'delivery failed');
    },
  },
  silence({
    id: 'IM-1/rfc5438/8.2/refused-not-asked',
    clause: 'RFC 5438 §8.2',
    asks: 'Who asked for positive delivery notifications alone is not told that a message was refused.',
    does: 'The device that was away answers what was kept 415; the sender gets nothing.',
    after: (context) => refusedLater(context, 'positive-delivery'),
  }),
  silence({
    id: 'IM-1/rfc5438/12.2/delivered-is-not-for-the-target',
    clause: 'RFC 5438 §12.2',
    asks: 'A target that stores does not say that a message was delivered: a 2xx of a device does not mean it.',
    does: 'The device that was away answers what was kept 200 and says nothing more; the sender gets no notification.',
    after: (context) => takenLater(context, 'positive-delivery, negative-delivery, display'),
  }),
  {
    id: 'IM-1/rfc5438/12.1.1/anonymous-sender',
    clause: 'RFC 5438 §12.1.1',
    level: 'MAY',
    asks: 'A sender who does not want to be known has no address for notifications, and gets none.',
    does: 'Keeps a message of an anonymous sender that asks for processing; neither the sender nor anybody else is notified.',
    needs: [...needsDeferred, 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, cpimAsking('processing', { id: 'asked0001' }), { type, template: anonymously, lines: ['Privacy: id'] });
      await notTold(context, { alice, to });
    },
  },
  {
    id: 'IM-1/oma-004/5.3.2.1.3/notification-kept-for-its-recipient',
    clause: 'OMA IM SIMPLE AD §5.3.2.1.3, §5.3.2.4.3',
    level: 'SHOULD',
    asks: 'A notification for a user who is away is stored, and handed over when the user is there.',
    does: 'Sends the notification of a client to a user who is away, registers the user, and compares what comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, imdn, { type });
      const bob = await back(context, to);
      equal('the notification', (await notifiedOctets(context, bob, to)).trimEnd(), imdn.trimEnd());
    },
  },
  {
    id: 'IM-1/profile/dispositions/own-notification-kept',
    clause: 'docs/profile.md, "Deferred messaging", RFC 5438 §8',
    level: 'MAY',
    asks: 'What the target has to say of a message is kept too when its sender is away by then.',
    does: 'A message expires after its sender has gone; expects the notification when the sender comes back.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice } = await asking(context, 'negative-delivery', {}, ['Expires: 1']);
      await leaves(alice);
      await pause(1200);
      const again = await back(context, context.users[0]!);
      await told(context, { alice: again, to: context.users[1]! }, 'delivery failed');
    },
  },
  {
    id: 'IM-1/rfc5438/8/record-routes-kept',
    clause: 'RFC 5438 §8, §6.5',
    level: 'SHALL',
    asks: 'The IMDN-Record-Route of others stays as it is, in its order, also in what is kept.',
    does: 'Keeps a message with two of them, and compares those at the end of what comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const routes = ['<im:one@relay.invalid>', '<im:two@relay.invalid>'];
      const { to } = await asking(context, 'positive-delivery', { lines: routes.map((route) => `imdn.IMDN-Record-Route: ${route}`) });
      const { body } = await takes(await back(context, to));
      equal('the last two IMDN-Record-Routes', linesOf(cpimOf(body).head, 'imdn.IMDN-Record-Route').slice(-2).join(), routes.join());
    },
  },
  {
    id: 'IM-1/rfc5438/8/own-record-route-on-top',
    clause: 'RFC 5438 §8',
    level: 'SHALL',
    asks: 'A target that stays on the way of notifications puts its own address on top of IMDN-Record-Route, once, and changes nothing else.',
    does: 'Sends a CPIM message with an IMDN-Record-Route that asks for notifications; looks at those that arrive.',
    needs: ['registrar', 'pager', 'imdn-route'],
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const bob = await registered(context, to);
      const message = cpimAsking('positive-delivery', { id: 'asked0001', lines: ['imdn.IMDN-Record-Route: <im:one@relay.invalid>'] });
      const { body } = await arrival(alice, bob, to, message);
      const routes = linesOf(cpimOf(body).head, 'imdn.IMDN-Record-Route');
      equal('how many IMDN-Record-Routes there are', routes.length, 2);
      check(routes[0] !== '<im:one@relay.invalid>', 'the address of the target is not on top');
      equal('the other', routes[1], '<im:one@relay.invalid>');
      equal('the message', withoutRoutes(body), `${withoutRoutes(message)}\r\n`);
    },
  },
  {
    id: 'IM-1/rfc5438/8/route-followed',
    clause: 'RFC 5438 §8',
    level: 'SHALL',
    asks: 'A notification whose top IMDN-Route is the target goes on without it to the address in the To of CPIM.',
    does: 'Answers a message with a notification along its IMDN-Record-Route; looks at what the sender of the message gets.',
    needs: ['registrar', 'pager', 'imdn-route'],
    users: 2,
    run: async (context) => {
      const [from, to] = [context.users[0]!, context.users[1]!];
      const { alice } = await senderTo(context);
      const bob = await registered(context, to);
      const { body } = await precondition('a message arrives', () => arrival(alice, bob, to, cpimAsking('positive-delivery', { id: 'asked0001' })));
      const [route = ''] = linesOf(cpimOf(body).head, 'imdn.IMDN-Record-Route');
      const notification = imdn.replace(/^To: [^\r]*/m, `To: <${from.aor}>`).replace('imdn.Message-ID: ', `imdn.IMDN-Route: ${route}\r\n$&`);
      const next: User = { aor: /<([^>]*)>/.exec(route)?.[1] ?? '', password: '' };
      const answered = sending(bob, next, notification, { type });
      answered.catch(() => undefined);
      const arrived = await takes(alice);
      equal('the IMDN-Routes that are left', linesOf(cpimOf(arrived.body).head, 'imdn.IMDN-Route').join(), '');
      equal('the notification', withoutRoutes(arrived.body), `${withoutRoutes(notification)}\r\n`);
      equal('the status', (await answered).status, 200);
    },
  },
  {
    id: 'IM-1/rfc5438/7.1.1.1/request-without-message-id',
    clause: 'RFC 5438 §7.1.1.1, §7.1.2',
    level: 'SHALL',
    asks: 'A message that asks for notifications and has no Message-ID harms nobody: there is nothing a notification could name.',
    does: 'Sends such a message to a user who is away; nobody is notified, and messages are kept and delivered as before.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const response = await sending(alice, to, cpimAsking('processing, negative-delivery'), { type });
      if (response.status !== 202) isNotDelivered(context, response);
      await notTold(context, { alice, to });
      const bob = await back(context, to);
      if (response.status === 202) await takes(bob);
      await nothingWaits(alice, bob, to);
    },
  },
];

/** A message as it arrives at somebody who is there. */
async function arrival(sender: SipPeer, recipient: SipPeer, to: User, body: string): ReturnType<typeof takes> {
  const answered = sending(sender, to, body, { type });
  answered.catch(() => undefined);
  const arrived = await recipient.expect('MESSAGE ');
  recipient.respond(arrived, finalResponse('200 OK'));
  await answered;
  return arrived;
}
