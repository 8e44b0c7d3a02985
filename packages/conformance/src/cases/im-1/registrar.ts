import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { registered } from '../preconditions.js';
import { delivered, isNotDelivered } from '../steps.js';
import { fields, message, register } from '../templates.js';
import { bindingsNow, challenged, contactsOf, credentials, listed, nothingHasCome } from './requests.js';
import { registeredWith, registering, withCredentials } from './requests.js';

/** Contacts where nobody is (RFC 5737); nothing is sent to them. */
const desk = 'sip:desk@192.0.2.1';
const mobile = 'sip:mobile@192.0.2.2';
const tablet = 'sip:tablet@192.0.2.3';

export const registrarCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/10.3/several-contacts',
    clause: 'RFC 3261 §10.3 (7), (8)',
    level: 'SHALL',
    asks: 'Every contact of a REGISTER becomes a binding beside those there are; the 200 lists them all, each with an expires parameter.',
    does: 'Registers two contacts with one REGISTER and a third with another, and reads the 200 to the second.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const first = await registeredWith(alice, `Contact: <${desk}>, <${mobile}>`, 'Expires: 600');
      equal('what the first 200 lists', listed(first), `${desk} ${mobile}`);
      const response = await registeredWith(alice, `Contact: <${tablet}>`, 'Expires: 600');
      equal('what the second 200 lists', listed(response), `${desk} ${mobile} ${tablet}`);
      for (const { uri, expires } of contactsOf(response)) {
        check(expires > 0 && expires <= 600, `${uri} is listed with the expires parameter ${expires}, asked for 600`);
      }
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/expires-parameter-over-header',
    clause: 'RFC 3261 §10.3 (7)',
    level: 'SHALL',
    asks: 'The expires parameter of a contact is the lifetime asked for, and the Expires header field only for contacts without one.',
    does: 'Registers one contact with expires=300 and one without, under Expires: 600, and compares what was granted.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const contacts = contactsOf(await registeredWith(alice, `Contact: <${desk}>;expires=300`, `Contact: <${mobile}>`, 'Expires: 600'));
      const granted = (uri: string): number => contacts.find((contact) => contact.uri === uri)?.expires ?? NaN;
      check(granted(desk) > 0 && granted(desk) <= 300, `expires=300 was granted ${granted(desk)} s`);
      check(granted(mobile) > 0 && granted(mobile) <= 600, `Expires: 600 was granted ${granted(mobile)} s`);
    },
  },
  {
    id: 'IM-1/rfc3261/10.2.3/fetch-bindings',
    clause: 'RFC 3261 §10.2.3, §10.3 (6), (8)',
    level: 'SHALL',
    asks: 'A REGISTER without Contact changes nothing and is answered with the bindings there are.',
    does: 'Registers a contact, then sends a REGISTER with Expires: 0 but no Contact, twice, as another call.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('a contact is registered', () => registeredWith(alice, `Contact: <${desk}>`, 'Expires: 600'));
      alice.newCall();
      equal('what the 200 lists', listed(await registeredWith(alice, 'Expires: 0')), desk);
      equal('what the next 200 lists', listed(await registeredWith(alice)), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/interval-too-brief-423',
    clause: 'RFC 3261 §10.3 (7), §21.4.17',
    level: 'SHALL',
    asks: 'A lifetime the registrar finds too brief is refused with 423 and the Min-Expires it takes; it never grants more than was asked.',
    does: 'Asks for one second; after a 423 looks that nothing was bound and that Min-Expires is taken.',
    needs: ['registrar'],
    users: 1,
    run: async (context) => {
      const { sip, users: [user] } = context;
      const alice = await sip({ user: user! });
      const response = await registering(alice, `Contact: <${desk}>;expires=1`);
      if (response.status === 200) {
        context.note('one second is not too brief for the target');
        return check(contactsOf(response).every(({ expires }) => expires <= 1), 'more than the second that was asked for is granted');
      }
      equal('the status', response.status, 423);
      const least = response.header('Min-Expires') ?? '';
      check(/^\d+$/.test(least) && Number(least) > 1, `the 423 has the Min-Expires ${JSON.stringify(least)}, expected more than 1`);
      equal('what is bound after the 423', await bindingsNow(alice), '');
      equal('what is bound with Min-Expires', listed(await registeredWith(alice, `Contact: <${desk}>;expires=${least}`)), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/10.2.2/expires-zero-removes',
    clause: 'RFC 3261 §10.2.2, §10.3 (7)',
    level: 'SHALL',
    asks: 'A contact with a lifetime of zero is removed, and no other.',
    does: 'Registers two contacts, removes one with expires=0, and reads what is left.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('two contacts are registered', () => registeredWith(alice, `Contact: <${desk}>, <${mobile}>`, 'Expires: 600'));
      equal('what the 200 to the removal lists', listed(await registeredWith(alice, `Contact: <${desk}>;expires=0`)), mobile);
      equal('what is bound afterwards', await bindingsNow(alice), mobile);
    },
  },
  {
    id: 'IM-1/rfc3261/10.2.2/star-removes-all',
    clause: 'RFC 3261 §10.2.2, §10.3 (6)',
    level: 'SHALL',
    asks: 'Contact: * with Expires: 0 removes every binding, also those that other calls made.',
    does: 'Registers two contacts, then removes all as another call, and reads what is left.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('two contacts are registered', () => registeredWith(alice, `Contact: <${desk}>, <${mobile}>`, 'Expires: 600'));
      alice.newCall();
      equal('what the 200 to the removal lists', listed(await registeredWith(alice, 'Contact: *', 'Expires: 0')), '');
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/star-with-expiry-400',
    clause: 'RFC 3261 §10.3 (6)',
    level: 'SHALL',
    asks: 'Contact: * with a lifetime other than zero is invalid: 400, and nothing is removed.',
    does: 'Registers a contact, sends Contact: * with Expires: 600 and without Expires, and reads what is bound.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('a contact is registered', () => registeredWith(alice, `Contact: <${desk}>`, 'Expires: 600'));
      equal('the status with Expires: 600', (await registering(alice, 'Contact: *', 'Expires: 600')).status, 400);
      equal('the status without Expires', (await registering(alice, 'Contact: *')).status, 400);
      equal('what is bound afterwards', await bindingsNow(alice), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/star-beside-contact-400',
    clause: 'RFC 3261 §10.3 (6)',
    level: 'SHALL',
    asks: 'Contact: * beside another contact is invalid: 400, and nothing is removed or added.',
    does: 'Registers a contact, sends Contact: * together with a second one under Expires: 0, and reads what is bound.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('a contact is registered', () => registeredWith(alice, `Contact: <${desk}>`, 'Expires: 600'));
      equal('the status', (await registering(alice, 'Contact: *', `Contact: <${mobile}>;expires=600`, 'Expires: 0')).status, 400);
      equal('what is bound afterwards', await bindingsNow(alice), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/cseq-out-of-order',
    clause: 'RFC 3261 §10.3 (7)',
    level: 'SHALL',
    asks: 'A REGISTER of the Call-ID that made a binding, with a CSeq not higher, fails as a whole: no binding is changed, none is added.',
    does: 'Binds a contact with CSeq 20, then tries to remove it and to add another with CSeq 10 of the same Call-ID.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const callId = `${alice.localPort}.${Date.now()}@conformance.invalid`;
      // One transaction each: the first try of a challenged request would carry the same CSeq (RFC 3261 §8.2.2.2).
      const numbered = async (cseq: string, ...lines: string[]): Promise<number | undefined> => {
        const challenge = await precondition('a REGISTER is challenged', () => challenged(alice, register));
        const line = credentials(challenge, { method: 'REGISTER', uri: `sip:${domain}`, user: user! });
        return (await alice.request(withCredentials(register), { ...fields(...lines), credentials: line, callId, cseq })).status;
      };
      await precondition('a contact is bound', async () => {
        equal('the status', await numbered('20', `Contact: <${desk}>`, 'Expires: 600'), 200);
      });
      const status = await numbered('10', `Contact: <${mobile}>;expires=600`, `Contact: <${desk}>;expires=0`) ?? 0;
      check(status >= 400 && status !== 401 && status !== 407, `the status of CSeq 10 after 20 is ${status}, expected a failure`);
      equal('what is bound afterwards', await bindingsNow(alice), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/same-uri-one-binding',
    clause: 'RFC 3261 §10.3 (7), §19.1.4',
    level: 'SHALL',
    asks: 'A contact that equals a bound one by the comparison of URIs updates that binding.',
    does: 'Registers a contact, then the same with its host in other case and its user part escaped, and counts the bindings.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('a contact is registered', () => registeredWith(alice, 'Contact: <sip:desk@phone.invalid>', 'Expires: 600'));
      const contacts = contactsOf(await registeredWith(alice, 'Contact: <sip:%64esk@PHONE.Invalid>', 'Expires: 600'));
      equal('the number of bindings', contacts.length, 1);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/register-for-another-403',
    clause: 'RFC 3261 §10.3 (4)',
    level: 'SHOULD',
    asks: 'Who is not authorised to change the bindings of an address-of-record is refused with 403, and they stay as they are.',
    does: 'Registers a contact for another user with its own From and credentials, then reads the bindings of the other.',
    needs: ['registrar', 'digest'],
    users: 2,
    run: async ({ sip, users: [from, to] }) => {
      const mallory = await sip({ user: from! });
      const bob = await sip({ user: to! });
      await precondition('a contact is registered', () => registeredWith(bob, `Contact: <${desk}>`, 'Expires: 600'));
      const foreign = register.replace('To: <{aor}>', 'To: <{victim}>');
      const attempt = async (...lines: string[]): Promise<number | undefined> => {
        const response = await mallory.request(foreign, { victim: to!.aor, ...fields(...lines) });
        return response.status;
      };
      equal('the status of adding a contact', await attempt(`Contact: <${mobile}>`, 'Expires: 600'), 403);
      equal('the status of removing all', await attempt('Contact: *', 'Expires: 0'), 403);
      equal('what is bound afterwards', await bindingsNow(bob), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/8.2.2.3/register-unknown-require-420',
    clause: 'RFC 3261 §10.3 (2), §8.2.2.3',
    level: 'SHALL',
    asks: 'A REGISTER that requires an extension the registrar does not know is refused with 420 that names it in Unsupported.',
    does: 'Registers a contact with Require: conformance-unheard-of, and looks that it was not bound.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await registering(alice, `Contact: <${desk}>`, 'Expires: 600', 'Require: conformance-unheard-of');
      equal('the status', response.status, 420);
      equal('Unsupported', response.header('Unsupported'), 'conformance-unheard-of');
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc3327/5.3/path-returned',
    clause: 'RFC 3327 §5.3',
    level: 'SHALL',
    asks: 'A registrar that knows Path copies the Path values of a REGISTER, in their order, into its 200.',
    does: 'Registers through two proxies that are not there and looks for them in the Path of the 200.',
    needs: ['registrar', 'path'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const [second, first] = ['<sip:p2.conformance.invalid;lr>', '<sip:p1.conformance.invalid;lr>'];
      const paths = [`Path: ${second}`, `Path: ${first}`];
      const response = await registeredWith(alice, `Contact: <${desk}>`, 'Expires: 600', 'Supported: path', ...paths);
      const path = response.headers('Path').flatMap((value) => value.split(/,(?=\s*<)/)).map((value) => value.trim());
      const given = path.filter((value) => value.includes('.conformance.invalid'));
      equal('our part of Path', given.join(', '), `${second}, ${first}`);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/no-record-route',
    clause: 'RFC 3261 §10.3',
    level: 'SHALL',
    asks: 'A Record-Route in a REGISTER is ignored, and no response to it has one.',
    does: 'Registers a contact with a Record-Route that makes no sense, and looks for one in the 200.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await registeredWith(alice, `Contact: <${desk}>`, 'Expires: 600', 'Record-Route: <sip:p1.conformance.invalid;lr>');
      equal('the Record-Route of the 200', response.header('Record-Route'), undefined);
      equal('what the 200 lists', listed(response), desk);
    },
  },
  {
    id: 'IM-1/rfc3261/10/delivery-until-removed',
    clause: 'RFC 3261 §10.1, §16.5',
    level: 'SHALL',
    asks: 'Requests for an address-of-record go to its binding, and no longer once it is removed.',
    does: 'Sends a MESSAGE, which must arrive; removes the binding and sends another, which must not, and is refused or kept for later.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      await delivered(alice, bob, to!);
      await precondition('the binding is removed', () => registeredWith(bob, `Contact: <${bob.contact}>`, 'Expires: 0'));
      alice.newCall();
      isNotDelivered(context, await alice.request(message, { recipient: to!.aor }));
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc3261/16.6/highest-q-first',
    clause: 'RFC 3261 §16.6, §10.2.1.2',
    level: 'MAY',
    asks: 'Of the contacts of a user, one with a higher q is tried first, and the others only when it fails.',
    does: 'Registers two contacts with q 0.3 and 0.9, takes a MESSAGE at the second, and looks that nothing came to the first.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const [less, more] = [await context.sip({ user: to! }), await context.sip({ user: to! })];
      await precondition('two contacts are registered', async () => {
        await registeredWith(less, `Contact: <${less.contact}>;q=0.3;+g.oma.sip-im`, 'Expires: 600');
        await registeredWith(more, `Contact: <${more.contact}>;q=0.9;+g.oma.sip-im`, 'Expires: 600');
      });
      await delivered(alice, more, to!);
      await nothingHasCome(less);
    },
  },
];
