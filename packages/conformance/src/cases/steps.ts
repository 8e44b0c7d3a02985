/* Steps that several topics share. */
import type { CaseContext } from '../case.js';
import { digestAnswer } from '../digest-answer.js';
import { check, ConnectionEnded, equal, fail, NothingCame, precondition } from '../expectation.js';
import { userPart, type SipMessage, type SipPeer, type User } from '../raw-sip.js';
import { fields, finalResponse, message } from './templates.js';

/**
 * Fetches a challenge with an OPTIONS and answers it for another request: the header field for `{authorization}`, empty where
 * the target asks for none. For cases that must see every response, which `SipPeer.request` does not show.
 */
export async function credentialsFor(peer: SipPeer, user: User, method: string, uri: string): Promise<string> {
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
  return `${status === 401 ? 'Authorization' : 'Proxy-Authorization'}: ${answer ?? fail('no challenge asks for Digest with MD5 or SHA-2')}`;
}

/** Sends a MESSAGE, which must arrive, and takes it there; gives it as it arrived. */
export async function delivered(sender: SipPeer, recipient: SipPeer, to: User, ...lines: readonly string[]): Promise<SipMessage> {
  const answered = sender.request(message, { recipient: to.aor, ...fields(...lines) });
  answered.catch(() => undefined);
  const arrived = await recipient.expect('MESSAGE ');
  recipient.respond(arrived, finalResponse('200 OK'));
  isTaken(await answered);
  return arrived;
}

/** The message went on its way: 200 of its recipient, or 202 of one who keeps it until then (RFC 3428 §7). */
export function isTaken({ status }: SipMessage): void {
  check(status === 200 || status === 202, `the status at the sender is ${status}, expected 200, or 202`);
}

/** A MESSAGE to nobody: an error (RFC 3261 §16.5), or 202 where messages are kept (RFC 3428 §7). */
export function isNotDelivered({ has }: CaseContext, { status = 0 }: SipMessage): void {
  const kept = has('deferred') && status === 202;
  check(kept || status >= 400, `the status at the sender is ${status}, expected an error${has('deferred') ? ' or 202' : ''}`);
}

/** The next final response, or the next provisional one that is not 100. */
export async function beyondTrying(peer: SipPeer): Promise<SipMessage> {
  for (;;) {
    const response = await peer.expect('SIP/2.0 ');
    if (response.status !== 100) return response;
  }
}

/** Fails when anything but a repeat comes within this time; a repeat counts where `repeats` says so. */
export async function nothingComes(peer: SipPeer, what: string, within: number, repeats = false): Promise<void> {
  const came = await unlessSilent(peer.expect('', { within, repeats }));
  if (came !== undefined) fail(`${what} got "${came.startLine}", expected nothing`);
}

/** What comes, or undefined when the wait for it ends with nothing. */
export async function unlessSilent<T>(wait: Promise<T>): Promise<T | undefined> {
  try {
    return await wait;
  } catch (error) {
    if (error instanceof NothingCame) return undefined;
    throw error;
  }
}

/** What the step gives; undefined when the target ended the connection instead. */
export async function unlessClosed<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof ConnectionEnded) return undefined;
    throw error;
  }
}

/** How long a case waits to see that nothing comes, in milliseconds. */
export function shortWait({ timeout }: CaseContext): number {
  return Math.min(timeout, 500);
}

/** Hop-by-hop requests keep the branch of the INVITE (RFC 3261 §9.1, §17.1.1.3), whatever else stands in the Via. */
export function sameBranch(what: string, request: SipMessage, invite: SipMessage): void {
  const topBranch = (arrived: SipMessage): string | undefined => /;\s*branch\s*=\s*([^;,\s]+)/i.exec(arrived.header('Via') ?? '')?.[1];
  equal(`the branch of the ${what}`, topBranch(request), topBranch(invite));
}
