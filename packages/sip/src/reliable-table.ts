import type { StateTable } from './transaction-table.js';

/** `idle`: everything sent so far is acknowledged. `over`: final response, or nobody acknowledged. */
export type ReliableState = 'idle' | 'waiting' | 'over';

/**
 * `provisional`: one to be sent. `PRACK`: one that matches. `retransmit`: T1, doubling. `expired`: 64*T1. `final`: the INVITE has its
 * final response.
 */
export type ReliableInput = 'provisional' | 'PRACK' | 'retransmit' | 'expired' | 'final';

export type ReliableAction =
  | 'send' | 'queue' | 'send next' | 'forget queue'
  | 'start timers' | 'double interval' | 'stop timers' | 'give up';

export type ReliableTable = StateTable<ReliableState, ReliableInput, ReliableAction>;

/** The reliable provisional responses to one INVITE, one at a time. */
export const reliableTable: ReliableTable = {
  name: 'Reliable provisional responses',
  section: 'RFC 3262 §3',
  initial: { next: 'idle', actions: [] },
  states: {
    idle: {
      provisional: { next: 'waiting', actions: ['send', 'start timers'] },
      final: { next: 'over', actions: [] },
    },
    waiting: {
      provisional: { next: 'waiting', actions: ['queue'] },
      PRACK: { next: 'idle', actions: ['stop timers', 'send next'] },
      retransmit: { next: 'waiting', actions: ['send', 'double interval'] },
      expired: { next: 'over', actions: ['stop timers', 'forget queue', 'give up'] },
      final: { next: 'over', actions: ['stop timers', 'forget queue'] },
    },
    over: {},
  },
};
