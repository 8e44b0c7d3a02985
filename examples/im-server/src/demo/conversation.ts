/*
 * The conversation of the architecture's session flow (docs/profile.md maps its 18 steps) between two clients on real sockets, with a
 * pager message and its notifications before it.
 */
import { ImClient, type Session } from '@simple-im/im-client';
import { nodePlatform } from '@simple-im/transport/node';
import { demoConfig, type Config } from '../config.js';
import { startServer, type RunningServer } from '../server.js';

export const bob = { aor: 'sip:bob@example.com', name: 'Bob', password: 'a password for Bob' };
export const tom = { aor: 'sip:tom@example.com', name: 'Tom', password: 'a password for Tom' };

/** What the players tell whoever watches. */
export interface Watcher {
  /** A new scene begins. */
  scene(title: string): void;
}

export interface Player {
  readonly client: ImClient;
  readonly aor: string;
}

/** A server for Bob and Tom. */
export async function startStage(transport: 'udp' | 'tcp' = 'tcp'): Promise<RunningServer> {
  return startServer(stageConfig(transport));
}

/** For Bob and Tom, on free loopback ports. */
export function stageConfig(transport: 'udp' | 'tcp'): Config {
  const config = demoConfig('--sip', `${transport}:127.0.0.1:0`);
  return { ...config, demo: false, users: [bob, tom].map(({ aor, password }) => ({ aor, password })) };
}

export function player(server: RunningServer, user: { readonly aor: string; readonly password: string }): Player {
  const [transport = '', host = '', port = ''] = (server.ready.sip[0] ?? '').split(':');
  const client = new ImClient({
    platform: nodePlatform,
    aor: user.aor,
    password: user.password,
    proxy: `sip:${host}:${port};transport=${transport}`,
  });
  return { client, aor: user.aor };
}

/** The next item, or an error where the stream has ended. */
export async function next<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new Error('the conversation ended early');
}

/** Plays all scenes; the clients stay registered. */
export async function converse(host: Player, guest: Player, watcher: Watcher): Promise<void> {
  watcher.scene('Both register, challenged by digest');
  await host.client.register();
  await guest.client.register();

  watcher.scene('A pager message, and what became of it');
  await host.client.send(guest.aor, 'Are you there?', { notify: ['delivered', 'displayed'] });
  const page = await next(guest.client.messages);
  await page.displayed();
  await next(host.client.notifications);
  await next(host.client.notifications);

  watcher.scene('Bob invites Tom to a session');
  const [hosted, joined] = await establish(host, guest);

  watcher.scene('Messages in the session, both ways');
  await hosted.send('Hello Tom');
  await next(joined.messages);
  await joined.send('Hello Bob');
  await next(hosted.messages);

  watcher.scene('Bob leaves, and the session is over for Tom');
  await hosted.leave();
  await joined.ended;
}

/** A session of `host` with `guest`, on both sides. */
export async function establish(host: Player, guest: Player): Promise<readonly [Session, Session]> {
  const accepted = next(guest.client.invitations).then((invitation) => invitation.accept());
  return Promise.all([host.client.invite(guest.aor), accepted]);
}
