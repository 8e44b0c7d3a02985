/**
 * SIP (RFC 3261) without sockets, timers or randomness: messages, their decoding, validation and encoding; transactions,
 * dialogs and the core of a user agent on top of ports that are handed in.
 */
export { sipErrors } from './errors.js';
export { DEFAULT_LIMITS, type DecoderOptions, type Limits } from './limits.js';
export { Headers } from './headers.js';
export { Message, SipRequest, SipResponse, type SipMessage } from './message.js';
export { Contact, type ContentType, type Cseq } from './header-values.js';
export { formatVia, parseVia, type Via, type ViaParts } from './via.js';
export { decodeDatagram } from './decoder.js';
export { SipStreamDecoder } from './stream-decoder.js';
export { validate, type ValidateOptions, type Verdict } from './validate.js';
export { encode } from './encoder.js';
export { buildRequest, respondTo, type BodyOptions, type RequestOptions, type ResponseOptions } from './build.js';
export { reasonPhrase } from './reason-phrases.js';
export { featureSetOf, featureSetsMatch, type FeatureSet } from './feature-set.js';
export { type FeatureFilter } from './feature-grammar.js';
export {
  byCallerPreferences, callerPreferences, type AcceptContact, type CallerPreferences, type PreferableContact,
} from './caller-preferences.js';
// Transactions, dialogs, endpoint, user agent: below this line.
export { newBranch, newTag, viaFor, type Flow, type TransportName } from './flow.js';
export { type TimerName, type Timers } from './timers.js';
export {
  inviteClientTable, inviteServerTable, nonInviteClientTable, nonInviteServerTable, transactionTables,
  type StateTable, type TransactionAction, type TransactionInput, type TransactionState, type TransactionTable, type Transition,
} from './transaction-table.js';
export { type TransactionSide } from './transaction.js';
export { type TransactionEvent, type Transmission } from './transaction-event.js';
export { TransactionLayer, type PreparedRequest, type TransactionLayerOptions } from './transaction-layer.js';
export { SipEndpoint } from './endpoint.js';
export { DEFAULT_ENDPOINT_LIMITS } from './endpoint-types.js';
export type {
  EndpointLimits, IncomingRequest, ListenOptions, ListenTlsOptions, OutgoingRequest, ResponseHandlers, SendOptions, SipEndpointOptions,
  TlsClientOptions, TraceEvent, WebSocketOptions,
} from './endpoint-types.js';
export { type KeepAliveOptions } from './keep-alive.js';
export { certifies, sipIdentities } from './certificate-identity.js';
export { Outbound, type OutboundOptions } from './outbound.js';
export { DEFAULT_OUTBOUND_TIMES, type OutboundEvent, type OutboundTimes } from './outbound-flow.js';
export { outboundTable, type OutboundAction, type OutboundInput, type OutboundState, type OutboundTable } from './outbound-table.js';
export { gruusOf, type Gruus } from './gruu.js';
export { type Target } from './resolve.js';
export { locate, type LocateOptions } from './locate.js';
export { DEFAULT_LOCATE_LIMITS, type LocateLimits } from './locate-lookups.js';
export { locateVia } from './locate-via.js';
export { Locator, type LocatorOptions } from './locator.js';
export { resolveAddress, type AddressResolutionOptions, type ResolvedAddress } from './address-resolution.js';
export { enumDomain, enumUris, type EnumOptions } from './enum.js';
export { FailoverRequest, type FailoverHandlers, type FailoverOptions } from './failover.js';
export { Candidates } from './failover-candidates.js';
export { FailedTargets, type FailedTargetsOptions } from './failover-list.js';
export { SessionTimer, type SessionTimerEvent, type SessionTimerOptions } from './session-timer.js';
export {
  sessionTimerTable, type SessionTimerAction, type SessionTimerInput, type SessionTimerState,
} from './session-timer-table.js';
export { formatSessionExpires, readMinSe, readSessionExpires, type Refresher, type SessionExpires } from './session-expires.js';
export { Dialog, type DialogParts } from './dialog.js';
export { dialogTable, type DialogAction, type DialogInput, type DialogState, type DialogTable } from './dialog-table.js';
export { UserAgent } from './user-agent.js';
export type { InviteOptions, OutOfDialogOptions, UaRequestOptions, UserAgentCredentials, UserAgentOptions } from './ua-options.js';
export { OutgoingInvite, responseOf, type AnsweredInvite } from './outgoing-invite.js';
export { UaRequest, type UaRequestHandler, type UaResponseOptions } from './ua-request.js';
export { UaInvite, type AcceptOptions, type UaInviteHandler, type UaInviteResponseOptions } from './ua-invite.js';
export { UaDialog, type DialogEnd, type InDialogOptions } from './ua-dialog.js';
export { failureReach, type DialogRequestHandlers, type DialogUsage, type UsageEnd } from './dialog-usage.js';
export { DialogOpening } from './dialog-opening.js';
// Extensions of sessions, and fields that belong to them.
export { type InviteUsage } from './invite-usage.js';
export { type OfferAnswer } from './offer-answer.js';
export { offerAnswerTable, type OfferInput, type OfferState } from './offer-answer-table.js';
export { type ReliableProvisional } from './acknowledged-provisionals.js';
export { reliableTable, type ReliableAction, type ReliableInput, type ReliableState, type ReliableTable } from './reliable-table.js';
export { SessionRefresh, type RefreshedSession, type SessionTimerSettings } from './session-refresh.js';
export { Referral, type ReferOptions, type ReferTarget } from './referral.js';
export { UaRefer, type AcceptReferOptions, type UaReferHandler } from './ua-refer.js';
export { ReferNotifier } from './refer-notifier.js';
export {
  referNotifierTable, referralTable,
  type ReferNotifierAction, type ReferNotifierInput, type ReferNotifierState, type ReferralAction, type ReferralInput, type ReferralState,
} from './refer-table.js';
export { type Capabilities } from './capabilities.js';
export { glareDelay, type Refusal } from './ua-refusal.js';
export { formatSipfrag, readSipfrag, type ReferStatus } from './sipfrag.js';
export { formatReferTo, readReferredBy, readReferTo, type ReferTo } from './refer-to.js';
export { formatReplaces, parseReplaces, readReplaces, replacing, type Replaces } from './replaces.js';
export { formatTargetDialog, readTargetDialog, type TargetDialog } from './target-dialog.js';
export { formatRack, readRack, readRseq, type Rack } from './rack.js';
export { formatReason, readReasons, type Reason } from './reason.js';
export { formatPrivacy, readPrivacy, type Privacy } from './privacy.js';
export { formatHistoryEntry, readHistoryInfo, type HistoryEntry, type HistoryTarget } from './history-info.js';
