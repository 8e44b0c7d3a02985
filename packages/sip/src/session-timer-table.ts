import type { StateTable } from './transaction-table.js';

export type SessionTimerState = 'off' | 'refresher' | 'refreshing' | 'watching' | 'expired';

/**
 * `we refresh`, `peer refreshes`, `no timer`: what the latest 2xx to a session refresh request says (§7.2, §9). `half`:
 * half of the interval has passed. `end`: shortly before the session expires. `failed`: our refresh was refused; the
 * session lives on until it expires (§10).
 */
export type SessionTimerInput = 'we refresh' | 'peer refreshes' | 'no timer' | 'half' | 'end' | 'failed';

export type SessionTimerAction = 'start half' | 'start end' | 'stop' | 'send refresh' | 'send BYE';

const negotiated = {
  'we refresh': { next: 'refresher', actions: ['start half'] },
  'peer refreshes': { next: 'watching', actions: ['start end'] },
  'no timer': { next: 'off', actions: ['stop'] },
} as const;

export const sessionTimerTable: StateTable<SessionTimerState, SessionTimerInput, SessionTimerAction> = {
  name: 'Session timer',
  section: 'RFC 4028 §7.2, §9, §10',
  initial: { next: 'off', actions: [] },
  states: {
    off: negotiated,
    refresher: {
      ...negotiated,
      half: { next: 'refreshing', actions: ['start end', 'send refresh'] },
    },
    refreshing: {
      ...negotiated,
      failed: { next: 'watching', actions: [] },
      end: { next: 'expired', actions: ['send BYE'] },
    },
    watching: {
      ...negotiated,
      end: { next: 'expired', actions: ['send BYE'] },
    },
  },
};
