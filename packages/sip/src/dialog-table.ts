import type { StateTable } from './transaction-table.js';

export type DialogState = 'none' | 'early' | 'confirmed' | 'terminated';

/**
 * `1xx`: a provisional response above 100 with a To tag. `2xx`, `300-699`: to the request that makes the dialog.
 * `refresh`: a target refresh request or a 2xx to one. `BYE`: sent or received. `gone`: 481, 408 or no response at all to
 * a request in the dialog (§12.2.1.2), or an early dialog of an INVITE that is over (§13.2.2.4).
 */
export type DialogInput = '1xx' | '2xx' | '300-699' | 'refresh' | 'BYE' | 'gone';

export type DialogAction = 'build state' | 'recompute route set' | 'refresh target';

export type DialogTable = StateTable<DialogState, DialogInput, DialogAction>;

export const dialogTable: DialogTable = {
  name: 'Dialog',
  section: 'RFC 3261 §12',
  initial: { next: 'none', actions: [] },
  states: {
    none: {
      '1xx': { next: 'early', actions: ['build state'] },
      '2xx': { next: 'confirmed', actions: ['build state'] },
    },
    early: {
      '1xx': { next: 'early', actions: [] },
      '2xx': { next: 'confirmed', actions: ['recompute route set', 'refresh target'] },
      '300-699': { next: 'terminated', actions: [] },
      refresh: { next: 'early', actions: ['refresh target'] },
      BYE: { next: 'terminated', actions: [] },
      gone: { next: 'terminated', actions: [] },
    },
    confirmed: {
      refresh: { next: 'confirmed', actions: ['refresh target'] },
      BYE: { next: 'terminated', actions: [] },
      gone: { next: 'terminated', actions: [] },
    },
  },
};
