/*
 * What IM-2 looks like on the wire (docs/profile.md, "IM-2 on the wire"): the Route that leads to the IM server and back, and
 * the served user with the session case. All of it is plain, so that any core that can write a Route can stand on the other side.
 */
import { aorOf, isSipUri, parseNameAddr, type NameAddr, type Uri } from '@simple-im/grammar';
import type { SipRequest } from '@simple-im/sip';
import type { Random } from '@simple-im/transport';
import type { SessionCase } from '../reference-points.js';

/** On the IM server's URI: the request is of an originating case. Without it, and without P-Served-User, it is a terminating one. */
const ORIGINATING = 'orig';

/** What a request says of itself beside what the user wrote. */
export interface Served {
  readonly sessionCase: SessionCase;
  /** Address-of-record. */
  readonly servedUser: string;
}

/** Names the served user; the field must not be there twice (RFC 8498 §4). */
export function writeServed(request: SipRequest, sessionCase: SessionCase, servedUser: string): void {
  request.headers.set('P-Served-User', `<${servedUser}>;sescase=${sessionCase === 'originating' ? 'orig' : 'term'}`);
}

/** The Route that leads to the IM server. `uri`: of the IM server, as configured. */
export function routeToImServer(uri: string, sessionCase: SessionCase): string {
  return `<${looseUri(uri)}${sessionCase === 'originating' ? `;${ORIGINATING}` : ''}>`;
}

/** A URI as a Route names it (RFC 3261 §19.1.1). */
export function looseUri(uri: string): string {
  return /;lr(?:[;=]|$)/i.test(uri) ? uri : `${uri};lr`;
}

/**
 * Session case and served user of a request that came by `route`, the IM server's own; P-Served-User is taken away. Believes what it
 * reads: only for requests of a trusted core. Throws GRAMMAR_... for a field that cannot be read.
 */
export function takeServed(request: SipRequest, route: Uri): Served {
  const field = request.headers.get('P-Served-User');
  request.headers.delete('P-Served-User');
  const named = field === undefined ? undefined : parseNameAddr(field);
  const isOriginating = named === undefined ? undefined : saysOriginating(named);
  const sessionCase = isOriginating ?? (isSipUri(route) && route.params.has(ORIGINATING)) ? 'originating' : 'terminating';
  return { sessionCase, servedUser: named === undefined ? servedUserOf(request, sessionCase) : aorOf(named.uri) };
}

/** Undefined where P-Served-User leaves it open; the services after a diversion are the caller's kind (RFC 8498 §6.2). */
function saysOriginating({ params }: NameAddr): boolean | undefined {
  const sessionCase = params.get('sescase')?.toLowerCase();
  if (sessionCase === 'orig' || params.has('orig-cdiv')) return true;
  return sessionCase === 'term' ? false : undefined;
}

/** Without P-Served-User: who the core vouches for, or whom the request is for (3GPP TS 24.229 §5.7.1.3A). */
function servedUserOf(request: SipRequest, sessionCase: SessionCase): string {
  const [asserted] = request.headers.list('P-Asserted-Identity');
  const sender: NameAddr | undefined = asserted === undefined ? request.from : parseNameAddr(asserted);
  return aorOf(sessionCase === 'terminating' || sender === undefined ? request.parsedUri : sender.uri);
}

/** The user part of the core's own URI below: which request stands at the IM server. Nobody else learns it, so it proves who hands back. */
const ORIGINAL_DIALOG = 'odi.';

export function newOriginalDialog(random: Random): string {
  return Buffer.from(random.bytes(12)).toString('base64url');
}

export function originalDialogUser(originalDialog: string): string {
  return ORIGINAL_DIALOG + originalDialog;
}

/** The original dialog identifier in a user part; undefined for another user part. */
export function readOriginalDialog(user: string | undefined): string | undefined {
  return user?.startsWith(ORIGINAL_DIALOG) === true ? user.slice(ORIGINAL_DIALOG.length) : undefined;
}
