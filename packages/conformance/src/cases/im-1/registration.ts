import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { without } from '../../template.js';

const register = `
  REGISTER sip:{domain} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{aor}>
  Call-ID: {callId}
  CSeq: {cseq} REGISTER
  Contact: <{contact}>;+g.oma.sip-im
  Expires: 600
  {authorization}
  Content-Length: 0
`;

export const registrationCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/10.2/register',
    clause: 'RFC 3261 §10.3 (8)',
    level: 'SHALL',
    asks: 'The 200 to a REGISTER lists every current binding of the user, each with the time it is still valid.',
    does: 'Registers one contact for 600 seconds and looks for it, with its expiry, in the Contact fields of the 200.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await alice.request(register);
      equal('the status', response.status, 200);
      const contacts = response.headers('Contact').flatMap((value) => value.split(/,(?=\s*<)/));
      const own = contacts.find((contact) => contact.includes(`<${alice.contact}>`));
      check(own !== undefined, 'the 200 does not list the contact that was registered');
      const expires = Number(/;\s*expires\s*=\s*(\d+)/i.exec(own)?.[1] ?? response.header('Expires'));
      check(expires > 0 && expires <= 600, `the binding is valid for ${expires} s, asked for 600`);
    },
  },
  {
    id: 'IM-1/rfc3261/22.2/wrong-password',
    clause: 'RFC 3261 §22.2',
    level: 'SHALL',
    asks: 'A request whose credentials do not prove the user is not carried out: it is challenged again or refused.',
    does: 'Registers with a password that is not the user\'s; expects a 401 first, and a 401 or 403 to the answer.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const mallory = await sip({ user: { aor: user!.aor, password: `not ${user!.password}` } });
      const challenged = await mallory.request(without(register, '{authorization}'));
      equal('the status without credentials', challenged.status, 401);
      check(challenged.headers('WWW-Authenticate').length > 0, 'the 401 has no WWW-Authenticate');
      const refused = await mallory.request(register);
      check(refused.status === 401 || refused.status === 403, `the status with a wrong password is ${refused.status}, expected 401 or 403`);
    },
  },
];
