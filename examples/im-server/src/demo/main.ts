/* `npm run demo`: a server, two clients, a whole conversation as a ladder, then what was measured. */
import { bob, converse, player, startStage, tom } from './conversation.js';
import { Ladder } from './ladder.js';
import { measure } from './measure.js';
import type { RunningServer } from '../server.js';

async function main(): Promise<void> {
  const transport = process.argv.includes('udp') ? 'udp' : 'tcp';
  const server = await startStage(transport);
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  const ladder = new Ladder({ left: bob, right: tom, server: 'IM server', colour: process.stdout.isTTY });
  const counts = { SIP: 0, MSRP: 0 };
  const stop = server.trace.listen('*', (entry) => {
    counts[entry.protocol]++;
    const line = ladder.line(entry);
    if (line !== undefined) print(line);
  });
  print(ladder.heading());
  const host = player(server, bob);
  const guest = player(server, tom);
  const over = lastMessage(server, tom.aor);
  await converse(host, guest, { scene: (title) => print(`${ladder.note('')}\n${ladder.note(`* ${title}`)}`) });
  await over;
  stop();
  print('');
  print(`${counts.SIP} SIP messages and ${counts.MSRP} MSRP frames on real sockets (SIP over ${transport.toUpperCase()}).`);
  print('Measured on this machine, server and both clients in one process:');
  for (const { name, value } of await measure(host, guest)) print(`  ${name.padEnd(48)} ${value}`);
  await Promise.all([host.client.close(), guest.client.close()]);
  await server.close();
}

/** Tom's answer to the BYE is the last message; it crosses the end of the conversation. */
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
