/** The algorithms of HTTP Digest, as RFC 7616 §6.1 names them. */
export type HashAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';
