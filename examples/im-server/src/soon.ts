/*
 * Work that waits only where there is something to wait for: a store in this process answers at once, one behind a worker or on another
 * node later. An `await` puts off both, and a request on its way through would meet two dozen of them.
 */

/** What is there already, or comes later. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value: at once if it is there, else when it comes. */
export function after<T, R>(value: Soon<T>, next: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All values in order, at once if every one is there. */
export function all<T>(values: readonly Soon<T>[]): Soon<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : values as readonly T[];
}

/** Does what may fail now or later; either way `failed` hears of it. */
export function attempt(work: () => Soon<void>, failed: (error: unknown) => void): void {
  try {
    const done = work();
    if (done instanceof Promise) done.catch(failed);
  } catch (error) {
    failed(error);
  }
}
