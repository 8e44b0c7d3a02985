import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';

interface Job {
  readonly name: string;
  readonly args: readonly unknown[];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Reply = { readonly ready: true } | { readonly results: readonly ({ readonly value: unknown } | { readonly error: string })[] };

/** How many operations may wait for the disk; more are refused, so that a slow disk cannot fill the memory. */
const MAX_WAITING = 10_000;

/** The asynchronous port to the thread that owns the file: operations asked for while a batch is on its way form the next one. */
export class SqliteDatabase {
  readonly #worker: Worker;
  #waiting: Job[] = [];
  #running: readonly Job[] = [];
  #failure: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Opens or creates the file and brings its schema up to date. Rejects with a message fit for a person. */
  static async open(path: string): Promise<SqliteDatabase> {
    mkdirSync(dirname(path), { recursive: true });
    const worker = new Worker(new URL('./sqlite-worker.mjs', import.meta.url), { workerData: { path } });
    try {
      await once(worker, 'message');
    } catch (error) {
      throw new Error(`cannot open the store ${path}: ${(error as Error).message}`, { cause: error });
    }
    const database = new SqliteDatabase(worker);
    worker.on('message', (reply: Reply) => database.#finish(reply));
    worker.on('error', (error) => database.#fail(error as Error));
    worker.on('exit', () => database.#fail(new Error('the store is closed')));
    return database;
  }

  /** Resolves after the commit that holds the operation. */
  run(name: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new Error('the store is too slow: too many operations wait'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, args, resolve, reject });
      if (this.#running.length === 0) this.#next();
    });
  }

  /** Finishes what waits, then closes the file. */
  async close(): Promise<void> {
    while (this.#running.length > 0) await once(this.#worker, 'message');
    if (this.#failure !== undefined) return;
    this.#worker.postMessage({ close: true });
    await once(this.#worker, 'exit');
  }

  #next(): void {
    this.#running = this.#waiting;
    this.#waiting = [];
    if (this.#running.length > 0) this.#worker.postMessage({ batch: this.#running.map(({ name, args }) => ({ name, args })) });
  }

  #finish(reply: Reply): void {
    if (!('results' in reply)) return;
    const done = this.#running;
    this.#next();
    reply.results.forEach((result, index) => {
      if ('error' in result) done[index]?.reject(new Error(result.error));
      else done[index]?.resolve(result.value);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const job of [...this.#running, ...this.#waiting]) job.reject(this.#failure);
    this.#running = [];
    this.#waiting = [];
  }
}
