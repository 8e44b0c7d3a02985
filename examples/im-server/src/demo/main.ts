/*
 * `npm run demo`: a server, two clients, a whole conversation as a ladder, then what was measured. `npm run demo -- deferred`: a message for
 * somebody who is away.
 */
import { bob, converse, player, startStage, tom } from './conversation.js';
import { defer } from './deferred.js';
import { Ladder } from './ladder.js';
import { measure } from './measure.js';
import type { RunningServer } from '../server.js';

/** What the demo runs on. */
interface Stage {
  readonly server: RunningServer;
  readonly scene: (title: string) => void;
  /** Ends the ladder, and says what it was. */
  readonly curtain: () => void;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const transport = process.argv.includes('udp') ? 'udp' : 'tcp';
  const server = await startStage(transport);
  const ladder = new Ladder({ left: bob, right: tom, server: 'IM server', colour: process.stdout.isTTY });
  const counts = { SIP: 0, MSRP: 0 };
  const stop = server.trace.listen('*', (entry) => {
    counts[entry.protocol]++;
    const line = ladder.line(entry);
    if (line !== undefined) print(line);
  });
  print(ladder.heading());
  const stage: Stage = {
    server,
    scene: (title) => print(`${ladder.note('')}\n${ladder.note(`* ${title}`)}`),
    curtain: () => {
      stop();
      print('');
      print(`${counts.SIP} SIP messages and ${counts.MSRP} MSRP frames on real sockets (SIP over ${transport.toUpperCase()}).`);
    },
  };
  await (process.argv.includes('deferred') ? playDeferred(stage) : playConversation(stage));
  await server.close();
}

async function playConversation({ server, scene, curtain }: Stage): Promise<void> {
  const host = player(server, bob);
  const guest = player(server, tom);
  const over = lastMessage(server, tom.aor);
  await converse(host, guest, { scene });
  await over;
  curtain();
  print('Measured on this machine, server and both clients in one process:');
  for (const { name, value } of await measure(host, guest)) print(`  ${name.padEnd(48)} ${value}`);
  await Promise.all([host.client.close(), guest.client.close()]);
}

async function playDeferred({ server, scene, curtain }: Stage): Promise<void> {
  const over = lastMessage(server, bob.aor);
  const { told, players } = await defer(server, { scene });
  await over;
  curtain();
  print(`Bob was answered ${told.status}, Tom read "${told.text}", and Bob was told: ${told.notifications.map(({ status }) => status).join(', ')}.`);
  await Promise.all(players.map(({ client }) => client.close()));
}

/** The answer to a BYE is the last message; it crosses the end of the conversation. */
function lastMessage(server: RunningServer, aor: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = server.trace.listen(aor, (entry) => {
      if (entry.title !== '200 (BYE)') return;
      stop();
      // After the other listeners have seen it.
      queueMicrotask(resolve);
    });
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  process.exit(1);
});
