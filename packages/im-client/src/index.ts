/**
 * The IM Client of the OMA SIMPLE IM architecture: registration, pager messages, sessions and notifications of one user, on
 * whatever network, clock and randomness it is handed.
 */
export { ImClient } from './client.js';
export type { ContentOptions, NotifyRequest } from './content.js';
export { imErrors } from './errors.js';
export { Invitation } from './invitation.js';
export type { ImMessage, ImMessage as PagerMessage, ImMessage as SessionMessage } from './message.js';
export type { SendMode, SendOptions } from './messenger.js';
export type { Notification } from './notifications.js';
export { defaultImLimits, type ImClientOptions, type ImLimits, type ImPlatform, type ImTraceEvent } from './options.js';
export type { SentMessage } from './pager.js';
export type { RegistrationEvent, RegistrationState } from './registration.js';
export type { ServiceSettings } from './service-settings.js';
export { Session, type SessionEnd } from './session.js';
export type { InviteOptions } from './sessions.js';
export type { StoredMessage, StoredMessages } from './stored-messages.js';
export { responseOf } from '@simple-im/sip';
