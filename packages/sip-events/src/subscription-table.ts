/*
 * The subscriber's side of a subscription as data (RFC 6665 §4.1.2, its figure, with the answers to SUBSCRIBE put in). In a
 * state, an event leads to the next state and to actions, in order. An event without a row is ignored in that state.
 */
import type { StateTable, Transition } from '@simple-im/sip';

export type SubscriptionState = 'notify_wait' | 'pending' | 'active' | 'unsubscribing' | 'terminated';

/**
 * `NOTIFY ...`: with that Subscription-State. `2xx`, `204` (RFC 5839 §5.6): to the SUBSCRIBE under way. `failure`: a response
 * that ends the subscription, and any other to the first SUBSCRIBE; `passing failure`: one that leaves it (§4.1.2.2). `412`,
 * `423`: the SUBSCRIBE may be sent again at once, changed. `dialog over`: it took the subscription along.
 */
export type SubscriptionInput =
  | 'NOTIFY active' | 'NOTIFY pending' | 'NOTIFY terminated' | '2xx' | '204' | '412' | '423' | 'failure' | 'passing failure'
  | 'refresh' | 'unsubscribe' | 'dialog over' | 'timer N' | 'timer refresh' | 'timer expiry' | 'timer retry';

/**
 * `take expiry`: the time given by NOTIFY or 2xx sets the timers refresh and expiry anew. `hold unsubscribe` keeps the wish
 * until there is a subscription to end, `release unsubscribe` feeds it in. `start retry`: if what ended the subscription
 * allows to try again (see `retryRules`).
 */
export type SubscriptionAction =
  | 'send SUBSCRIBE' | 'send refresh' | 'send unsubscribe' | 'tell notification' | 'tell end' | 'take expiry' | 'raise expiry'
  | 'drop condition' | 'hold unsubscribe' | 'release unsubscribe' | 'postpone refresh'
  | 'start N' | 'stop N' | 'stop refresh' | 'start retry' | 'stop retry' | 'stop all';

export type SubscriptionTable = StateTable<SubscriptionState, SubscriptionInput, SubscriptionAction>;

function to(next: SubscriptionState, ...actions: SubscriptionAction[]): Transition<SubscriptionState, SubscriptionAction> {
  return { next, actions };
}

/** Rows that `pending` and `active` share. */
function established(state: 'pending' | 'active'): Partial<Record<SubscriptionInput, Transition<SubscriptionState, SubscriptionAction>>> {
  return {
    'NOTIFY active': to('active', 'stop N', 'take expiry', 'tell notification'),
    'NOTIFY pending': to('pending', 'stop N', 'take expiry', 'tell notification'),
    'NOTIFY terminated': to('terminated', 'stop all', 'tell notification', 'start retry', 'tell end'),
    '2xx': to(state, 'take expiry'),
    '204': to(state, 'stop N', 'take expiry'),
    '412': to(state, 'drop condition', 'send refresh', 'start N'),
    '423': to(state, 'raise expiry', 'send refresh', 'start N'),
    'passing failure': to(state, 'stop N', 'drop condition', 'postpone refresh'),
    failure: to('terminated', 'stop all', 'start retry', 'tell end'),
    'dialog over': to('terminated', 'stop all', 'start retry', 'tell end'),
    refresh: to(state, 'stop refresh', 'send refresh', 'start N'),
    'timer refresh': to(state, 'send refresh', 'start N'),
    'timer N': to('terminated', 'stop all', 'start retry', 'tell end'),
    'timer expiry': to('terminated', 'stop all', 'start retry', 'tell end'),
    unsubscribe: to('unsubscribing', 'stop refresh', 'send unsubscribe', 'start N'),
  };
}

export const subscriptionTable: SubscriptionTable = {
  name: 'Subscription, subscriber',
  section: 'RFC 6665 §4.1.2',
  initial: to('notify_wait', 'send SUBSCRIBE', 'start N'),
  states: {
    notify_wait: {
      'NOTIFY active': to('active', 'stop N', 'take expiry', 'tell notification', 'release unsubscribe'),
      'NOTIFY pending': to('pending', 'stop N', 'take expiry', 'tell notification', 'release unsubscribe'),
      'NOTIFY terminated': to('terminated', 'stop all', 'tell notification', 'start retry', 'tell end'),
      '2xx': to('notify_wait'),
      '412': to('notify_wait', 'drop condition', 'send SUBSCRIBE', 'start N'),
      '423': to('notify_wait', 'raise expiry', 'send SUBSCRIBE', 'start N'),
      failure: to('terminated', 'stop all', 'start retry', 'tell end'),
      'timer N': to('terminated', 'stop all', 'start retry', 'tell end'),
      'dialog over': to('terminated', 'stop all', 'start retry', 'tell end'),
      unsubscribe: to('notify_wait', 'hold unsubscribe'),
    },
    pending: established('pending'),
    active: established('active'),
    unsubscribing: {
      // What crossed our SUBSCRIBE on the way.
      'NOTIFY active': to('unsubscribing', 'tell notification'),
      'NOTIFY pending': to('unsubscribing', 'tell notification'),
      'NOTIFY terminated': to('terminated', 'stop all', 'tell notification', 'tell end'),
      '204': to('terminated', 'stop all', 'tell end'),
      '412': to('unsubscribing', 'drop condition', 'send unsubscribe', 'start N'),
      failure: to('terminated', 'stop all', 'tell end'),
      'passing failure': to('terminated', 'stop all', 'tell end'),
      'dialog over': to('terminated', 'stop all', 'tell end'),
      'timer N': to('terminated', 'stop all', 'tell end'),
    },
    terminated: {
      'timer retry': to('notify_wait', 'send SUBSCRIBE', 'start N'),
      unsubscribe: to('terminated', 'stop retry', 'tell end'),
    },
  },
};
