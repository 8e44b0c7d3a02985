/*
 * A process that stores, so that it can be killed, or measured. `send PATH`: commits without pause, and writes a line for each commit
 * after it was acknowledged. `stream PATH OCTETS`: takes a body of that size up and gives it out again, and writes how far its memory grew.
 * `leave PATH`: ends with exit code 3 in the middle of commits.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { nodeRandom } from '@simple-im/transport/node';
import { openStore } from '../../src/store/open.js';
import { alice, headOf, message, NOW, pattern } from './deferred-items.js';

const [, , task, path = '', size = '0'] = process.argv;
const { deferred } = await openStore({ kind: 'sqlite', path }, nodeRandom, { key: new Uint8Array(32).fill(1) });

/** Not through a stream: a line that was written is out when the process dies. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

/** One of several senders at the same time; every message is known by its number. */
async function send(sender: number): Promise<never> {
  for (let n = 0; ; n++) {
    const name = `${process.pid}-${sender}-${n}`;
    const events = [{ topic: 'stored', payload: name }];
    if (n % 4 === 3) {
      const upload = await deferred.upload(alice);
      for (let at = 0; at < 150_000; at += 50_000) await upload.write(pattern(50_000, at));
      await deferred.commit({ add: [{ head: headOf({ messageId: name }), upload: upload.id }], events });
    } else {
      await deferred.commit({ add: [message(name, { messageId: name })], events });
    }
    say(name);
  }
}

async function stream(octets: number): Promise<void> {
  const chunk = new Uint8Array(100_000);
  const upload = await deferred.upload(alice);
  await upload.write(chunk);
  const before = process.memoryUsage.rss();
  let most = before;
  let measured = 0;
  // What nobody holds any more does not count; the process runs with --expose-gc.
  const measure = (): void => {
    if (++measured % 50 !== 0) return;
    gc?.();
    most = Math.max(most, process.memoryUsage.rss());
  };
  const [sent, received] = [createHash('sha256').update(chunk), createHash('sha256')];
  for (let at = chunk.length; at < octets; at += chunk.length) {
    chunk.fill(at / chunk.length);
    sent.update(chunk);
    await upload.write(chunk);
    measure();
  }
  await deferred.commit({ add: [{ head: headOf({ receivedAt: NOW }), upload: upload.id }] });
  for await (const piece of deferred.read(upload.id)) {
    received.update(piece);
    measure();
  }
  say(JSON.stringify({ grown: most - before, same: sent.digest('hex') === received.digest('hex') }));
  process.exit();
}

/** As an operator who wants it to end now; several stores, so that one of them is at it. */
async function leave(): Promise<never> {
  const key = new Uint8Array(32).fill(1);
  const stores = await Promise.all([1, 2, 3, 4].map((n) => openStore({ kind: 'sqlite', path: `${path}-${n}` }, nodeRandom, { key })));
  const add = Array.from({ length: 400 }, (_, n) => message(`${n}`, { messageId: `${process.pid}-${n}` }));
  for (const store of stores) void store.deferred.commit({ add });
  await stores[0]?.deferred.counts(alice);
  process.exit(3);
}

if (task === 'leave') await leave();
else if (task === 'send') await Promise.all([send(0), send(1), send(2), send(3)]);
else await stream(Number(size));
