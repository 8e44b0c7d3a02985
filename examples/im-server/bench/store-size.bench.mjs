/*
 * What 1,000,000 stored messages, 100,000 of them for one user, cost the others and that user: the time of each operation, against the
 * same one on a store that is empty but for what it needs. Both take turns.
 */
import { openDatabase } from '../dist/store/sqlite/open-database.mjs';
import { clearAway, median, messageTo, NOW, openAt, quick, report, storeFile } from './store-support.mjs';

const MESSAGES = quick ? 100_000 : 1_000_000;
/** Every tenth is for one user. */
const SHARE = 10;
const busy = 'sip:busy@example.com';
const ROUNDS = quick ? 150 : 400;
const PAGE = 100;
const bench = 'server, time with a full store';

/** Rows as commits would have left them, at once: without indexes first, as these are made faster from what is there. */
async function fill(path, count) {
  await (await openAt(path)).close();
  const database = openDatabase(path);
  const { head, body } = messageTo(busy, 'x'.repeat(16));
  const { sender, from, to, messageId, contentType, headers } = head;
  const text = Buffer.from(JSON.stringify({ sender, from, to, messageId, contentType, headers }));
  const indexes = database.prepare(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'deferred_item' AND sql IS NOT NULL`).all();
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN');
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  database.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO deferred_item (id, recipient, kind, mode, received_at, expires_at, held, fetched, size, octets, twin, head, body)
     SELECT hex(randomblob(11)), iif(i % ${SHARE} = 0, ?2, 'sip:user' || (i % 90000) || '@example.com'), 'message', 'pager', ?3, ?4 + i, 0, 0, ?5, ?6,
       randomblob(16), ?7, ?8 FROM n`,
  ).run(count, busy, NOW, head.expiresAt, body.length, body.length + text.length, text, body);
  for (const { sql } of indexes) database.exec(sql);
  database.exec(
    `INSERT INTO deferred_account (recipient, new_messages, old_messages, waiting, octets)
       SELECT recipient, count(*), 0, count(*), sum(octets) FROM deferred_item GROUP BY recipient;
     UPDATE stored SET octets = (SELECT sum(octets) FROM deferred_item);
     COMMIT`,
  );
  database.close();
}

const milliseconds = async (work, ...args) => {
  const start = performance.now();
  await work(...args);
  return performance.now() - start;
};

/** The time of the first over that of the second, each the median of many rounds. */
async function compare(about, measured, floor, needed = '<=1.5') {
  const times = { measured: [], floor: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.measured.push(await milliseconds(measured, round));
    times.floor.push(await milliseconds(floor, round));
  }
  const [ours, theirs] = [median(times.measured), median(times.floor)];
  report(bench, about, ours / theirs, 'times', needed.replace('=', '= '), { milliseconds: Number(ours.toFixed(3)) });
}

const [path, smallPath] = [storeFile(), storeFile()];
const filling = performance.now();
await fill(path, MESSAGES);
await fill(smallPath, PAGE * SHARE);
console.log(`${MESSAGES} messages in the store after ${((performance.now() - filling) / 1000).toFixed(0)} s`);
// The busy user has one page there, and nobody else more than a message.
const [full, small, empty] = [await openAt(path), await openAt(smallPath), await openAt(storeFile())];

const binding = { contact: 'sip:a@192.0.2.1', parameters: '', q: 1, expiresAt: NOW, callId: 'c', cseq: 1, path: [] };
async function register({ location, deferred }, round) {
  const user = `sip:new${round}@example.com`;
  const { version } = await location.load(user);
  await location.save(user, version, [binding]);
  await deferred.waiting(user, { after: 0, limit: PAGE }, NOW);
  await deferred.counts(user);
}
await compare('registration of another user', (round) => register(full, round), (round) => register(empty, round));
await compare('registration of the user with most', async () => {
  const { version } = await full.location.load(busy);
  await full.location.save(busy, version, [binding]);
  await full.deferred.counts(busy);
}, async () => {
  const { version } = await empty.location.load(busy);
  await empty.location.save(busy, version, [binding]);
  await empty.deferred.counts(busy);
});

const first = { after: 0, limit: PAGE };
const waiting = (store, page) => () => store.deferred.waiting(busy, page, NOW);
const list = (store, page) => () => store.deferred.list(busy, page, NOW);
await compare('first page of what waits', waiting(full, first), waiting(small, first));
await compare('first page of a list', list(full, first), list(small, first));
await compare('a page in the middle, against the first', list(full, { after: MESSAGES / 2, limit: PAGE }), list(full, first));
await compare('the last page, against the first', list(full, { after: MESSAGES - PAGE * SHARE, limit: PAGE }), list(full, first));
await compare('users for whom something waits', () => full.deferred.recipients('', PAGE), () => small.deferred.recipients('', PAGE));
await compare('what has expired, and what does next', async () => {
  await full.deferred.expired(NOW, PAGE);
  await full.deferred.nextExpiry();
}, async () => {
  await small.deferred.expired(NOW, PAGE);
  await small.deferred.nextExpiry();
});
const storing = (store) => (round) => store.deferred.commit({ add: [messageTo(busy, `m${round}`)] });
await compare('a message stored', storing(full), storing(empty), '<=2');
await compare('a message delivered', async () => deliver(full), async () => deliver(empty), '<=2');

async function deliver({ deferred }) {
  const [item] = await deferred.waiting(busy, { after: 0, limit: 1 }, NOW);
  await deferred.commit({ remove: [item.id] });
}

for (const store of [full, small, empty]) await store.close();
clearAway();
