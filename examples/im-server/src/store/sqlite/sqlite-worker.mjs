/*
 * The thread that owns the database file. It takes batches of operations and commits each batch as one transaction, so
 * that many writes share one wait for the disk; an operation that fails is undone alone (a savepoint each).
 * Plain JavaScript, because a worker is loaded by its file name from the source as well as from the build.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const require = createRequire(import.meta.url);

/** Node 22.13 and later have SQLite built in; before that the optional dependency offers the same API. */
function openDatabase(path) {
  let module;
  try {
    module = require('node:sqlite');
  } catch (error) {
    if (error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
    module = require('@photostructure/sqlite');
  }
  return new module.DatabaseSync(path);
}

/** Each entry brings the schema from the version of its index to the next; never change one that was released. */
const migrations = [
  `CREATE TABLE location (
     aor TEXT PRIMARY KEY,
     version INTEGER NOT NULL,
     bindings TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
];

function migrate(database) {
  const { user_version: version } = database.prepare('PRAGMA user_version').get();
  if (version > migrations.length) throw new Error(`the store was written by a newer version (schema ${version}, this version knows ${migrations.length})`);
  for (let next = version; next < migrations.length; next++) {
    database.exec('BEGIN IMMEDIATE');
    database.exec(migrations[next]);
    database.exec(`PRAGMA user_version = ${next + 1}`);
    database.exec('COMMIT');
  }
}

function operations(database) {
  const load = database.prepare('SELECT version, bindings FROM location WHERE aor = ?');
  const insert = database.prepare('INSERT INTO location (aor, version, bindings) VALUES (?, 1, ?) ON CONFLICT DO NOTHING');
  const update = database.prepare('UPDATE location SET version = version + 1, bindings = ? WHERE aor = ? AND version = ?');
  return {
    'location.load': ([aor]) => load.get(aor),
    'location.save': ([aor, version, bindings]) => Number((version === 0 ? insert.run(aor, bindings) : update.run(bindings, aor, version)).changes) === 1,
  };
}

function runBatch(database, run, batch) {
  database.exec('BEGIN IMMEDIATE');
  const results = batch.map(({ name, args }) => {
    database.exec('SAVEPOINT one');
    try {
      const value = run[name](args);
      database.exec('RELEASE one');
      return { value };
    } catch (error) {
      database.exec('ROLLBACK TO one');
      database.exec('RELEASE one');
      return { error: String(error.message) };
    }
  });
  database.exec('COMMIT');
  return results;
}

function start() {
  const database = openDatabase(workerData.path);
  // Readers do not block the writer; a commit is on disk before it is acknowledged.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  migrate(database);
  const run = operations(database);
  parentPort.postMessage({ ready: true });
  parentPort.on('message', (message) => {
    if (message.close) {
      database.close();
      parentPort.close();
      return;
    }
    try {
      parentPort.postMessage({ results: runBatch(database, run, message.batch) });
    } catch (error) {
      // The transaction as a whole failed (disk full, file gone): nothing of the batch is stored.
      if (database.isTransaction ?? true) tryRollback(database);
      parentPort.postMessage({ results: message.batch.map(() => ({ error: String(error.message) })) });
    }
  });
}

function tryRollback(database) {
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    // SQLite rolls back by itself on some errors and then refuses to do it again.
    if (!/no transaction/.test(String(error.message))) throw error;
  }
}

start();
