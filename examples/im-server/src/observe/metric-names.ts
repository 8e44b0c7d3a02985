/*
 * Every metric there is. Labels have few values: never a user, an address or an identifier.
 */
export interface Description {
  readonly help: string;
  readonly labels: readonly string[];
}

export const counters = {
  sip_requests_total: { help: 'SIP requests received by the core', labels: ['method'] },
  sip_responses_total: { help: 'Final SIP responses sent by the core', labels: ['class'] },
  sip_registrations_total: { help: 'REGISTER requests accepted', labels: [] },
  sip_authentication_failures_total: { help: 'Requests with wrong credentials or a From of somebody else', labels: ['reason'] },
  tls_handshakes_failed_total: { help: 'TLS connections that did not get through the handshake', labels: [] },
  sip_invalid_messages_total: { help: 'SIP messages answered or dropped by the validation stage', labels: [] },
  event_notifications_total: { help: 'NOTIFY requests by package and what became of them', labels: ['package', 'result'] },
  im_policy_evaluations_total: { help: 'Admission decisions by session case and mode', labels: ['case', 'mode', 'result'] },
  im_deferred_total: { help: 'Messages and notifications stored, delivered, refused by the recipient\'s device, retrieved or deleted by the recipient, or expired', labels: ['what', 'kind'] },
  im_history_total: { help: 'Messages recorded in the history of a user, and those that were not: it was full, or the store failed', labels: ['what'] },
  im_system_messages_total: { help: 'System messages of the operator, one for each user', labels: ['result'] },
  im_store_refusals_total: { help: 'Changes the store did not take', labels: ['reason'] },
  im_sessions_total: { help: 'IM sessions that were set up', labels: [] },
  msrp_requests_total: { help: 'MSRP requests received', labels: ['method'] },
  msrp_octets_lost_total: { help: 'MSRP octets taken from a user who then left, and not taken by the other', labels: [] },
  msrp_body_octets_total: { help: 'MSRP body octets passed on', labels: [] },
} as const satisfies Record<string, Description>;

export const gauges = {
  event_subscriptions: { help: 'Subscriptions at the notifier of the core', labels: ['package'] },
  im_deliveries_active: { help: 'Recipients being pushed to', labels: [] },
  im_sessions_active: { help: 'IM sessions being set up or up', labels: [] },
  im_watched_registrations: { help: 'Users whose registrations the IM server subscribes to', labels: [] },
  msrp_sessions_active: { help: 'MSRP sessions (legs) at the media function', labels: [] },
} as const satisfies Record<string, Description>;

export type CounterName = keyof typeof counters;
export type GaugeName = keyof typeof gauges;
