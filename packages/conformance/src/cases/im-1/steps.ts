/* Steps that several topics of IM-1 share. */
import type { CaseContext } from '../../case.js';
import { digestAnswer } from '../../digest-answer.js';
import { ExpectationFailed, fail, precondition } from '../../expectation.js';
import { userPart, type SipMessage, type SipPeer, type User } from '../../raw-sip.js';

/** A MESSAGE with one text; `{recipient}` is its Request-URI and To. */
export const message = `
  MESSAGE {recipient} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{recipient}>
  Call-ID: {callId}
  CSeq: {cseq} MESSAGE
  {authorization}
  Content-Type: text/plain
  Content-Length: {length}

  Watson, come here.
`;

/** For the target itself: it is answered without credentials and needs no user. */
export const options = `
  OPTIONS sip:{domain} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <sip:probe@{domain}>;tag={tag}
  To: <sip:{domain}>
  Call-ID: {callId}
  CSeq: {cseq} OPTIONS
  Content-Length: 0
`;

/** A final response without a body, such as `200 OK`. */
export function finalResponse(status: string): string {
  return `
    SIP/2.0 ${status}
    {vias}
    From: {from}
    To: {to};tag={toTag}
    Call-ID: {callId}
    CSeq: {cseq}
    Content-Length: 0
  `;
}

/**
 * Fetches a challenge with an OPTIONS and answers it for another request: the header field for `{authorization}`, empty where
 * the target asks for none. For cases that must see every response, which `SipPeer.request` does not show.
 */
export async function credentials(peer: SipPeer, user: User, method: string, uri: string): Promise<string> {
  const { status, challenges } = await precondition('the target challenges or answers an OPTIONS', async () => {
    const response = await peer.request(`
      OPTIONS ${uri} SIP/2.0
      Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
      Max-Forwards: 70
      From: <{aor}>;tag={tag}
      To: <${uri}>
      Call-ID: {callId}
      CSeq: {cseq} OPTIONS
      Content-Length: 0
    `);
    const name = response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    return { status: response.status, challenges: response.headers(name) };
  });
  peer.newCall();
  if (status !== 401 && status !== 407) return '';
  const answer = digestAnswer({ challenges, method, uri, username: userPart(user.aor) ?? '', password: user.password });
  return `${status === 401 ? 'Authorization' : 'Proxy-Authorization'}: ${answer ?? fail('no challenge asks for Digest with MD5 or SHA-256')}`;
}

/** The next final response, or the next provisional one that is not 100. */
export async function beyondTrying(peer: SipPeer): Promise<SipMessage> {
  for (;;) {
    const response = await peer.expect('SIP/2.0 ');
    if (response.status !== 100) return response;
  }
}

/** Fails when anything but a repeat comes within this time. */
export async function nothingComes(peer: SipPeer, what: string, within: number): Promise<void> {
  const came = await unlessSilent(peer.expect('', { within }));
  if (came !== undefined) fail(`${what} got "${came.startLine}", expected nothing`);
}

/** What comes, or undefined when the wait for it ends with nothing. */
export async function unlessSilent(wait: Promise<SipMessage>): Promise<SipMessage | undefined> {
  try {
    return await wait;
  } catch (error) {
    if (error instanceof ExpectationFailed && error.message.startsWith('nothing came in time')) return undefined;
    throw error;
  }
}

/** How long a case waits to see that nothing comes, in milliseconds. */
export function shortWait({ timeout }: CaseContext): number {
  return Math.min(timeout, 500);
}
