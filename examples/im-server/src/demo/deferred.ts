/*
 * Nothing gets lost: a message for somebody who is away, and what became of it for a sender who has gone in the meantime.
 */
import type { Notification } from '@simple-im/im-client';
import type { RunningServer } from '../server.js';
import { bob, next, player, tom, type Player, type Watcher } from './conversation.js';

/** What reached whom. */
export interface Deferred {
  /** The answer to Bob's message: 202, a server has taken it over (RFC 3428 §7). */
  readonly status: number;
  readonly text: string;
  /** In the order they came to Bob. */
  readonly notifications: readonly Pick<Notification, 'kind' | 'status'>[];
}

/** Plays all scenes; both are there at the end. */
export async function defer(server: RunningServer, watcher: Watcher): Promise<{ readonly told: Deferred; readonly players: readonly Player[] }> {
  watcher.scene('Bob is there, Tom is not');
  const sender = player(server, bob);
  await sender.client.register();

  watcher.scene('Bob writes; the server stores it and says so');
  const { status } = await sender.client.send(tom.aor, 'Call me when you are back.', { notify: ['processed', 'delivered', 'displayed'] });
  const stored = await next(sender.client.notifications);

  watcher.scene('Bob leaves');
  await sender.client.close();

  watcher.scene('Tom comes, gets the message and reads it; the notifications wait for Bob');
  const recipient = player(server, tom);
  const noticesStored = storedFor(server, 2);
  await recipient.client.register();
  const message = await next(recipient.client.messages);
  await message.displayed();
  await noticesStored;

  watcher.scene('Bob is back, and hears what became of his message');
  const again = player(server, bob);
  await again.client.register();
  const notifications = [stored, await next(again.client.notifications), await next(again.client.notifications)];
  return { told: { status, text: message.text, notifications: notifications.map(({ kind, status: one }) => ({ kind, status: one })) }, players: [again, recipient] };
}

/** Resolves when Tom's device has been told 202 so often: what it said is on disk. */
function storedFor(server: RunningServer, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const stop = server.trace.listen(tom.aor, ({ title }) => {
      if (title !== '202 (MESSAGE)' || --left > 0) return;
      stop();
      resolve();
    });
  });
}
