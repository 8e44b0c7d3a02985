/** Partial presence documents (RFC 5262 §3). */
export const PIDF_DIFF_NAMESPACE = 'urn:ietf:params:xml:ns:pidf-diff';
