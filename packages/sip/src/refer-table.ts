import type { StateTable } from './transaction-table.js';

/** `referring`: no response yet. `accepted`: the first NOTIFY is still to come. */
export type ReferralState = 'referring' | 'accepted' | 'active' | 'terminated';

/**
 * `no subscription`: a 2xx with `Refer-Sub: false` (RFC 4488 §4). `expired`: 64*T1 without a NOTIFY (Timer N of RFC 6665 §4.1.2), or
 * the time of the subscription has passed. `dialog over`: with all that is in it.
 */
export type ReferralInput = '2xx' | 'no subscription' | 'refused' | 'NOTIFY' | 'last NOTIFY' | 'expired' | 'dialog over';

export type ReferralAction = 'start timer N' | 'start expiry' | 'tell' | 'end';

/** The implicit subscription of a REFER, at who sent it. */
export const referralTable: StateTable<ReferralState, ReferralInput, ReferralAction> = {
  name: 'Referral',
  section: 'RFC 3515 §2.4.4, RFC 4488 §4',
  initial: { next: 'referring', actions: [] },
  states: {
    referring: {
      '2xx': { next: 'accepted', actions: ['start timer N'] },
      'no subscription': { next: 'terminated', actions: ['end'] },
      refused: { next: 'terminated', actions: ['end'] },
      NOTIFY: { next: 'active', actions: ['tell', 'start expiry'] },
      'last NOTIFY': { next: 'terminated', actions: ['tell', 'end'] },
      'dialog over': { next: 'terminated', actions: ['end'] },
    },
    accepted: {
      NOTIFY: { next: 'active', actions: ['tell', 'start expiry'] },
      'last NOTIFY': { next: 'terminated', actions: ['tell', 'end'] },
      expired: { next: 'terminated', actions: ['end'] },
      'dialog over': { next: 'terminated', actions: ['end'] },
    },
    active: {
      refused: { next: 'terminated', actions: ['end'] },
      NOTIFY: { next: 'active', actions: ['tell', 'start expiry'] },
      'last NOTIFY': { next: 'terminated', actions: ['tell', 'end'] },
      expired: { next: 'terminated', actions: ['end'] },
      'dialog over': { next: 'terminated', actions: ['end'] },
    },
    terminated: {},
  },
};

export type ReferNotifierState = 'idle' | 'active' | 'terminated';

/**
 * `progress`, `final`: how far the request has come that the REFER asked for. `rejected`: a NOTIFY was answered with a failure, or not
 * at all.
 */
export type ReferNotifierInput = 'accept' | 'progress' | 'final' | 'refreshed' | 'unsubscribed' | 'expired' | 'rejected' | 'dialog over';

export type ReferNotifierAction = 'start expiry' | 'notify active' | 'notify noresource' | 'notify timeout' | 'end';

/** The implicit subscription of a REFER, at who accepted it. */
export const referNotifierTable: StateTable<ReferNotifierState, ReferNotifierInput, ReferNotifierAction> = {
  name: 'Refer notifier',
  section: 'RFC 3515 §2.4.4, §2.4.7',
  initial: { next: 'idle', actions: [] },
  states: {
    idle: {
      accept: { next: 'active', actions: ['start expiry', 'notify active'] },
    },
    active: {
      progress: { next: 'active', actions: ['notify active'] },
      final: { next: 'terminated', actions: ['notify noresource', 'end'] },
      refreshed: { next: 'active', actions: ['start expiry', 'notify active'] },
      unsubscribed: { next: 'terminated', actions: ['notify timeout', 'end'] },
      expired: { next: 'terminated', actions: ['notify timeout', 'end'] },
      rejected: { next: 'terminated', actions: ['end'] },
      'dialog over': { next: 'terminated', actions: ['end'] },
    },
    terminated: {},
  },
};
