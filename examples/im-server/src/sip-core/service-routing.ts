/*
 * Which requests pass through the IM server: our initial filter criteria (docs/profile.md), and where a request that comes back
 * over IM-2 goes on (the original dialog identifier of ISC).
 */
import { aorOf, byteString, parseNameAddr } from '@simple-im/grammar';
import { respondTo, type SipRequest, type SipResponse } from '@simple-im/sip';
import { IM_SETTINGS_EVENT } from '@simple-im/sip-events/documents/im-settings';

const IM_FEATURE_TAG = '+g.oma.sip-im';

/** Whether a request outside a dialog is for the IM service. */
export function isImService(request: SipRequest): boolean {
  if (request.method === 'MESSAGE' || isServiceSettings(request)) return true;
  return request.method === 'INVITE' && (namesImFeature(request) || offersMsrp(request));
}

/** What a device publishes for the IM server to obey (docs/profile.md). */
function isServiceSettings(request: SipRequest): boolean {
  return request.method === 'PUBLISH' && request.headers.get('Event')?.split(';')[0]?.trim().toLowerCase() === IM_SETTINGS_EVENT;
}

/** The answer to a PUBLISH for which there is nobody (RFC 3903 §6, step 2). */
export function badEvent(request: SipRequest): SipResponse {
  return respondTo(request, 489, { headers: [['Allow-Events', IM_SETTINGS_EVENT]] });
}

/**
 * Whose terminating services a request of the IM server's own has passed, by its P-Served-User (RFC 5502 §5.2), which is taken away;
 * undefined where it says nothing of the kind.
 */
export function takeServedUser(request: SipRequest): string | undefined {
  const field = request.headers.get('P-Served-User');
  if (field === undefined) return undefined;
  request.headers.delete('P-Served-User');
  const { uri, params } = parseNameAddr(field);
  return params.get('sescase')?.toLowerCase() === 'term' ? aorOf(uri) : undefined;
}

/** The feature tag as a parameter of its own: `+g.oma.sip-im.large-message` is another one. */
function namesImFeature(request: SipRequest): boolean {
  return [...request.headers.all('Accept-Contact'), ...request.headers.all('Contact')].some((value) =>
    value.split(/[;,]/).some((parameter) => parameter.split('=')[0]?.trim().toLowerCase() === IM_FEATURE_TAG),
  );
}

/** SDP alone or inside a multipart body: an m-line stands at the start of a line either way (RFC 4566 §5). */
function offersMsrp(request: SipRequest): boolean {
  const type = request.contentType?.type;
  if (type !== 'application/sdp' && type?.startsWith('multipart/') !== true) return false;
  return /(^|[\r\n])m=message /.test(byteString(request.body));
}
