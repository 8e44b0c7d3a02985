/*
 * The thread that owns the database file. It takes batches of operations and commits each batch as one transaction, so
 * that many writes share one wait for the disk; an operation that fails is undone alone (a savepoint each).
 * Plain JavaScript, because a worker is loaded by its file name from the source as well as from the build.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { accounts } from './accounts.mjs';
import { audit } from './audit.mjs';
import { bodies } from './bodies.mjs';
import { deferredItems } from './deferred-items.mjs';
import { gate } from './gate.mjs';
import { historyItems } from './history-items.mjs';
import { leases } from './leases.mjs';
import { lockFile, openDatabase } from './open-database.mjs';
import { outbox } from './outbox.mjs';
import { publications } from './publications.mjs';
import { refusalOf } from './refusals.mjs';
import { registrations } from './registrations.mjs';
import { room } from './room.mjs';
import { checkKey, sealing } from './sealing.mjs';
import { total } from './total.mjs';

/** Every operation by its name. What keeps something new is joined here, and takes of the parts what it needs. */
function operations(database, parts) {
  return {
    ...registrations(database),
    ...publications(database),
    ...audit(database),
    ...parts.total.operations,
    ...parts.accounts.operations,
    ...parts.leases.operations,
    ...parts.outbox.operations,
    ...deferredItems(database, parts),
    ...historyItems(database, parts),
  };
}

/** What several of them share. */
function partsOf(database, { path, limits, seal }) {
  const sum = total(database, { limit: limits.total, room: room(database, path) });
  return {
    limits, seal, total: sum, bodies: bodies(database, seal), outbox: outbox(database, seal),
    accounts: accounts(database, { quota: limits.deferred, total: sum }), leases: leases(database),
  };
}

/** Runs the operations of a batch in one transaction, each of them undone alone when it fails. */
function batches(database, run) {
  const [savepoint, release, undo] = ['SAVEPOINT one', 'RELEASE one', 'ROLLBACK TO one'].map((sql) => database.prepare(sql));
  const runOne = ({ name, args }) => {
    savepoint.run();
    try {
      const value = run[name](args);
      release.run();
      return { value };
    } catch (error) {
      undoOne(undo, error);
      release.run();
      return { error: refusalOf(error) };
    }
  };
  return (batch) => inTransaction(database, () => batch.map(runOne));
}

/** Where SQLite itself has undone the whole transaction (the disk is full, say) there is no savepoint any more, and the batch fails. */
function undoOne(undo, reason) {
  try {
    undo.run();
  } catch {
    throw reason;
  }
}

function inTransaction(database, work) {
  database.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

function rollBack(database) {
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    // SQLite rolls back by itself on some errors.
    if (!/no transaction/.test(String(error.message))) throw error;
  }
}

/** Everything that works on the database, made in one transaction: what the process before left unfinished is cleared away with it. */
function open({ path, key, limits }, use) {
  const lock = lockFile(path);
  const database = openDatabase(path);
  const seal = sealing(key);
  return inTransaction(database, () => {
    const parts = partsOf(database, { path, limits, seal });
    const run = operations(database, parts);
    checkKey(database, key, seal);
    const close = () => {
      database.close();
      lock.close();
    };
    return { runBatch: batches(database, run), sweeper: sweeping(database, parts.bodies, use), close };
  });
}

function start() {
  const use = gate(workerData.shared);
  const { runBatch, sweeper, close } = use(() => open(workerData, use));
  parentPort.on('message', (message) => {
    if (message.close) {
      sweeper.stop();
      use(close);
      parentPort.close();
      return;
    }
    try {
      parentPort.postMessage({ results: use(() => runBatch(message.batch)) });
    } catch (error) {
      // The transaction as a whole failed (disk full, file gone): nothing of the batch is stored.
      const refusal = refusalOf(error);
      parentPort.postMessage({ results: message.batch.map(() => ({ error: refusal })) });
    }
    sweeper.start();
  });
  sweeper.start();
  parentPort.postMessage({ ready: true });
}

/** Deletes what is discarded, step by step between batches. A step that fails is tried again after the next batch. */
function sweeping(database, discarding, use) {
  let next;
  const step = () => {
    next = undefined;
    try {
      use(() => inTransaction(database, () => discarding.sweep()));
    } catch {
      // A disk that fails is told to whoever writes next; what is to be deleted is still marked.
      return;
    }
    start();
  };
  const start = () => {
    if (discarding.isDue()) next ??= setImmediate(step);
  };
  return { start, stop: () => clearImmediate(next) };
}

start();
