import { performance } from 'node:perf_hooks';
import { setTimeout, clearTimeout } from 'node:timers';
import type { Clock } from '../ports.js';

// Node fires a timer with a longer delay after one millisecond.
const LONGEST_DELAY = 0x7fffffff;

/** The clock of the process. Its timers fire as long as something else keeps the process alive, and never early. */
export const nodeClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  setTimer(delay, fire) {
    const due = performance.now() + Math.max(0, delay);
    let timeout = setTimeout(expire, wait());
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };

    function wait(): number {
      return Math.min(LONGEST_DELAY, Math.ceil(due - performance.now()));
    }
    function expire(): void {
      // Node counts whole milliseconds and can be one early; a machine asked too early finds nothing due and asks again.
      if (performance.now() >= due) return fire();
      timeout = setTimeout(expire, wait());
      timeout.unref();
    }
  },
};
