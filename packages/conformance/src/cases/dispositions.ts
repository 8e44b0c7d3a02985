/* Disposition notifications (RFC 5438), whichever way they come: what the cases on them share. */
import type { CaseContext } from '../case.js';
import { equal, fail } from '../expectation.js';
import type { SipPeer, User } from '../raw-sip.js';
import { childrenOf, readXml, type XmlElement } from '../xml-text.js';
import { acceptedDelivery } from './deferred-sessions.js';
import { received } from './im-7/frames.js';
import { finalResponse } from './templates.js';

/** A message in the common format (RFC 3862), as octets. */
export interface Cpim {
  /** The lines of its head. */
  readonly head: readonly string[];
  /** Those of what it encloses. */
  readonly inner: readonly string[];
  readonly body: string;
}

export function cpimOf(octets: string): Cpim {
  const [head = '', inner = '', ...body] = octets.split('\r\n\r\n');
  return { head: head.split('\r\n'), inner: inner.split('\r\n'), body: body.join('\r\n\r\n') };
}

/** The values of a header of CPIM, in their order. A prefix is the sender's to choose (RFC 3862 §2.5); here it is asked to be `imdn`. */
export function linesOf(lines: readonly string[], name: string): string[] {
  const start = `${name.toLowerCase()}:`;
  return lines.filter((line) => line.toLowerCase().startsWith(start)).map((line) => line.slice(start.length).trim());
}

const namespace = 'urn:ietf:params:xml:ns:imdn';

export interface Notification {
  readonly cpim: Cpim;
  /** Of the message it is about. */
  readonly messageId: string;
  /** Such as `processing stored`. */
  readonly says: string;
  readonly root: XmlElement;
}

/** Reads a notification (RFC 5438 §7.2.1.1, §11.1). */
export function notificationIn(octets: string): Notification {
  const cpim = cpimOf(octets);
  const [type = ''] = linesOf(cpim.inner, 'Content-Type');
  equal('the type of what CPIM encloses', type.split(';', 1)[0]?.trim().toLowerCase(), 'message/imdn+xml');
  const root = readXml(cpim.body.trimEnd());
  equal('the root element', `${root.namespace} ${root.name}`, `${namespace} imdn`);
  const [messageId] = childrenOf(root, 'message-id');
  const kinds = root.children.filter(({ name }) => name.endsWith('-notification'));
  const status = childrenOf(kinds[0] ?? fail('the notification says nothing'), 'status')[0]?.children[0]?.name;
  return { cpim, root, messageId: messageId?.text.trim() ?? '', says: `${kinds[0]!.name.replace('-notification', '')} ${status}` };
}

/** The next that comes to the user is a notification, as MESSAGE or in a session. */
export async function notified(context: CaseContext, peer: SipPeer, user: User): Promise<Notification> {
  return notificationIn(await notifiedOctets(context, peer, user));
}

/** Its octets. */
export async function notifiedOctets(context: CaseContext, peer: SipPeer, user: User): Promise<string> {
  const request = await peer.expect('');
  if (request.startLine.startsWith('MESSAGE ')) {
    equal('the Content-Type', request.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase(), 'message/cpim');
    peer.respond(request, finalResponse('200 OK'));
    return request.body;
  }
  if (!request.startLine.startsWith('INVITE ')) fail(`got "${request.startLine}", expected a notification`);
  const { media } = await acceptedDelivery(context, peer, user, request);
  return (await received(media)).body;
}
