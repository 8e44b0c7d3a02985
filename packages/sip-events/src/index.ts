/**
 * SIP event notification (RFC 6665) and event state publication (RFC 3903). The documents of the event packages are in
 * `@simple-im/sip-events/documents/...` and need no SIP.
 */
export { eventsErrors } from './errors.js';
export {
  formatEvent, formatSubscriptionState, parseEvent, parseSubscriptionState, sameEvent,
  type EventHeader, type SubscriptionStateHeader, type SubscriptionStateValue,
} from './event-header.js';
export { Subscriber } from './subscriber.js';
export { Subscription } from './subscription.js';
export { type SubscribeOptions } from './subscribe-options.js';
export { type Notification, type SubscriptionEvent } from './subscription-events.js';
export { retryDelay, retryRules, type EndCause } from './retry-rules.js';
export {
  SubscriptionMachine, type SubscriptionCommand, type SubscriptionFacts, type SubscriptionMachineOptions,
} from './subscription-machine.js';
export {
  subscriptionTable, type SubscriptionAction, type SubscriptionInput, type SubscriptionState, type SubscriptionTable,
} from './subscription-table.js';
export { type EventPackage, type MaybeState, type StateDocument, type Watcher } from './event-package.js';
export { Notifier } from './notifier.js';
export {
  DEFAULT_NOTIFIER_LIMITS, type NotifierLimits, type NotifierOptions, type SubscriptionRequest, type SubscriptionVerdict, type WatcherEvent,
} from './notifier-options.js';
export { ServedSubscription, type EndReason, type SubscriptionSnapshot } from './served-subscription.js';
export { notifierTable, type NotifierAction, type NotifierInput, type NotifierState, type NotifierTable } from './notifier-table.js';
export { PublicationClient, type PublicationOptions } from './publication-client.js';
export { EventStateCompositor } from './compositor.js';
export {
  DEFAULT_COMPOSITOR_LIMITS, type CompositorLimits, type CompositorOptions, type PublicationRequest, type PublicationVerdict,
  type PublishablePackage,
} from './compositor-options.js';
export { MemoryPublicationStore, type Publication, type PublicationStore } from './publication-store.js';
export {
  compositorTable, publicationTable,
  type CompositorAction, type CompositorInput, type CompositorState, type CompositorTable,
  type PublicationAction, type PublicationInput, type PublicationState, type PublicationTable,
} from './publication-table.js';
