import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { serverError, type serverErrors } from '../../errors.js';
import { defaultLimits, type StoreLimits } from '../limits.js';
import { newGate } from './process-end.js';

interface Job {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly octets: number;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Refusal {
  readonly code: keyof typeof serverErrors;
  readonly detail: string;
}

interface Reply {
  readonly results: readonly ({ readonly value: unknown } | { readonly error: Refusal })[];
}

/** How many operations may wait for the disk, and with how many octets of bodies; more are refused, so that a slow disk cannot fill the memory. */
const MAX_WAITING = 10_000;
const MAX_WAITING_OCTETS = 64 * 1024 * 1024;

/** How many pieces of bodies go with one batch: one mebioctet, so that a small commit never waits for a big body. */
const PIECES_A_BATCH = 16;

/** The asynchronous port to the thread that owns the file: operations asked for while a batch is on its way form the next one. */
export class SqliteDatabase {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #waiting: Job[] = [];
  /** Pieces of bodies, from and to the disk. */
  #pieces: Job[] = [];
  #running: readonly Job[] = [];
  #octets = 0;
  /** Why no operation is taken any more. */
  #refusal: Error | undefined;
  #closing = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: Reply) => this.#finish(reply));
    worker.on('error', (error) => this.#fail(serverError('IM_STORE_FAILED', { detail: (error as Error).message, cause: error })));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail(closed());
        resolve();
      });
    });
  }

  /**
   * Opens or creates the file and brings its schema up to date; `key`, 32 octets, encrypts what is stored. Rejects with what the
   * system or SQLite says.
   */
  static async open(path: string, limits: StoreLimits = defaultLimits, key?: Uint8Array): Promise<SqliteDatabase> {
    makeFolder(dirname(path));
    const { shared, forget } = newGate();
    const worker = new Worker(new URL('./sqlite-worker.mjs', import.meta.url), { workerData: { path, limits, key, shared } });
    worker.once('exit', forget);
    await once(worker, 'message');
    return new SqliteDatabase(worker);
  }

  /** Resolves after the commit that holds the operation; rejects with a ProtocolError when it failed, and then nothing of it is stored. */
  run(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#ask(this.#waiting, name, args, 0);
  }

  /** The same for an operation with bodies of so many octets. */
  runWith(octets: number, name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#ask(this.#waiting, name, args, octets);
  }

  /** The same for one piece of a body, of which only some go with a batch. */
  runPiece(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#ask(this.#pieces, name, args, 0);
  }

  #ask(waiting: Job[], name: string, args: readonly unknown[], octets: number): Promise<unknown> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const isTooMuch = waiting.length >= MAX_WAITING || (octets > 0 && this.#octets > 0 && this.#octets + octets > MAX_WAITING_OCTETS);
    if (isTooMuch) return Promise.reject(serverError('IM_STORE_FAILED', { detail: 'it is too slow: too many operations wait' }));
    this.#octets += octets;
    return new Promise((resolve, reject) => {
      waiting.push({ name, args, octets, resolve, reject });
      if (this.#running.length === 0) this.#next();
    });
  }

  /** Finishes what waits, then closes the file. Operations asked for after it are refused. */
  close(): Promise<void> {
    this.#refusal ??= closed();
    if (!this.#closing && this.#running.length === 0) this.#worker.postMessage({ close: true });
    this.#closing = true;
    return this.#exited;
  }

  #next(): void {
    this.#running = [...this.#waiting.splice(0), ...this.#pieces.splice(0, PIECES_A_BATCH)];
    if (this.#running.length > 0) this.#worker.postMessage({ batch: this.#running.map(({ name, args }) => ({ name, args })) });
    else if (this.#closing) this.#worker.postMessage({ close: true });
  }

  #finish({ results }: Reply): void {
    const done = this.#running;
    for (const { octets } of done) this.#octets -= octets;
    this.#next();
    results.forEach((result, index) => {
      if ('error' in result) done[index]?.reject(serverError(result.error.code, { detail: result.error.detail }));
      else done[index]?.resolve(result.value);
    });
  }

  /** The thread has ended, of itself or by an error: nothing that waits is ever answered. */
  #fail(error: Error): void {
    this.#refusal ??= error;
    for (const job of [...this.#running, ...this.#waiting.splice(0), ...this.#pieces.splice(0)]) job.reject(error);
    this.#running = [];
  }
}

const closed = (): Error => serverError('IM_STORE_FAILED', { detail: 'the store is closed' });

/** The folder and those above it. Not by `recursive`: where nothing can be created, as under /proc, Node tries that for ever. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}
