import type { StateTable } from './transaction-table.js';

/** `we offered`, `peer offered`: no answer yet. */
export type OfferState = 'stable' | 'we offered' | 'peer offered';

/** A session description sent or received, as offer or as answer; `withdrawn`: the offer was refused, or will not be answered. */
export type OfferInput = 'offer sent' | 'offer received' | 'answer sent' | 'answer received' | 'withdrawn';

/** Which messages carry offers and answers: RFC 3261 §13.2.1, RFC 3262 §5, RFC 3311 §5.1. */
export const offerAnswerTable: StateTable<OfferState, OfferInput, never> = {
  name: 'Offer and answer',
  section: 'RFC 3261 §13.2.1, RFC 3262 §5, RFC 3311 §5',
  initial: { next: 'stable', actions: [] },
  states: {
    stable: {
      'offer sent': { next: 'we offered', actions: [] },
      'offer received': { next: 'peer offered', actions: [] },
    },
    'we offered': {
      'answer received': { next: 'stable', actions: [] },
      withdrawn: { next: 'stable', actions: [] },
    },
    'peer offered': {
      'answer sent': { next: 'stable', actions: [] },
      withdrawn: { next: 'stable', actions: [] },
    },
  },
};
