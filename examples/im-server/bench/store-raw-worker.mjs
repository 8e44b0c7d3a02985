/*
 * The least that stores a message: a thread that is given rows and commits each group of them at once, with the tables, the indexes and
 * the settings of ours, and nothing else.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../dist/store/sqlite/open-database.mjs';

const database = openDatabase(workerData.path);
const insert = database.prepare(
  `INSERT INTO deferred_item (id, recipient, kind, mode, received_at, expires_at, held, fetched, size, octets, twin, head, body)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
);
parentPort.on('message', (rows) => {
  if (rows === 'close') {
    database.close();
    parentPort.close();
    return;
  }
  database.exec('BEGIN IMMEDIATE');
  for (const row of rows) insert.run(...row);
  database.exec('COMMIT');
  parentPort.postMessage(rows.length);
});
parentPort.postMessage(0);
