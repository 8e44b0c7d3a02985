/* Documents of registration information, as a SUBSCRIBE brings them. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipPeer, User } from '../../raw-sip.js';
import { header } from '../../sip-text.js';
import { childrenOf } from '../../xml-text.js';
import { subscription, watcher } from '../events.js';
import { activeIn, contactIn, reginfoOf, registrationIn, type RegInfo } from '../reginfo.js';
import { fields, register } from '../templates.js';
import { bound, desk, mobile } from './events-bindings.js';

/** The document that a new subscription begins with. */
async function documentNow(context: CaseContext, user: User): Promise<RegInfo> {
  const alice = await watcher(context, { user });
  return reginfoOf((await subscription(alice, 'Expires: 600')).notify);
}

/** A device of the user, with these contacts. */
async function device(context: CaseContext, user: User, ...lines: readonly string[]): Promise<SipPeer> {
  const peer = await context.sip({ user });
  await precondition('a contact is registered', () => bound(peer, ...lines));
  return peer;
}

export const reginfoCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3680/5.1/first-document',
    clause: 'RFC 3680 §5.1, §4.5',
    level: 'SHALL',
    asks: 'The first NOTIFY has a document of the type application/reginfo+xml, well-formed, in its namespace, of version 0.',
    does: 'Subscribes and reads the document.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      equal('the version of the first document', (await documentNow(context, context.users[0]!)).version, 0);
    },
  },
  {
    id: 'IM-1/rfc3680/4.3/first-document-full',
    clause: 'RFC 3680 §4.3, §5.2',
    level: 'SHOULD',
    asks: 'A document that a SUBSCRIBE brings is full, the first and later ones.',
    does: 'Registers a contact, subscribes, refreshes, and reads both documents.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await device(context, user!, `Contact: <${desk}>`);
      const alice = await watcher(context, { user: user! });
      const first = await subscription(alice, 'Expires: 600');
      for (const { notify } of [first, await alice.refreshed('Expires: 600')]) {
        const document = reginfoOf(notify);
        equal('the state of the document', document.state, 'full');
        equal('what is registered', activeIn(document, user!.aor), desk);
      }
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/init',
    clause: 'RFC 3680 §4.7.1, §5.1',
    level: 'SHALL',
    asks: 'The registration of a user without contacts is there, in the state init.',
    does: 'Subscribes to the registrations of a user who has none.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const registration = registrationIn(await documentNow(context, user!), user!.aor);
      equal('the state of the registration', registration.state, 'init');
      equal('the number of active contacts', registration.contacts.filter(({ state }) => state === 'active').length, 0);
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/active',
    clause: 'RFC 3680 §4.7.1, §5.1',
    level: 'SHALL',
    asks: 'A registration with a contact is active, and so is the contact, by the event registered.',
    does: 'Registers a contact, subscribes, and looks for it.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await device(context, user!, `Contact: <${desk}>`);
      const document = await documentNow(context, user!);
      equal('the state of the registration', registrationIn(document, user!.aor).state, 'active');
      const { state, event } = contactIn(document, user!.aor, desk);
      equal('the contact', `${state} by ${event}`, 'active by registered');
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/contact-ids-differ',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'Contacts with different URIs have different ids.',
    does: 'Registers two contacts that differ in a parameter only, subscribes, and compares.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await device(context, user!, `Contact: <${desk};x-seat=1>, <${desk};x-seat=2>`);
      const { contacts } = registrationIn(await documentNow(context, user!), user!.aor);
      equal('the number of contacts', contacts.length, 2);
      check(contacts[0]!.id !== contacts[1]!.id, `both contacts have the id ${JSON.stringify(contacts[0]!.id)}`);
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/callid-and-cseq',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'Where a contact has a callid and a cseq, they are those of the REGISTER that last changed it.',
    does: 'Registers a contact, registers it again as another call, subscribes, and compares.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const phone = await device(context, user!, `Contact: <${desk}>`);
      phone.newCall();
      const last = await precondition('it is registered again', () => bound(phone, `Contact: <${desk}>`));
      const contact = contactIn(await documentNow(context, user!), user!.aor, desk);
      const [callid, cseq] = [contact.optional('callid'), contact.optional('cseq')];
      if (callid === undefined || cseq === undefined) context.note('the contact has no callid or no cseq');
      if (callid !== undefined) equal('the callid', callid, header(last.text, 'Call-ID'));
      if (cseq !== undefined) equal('the cseq', cseq, header(last.text, 'CSeq')?.split(' ', 1)[0]);
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/q-and-expires',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'Where a contact has a q it is that of its REGISTER; where it has an expires, that is what is left of the binding.',
    does: 'Registers a contact with q=0.3 for 400 seconds, subscribes, and compares.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await device(context, user!, `Contact: <${desk}>;q=0.3;expires=400`);
      const contact = contactIn(await documentNow(context, user!), user!.aor, desk);
      const [q, expires] = [contact.optional('q'), contact.optional('expires')];
      if (q !== undefined) equal('the q', Number(q), 0.3);
      if (expires !== undefined) check(/^\d+$/.test(expires) && Number(expires) <= 400, `the expires is ${expires}, expected 400 at most`);
      if (q === undefined || expires === undefined) context.note('the contact has no q or no expires');
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/unknown-param',
    clause: 'RFC 3680 §5.1',
    level: 'MAY',
    asks: 'Parameters of a contact that RFC 3261 does not know are told, each as an unknown-param, empty where it has no value.',
    does: 'Registers a contact with +g.oma.sip-im and a description, subscribes, and looks for them.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await device(context, user!, `Contact: <${desk}>;+g.oma.sip-im;description="conformance"`);
      const { element } = contactIn(await documentNow(context, user!), user!.aor, desk);
      const told = new Map(childrenOf(element, 'unknown-param').map((param) => [param.attributes.get('name') ?? '', param.text.trim()]));
      equal('the unknown-param +g.oma.sip-im', told.get('+g.oma.sip-im'), '');
      equal('the unknown-param description', told.get('description')?.replace(/^"|"$/g, ''), 'conformance');
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/hostile-contact-well-formed',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'A document is well-formed whatever was registered.',
    does: 'Registers a contact full of what XML writes otherwise, in its display name, its URI and a parameter; reads it back.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      await device(context, user!, `Contact: "</uri> <![CDATA[ & ]]>" <${desk};x='a&b'>;x-note="<contact id='1'>&amp;"`);
      const { contacts } = registrationIn(await documentNow(context, user!), user!.aor);
      equal('the number of contacts', contacts.length, 1);
      check(contacts[0]!.uri.includes('a&b'), `the contact is ${contacts[0]!.uri}, which was registered with x='a&b'`);
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/hostile-octets-utf8',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'A document is UTF-8, and has only characters that XML allows, whatever was registered.',
    does: 'Registers a contact whose display name is no UTF-8, and one with a control character, which may be refused; reads the document.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const phone = await context.sip({ user: user! });
      const bad = [`"\xC3\x28 \xFF" <${desk}>`, `"bell \\\x07" <${mobile}>`];
      const taken: string[] = [];
      for (const contact of bad) {
        const { status } = await phone.request(register, fields(`Contact: ${contact}`, 'Expires: 600'));
        check(status === 200 || status === 400, `the status of the REGISTER is ${status}, expected 200 or 400`);
        if (status === 200) taken.push(contact.replace(/^.*<|>$/g, ''));
      }
      equal('what is registered', activeIn(await documentNow(context, user!), user!.aor), taken.join(' '));
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/versions-of-each-subscription',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'Versions count within a subscription: each document is one higher than the last of the same, whatever others are sent.',
    does: 'Subscribes, refreshes, subscribes at another peer, refreshes the first again, and reads the versions.',
    needs: ['reg-event'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const alice = await watcher(context, { user: user! });
      const first = reginfoOf((await subscription(alice, 'Expires: 600')).notify).version;
      equal('the version after a refresh', reginfoOf((await alice.refreshed('Expires: 600')).notify).version, first + 1);
      equal('the first version of another subscription', (await documentNow(context, user!)).version, 0);
      equal('the version after one more refresh', reginfoOf((await alice.refreshed('Expires: 600')).notify).version, first + 2);
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/registration-id-stays',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'The id of a registration is the same in every document of a subscription.',
    does: 'Subscribes, registers a contact, refreshes, registers another, refreshes, and compares the ids.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const [user] = context.users;
      const alice = await watcher(context, { user: user! });
      const { id } = registrationIn(reginfoOf((await subscription(alice, 'Expires: 600')).notify), user!.aor);
      for (const contact of [desk, mobile]) {
        await device(context, user!, `Contact: <${contact}>`);
        const { notify } = await alice.refreshed('Expires: 600');
        equal('the id of the registration', registrationIn(reginfoOf(notify), user!.aor).id, id);
      }
    },
  },
];
