/**
 * Digest access authentication (RFC 7616, RFC 8760, RFC 2617), both sides, for SIP, MSRP AUTH and HTTP. The hash function is
 * injected, time and randomness are arguments, users are looked up by the caller.
 */
export { digestErrors } from './errors.js';
export { hmac, type Algorithm, type DigestAlgorithm, type Hash, type RandomOctets } from './hash.js';
export {
  formatChallenge, formatCredentials, parseChallenges, parseCredentials, type Challenge, type Credentials, type Qop,
} from './challenge.js';
export { digestResponse, ha1Of, type AuthenticatedRequest, type ResponseInput, type Secret } from './response.js';
export { DigestClient, type ClientRequest, type DigestClientOptions } from './client.js';
export { DigestServer, type DigestServerOptions, type ServerRequest, type Verdict } from './server.js';
