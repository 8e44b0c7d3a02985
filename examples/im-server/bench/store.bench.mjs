/*
 * Messages stored in a second, each in a commit of its own that somebody waits for, against the group-commit rate of the same SQLite on
 * the same disk: a bare thread that commits the same rows in groups of the size that ours had. Both take turns.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { clearAway, median, messageTo, NOW, openAt, quick, report, storeFile, userOf } from './store-support.mjs';

const ROUNDS = quick ? 3 : 5;
const COUNT = quick ? 2000 : 5000;
const USERS = 1000;

/** Messages in a second with so many senders that each wait for their commit, and how many went with one batch. */
async function ours({ deferred }, senders) {
  let sent = 0;
  let batches = 0;
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function count(...args) {
    batches += 1;
    return postMessage.apply(this, args);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: senders }, async () => {
    while (sent < COUNT) {
      const n = sent++;
      await deferred.commit({ add: [messageTo(userOf(n % USERS), randomBytes(12).toString('base64url'))] });
    }
  }));
  const rate = COUNT / ((performance.now() - start) / 1000);
  Worker.prototype.postMessage = postMessage;
  return { rate, group: Math.max(1, Math.round(COUNT / batches)) };
}

async function raw(worker, group) {
  const start = performance.now();
  for (let n = 0; n < COUNT; n += group) {
    worker.postMessage(Array.from({ length: Math.min(group, COUNT - n) }, (_, index) => rowOf(n + index)));
    await once(worker, 'message');
  }
  return COUNT / ((performance.now() - start) / 1000);
}

function rowOf(n) {
  const { head, body } = messageTo(userOf(n % USERS), 'x'.repeat(16));
  const { sender, from, to, messageId, contentType, headers } = head;
  const text = Buffer.from(JSON.stringify({ sender, from, to, messageId, contentType, headers }));
  const id = randomBytes(16).toString('base64url');
  return [id, head.recipient, head.kind, head.mode, NOW, head.expiresAt, 0, 0, body.length, body.length + text.length, randomBytes(16), text, body];
}

const stores = { 'as it is': await openAt(storeFile()), encrypted: await openAt(storeFile(), randomBytes(32)) };
const worker = new Worker(new URL('./store-raw-worker.mjs', import.meta.url), { workerData: { path: storeFile() } });
await once(worker, 'message');
for (const senders of [16, 256]) {
  for (const [how, store] of Object.entries(stores)) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { rate, group } = await ours(store, senders);
      rounds.push({ rate, group, bare: await raw(worker, group) });
    }
    const rate = Math.round(median(rounds.map((one) => one.rate)));
    const needed = how === 'as it is' ? '>= 0.5' : undefined;
    report('server, messages stored in a second', `${senders} senders, ${how}`, median(rounds.map((one) => one.rate / one.bare)), 'of the bare group-commit rate', needed,
      { perSecond: rate, group: median(rounds.map((one) => one.group)) });
  }
}
for (const store of Object.values(stores)) await store.close();
worker.postMessage('close');
await once(worker, 'exit');
clearAway();
