/* SQLite as this Node has it, to look into files behind the server's back. */
import { createRequire } from 'node:module';

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { all(): Record<string, unknown>[] };
  close(): void;
}

/** The rows of a query, or none for a statement, in the database of a file. */
export function inFile(path: string, sql: string): Record<string, unknown>[] {
  const database = new (sqlite().DatabaseSync)(path);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** Statements without results, in the database of a file, which is made when there is none. */
export function executeIn(path: string, sql: string): void {
  const database = new (sqlite().DatabaseSync)(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** The database of a file; to be closed. */
export const openFile = (path: string): Database => new (sqlite().DatabaseSync)(path);

function sqlite(): { readonly DatabaseSync: new (path: string) => Database } {
  const require = createRequire(import.meta.url);
  try {
    return require('node:sqlite') as ReturnType<typeof sqlite>;
  } catch {
    return require('@photostructure/sqlite') as ReturnType<typeof sqlite>;
  }
}
