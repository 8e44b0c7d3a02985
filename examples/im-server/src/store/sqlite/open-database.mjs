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

export function openDatabase(path) {
  const { DatabaseSync } = sqlite();
  // The file holds the key of our tokens: for our own eyes. SQLite gives its companion files the same mode.
  closeSync(openSync(path, 'a', 0o600));
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
