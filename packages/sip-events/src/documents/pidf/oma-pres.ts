import type { AttributeDescription } from '@simple-im/xml/write';
import { child, extensionAttributes, extensions, value } from '../codec/fields.js';
import { record, required, type ElementType, type Fields } from '../codec/record.js';
import { oneOf, string, token } from '../codec/values.js';
import { basic, type Basic, type Extensible } from './common.js';
import { OMA_PRES_NAMESPACE } from './namespaces.js';

/** A service-id of OMA SIMPLE IM with sessions. */
export const IM_SESSION_SERVICE = 'org.openmobilealliance:IM-session';
/** A service-id of OMA SIMPLE IM with pager mode messages. */
export const IM_PAGER_SERVICE = 'org.openmobilealliance:IM-PagerMode';
/** A service-id of file transfer. */
export const FILE_TRANSFER_SERVICE = 'org.openmobilealliance:File-Transfer';

/** Which service a tuple is about. */
export interface ServiceDescription extends Extensible {
  /** Such as {@link IM_SESSION_SERVICE}. */
  readonly serviceId: string;
  readonly version: string;
  readonly description?: string;
}

/** Whether the user wants, or the device is able, to be reached. */
export interface Willingness extends Extensible {
  readonly basic?: Basic;
  /** Attributes that are not known here. */
  readonly attributes?: readonly AttributeDescription[];
}

export type ServiceState = 'active' | 'terminated';

/** What a tuple says in the OMA extensions. */
export interface OmaService {
  readonly serviceDescription?: ServiceDescription;
  readonly willingness?: Willingness;
  /** Whether the user takes part in a session of the service. */
  readonly sessionParticipation?: Willingness;
  readonly registrationState?: ServiceState;
  /** `active`: incoming sessions are barred. */
  readonly barringState?: ServiceState;
}

/** What a person says in the OMA extensions. */
export interface OmaPerson {
  /** Willingness for all services, over that of each. */
  readonly overridingWillingness?: Willingness;
}

const serviceDescription: ElementType<ServiceDescription> = record<ServiceDescription>({
  serviceId: required(value(OMA_PRES_NAMESPACE, 'service-id', token), 'service-id'),
  version: required(value(OMA_PRES_NAMESPACE, 'version', token), 'version'),
  description: value(OMA_PRES_NAMESPACE, 'description', string),
  extensions,
});

const willingness: ElementType<Willingness> = record<Willingness>({
  basic: value(OMA_PRES_NAMESPACE, 'basic', basic),
  extensions,
  attributes: extensionAttributes,
});

const serviceState = oneOf<ServiceState>(['active', 'terminated']);

export const omaServiceFields: Fields<OmaService> = {
  serviceDescription: child(OMA_PRES_NAMESPACE, 'service-description', serviceDescription),
  willingness: child(OMA_PRES_NAMESPACE, 'willingness', willingness),
  sessionParticipation: child(OMA_PRES_NAMESPACE, 'session-participation', willingness),
  registrationState: value(OMA_PRES_NAMESPACE, 'registration-state', serviceState),
  barringState: value(OMA_PRES_NAMESPACE, 'barring-state', serviceState),
};

export const omaPersonFields: Fields<OmaPerson> = {
  overridingWillingness: child(OMA_PRES_NAMESPACE, 'overriding-willingness', willingness),
};
