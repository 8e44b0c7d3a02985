/*
 * The four transaction machines as data. Columns are those of the standard's figures: in a state, an event leads to the
 * next state and to actions, in order. An event without a row is ignored in that state.
 */
import type { TimerName } from './timers.js';

export type TransactionState = 'Calling' | 'Trying' | 'Proceeding' | 'Completed' | 'Accepted' | 'Confirmed' | 'Terminated';

/**
 * `1xx`, `2xx`, `300-699`: a response, from the network at a client, from the transaction user (TU) at a server.
 * `request`: a retransmission. `ACK`: an ACK that matches. `CANCEL`: the TU wants to cancel (client), or a CANCEL
 * matched (server). `transport error`: a message could not be sent, or the flow is gone.
 */
export type TransactionInput = '1xx' | '2xx' | '300-699' | 'request' | 'ACK' | 'CANCEL' | 'transport error' | `timer ${TimerName}`;

/**
 * `retransmit X` starts timer X again with its next interval. `hold CANCEL` keeps the wish, `release CANCEL` feeds a
 * wish that was kept back in as the event CANCEL.
 */
export type TransactionAction =
  | 'send request' | 'send response' | 'send 100' | 'send ACK' | 'send CANCEL' | 'hold CANCEL' | 'release CANCEL'
  | 'request to TU' | 'response to TU' | 'ACK to TU' | 'CANCEL to TU' | 'timeout to TU' | 'transport error to TU'
  | `start ${TimerName}` | `stop ${TimerName}` | 'retransmit A' | 'retransmit E' | 'retransmit G' | 'slow down E';

export interface Transition<State, Action> {
  readonly next: State;
  readonly actions: readonly Action[];
}

/** A machine as data; `docs/` holds diagrams drawn from it. */
export interface StateTable<State extends string, Input extends string, Action extends string> {
  readonly name: string;
  readonly section: string;
  readonly initial: Transition<State, Action>;
  readonly states: Readonly<Partial<Record<State, Readonly<Partial<Record<Input, Transition<State, Action>>>>>>>;
}

export type TransactionTable = StateTable<TransactionState, TransactionInput, TransactionAction>;

function to(next: TransactionState, ...actions: TransactionAction[]): Transition<TransactionState, TransactionAction> {
  return { next, actions };
}

export const inviteClientTable: TransactionTable = {
  name: 'INVITE client transaction',
  section: 'RFC 3261 §17.1.1, RFC 6026 §8.4',
  initial: to('Calling', 'send request', 'start A', 'start B'),
  states: {
    Calling: {
      'timer A': to('Calling', 'send request', 'retransmit A'),
      'timer B': to('Terminated', 'timeout to TU'),
      'transport error': to('Terminated', 'transport error to TU'),
      '1xx': to('Proceeding', 'stop A', 'stop B', 'response to TU', 'release CANCEL'),
      '2xx': to('Accepted', 'stop A', 'stop B', 'response to TU', 'start M'),
      '300-699': to('Completed', 'stop A', 'stop B', 'send ACK', 'response to TU', 'start D'),
      // §9.1: CANCEL must not be sent before a provisional response has come.
      CANCEL: to('Calling', 'hold CANCEL'),
    },
    Proceeding: {
      '1xx': to('Proceeding', 'response to TU'),
      '2xx': to('Accepted', 'stop cancel', 'response to TU', 'start M'),
      '300-699': to('Completed', 'stop cancel', 'send ACK', 'response to TU', 'start D'),
      CANCEL: to('Proceeding', 'send CANCEL', 'start cancel'),
      'timer cancel': to('Terminated', 'timeout to TU'),
      // The figure has no such row, since nothing is sent here; but no timer runs either, and the flow may be lost.
      'transport error': to('Terminated', 'transport error to TU'),
    },
    Completed: {
      '300-699': to('Completed', 'send ACK'),
      'transport error': to('Terminated', 'transport error to TU'),
      'timer D': to('Terminated'),
    },
    Accepted: {
      '2xx': to('Accepted', 'response to TU'),
      'timer M': to('Terminated'),
    },
  },
};

export const nonInviteClientTable: TransactionTable = {
  name: 'non-INVITE client transaction',
  section: 'RFC 3261 §17.1.2',
  initial: to('Trying', 'send request', 'start E', 'start F'),
  states: {
    Trying: {
      'timer E': to('Trying', 'send request', 'retransmit E'),
      'timer F': to('Terminated', 'timeout to TU'),
      'transport error': to('Terminated', 'transport error to TU'),
      '1xx': to('Proceeding', 'response to TU'),
      '2xx': to('Completed', 'stop E', 'stop F', 'response to TU', 'start K'),
      '300-699': to('Completed', 'stop E', 'stop F', 'response to TU', 'start K'),
    },
    Proceeding: {
      'timer E': to('Proceeding', 'send request', 'slow down E'),
      'timer F': to('Terminated', 'timeout to TU'),
      'transport error': to('Terminated', 'transport error to TU'),
      '1xx': to('Proceeding', 'response to TU'),
      '2xx': to('Completed', 'stop E', 'stop F', 'response to TU', 'start K'),
      '300-699': to('Completed', 'stop E', 'stop F', 'response to TU', 'start K'),
    },
    Completed: {
      'timer K': to('Terminated'),
    },
  },
};

export const inviteServerTable: TransactionTable = {
  name: 'INVITE server transaction',
  section: 'RFC 3261 §17.2.1, RFC 6026 §8.6',
  initial: to('Proceeding', 'request to TU', 'start trying'),
  states: {
    Proceeding: {
      request: to('Proceeding', 'send response'),
      'timer trying': to('Proceeding', 'send 100'),
      '1xx': to('Proceeding', 'stop trying', 'send response'),
      '2xx': to('Accepted', 'stop trying', 'send response', 'start L'),
      '300-699': to('Completed', 'stop trying', 'send response', 'start G', 'start H'),
      CANCEL: to('Proceeding', 'CANCEL to TU'),
      'transport error': to('Proceeding', 'transport error to TU'),
    },
    Completed: {
      request: to('Completed', 'send response'),
      'timer G': to('Completed', 'send response', 'retransmit G'),
      'timer H': to('Terminated', 'timeout to TU'),
      ACK: to('Confirmed', 'stop G', 'stop H', 'start I'),
      'transport error': to('Completed', 'transport error to TU'),
    },
    Accepted: {
      // Retransmitted INVITEs have no row: the machine absorbs them, the TU retransmits the 2xx.
      '2xx': to('Accepted', 'send response'),
      ACK: to('Accepted', 'ACK to TU'),
      'timer L': to('Terminated'),
      'transport error': to('Accepted', 'transport error to TU'),
    },
    Confirmed: {
      'timer I': to('Terminated'),
    },
  },
};

export const nonInviteServerTable: TransactionTable = {
  name: 'non-INVITE server transaction',
  section: 'RFC 3261 §17.2.2, RFC 4320 §4',
  initial: to('Trying', 'request to TU', 'start trying', 'start expiry'),
  states: {
    Trying: {
      'timer trying': to('Proceeding', 'send 100'),
      '1xx': to('Proceeding', 'stop trying', 'send response'),
      '2xx': to('Completed', 'stop trying', 'stop expiry', 'send response', 'start J'),
      '300-699': to('Completed', 'stop trying', 'stop expiry', 'send response', 'start J'),
      'timer expiry': to('Terminated'),
    },
    Proceeding: {
      request: to('Proceeding', 'send response'),
      '1xx': to('Proceeding', 'send response'),
      '2xx': to('Completed', 'stop expiry', 'send response', 'start J'),
      '300-699': to('Completed', 'stop expiry', 'send response', 'start J'),
      // RFC 6026 §8.8: a response that could not be sent does not end the transaction.
      'transport error': to('Proceeding', 'transport error to TU'),
      'timer expiry': to('Terminated'),
    },
    Completed: {
      request: to('Completed', 'send response'),
      'transport error': to('Completed', 'transport error to TU'),
      'timer J': to('Terminated'),
    },
  },
};

export const transactionTables: readonly TransactionTable[] = [
  inviteClientTable, nonInviteClientTable, inviteServerTable, nonInviteServerTable,
];
