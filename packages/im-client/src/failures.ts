import { ProtocolError } from '@simple-im/grammar';
import type { SipResponse } from '@simple-im/sip';
import { imError } from './errors.js';

/** IM_CERTIFICATE_REFUSED if that is what it came from, else undefined. */
export function certificateRefused(cause: unknown): ProtocolError | undefined {
  if (!ProtocolError.is(cause) || cause.code !== 'TRANSPORT_CERTIFICATE') return undefined;
  return imError('IM_CERTIFICATE_REFUSED', { cause, detail: cause.message });
}

/** Why a registration did not come about or does not hold, from what `Outbound` tells. */
export function registrationFailure(cause: ProtocolError): ProtocolError {
  const { code, status, message: detail } = cause;
  if (code.startsWith('IM_')) return cause;
  if (code === 'SIP_ENDPOINT_CLOSED') return imError('IM_CLOSED', { cause });
  if (code === 'SIP_REGISTRATION_REFUSED') return refusal(cause.cause as SipResponse);
  return certificateRefused(cause) ?? imError('IM_REGISTRAR_UNREACHABLE', { cause, detail, ...(status === undefined ? {} : { status }) });
}

function refusal(response: SipResponse): ProtocolError {
  const { status, reason } = response;
  const code = status === 401 || status === 407 ? 'IM_CREDENTIALS_REFUSED' : 'IM_REGISTRATION_REFUSED';
  return imError(code, { status, detail: `${status} ${reason}`, cause: response });
}
