/*
 * Third-party registration: the core tells the IM server who is registered (3GPP TS 24.229 §5.4.1.7), over IM-2.
 */
import { buildRequest, encode, newTag, type SipRequest } from '@simple-im/sip';
import type { Random } from '@simple-im/transport';

export interface ThirdPartyRegistration {
  readonly aor: string;
  /** Seconds until the last binding expires; 0: nobody is registered any more. */
  readonly expires: number;
  /** The REGISTER of the client, which goes along without its credentials. */
  readonly original: SipRequest;
  /** URI of the core. */
  readonly core: string;
  /** URI of the IM server. */
  readonly imServer: string;
}

export function thirdPartyRegister(registration: ThirdPartyRegistration, random: Random): SipRequest {
  const original = registration.original.clone();
  for (const name of ['Authorization', 'Proxy-Authorization']) original.headers.delete(name);
  return buildRequest({
    method: 'REGISTER',
    uri: registration.imServer,
    from: `<${registration.core}>;tag=${newTag(random)}`,
    to: `<${registration.aor}>`,
    callId: newTag(random) + newTag(random),
    cseq: 1,
    headers: [
      ['Contact', `<${registration.core}>`],
      ['Expires', String(registration.expires)],
    ],
    contentType: 'message/sip',
    body: encode(original),
  });
}
