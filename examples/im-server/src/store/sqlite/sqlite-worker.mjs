/*
 * The thread that owns the database file. It takes batches of operations and commits each batch as one transaction, so
 * that many writes share one wait for the disk; an operation that fails is undone alone (a savepoint each).
 * Plain JavaScript, because a worker is loaded by its file name from the source as well as from the build.
 */
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const require = createRequire(import.meta.url);

/** Node 22.13 and later have SQLite built in; before that the optional dependency offers the same API. */
function sqlite() {
  for (const name of ['node:sqlite', '@photostructure/sqlite']) {
    try {
      return require(name);
    } catch (error) {
      if (error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE' && error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error('SQLite is missing: use Node 22.13 or later, or npm install @photostructure/sqlite');
}

function openDatabase(path) {
  const { DatabaseSync } = sqlite();
  // The file holds the key of our tokens: for our own eyes. SQLite gives its companion files the same mode.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path);
  // Readers do not block the writer; a commit is on disk before it is acknowledged.
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  return database;
}

/** Each entry brings the schema from the version of its index to the next; never change one that was released. */
const migrations = [
  // AUTOINCREMENT: a version is never given twice, not even after its row is gone, so a stale one can never match.
  `CREATE TABLE location (
     version INTEGER PRIMARY KEY AUTOINCREMENT,
     aor TEXT NOT NULL UNIQUE,
     bindings TEXT NOT NULL
   ) STRICT;
   CREATE TABLE secret (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     value BLOB NOT NULL
   ) STRICT`,
  // Subscriptions to events: when they end (milliseconds since 1970), and what the notifier needs to go on with them, as JSON.
  `CREATE TABLE subscription (
     key TEXT PRIMARY KEY,
     expires REAL NOT NULL,
     snapshot TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
  // Event state that users have published (RFC 3903); `rowid` is the order it came in.
  `CREATE TABLE publication (
     tag TEXT PRIMARY KEY,
     event TEXT NOT NULL,
     resource TEXT NOT NULL,
     publisher TEXT NOT NULL,
     source TEXT NOT NULL,
     content_type TEXT NOT NULL,
     body BLOB NOT NULL,
     expires REAL NOT NULL
   ) STRICT;
   CREATE INDEX publication_resource ON publication (resource, event)`,
];

function migrate(database) {
  const { user_version: version } = database.prepare('PRAGMA user_version').get();
  const known = migrations.length;
  if (version > known) throw new Error(`it was written by a newer version (schema ${version}, this one knows ${known})`);
  for (let next = version; next < known; next++) {
    database.exec('BEGIN IMMEDIATE');
    database.exec(migrations[next]);
    database.exec(`PRAGMA user_version = ${next + 1}`);
    database.exec('COMMIT');
  }
}

function operations(database) {
  const load = database.prepare('SELECT version, bindings FROM location WHERE aor = ?');
  const all = database.prepare('SELECT aor, bindings FROM location');
  const insert = database.prepare('INSERT INTO location (aor, bindings) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM location WHERE aor = ?');
  const keepSecret = database.prepare('INSERT INTO secret (id, value) VALUES (1, ?) ON CONFLICT DO NOTHING');
  const secret = database.prepare('SELECT value FROM secret');
  const subscriptions = database.prepare('SELECT key, snapshot FROM subscription ORDER BY expires');
  const saveSubscription = database.prepare('INSERT OR REPLACE INTO subscription (key, expires, snapshot) VALUES (?, ?, ?)');
  const removeSubscription = database.prepare('DELETE FROM subscription WHERE key = ?');
  const columns = 'event, resource, tag, publisher, source, content_type AS contentType, body, expires';
  const published = database.prepare(`SELECT ${columns} FROM publication WHERE resource = ? AND event = ? ORDER BY rowid`);
  const allPublished = database.prepare(`SELECT rowid AS number, ${columns} FROM publication WHERE rowid > ? ORDER BY rowid LIMIT 100`);
  const removePublication = database.prepare('DELETE FROM publication WHERE tag = ? AND event = ? AND resource = ?');
  const addPublication = database.prepare('INSERT INTO publication VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  return {
    'location.load': ([aor]) => load.get(aor),
    'location.all': () => all.all(),
    /** Bindings as text, or null for none, which leaves no row behind. True if `version` was the current one. */
    'location.save': ([aor, version, bindings]) => {
      if ((load.get(aor)?.version ?? 0) !== version) return false;
      remove.run(aor);
      if (bindings !== null) insert.run(aor, bindings);
      return true;
    },
    /** The secret of this store: the one given, if it had none. */
    'secret.keep': ([fresh]) => {
      keepSecret.run(fresh);
      return secret.get().value;
    },
    'subscription.all': () => subscriptions.all(),
    'subscription.save': ([key, expires, snapshot]) => void saveSubscription.run(key, expires, snapshot),
    'publication.list': ([event, resource]) => published.all(resource, event),
    /** A page after the publication of that number. */
    'publication.all': ([after]) => allPublished.all(after),
    /** False, and nothing changed, when `tag` is not there. */
    'publication.replace': ([event, resource, tag, next]) => {
      if (tag !== undefined && removePublication.run(tag, event, resource).changes === 0) return false;
      if (next !== undefined) {
        addPublication.run(next.tag, next.event, next.resource, next.publisher, next.source, next.contentType, next.body, next.expires);
      }
      return true;
    },
    'subscription.remove': ([key]) => void removeSubscription.run(key),
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
  migrate(database);
  const run = operations(database);
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
      tryRollback(database);
      parentPort.postMessage({ results: message.batch.map(() => ({ error: String(error.message) })) });
    }
  });
  parentPort.postMessage({ ready: true });
}

function tryRollback(database) {
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    // SQLite rolls back by itself on some errors, and there is nothing to undo where BEGIN failed.
    if (!/no transaction/.test(String(error.message))) throw error;
  }
}

start();
