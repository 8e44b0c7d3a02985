import type { ProtocolError } from '@simple-im/grammar';
import { transportError, type transportErrors } from '../errors.js';

const CODES: Readonly<Record<string, keyof typeof transportErrors>> = {
  EADDRINUSE: 'TRANSPORT_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'TRANSPORT_ADDRESS_NOT_AVAILABLE',
  EACCES: 'TRANSPORT_NOT_PERMITTED',
  EPERM: 'TRANSPORT_NOT_PERMITTED',
  ECONNREFUSED: 'TRANSPORT_REFUSED',
  EHOSTUNREACH: 'TRANSPORT_UNREACHABLE',
  ENETUNREACH: 'TRANSPORT_UNREACHABLE',
  EHOSTDOWN: 'TRANSPORT_UNREACHABLE',
  ENETDOWN: 'TRANSPORT_UNREACHABLE',
  EAFNOSUPPORT: 'TRANSPORT_UNREACHABLE',
  ETIMEDOUT: 'TRANSPORT_TIMEOUT',
  ECONNRESET: 'TRANSPORT_CLOSED',
  ECONNABORTED: 'TRANSPORT_CLOSED',
  EPIPE: 'TRANSPORT_CLOSED',
  ENOTFOUND: 'TRANSPORT_NAME_NOT_FOUND',
  ENODATA: 'TRANSPORT_NAME_NOT_FOUND',
  EAI_AGAIN: 'TRANSPORT_NAME_NOT_FOUND',
  EMSGSIZE: 'TRANSPORT_DATAGRAM_TOO_LARGE',
  EPROTO: 'TRANSPORT_TLS',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'TRANSPORT_TIMEOUT',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TRANSPORT_CERTIFICATE',
};

/** OpenSSL's names for a chain it does not accept (X509_V_ERR_...). */
const CHAIN = /^(CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_MISMATCH)/;

/** What Node reports as an error of ours; `where` is the address or name concerned. */
export function systemError(error: unknown, where: string): ProtocolError {
  const name = systemName(error);
  return transportError(codeFor(name), { detail: `${where} (${name})`, cause: error });
}

function codeFor(name: string): keyof typeof transportErrors {
  if (CHAIN.test(name)) return 'TRANSPORT_CERTIFICATE';
  if (name.startsWith('ERR_OSSL_')) return 'TRANSPORT_BAD_IDENTITY';
  return CODES[name] ?? (/^ERR_(SSL|TLS)_/.test(name) ? 'TRANSPORT_TLS' : 'TRANSPORT_FAILED');
}

function systemName(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : String(error);
}
