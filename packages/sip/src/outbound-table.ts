import type { StateTable, Transition } from './transaction-table.js';

/**
 * One registration over one flow (one reg-id). `Waiting`: for the next attempt. `Ending`: to be given up, but a REGISTER is
 * under way. `Failed`: nothing happens until somebody starts it again.
 */
export type OutboundState = 'Idle' | 'Registering' | 'Registered' | 'Refreshing' | 'Waiting' | 'Ending' | 'Unregistering' | 'Failed';

/**
 * `temporary failure`: no response, or one that may be another later. `permanent failure`: any other. `flow failed`: a flow
 * that was successful by §4.5 is dead; `flow failed early`: one that was not. `439`: the first hop knows no outbound.
 */
export type OutboundInput =
  | 'start' | 'stop' | '2xx' | 'temporary failure' | 'permanent failure' | '439' | '423' | 'flow failed' | 'flow failed early'
  | 'timer refresh' | 'timer retry';

/** `retry` waits as §4.5 says; `forget flow` makes the next REGISTER open a new one. */
export type OutboundAction =
  | 'send REGISTER' | 'send removal' | 'keep alive' | 'forget flow' | 'start refresh' | 'start retry' | 'stop timer'
  | 'count failure' | 'forget failures' | 'without outbound' | 'longer expiry' | 'tell registered' | 'tell lost' | 'tell failed' | 'tell ended';

export type OutboundTable = StateTable<OutboundState, OutboundInput, OutboundAction>;

type Row = Transition<OutboundState, OutboundAction>;

function to(next: OutboundState, ...actions: OutboundAction[]): Row {
  return { next, actions };
}

const registered = to('Registered', 'forget failures', 'keep alive', 'start refresh', 'tell registered');
const retried = to('Waiting', 'forget flow', 'count failure', 'start retry', 'tell lost');
const failed = to('Failed', 'stop timer', 'forget flow', 'tell failed');
const ended = to('Idle', 'stop timer', 'forget flow', 'tell ended');
/** §4.5: the flow of a registration that worked is replaced at once; only failing in that means waiting. */
const replaced = to('Registering', 'stop timer', 'forget flow', 'tell lost', 'send REGISTER');

export const outboundTable: OutboundTable = {
  name: 'Outbound registration over one flow',
  section: 'RFC 5626 §4',
  initial: to('Idle'),
  states: {
    Idle: {
      start: to('Registering', 'send REGISTER'),
    },
    Registering: {
      '2xx': registered,
      '423': to('Registering', 'longer expiry', 'send REGISTER'),
      '439': to('Registering', 'without outbound', 'send REGISTER'),
      'temporary failure': retried,
      'permanent failure': failed,
      stop: to('Ending'),
    },
    Registered: {
      'timer refresh': to('Refreshing', 'send REGISTER'),
      'timer retry': to('Refreshing', 'send REGISTER'),
      'flow failed': replaced,
      'flow failed early': to('Waiting', 'stop timer', 'forget flow', 'count failure', 'start retry', 'tell lost'),
      start: to('Refreshing', 'stop timer', 'send REGISTER'),
      stop: to('Unregistering', 'stop timer', 'send removal'),
    },
    Refreshing: {
      '2xx': registered,
      '423': to('Refreshing', 'longer expiry', 'send REGISTER'),
      '439': to('Refreshing', 'without outbound', 'send REGISTER'),
      // §4.2.2: the flow stays as long as its keepalives are answered.
      'temporary failure': to('Registered', 'count failure', 'start retry', 'tell lost'),
      'permanent failure': failed,
      'flow failed': replaced,
      'flow failed early': retried,
      stop: to('Ending'),
    },
    Waiting: {
      'timer retry': to('Registering', 'send REGISTER'),
      start: to('Registering', 'stop timer', 'send REGISTER'),
      stop: ended,
    },
    Ending: {
      '2xx': to('Unregistering', 'send removal'),
      '423': ended,
      '439': ended,
      'temporary failure': ended,
      'permanent failure': ended,
      'flow failed': ended,
      'flow failed early': ended,
    },
    Unregistering: {
      '2xx': ended,
      '423': ended,
      '439': ended,
      'temporary failure': ended,
      'permanent failure': ended,
      'flow failed': ended,
      'flow failed early': ended,
    },
    Failed: {
      start: to('Registering', 'send REGISTER'),
      stop: ended,
    },
  },
};
