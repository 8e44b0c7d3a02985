/**
 * The reference OMA SIMPLE IM server, to be started by its command line or embedded: `startServer(config)`.
 */
export { startServer, type Ready, type RunningServer, type ServerOptions } from './server.js';
export { demoConfig, parseConfig, type Config, type ParsedCommandLine } from './config.js';
export type { MsrpListen, SipListen, StoreUrl } from './option-values.js';
export { ConfigError } from './config-error.js';
export { demoUsers, readUsers, type User } from './users.js';
export { referencePoints, type ReferencePoint, type SessionCase } from './reference-points.js';
export type { Admission, AdmissionAnswer, AdmissionQuestion, Charging, ChargingEvent, ImMode, ImService, MessageAccounts, MessageCounts } from './internal-ports.js';
export type { AdministrativeRemoval, RegistrationAdministration } from './sip-core/registration-administration.js';
export type { AuditEntry } from './system-messages/store.js';
export type { SystemMessage, SystemMessageResult, SystemMessages } from './system-messages/system-messages.js';
export type { Log } from './observe/ports.js';
export type { TraceEntry, TraceListener, WireTrace } from './observe/trace.js';
