import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { fields, register } from '../templates.js';
import { challenged, contactsOf, isRefused } from './requests.js';

export const registrationCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/10.3/register',
    clause: 'RFC 3261 §10.3 (8)',
    level: 'SHALL',
    asks: 'The 200 to a REGISTER lists every current binding of the user, each with the time it is still valid.',
    does: 'Registers one contact for 600 seconds and looks for it, with its expiry, in the Contact fields of the 200.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await alice.request(register, fields(`Contact: <${alice.contact}>;+g.oma.sip-im`, 'Expires: 600'));
      equal('the status', response.status, 200);
      const own = contactsOf(response).find(({ uri }) => uri === alice.contact);
      check(own !== undefined, 'the 200 does not list the contact that was registered');
      check(own.expires > 0 && own.expires <= 600, `the binding has the expires parameter ${own.expires}, asked for 600`);
    },
  },
  {
    id: 'IM-1/rfc3261/22.2/wrong-password',
    clause: 'RFC 3261 §22.1, §22.2, RFC 7616 §3.6',
    level: 'SHALL',
    asks: 'A request whose credentials do not prove the user is not carried out: it is challenged again or refused.',
    does: 'Registers with a password that is not the user\'s; expects a challenge first, and another or 403 to the answer.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const mallory = await sip({ user: { aor: user!.aor, password: `not ${user!.password}` } });
      const contact = fields(`Contact: <${mallory.contact}>`, 'Expires: 600');
      await challenged(mallory, register, contact);
      isRefused(await mallory.request(register, contact), 'a wrong password');
    },
  },
];
