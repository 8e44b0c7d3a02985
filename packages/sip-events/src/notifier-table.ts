/*
 * The notifier's side of a subscription as data (RFC 6665 §4.2.2, its figure, with what becomes of a NOTIFY put in). In a state,
 * an event leads to the next state and to actions, in order. An event without a row is ignored in that state.
 */
import type { StateTable, Transition } from '@simple-im/sip';

export type NotifierState = 'resp_wait' | 'pending' | 'active' | 'terminated';

/**
 * `granted`, `undecided`, `refused`: what policy says. `fetch`: the first SUBSCRIBE has Expires 0. `refresh`, `unchanged`:
 * a SUBSCRIBE in the subscription, with a Suppress-If-Match that is false or true (RFC 5839 §6.3); `unsubscribe`, `unchanged
 * unsubscribe`: with Expires 0. `NOTIFY answered`: it need not be sent again, whatever the status. `NOTIFY failed`: by a status
 * that ends the subscription. `NOTIFY lost`: timeout, 408 or a server error; `NOTIFY lost again`: as often as is allowed.
 */
export type NotifierInput =
  | 'granted' | 'undecided' | 'refused' | 'fetch' | 'refresh' | 'unchanged' | 'unsubscribe' | 'unchanged unsubscribe'
  | 'state change' | 'terminate' | 'timer expiry' | 'timer interval'
  | 'NOTIFY answered' | 'NOTIFY failed' | 'NOTIFY lost' | 'NOTIFY lost again' | 'dialog over';

/** `want NOTIFY`: as soon as none is under way; `want change`: also not before the package's interval is over. */
export type NotifierAction =
  | 'answer 200' | 'answer 204' | 'refuse' | 'start expiry' | 'want NOTIFY' | 'want change' | 'want last NOTIFY' | 'want again'
  | 'send what waits' | 'tell' | 'forget';

export type NotifierTable = StateTable<NotifierState, NotifierInput, NotifierAction>;

function to(next: NotifierState, ...actions: NotifierAction[]): Transition<NotifierState, NotifierAction> {
  return { next, actions };
}

/** Rows that `pending` and `active` share. */
function established(state: 'pending' | 'active'): Partial<Record<NotifierInput, Transition<NotifierState, NotifierAction>>> {
  return {
    refused: to('terminated', 'want last NOTIFY', 'tell'),
    refresh: to(state, 'start expiry', 'answer 200', 'want NOTIFY', 'tell'),
    unchanged: to(state, 'start expiry', 'answer 204', 'tell'),
    unsubscribe: to('terminated', 'answer 200', 'want last NOTIFY', 'tell'),
    'unchanged unsubscribe': to('terminated', 'answer 204', 'tell', 'forget'),
    terminate: to('terminated', 'want last NOTIFY', 'tell'),
    'timer expiry': to('terminated', 'want last NOTIFY', 'tell'),
    'timer interval': to(state, 'send what waits'),
    'NOTIFY answered': to(state, 'send what waits'),
    'NOTIFY failed': to('terminated', 'tell', 'forget'),
    'NOTIFY lost': to(state, 'want again'),
    'NOTIFY lost again': to('terminated', 'tell', 'forget'),
    'dialog over': to('terminated', 'tell', 'forget'),
  };
}

export const notifierTable: NotifierTable = {
  name: 'Subscription, notifier',
  section: 'RFC 6665 §4.2.2',
  initial: to('resp_wait'),
  states: {
    resp_wait: {
      granted: to('active', 'start expiry', 'answer 200', 'want NOTIFY', 'tell'),
      undecided: to('pending', 'start expiry', 'answer 200', 'want NOTIFY', 'tell'),
      refused: to('terminated', 'refuse'),
      fetch: to('terminated', 'answer 200', 'want last NOTIFY'),
    },
    pending: { ...established('pending'), granted: to('active', 'want NOTIFY', 'tell') },
    active: { ...established('active'), 'state change': to('active', 'want change') },
    terminated: {
      // The NOTIFY under way when it ended, then the last one.
      'NOTIFY answered': to('terminated', 'send what waits'),
      'NOTIFY lost': to('terminated', 'send what waits'),
      'NOTIFY lost again': to('terminated', 'forget'),
      'NOTIFY failed': to('terminated', 'forget'),
      'dialog over': to('terminated', 'forget'),
    },
  },
};
