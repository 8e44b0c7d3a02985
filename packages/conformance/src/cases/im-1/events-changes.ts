/* What is notified when registrations change while somebody watches. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipPeer } from '../../raw-sip.js';
import { subscription, watcher, type Watcher } from '../events.js';
import { contactIn, reginfoOf, registrationIn, type RegInfo, type RegisteredContact } from '../reginfo.js';
import { nothingComes, shortWait } from '../steps.js';
import { bound, briefly, desk, mobile, removed } from './events-bindings.js';

interface Watched {
  readonly aor: string;
  readonly device: SipPeer;
  readonly alice: Watcher;
  /** The document the subscription began with. */
  readonly before: RegInfo;
}

/** A device with these contacts, and a subscription to them at another peer. */
async function watched(context: CaseContext, ...contacts: readonly string[]): Promise<Watched> {
  const user = context.users[0]!;
  const device = await context.sip({ user });
  const listed = contacts.map((uri) => `<${uri}>`).join(', ');
  if (listed !== '') await precondition('contacts are registered', () => bound(device, `Contact: ${listed}`));
  const alice = await watcher(context, { user });
  const { notify } = await subscription(alice, 'Expires: 600');
  return { aor: user.aor, device, alice, before: await precondition('the document is read', async () => reginfoOf(notify)) };
}

/** What a REGISTER with these header lines is notified with. */
async function after({ device, alice }: Watched, ...lines: readonly string[]): Promise<RegInfo> {
  await precondition('the REGISTER is accepted', () => bound(device, ...lines));
  return reginfoOf(await alice.changed());
}

const toldAs = ({ state, event }: RegisteredContact): string => `${state} by ${event}`;

export const registrationChangeCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc6665/4.2.2/registered',
    clause: 'RFC 6665 §4.2.2, RFC 3680 §4.7.1',
    level: 'SHOULD',
    asks: 'A device that registers is told of to whoever watches: active, by the event registered, in a registration that is active.',
    does: 'Subscribes, registers a contact at another peer, and reads the NOTIFY.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context);
      const document = await after(state, `Contact: <${desk}>`);
      equal('the contact', toldAs(contactIn(document, state.aor, desk)), 'active by registered');
      equal('the state of the registration', registrationIn(document, state.aor).state, 'active');
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/version-of-a-change',
    clause: 'RFC 3680 §5.1',
    level: 'SHALL',
    asks: 'The document of a change is one version higher than the one before, and says whether it is full or partial.',
    does: 'Subscribes, registers a contact, and compares the documents.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context);
      await precondition('a contact is registered', () => bound(state.device, `Contact: <${desk}>`));
      const notify = await precondition('the change is notified', () => state.alice.changed());
      const document = reginfoOf(notify);
      equal('the version', document.version, state.before.version + 1);
      check(['full', 'partial'].includes(document.state), `the state of the document is ${JSON.stringify(document.state)}`);
      equal('the id of the registration', registrationIn(document, state.aor).id, registrationIn(state.before, state.aor).id);
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/full-means-all',
    clause: 'RFC 3680 §5.1, §5.2',
    level: 'SHALL',
    asks: 'A document of a change that says it is full has all contacts, a partial one those that changed.',
    does: 'Registers a contact, subscribes, registers another one, and looks what the NOTIFY has.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk);
      await precondition('a second contact is registered', () => bound(state.device, `Contact: <${mobile}>`));
      const document = reginfoOf(await precondition('the change is notified', () => state.alice.changed()));
      contactIn(document, state.aor, mobile);
      if (document.state === 'full') contactIn(document, state.aor, desk);
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/refreshed',
    clause: 'RFC 3680 §4.7.1, RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'A contact that is registered again stays active, by the event refreshed.',
    does: 'Registers a contact, subscribes, registers it again, and reads the NOTIFY.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk);
      equal('the contact', toldAs(contactIn(await after(state, `Contact: <${desk}>`), state.aor, desk)), 'active by refreshed');
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/shorter-lifetime',
    clause: 'RFC 3680 §4.7.1, §5.1',
    level: 'SHALL',
    asks: 'A contact that is registered again for less time is active by refreshed, or by shortened, which always says for how long.',
    does: 'Registers a contact for 600 seconds, subscribes, registers it for 200, and reads the state it is in.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk);
      await precondition('it is registered again', () => bound(state.device, `Contact: <${desk}>;expires=200`));
      const { notify } = await precondition('the subscription is refreshed', () => state.alice.refreshed('Expires: 600'));
      const contact = contactIn(reginfoOf(notify), state.aor, desk);
      const expires = contact.optional('expires');
      check(['registered', 'refreshed', 'shortened'].includes(contact.event), `the event is ${contact.event}`);
      check(contact.event !== 'shortened' || expires !== undefined, 'a contact that is shortened has no expires');
      check(Number(expires ?? 0) <= 200, `the expires is ${expires}, expected 200 at most`);
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/unregistered',
    clause: 'RFC 3680 §4.7.1, RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'A contact that is removed is told of as terminated, by the event unregistered; with another left, the registration is active.',
    does: 'Registers two contacts, subscribes, removes one, and reads the NOTIFY.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk, mobile);
      const document = await after(state, `Contact: <${desk}>;expires=0`);
      equal('the contact', toldAs(contactIn(document, state.aor, desk)), 'terminated by unregistered');
      equal('the state of the registration', registrationIn(document, state.aor).state, 'active');
    },
  },
  {
    id: 'IM-1/rfc3680/5.1/contact-id-stays',
    clause: 'RFC 3680 §5.1',
    level: 'SHOULD',
    asks: 'A contact has the same id in every document.',
    does: 'Registers two contacts, subscribes, removes one, and compares its id before and after.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk, mobile);
      const { id } = contactIn(state.before, state.aor, desk);
      equal('the id of the contact', contactIn(await after(state, `Contact: <${desk}>;expires=0`), state.aor, desk).id, id);
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/terminated',
    clause: 'RFC 3680 §4.7.1, RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'With its last contact a registration is told of as terminated.',
    does: 'Registers a contact, subscribes, removes it, and reads the NOTIFY.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk);
      const document = await after(state, `Contact: <${desk}>;expires=0`);
      equal('the state of the registration', registrationIn(document, state.aor).state, 'terminated');
      equal('the contact', toldAs(contactIn(document, state.aor, desk)), 'terminated by unregistered');
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/init-never-told',
    clause: 'RFC 3680 §4.7.1, §4.7.2',
    level: 'SHALL',
    asks: 'That a registration goes from terminated to init is not notified.',
    does: 'Registers a contact, subscribes, removes it, takes the NOTIFY of that, and looks that none follows.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk);
      await precondition('the removal is notified', () => after(state, `Contact: <${desk}>;expires=0`));
      await nothingComes(state.alice.peer, 'the watcher', 3 * shortWait(context));
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/all-removed',
    clause: 'RFC 3680 §4.7.1, RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'When all contacts are removed at once, each is told of as terminated.',
    does: 'Registers two contacts, subscribes, removes all with Contact: *, and reads the NOTIFY.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    run: async (context) => {
      const state = await watched(context, desk, mobile);
      await precondition('all are removed', () => removed(state.device));
      const document = reginfoOf(await state.alice.changed());
      equal('the state of the registration', registrationIn(document, state.aor).state, 'terminated');
      for (const uri of [desk, mobile]) equal(uri, toldAs(contactIn(document, state.aor, uri)), 'terminated by unregistered');
    },
  },
  {
    id: 'IM-1/rfc3680/4.7.1/expired',
    clause: 'RFC 3680 §4.7.1, RFC 6665 §4.2.2',
    level: 'SHOULD',
    asks: 'A contact that is not registered again in time is told of as terminated, by the event expired.',
    does: 'Subscribes, registers a contact for the shortest time the target takes, and waits.',
    needs: ['reg-event', 'registrar'],
    users: 1,
    slow: 150,
    run: async (context) => {
      const state = await watched(context);
      const granted = await precondition('a contact is registered for a short time', () => briefly(state.device));
      equal('the contact', toldAs(contactIn(reginfoOf(await state.alice.changed()), state.aor, desk)), 'active by registered');
      const document = reginfoOf(await state.alice.notified(granted * 1000 + 10_000 + context.timeout));
      equal('the contact', toldAs(contactIn(document, state.aor, desk)), 'terminated by expired');
      equal('the state of the registration', registrationIn(document, state.aor).state, 'terminated');
    },
  },
];
