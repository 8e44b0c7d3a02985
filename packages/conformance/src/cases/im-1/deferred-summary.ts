/* What is kept for a user, as the user is told of it (RFC 3842). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage, SipPeer, User } from '../../raw-sip.js';
import { imdn } from '../cpim.js';
import { comesBack, kept, needsDeferred, sending, senderTo, takes, takesBody, type Sending } from '../deferred.js';
import { hasBody, subscription, watcher, type Watcher } from '../events.js';
import { registered } from '../preconditions.js';
import { finalResponse } from '../templates.js';

const needs = [...needsDeferred, 'message-summary'] as const;

interface Summary {
  readonly waiting: string;
  /** New messages of all classes. */
  readonly count: number;
}

/** The status line and the counts (RFC 3842 §5.2). */
function summaryOf(notify: SipMessage): Summary {
  hasBody(notify, 'application/simple-message-summary');
  const counts = [...notify.body.matchAll(/^(?!Messages-Waiting|Message-Account)[\w-]+[ \t]*:[ \t]*(\d+)[ \t]*\/[ \t]*\d+/gim)];
  return {
    waiting: /^Messages-Waiting[ \t]*:[ \t]*(yes|no)/i.exec(notify.body)?.[1]?.toLowerCase() ?? 'nothing',
    count: counts.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}

interface Account {
  readonly alice: SipPeer;
  readonly to: User;
  /** Registered, and not able to take a message now. */
  readonly bob: SipPeer;
  readonly watching: Watcher;
  /** Before anything of the case. */
  readonly before: number;
}

/** Bob's device watches what waits for Bob. */
async function account(context: CaseContext): Promise<Account> {
  const { alice, to } = await senderTo(context);
  const bob = await registered(context, to);
  bob.keepRequests();
  const watching = await watcher(context, { user: to, event: 'message-summary' });
  const { notify } = await subscription(watching, 'Expires: 600');
  return { alice, to, bob, watching, before: summaryOf(notify).count };
}

/** A message that Bob's device cannot take now. */
function notTaken({ alice, to, bob }: Account, body: string, choice: Sending = {}): Promise<void> {
  return precondition('a message is kept', async () => {
    const answered = sending(alice, to, body, choice);
    answered.catch(() => undefined);
    await takes(bob, '480 Temporarily Unavailable');
    equal('the status', (await answered).status, 202);
  });
}

/** NOTIFYs come until one says so: several changes may be told as one, or one by one. */
async function says({ watching, before }: Account, count: number): Promise<void> {
  for (;;) {
    const summary = summaryOf(await watching.changed());
    if (summary.count - before !== count) {
      check(summary.count - before < count || count === 0, `${summary.count - before} new messages are told of, there are ${count}`);
      continue;
    }
    equal('Messages-Waiting', summary.waiting, summary.count > 0 ? 'yes' : 'no');
    return;
  }
}

export const deferredSummaryCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3842/3.5/kept-message-waits',
    clause: 'RFC 3842 §3.5, §3.8, §5.2',
    level: 'SHOULD',
    asks: 'A message that is kept is a new one: its recipient is notified that messages wait, and how many.',
    does: 'A message is kept for a user who watches; expects a NOTIFY with Messages-Waiting: yes and one new message more.',
    needs,
    users: 2,
    run: async (context) => {
      const waiting = await account(context);
      await notTaken(waiting, 'one');
      await says(waiting, 1);
    },
  },
  {
    id: 'IM-1/rfc3842/3.5/kept-messages-counted',
    clause: 'RFC 3842 §3.5, §5.2',
    level: 'SHOULD',
    asks: 'As many new messages are told of as there are.',
    does: 'Three messages are kept for a user who watches; expects a NOTIFY that tells of three more.',
    needs,
    users: 2,
    run: async (context) => {
      const waiting = await account(context);
      await notTaken(waiting, 'one');
      for (const text of ['two', 'three']) await kept(waiting.alice, waiting.to, text);
      await says(waiting, 3);
    },
  },
  {
    id: 'IM-1/rfc3842/3.8/none-after-delivery',
    clause: 'RFC 3842 §3.8, §3.5',
    level: 'SHOULD',
    asks: 'When what waited has been delivered its recipient is notified that nothing waits any more.',
    does: 'A message is kept, comes when the device registers again, and is taken; expects a NOTIFY without new messages.',
    needs,
    users: 2,
    run: async (context) => {
      const waiting = await account(context);
      await notTaken(waiting, 'one');
      await precondition('it is told of', () => says(waiting, 1));
      await comesBack(waiting.bob, `<${waiting.bob.contact}>`);
      await precondition('the message comes', () => takesBody(waiting.bob, 'one'));
      await says(waiting, 0);
    },
  },
  {
    id: 'IM-1/profile/message-waiting/notifications-not-counted',
    clause: 'docs/profile.md, "Deferred messaging", RFC 5438 §7.2.1',
    level: 'MAY',
    asks: 'A disposition notification that is kept is no message that waits.',
    does: 'A notification and a message are kept for a user who watches; expects one new message more, and never two.',
    needs,
    users: 2,
    run: async (context) => {
      const waiting = await account(context);
      await notTaken(waiting, imdn, { type: 'message/cpim' });
      await kept(waiting.alice, waiting.to, 'one');
      await says(waiting, 1);
      await waiting.watching.nothingMore(300, 'the message');
    },
  },
  {
    id: 'IM-1/profile/message-waiting/refused-not-counted',
    clause: 'docs/profile.md, "Deferred messaging", RFC 3842 §3.5',
    level: 'MAY',
    asks: 'What the recipient has refused does not wait.',
    does: 'A message is answered 486, another one kept; expects one new message more, and never two.',
    needs,
    users: 2,
    run: async (context) => {
      const waiting = await account(context);
      const answered = sending(waiting.alice, waiting.to, 'refused');
      answered.catch(() => undefined);
      await precondition('a message is refused', async () => {
        waiting.bob.respond(await waiting.bob.expect('MESSAGE '), finalResponse('486 Busy Here'));
        equal('the status', (await answered).status, 486);
      });
      await notTaken(waiting, 'one');
      await says(waiting, 1);
      await waiting.watching.nothingMore(300, 'the message');
    },
  },
];
