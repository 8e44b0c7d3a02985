import { setTimeout, clearTimeout } from 'node:timers';
import { CONNECT_TIMEOUT } from '../defaults.js';
import { transportError } from '../errors.js';

export interface AttemptOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
}

export interface Attempt<T> {
  resolve(value: T): void;
  /** Rejects and calls `abandon`. */
  reject(error: Error): void;
}

/**
 * A connection attempt with its bounds: TRANSPORT_TIMEOUT, TRANSPORT_ABORTED. `start` begins it and returns `abandon`, how
 * to drop what it has so far.
 */
export function attempt<T>(where: string, options: AttemptOptions, start: (attempt: Attempt<T>) => () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    if (signal?.aborted) throw transportError('TRANSPORT_ABORTED', { detail: where, cause: signal.reason });

    let settled = false;
    const limit = options.timeout ?? (signal === undefined ? CONNECT_TIMEOUT : undefined);
    const timer = limit === undefined ? undefined
      : setTimeout(() => giveUp(transportError('TRANSPORT_TIMEOUT', { detail: `${where} after ${limit} ms` })), limit);
    const aborted = (): void => giveUp(transportError('TRANSPORT_ABORTED', { detail: where, cause: signal?.reason }));
    const settle = (): void => {
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    };
    const giveUp = (error: Error): void => {
      if (settled) return;
      settle();
      abandon();
      reject(error);
    };
    const succeed = (value: T): void => {
      settle();
      resolve(value);
    };
    let abandon = (): void => {};
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      abandon = start({ resolve: succeed, reject: giveUp });
    } catch (error) {
      giveUp(error as Error);
    }
  });
}
