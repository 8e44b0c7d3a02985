/** Presence information (RFC 3863). */
export const PIDF_NAMESPACE = 'urn:ietf:params:xml:ns:pidf';
/** The data model of presence: persons and devices (RFC 4479). */
export const DATA_MODEL_NAMESPACE = 'urn:ietf:params:xml:ns:pidf:data-model';
/** Rich presence (RFC 4480). */
export const RPID_NAMESPACE = 'urn:ietf:params:xml:ns:pidf:rpid';
/** Timed status (RFC 4481). */
export const TIMED_STATUS_NAMESPACE = 'urn:ietf:params:xml:ns:pidf:timed-status';
/** Contact information (RFC 4482). */
export const CIPID_NAMESPACE = 'urn:ietf:params:xml:ns:pidf:cipid';
/** Types of places (RFC 4589). */
export const LOCATION_TYPE_NAMESPACE = 'urn:ietf:params:xml:ns:location-type';
/** The presence extensions of OMA SIMPLE. */
export const OMA_PRES_NAMESPACE = 'urn:oma:xml:prs:pidf:oma-pres';
