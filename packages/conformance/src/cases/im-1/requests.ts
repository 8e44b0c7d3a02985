/* REGISTER, challenges and credentials: what several topics of IM-1 send, and what they look for in the answers. */
import { check, equal, fail } from '../../expectation.js';
import { digestAnswer } from '../../digest-answer.js';
import { parameter, uriOf } from '../../sip-text.js';
import type { Values } from '../../template.js';
import { userPart, type SipMessage, type SipPeer, type User } from '../../raw-sip.js';
import { fields, register } from '../templates.js';

/** A REGISTER with these header lines and its final response, challenges answered. */
export function registering(peer: SipPeer, ...lines: readonly string[]): Promise<SipMessage> {
  return peer.request(register, fields(...lines));
}

/** A REGISTER that must be answered 200. */
export async function registeredWith(peer: SipPeer, ...lines: readonly string[]): Promise<SipMessage> {
  const response = await registering(peer, ...lines);
  equal('the status', response.status, 200);
  return response;
}

export interface ListedContact {
  readonly uri: string;
  /** Seconds; NaN where it has none. */
  readonly expires: number;
}

/** The Contact values of a response. */
export function contactsOf(response: SipMessage): readonly ListedContact[] {
  const values = response.headers('Contact').flatMap((value) => value.split(/,(?=\s*<)/));
  return values.map((value) => ({ uri: uriOf(value) ?? '', expires: Number(parameter(value, 'expires') ?? NaN) }));
}

/** The URIs of the bindings, sorted, as one text. */
export function listed(response: SipMessage): string {
  return contactsOf(response).map(({ uri }) => uri).sort().join(' ');
}

/** What the target says are the bindings now. */
export async function bindingsNow(peer: SipPeer): Promise<string> {
  return listed(await registeredWith(peer));
}

/** Fails when a request has reached the peer: the answer to one more REGISTER of its own must be the next that comes. */
export async function nothingHasCome(peer: SipPeer): Promise<void> {
  peer.newCall();
  await registering(peer);
}

/** The Digest challenges of a 401 or 407. */
export function challengesOf(response: SipMessage): readonly string[] {
  const name = response.status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  return response.headers(name).filter((value) => /^Digest\s/i.test(value));
}

/** A parameter of a challenge, without its quotes. */
export function challengeParameter(challenge: string, name: string): string | undefined {
  const found = new RegExp(`[\\s,]${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,]+))`, 'i').exec(challenge);
  return found?.[1] ?? found?.[2];
}

export interface CredentialsChoice {
  readonly method: string;
  /** The digest-uri. */
  readonly uri: string;
  readonly user: User;
  /** Instead of the challenges of the response. */
  readonly challenges?: readonly string[];
}

/** The header line that answers a 401 or 407, right or wrong as the case wants it. */
export function credentials(response: SipMessage, { method, uri, user, challenges = challengesOf(response) }: CredentialsChoice): string {
  const answer = digestAnswer({ challenges, method, uri, username: userPart(user.aor) ?? '', password: user.password });
  check(answer !== undefined, `the ${response.status} has no challenge that asks for Digest with MD5 or SHA-2`);
  return `${response.status === 407 ? 'Proxy-Authorization' : 'Authorization'}: ${answer}`;
}

/**
 * Sends the request without credentials; what comes must be a challenge: 407 of a proxy, 401 of a registrar or user agent, as the
 * target may be for anything but REGISTER (RFC 3261 §22.1).
 */
export async function challenged(peer: SipPeer, template: string, values: Values = {}): Promise<SipMessage> {
  const response = await peer.request(withoutCredentials(template), values);
  check(response.status === 401 || response.status === 407, `the status without credentials is ${response.status}, expected 401 or 407`);
  if (challengesOf(response).length === 0) fail(`the ${response.status} has no Digest challenge`);
  return response;
}

/** Credentials that prove nothing: challenged again, or forbidden (RFC 3261 §22.1), or told to be malformed. */
export function isRefused({ status }: SipMessage, what: string): void {
  check([400, 401, 403, 407].includes(status ?? 0), `the status with ${what} is ${status}, expected 401, 403 or 407`);
}

/** A template that is sent once, whatever is answered. */
export function withoutCredentials(template: string): string {
  return template.replace(/ *\{authorization\}\n/, '');
}

/** The same, with the line given as `{credentials}`. */
export function withCredentials(template: string): string {
  return template.replace('{authorization}', '{credentials}');
}
