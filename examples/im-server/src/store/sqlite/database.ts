import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';

interface Job {
  readonly name: string;
  readonly args: readonly unknown[];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Reply {
  readonly results: readonly ({ readonly value: unknown } | { readonly error: string })[];
}

/** How many operations may wait for the disk; more are refused, so that a slow disk cannot fill the memory. */
const MAX_WAITING = 10_000;

/** The asynchronous port to the thread that owns the file: operations asked for while a batch is on its way form the next one. */
export class SqliteDatabase {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #waiting: Job[] = [];
  #running: readonly Job[] = [];
  /** Why no operation is taken any more. */
  #refusal: Error | undefined;
  #closing = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: Reply) => this.#finish(reply));
    worker.on('error', (error) => this.#fail(error as Error));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail(new Error('the store is closed'));
        resolve();
      });
    });
  }

  /** Opens or creates the file and brings its schema up to date. Rejects with what the system or SQLite says. */
  static async open(path: string): Promise<SqliteDatabase> {
    makeFolder(dirname(path));
    const worker = new Worker(new URL('./sqlite-worker.mjs', import.meta.url), { workerData: { path } });
    await once(worker, 'message');
    return new SqliteDatabase(worker);
  }

  /** Resolves after the commit that holds the operation; rejects when it failed, and then nothing of it is stored. */
  run(name: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new Error('the store is too slow: too many operations wait'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, args, resolve, reject });
      if (this.#running.length === 0) this.#next();
    });
  }

  /** Finishes what waits, then closes the file. Operations asked for after it are refused. */
  close(): Promise<void> {
    this.#refusal ??= new Error('the store is closed');
    if (!this.#closing && this.#running.length === 0) this.#worker.postMessage({ close: true });
    this.#closing = true;
    return this.#exited;
  }

  #next(): void {
    this.#running = this.#waiting;
    this.#waiting = [];
    if (this.#running.length > 0) this.#worker.postMessage({ batch: this.#running.map(({ name, args }) => ({ name, args })) });
    else if (this.#closing) this.#worker.postMessage({ close: true });
  }

  #finish({ results }: Reply): void {
    const done = this.#running;
    this.#next();
    results.forEach((result, index) => {
      if ('error' in result) done[index]?.reject(new Error(result.error));
      else done[index]?.resolve(result.value);
    });
  }

  /** The thread has ended, of itself or by an error: nothing that waits is ever answered. */
  #fail(error: Error): void {
    this.#refusal ??= error;
    for (const job of [...this.#running, ...this.#waiting]) job.reject(error);
    this.#running = [];
    this.#waiting = [];
  }
}

/** The folder and those above it. Not by `recursive`: where nothing can be created, as under /proc, Node tries that for ever. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}
