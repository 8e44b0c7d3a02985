import type { MessageConnection } from '@simple-im/transport';

/** Attached to a message connection, remembers what it is told. */
export interface MessageRecorder {
  readonly messages: readonly Uint8Array[];
  readonly drains: number;
  /** One entry for each `closed` call: its error. More than one is a defect. */
  readonly closes: readonly (Error | undefined)[];
  /** Resolves with the error, if any, at the first `closed`. */
  readonly closed: Promise<Error | undefined>;
  /** Resolves when at least so many messages have arrived; rejects when the connection closes before. */
  has(count: number): Promise<void>;
  /** Resolves at the next `drain`. */
  drained(): Promise<void>;
}

export function recordMessages(connection: MessageConnection): MessageRecorder {
  const messages: Uint8Array[] = [];
  const closes: (Error | undefined)[] = [];
  let waiting: { readonly count: number; resolve(): void; reject(error: Error): void }[] = [];
  let drainWaiting: (() => void)[] = [];
  let drains = 0;
  let tellClosed: (error: Error | undefined) => void;
  const closed = new Promise<Error | undefined>((resolve) => { tellClosed = resolve; });
  connection.attach({
    message: (bytes) => {
      messages.push(new Uint8Array(bytes));
      for (const waiter of waiting) if (messages.length >= waiter.count) waiter.resolve();
      waiting = waiting.filter((waiter) => messages.length < waiter.count);
    },
    drain: () => {
      drains++;
      for (const resolve of drainWaiting) resolve();
      drainWaiting = [];
    },
    closed: (error) => {
      closes.push(error);
      for (const waiter of waiting) waiter.reject(new Error(`Closed after ${messages.length} of ${waiter.count} messages`, { cause: error }));
      waiting = [];
      tellClosed(error);
    },
  });
  return {
    messages,
    get drains() { return drains; },
    closes,
    closed,
    has: (count) => new Promise((resolve, reject) => {
      if (messages.length >= count) resolve();
      else if (closes.length > 0) reject(new Error(`Closed after ${messages.length} of ${count} messages`, { cause: closes[0] }));
      else waiting.push({ count, resolve, reject });
    }),
    drained: () => new Promise((resolve) => { drainWaiting.push(resolve); }),
  };
}
