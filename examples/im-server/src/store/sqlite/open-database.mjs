/* Opens the file and brings its schema up to date. */
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { migrations } from './schema.mjs';

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

/** Makes the file, if need be. It holds the key of our tokens: for our own eyes. SQLite gives its companion files the same mode. */
const touch = (path) => closeSync(openSync(path, 'a', 0o600));

const SQLITE_BUSY = 5;

/**
 * Keeps other processes away until it is closed or the process ends, since what is unfinished at start belongs to nobody: the lock of an
 * empty database beside the file, which leaves the file itself free for tools that read it.
 */
export function lockFile(path) {
  const { DatabaseSync } = sqlite();
  touch(path);
  touch(`${path}-lock`);
  const lock = new DatabaseSync(`${path}-lock`);
  try {
    lock.exec('PRAGMA busy_timeout = 2000; BEGIN EXCLUSIVE');
  } catch (error) {
    if ((error.errcode & 0xff) !== SQLITE_BUSY) throw error;
    throw new Error('another server uses it; each needs a file of its own', { cause: error });
  }
  return lock;
}

export function openDatabase(path) {
  const { DatabaseSync } = sqlite();
  touch(path);
  const database = new DatabaseSync(path);
  // Readers do not block the writer; a commit is on disk before it is acknowledged.
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  migrate(database);
  return database;
}

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
