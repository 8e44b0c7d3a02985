import type { Clock } from '../ports.js';

// A longer delay fires at once.
const LONGEST_DELAY = 0x7fffffff;

/** The clock of the page. Its timers never fire early; a page in the background may let them wait. */
export const webClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  setTimer(delay, fire) {
    const due = performance.now() + Math.max(0, delay);
    let timeout = setTimeout(expire, wait());
    return { cancel: () => clearTimeout(timeout) };

    function wait(): number {
      return Math.min(LONGEST_DELAY, Math.ceil(due - performance.now()));
    }
    function expire(): void {
      if (performance.now() >= due) return fire();
      timeout = setTimeout(expire, wait());
    }
  },
};
