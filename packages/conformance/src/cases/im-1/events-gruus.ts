/* GRUUs in registration information (RFC 5628). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { SipMessage, SipPeer, User } from '../../raw-sip.js';
import { header } from '../../sip-text.js';
import { childrenOf, type XmlElement } from '../../xml-text.js';
import { subscription, watcher, type Watcher } from '../events.js';
import { contactIn, reginfoOf, type RegInfo } from '../reginfo.js';
import { bound, desk, mobile, removed } from './events-bindings.js';
import { gruu, instance } from './gruu.js';

const needs = ['reg-event', 'registrar', 'gruu'] as const;
const gruuNamespace = 'urn:ietf:params:xml:ns:gruuinfo';

/** What a contact shows, each at most once (§5); undefined where it is not there. */
interface Shown {
  readonly pub: string | undefined;
  readonly temp: string | undefined;
  readonly firstCseq: number;
}

function shownOf(document: RegInfo, aor: string, uri: string): Shown {
  const { element } = contactIn(document, aor, uri);
  const [pub, temp] = [only(element, 'pub-gruu'), only(element, 'temp-gruu')];
  const firstCseq = temp?.attributes.get('first-cseq');
  if (temp !== undefined && !/^\d{1,10}$/.test(firstCseq ?? '')) fail(`the first-cseq of a temp-gruu is ${firstCseq ?? 'missing'}, expected a number`);
  return { pub: uriIn(pub), temp: uriIn(temp), firstCseq: Number(firstCseq) };
}

function only(contact: XmlElement, name: string): XmlElement | undefined {
  const found = childrenOf(contact, name, gruuNamespace);
  check(found.length < 2, `a contact has ${found.length} elements ${name}`);
  return found[0];
}

function uriIn(element: XmlElement | undefined): string | undefined {
  return element === undefined ? undefined : element.attributes.get('uri') ?? fail(`a ${element.name} has no uri`);
}

/** A watcher's first document. */
async function first(context: CaseContext, user: User): Promise<{ readonly alice: Watcher; readonly document: RegInfo }> {
  const alice = await watcher(context, { user });
  return { alice, document: reginfoOf((await subscription(alice, 'Expires: 600')).notify) };
}

/** Registers the contact of a device that has an instance; its address is one that nobody on the way rewrites. */
function device(peer: SipPeer): Promise<SipMessage> {
  return precondition('a device is registered', () => bound(peer, `Contact: <${desk}>;${instance(6)}`, 'Supported: gruu'));
}

/** A device, and the 200 to its REGISTER. */
async function phone(context: CaseContext, user: User): Promise<{ readonly peer: SipPeer; readonly ok: SipMessage }> {
  const peer = await context.sip({ user });
  return { peer, ok: await device(peer) };
}

const gruuIn = (response: SipMessage, kind: 'pub' | 'temp'): string => gruu(response, kind, { contact: desk });

const cseqOf = (response: SipMessage): number => Number(header(response.text, 'CSeq')?.split(' ', 1)[0]);

export const registeredGruuCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc5628/5/public-shown',
    clause: 'RFC 5628 §5',
    level: 'SHOULD',
    asks: 'A contact with an instance shows its public GRUU, that of the 200 to its REGISTER, as a child of the contact.',
    does: 'Registers a device, subscribes, and compares.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { ok } = await phone(context, user!);
      const { document } = await first(context, user!);
      equal('the pub-gruu', shownOf(document, user!.aor, desk).pub, gruuIn(ok, 'pub'));
    },
  },
  {
    id: 'IM-1/rfc5628/5/temporary-shown-to-who-may-register',
    clause: 'RFC 5628 §5',
    level: 'SHOULD',
    asks: 'Whoever may register for the user is shown a temporary GRUU of each contact with an instance.',
    does: 'Registers a device, subscribes as the same user, and looks for it: a SIP URI with gr that does not name the user.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await phone(context, user!);
      const { document } = await first(context, user!);
      const temp = shownOf(document, user!.aor, desk).temp ?? fail('the contact has no temp-gruu');
      check(/^sips?:[^@]+@[^;]+;(?:[^;]*;)*gr(?:;|$)/.test(temp), `the temp-gruu is ${JSON.stringify(temp)}, expected a SIP URI with gr`);
      check(!temp.includes(user!.aor.slice(4).split('@')[0]!), 'the temp-gruu names the user');
    },
  },
  {
    id: 'IM-1/rfc5628/5/temporary-is-the-latest',
    clause: 'RFC 5628 §5',
    level: 'SHALL',
    asks: 'The temporary GRUU that is shown is the one that was assigned last.',
    does: 'Registers a device, refreshes it, subscribes, and compares with that of the second 200.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { peer } = await phone(context, user!);
      const ok = await device(peer);
      const { temp } = shownOf((await first(context, user!)).document, user!.aor, desk);
      if (temp === undefined) context.note('the contact has no temp-gruu');
      else equal('the temp-gruu', temp, gruuIn(ok, 'temp'));
    },
  },
  {
    id: 'IM-1/rfc5628/5/first-cseq',
    clause: 'RFC 5628 §5',
    level: 'SHALL',
    asks: 'A temporary GRUU names the CSeq of the REGISTER that brought the oldest one which is valid still.',
    does: 'Registers a device, refreshes it, subscribes; then registers it as another call, which ends all before (RFC 5627 §5.1), refreshes that, and looks again.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { peer, ok } = await phone(context, user!);
      await device(peer);
      const { alice, document } = await first(context, user!);
      const before = shownOf(document, user!.aor, desk);
      if (before.temp === undefined) return context.note('the contact has no temp-gruu');
      equal('the first-cseq after a refresh', before.firstCseq, cseqOf(ok));
      peer.newCall();
      const anew = await device(peer);
      await device(peer);
      const after = shownOf(reginfoOf((await alice.refreshed('Expires: 600')).notify), user!.aor, desk);
      equal('the first-cseq of another call', after.firstCseq, cseqOf(anew));
    },
  },
  {
    id: 'IM-1/rfc5628/5/none-without-instance',
    clause: 'RFC 5628 §5',
    level: 'SHALL',
    asks: 'A contact that gave no instance shows no GRUU, whatever other contacts of the user have.',
    does: 'Registers a device, and a contact without an instance; subscribes and looks at the second.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await phone(context, user!);
      const other = await context.sip({ user: user! });
      await precondition('a contact is registered', () => bound(other, `Contact: <${mobile}>`, 'Supported: gruu'));
      const { pub, temp } = shownOf((await first(context, user!)).document, user!.aor, mobile);
      equal('the GRUUs of a contact without instance', [pub, temp].filter((uri) => uri !== undefined).join(' '), '');
    },
  },
  {
    id: 'IM-1/rfc5628/5/same-for-contacts-of-an-instance',
    clause: 'RFC 5628 §5',
    level: 'SHALL',
    asks: 'Contacts that have the same instance show the same GRUUs.',
    does: 'Registers two contacts with one instance, one after the other, subscribes, and compares.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { peer } = await phone(context, user!);
      await precondition('another contact of the device is registered', () => bound(peer, `Contact: <${mobile}>;${instance(6)}`, 'Supported: gruu'));
      const { document } = await first(context, user!);
      const [one, other] = [shownOf(document, user!.aor, desk), shownOf(document, user!.aor, mobile)];
      equal('the GRUUs of the second contact', JSON.stringify(other), JSON.stringify(one));
      check(one.pub !== undefined, 'neither contact has a pub-gruu');
    },
  },
  {
    id: 'IM-1/rfc5628/5/change-shows-them',
    clause: 'RFC 5628 §5',
    level: 'SHOULD',
    asks: 'The NOTIFY of a change shows the GRUUs of the contact that changed.',
    does: 'Subscribes, registers a device, and compares the public GRUU of the next NOTIFY.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { alice } = await first(context, user!);
      const { ok } = await phone(context, user!);
      equal('the pub-gruu', shownOf(reginfoOf(await alice.changed()), user!.aor, desk).pub, gruuIn(ok, 'pub'));
    },
  },
  {
    id: 'IM-1/rfc5628/5/no-temporary-after-the-end',
    clause: 'RFC 5628 §5, RFC 5627 §5.3',
    level: 'SHOULD',
    asks: 'When the last contact of a device is gone no temporary GRUU is associated with it any more, and so none is shown.',
    does: 'Registers a device, subscribes, removes all bindings, and looks at the contact that has ended.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const { peer } = await phone(context, user!);
      const { alice } = await first(context, user!);
      await precondition('the bindings are removed', () => removed(peer));
      equal('the temp-gruu', shownOf(reginfoOf(await alice.changed()), user!.aor, desk).temp, undefined);
    },
  },
  {
    id: 'IM-1/rfc5628/5/given-by-client-not-shown',
    clause: 'RFC 5628 §5, RFC 5627 §5.1',
    level: 'SHALL',
    asks: 'The GRUUs that are shown are the registrar\'s, not what a client wrote into its Contact.',
    does: 'Registers a device with a pub-gruu and a temp-gruu of its own making, subscribes, and looks for them in the whole document.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const peer = await context.sip({ user: user! });
      const own = `pub-gruu="sip:mine@${context.domain};gr=mine";temp-gruu="sip:mytemp@${context.domain};gr"`;
      await precondition('a device is registered', () => bound(peer, `Contact: <${desk}>;${instance(6)};${own}`, 'Supported: gruu'));
      const alice = await watcher(context, { user: user! });
      const { notify } = await subscription(alice, 'Expires: 600');
      check(shownOf(reginfoOf(notify), user!.aor, desk).pub !== undefined, 'the contact has no pub-gruu');
      check(!/sip:mine@|sip:mytemp@/.test(notify.body), 'the GRUUs of the client are in the document');
    },
  },
  {
    id: 'IM-1/rfc5628/5/hostile-instance',
    clause: 'RFC 5628 §5, RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'A document is well-formed whatever an instance is, and shows the GRUU that the 200 has.',
    does: 'Registers a device whose instance has what XML writes otherwise, subscribes, and compares the public GRUU.',
    needs,
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const peer = await context.sip({ user: user! });
      const hostile = '+sip.instance="<urn:x-conformance:a&b&lt;\'c\'>"';
      const ok = await precondition('a device is registered', () => bound(peer, `Contact: <${desk}>;${hostile}`, 'Supported: gruu'));
      const { pub } = shownOf((await first(context, user!)).document, user!.aor, desk);
      if (/pub-gruu/.test(ok.text)) equal('the pub-gruu', pub, gruuIn(ok, 'pub'));
      else context.note('the 200 has no pub-gruu for such an instance');
    },
  },
];
