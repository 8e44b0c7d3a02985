/*
 * The process may end only between two uses of the database: SQLite as a native module, stopped in the middle, brings the process down
 * with it instead of letting it end with its own exit code. What is not committed then is lost either way.
 */

const USING = 0;
const ENDING = 1;

/** For the thread: runs a use, unless the process is ending; then it waits for that. `shared` has room for two numbers. */
export function gate(shared) {
  const state = new Int32Array(shared);
  return (use) => {
    Atomics.store(state, USING, 1);
    try {
      while (Atomics.load(state, ENDING) === 1) {
        Atomics.store(state, USING, 0);
        Atomics.notify(state, USING);
        Atomics.wait(state, ENDING, 1);
        Atomics.store(state, USING, 1);
      }
      return use();
    } finally {
      Atomics.store(state, USING, 0);
      Atomics.notify(state, USING);
    }
  };
}
