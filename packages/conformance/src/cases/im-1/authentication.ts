import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { userPart, type SipMessage } from '../../raw-sip.js';
import { registered } from '../preconditions.js';
import {
  accepted, bindingsNow, challenged, challengeParameter, challengesOf, credentials, delivered, fields, message, nothingHasCome, register,
  withCredentials, withoutCredentials,
} from './requests.js';

const desk = 'sip:desk@192.0.2.1';
const contact = fields(`Contact: <${desk}>`, 'Expires: 600');

const invite = `
  INVITE {recipient} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{recipient}>
  Call-ID: {callId}
  CSeq: {cseq} INVITE
  Contact: <{contact}>;+g.oma.sip-im
  Content-Length: 0
`;

/** What a challenge must have for a client to answer it (RFC 7616 §3.3, RFC 8760 §2.6). */
function checkChallenges(response: SipMessage): void {
  for (const challenge of challengesOf(response)) {
    check((challengeParameter(challenge, 'realm') ?? '') !== '', 'a challenge has no realm');
    check((challengeParameter(challenge, 'nonce') ?? '') !== '', 'a challenge has no nonce');
    const qop = challengeParameter(challenge, 'qop')?.split(',').map((option) => option.trim()) ?? [];
    check(qop.includes('auth'), `a challenge has the qop ${JSON.stringify(qop.join(','))}, expected auth (RFC 8760 §2.6 point 8)`);
  }
}

const isStale = (response: SipMessage): boolean =>
  challengesOf(response).some((challenge) => challengeParameter(challenge, 'stale')?.toLowerCase() === 'true');

const algorithmOf = (challenge: string): string => challengeParameter(challenge, 'algorithm')?.toUpperCase() ?? 'MD5';

export const authenticationCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/22.2/register-challenged-401',
    clause: 'RFC 3261 §22.2, §22.4, RFC 8760 §2.6',
    level: 'SHALL',
    asks: 'A 401 has WWW-Authenticate with a Digest challenge: realm, nonce and qop, and never one for Basic.',
    does: 'Registers without credentials, reads every challenge, and looks that nothing was bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await challenged(alice, 401, register, contact);
      checkChallenges(response);
      check(response.headers('WWW-Authenticate').every((value) => !/\bBasic\b/i.test(value)), 'the 401 asks for Basic');
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/message-challenged-407',
    clause: 'RFC 3261 §22.3, RFC 3428 §11.1',
    level: 'SHALL',
    asks: 'A proxy that wants to know the sender refuses with 407 and a Proxy-Authenticate for itself, and forwards nothing until it does.',
    does: 'Sends a MESSAGE without credentials to a registered user, reads the challenges, and looks that nothing came to the recipient.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const stranger = await context.sip({ user: from! });
      checkChallenges(await challenged(stranger, 407, message, { recipient: to!.aor }));
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/invite-challenged-407',
    clause: 'RFC 3261 §22.3',
    level: 'SHALL',
    asks: 'An INVITE of a sender who did not prove who it is is refused with 407 and a Proxy-Authenticate, and its ACK is not challenged.',
    does: 'Sends an INVITE without credentials to a registered user and the ACK to its 407, and looks that neither side gets more.',
    needs: ['registrar', 'session', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const stranger = await context.sip({ user: from! });
      checkChallenges(await challenged(stranger, 407, invite, { recipient: to!.aor }));
      await nothingHasCome(bob);
      await nothingHasCome(stranger);
    },
  },
  {
    id: 'IM-1/rfc8760/2.3/sha-256-accepted',
    clause: 'RFC 8760 §2.3, §3',
    level: 'SHOULD',
    asks: 'SHA-256 is among the algorithms offered, since MD5 is not recommended any more, and an answer with it is accepted.',
    does: 'Looks for the SHA-256 challenge in the 401 to a REGISTER and answers that one.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await challenged(alice, 401, register, contact);
      const challenges = challengesOf(response).filter((challenge) => algorithmOf(challenge) === 'SHA-256');
      equal('the number of challenges with SHA-256', challenges.length, 1);
      const line = credentials(response, { method: 'REGISTER', uri: `sip:${domain}`, user: user!, challenges });
      equal('the status of the answer', (await alice.request(withCredentials(register), { ...contact, credentials: line })).status, 200);
    },
  },
  {
    id: 'IM-1/rfc8760/2.3/algorithm-once',
    clause: 'RFC 8760 §2.3',
    level: 'SHALL',
    asks: 'Of several challenges for one realm each has another algorithm.',
    does: 'Compares the algorithms of all challenges in the 401 to a REGISTER; without one it is MD5.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const response = await challenged(await sip({ user: user! }), 401, register);
      const offered = challengesOf(response).map((challenge) => `${algorithmOf(challenge)} for ${challengeParameter(challenge, 'realm')}`);
      equal('the number of different challenges', new Set(offered).size, offered.length);
    },
  },
  {
    id: 'IM-1/rfc8760/2.6/basic-refused',
    clause: 'RFC 8760 §2.6, RFC 3261 §22.4',
    level: 'SHALL',
    asks: 'Basic authentication is not accepted, not even with the right password.',
    does: 'Registers with the name and password of the user as Basic credentials, and looks that nothing was bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const secret = Buffer.from(`${userPart(user!.aor)}:${user!.password}`).toString('base64');
      const { status } = await alice.request(withCredentials(register), { ...contact, credentials: `Authorization: Basic ${secret}` });
      check(status !== undefined && status >= 400 && status < 500, `the status with Basic is ${status}, expected a refusal`);
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/wrong-password-message',
    clause: 'RFC 3261 §22.1, §22.3',
    level: 'SHALL',
    asks: 'A MESSAGE whose credentials do not prove its sender is challenged again or refused, and not forwarded.',
    does: 'Answers the 407 with a wrong password, and looks that nothing came to the recipient.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const mallory = await context.sip({ user: { aor: from!.aor, password: `not ${from!.password}` } });
      const { status } = await mallory.request(message, { recipient: to!.aor, ...fields() });
      check(status === 407 || status === 403, `the status with a wrong password is ${status}, expected 407 or 403`);
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc7616/3.4.3/credentials-of-another-method',
    clause: 'RFC 7616 §3.4.3, RFC 3261 §22.4',
    level: 'SHALL',
    asks: 'The response is computed over the method, so credentials for one method prove nothing for another.',
    does: 'Answers the challenge to a REGISTER with credentials computed for INVITE, and looks that nothing was bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const line = credentials(await challenged(alice, 401, register, contact), { method: 'INVITE', uri: `sip:${domain}`, user: user! });
      const { status } = await alice.request(withCredentials(register), { ...contact, credentials: line });
      check(status === 401 || status === 403, `the status is ${status}, expected 401 or 403`);
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc7616/3.4/nonce-count-replayed',
    clause: 'RFC 7616 §3.4 (nc)',
    level: 'SHOULD',
    asks: 'Credentials with a nonce and a count that were seen before are a replay, which proves nothing.',
    does: 'Registers a contact, then sends its credentials again, letter by letter, to bind a second one as an eavesdropper would.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const line = credentials(await challenged(alice, 401, register), { method: 'REGISTER', uri: `sip:${domain}`, user: user! });
      const once = withCredentials(register);
      await precondition('the credentials are taken once', async () => {
        equal('the status', (await alice.request(once, { ...contact, credentials: line })).status, 200);
      });
      const eavesdropper = await sip({ user: user! });
      const stolen = fields('Contact: <sip:mallory@192.0.2.66>', 'Expires: 600');
      const replayed = await eavesdropper.request(once, { ...stolen, credentials: line });
      check(replayed.status === 401 || replayed.status === 403, `the status of the replay is ${replayed.status}, expected 401 or 403`);
      equal('what is bound afterwards', await bindingsNow(alice), desk);
    },
  },
  {
    id: 'IM-1/rfc7616/3.3/nonce-never-issued',
    clause: 'RFC 7616 §3.3 (stale)',
    level: 'SHOULD',
    asks: 'A nonce the server did not make is not taken; as the password is right, the new challenge says stale=true.',
    does: 'Answers a challenge with the right password over a nonce of its own making, then the new challenge properly.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const first = await challenged(alice, 401, register);
      const question = { method: 'REGISTER', uri: `sip:${domain}`, user: user! };
      const forged = challengesOf(first).map((challenge) => {
        const nonce = challengeParameter(challenge, 'nonce') ?? '';
        return challenge.replace(nonce, randomBytes(Math.ceil(nonce.length / 2)).toString('hex').slice(0, nonce.length));
      });
      const wrong = credentials(first, { ...question, challenges: forged });
      const again = await alice.request(withCredentials(register), { ...contact, credentials: wrong });
      equal('the status with a nonce of our making', again.status, 401);
      checkChallenges(again);
      check(isStale(again), 'the new challenge does not say stale=true');
      const proper = await alice.request(withCredentials(register), { ...contact, credentials: credentials(again, question) });
      equal('the status with the new nonce', proper.status, 200);
    },
  },
  {
    id: 'IM-1/rfc7616/3.3/wrong-password-not-stale',
    clause: 'RFC 7616 §3.3 (stale)',
    level: 'SHOULD',
    asks: 'stale is true only where the nonce was the reason; a client that reads it tries the same wrong password without end.',
    does: 'Answers a fresh challenge with a wrong password and reads stale in the next one.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const mallory = await sip({ user: { aor: user!.aor, password: `not ${user!.password}` } });
      const refused = await mallory.request(register, contact);
      check(refused.status === 401 || refused.status === 403, `the status with a wrong password is ${refused.status}, expected 401 or 403`);
      check(!isStale(refused), 'the challenge after a wrong password says stale=true');
    },
  },
  {
    id: 'IM-1/rfc7616/3.4.6/other-uri-400',
    clause: 'RFC 7616 §3.4.6, RFC 8760 §2.6 point 6',
    level: 'SHOULD',
    asks: 'Credentials whose uri names another resource than the Request-URI are answered 400, and the request is not carried out.',
    does: 'Answers the 407 to a MESSAGE with credentials for a user of another domain, and looks that nothing came to the recipient.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const alice = await context.sip({ user: from! });
      const challenge = await challenged(alice, 407, message, { recipient: to!.aor });
      const line = credentials(challenge, { method: 'MESSAGE', uri: 'sip:somebody@conformance.invalid', user: from! });
      const response = await alice.request(withCredentials(message), { recipient: to!.aor, ...fields(), credentials: line });
      equal('the status', response.status, 400);
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc3261/22.1/unknown-user-like-wrong-password',
    clause: 'RFC 3261 §22.1, §26.1.1',
    level: 'SHOULD',
    asks: 'Who does not know a password does not learn either whether there is such a user.',
    does: 'Registers as a user there is not and as one there is, both with wrong passwords, and compares the answers up to nonces.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const answers = async (aor: string): Promise<string> => {
        const mallory = await sip({ user: { aor, password: `not ${user!.password}` } });
        const first = await mallory.request(withoutCredentials(register), contact);
        const second = await mallory.request(register, contact);
        return [first, second].map(shapeOf).join(', then ');
      };
      const known = await answers(user!.aor);
      equal('the answer to a user there is not', await answers(`sip:nobody-${randomBytes(6).toString('hex')}@${domain}`), known);
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/credentials-not-forwarded',
    clause: 'RFC 3261 §22.3, §26.1.1',
    level: 'SHOULD',
    asks: 'Credentials for the realm of the proxy are for it alone; the recipient does not get them.',
    does: 'Sends a MESSAGE with credentials and looks for any in what arrives.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const arrived = await delivered(alice, bob, to!);
      equal('the Proxy-Authorization at the recipient', arrived.header('Proxy-Authorization'), undefined);
      equal('the Authorization at the recipient', arrived.header('Authorization'), undefined);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/removal-without-credentials-401',
    clause: 'RFC 3261 §10.3 (3), (4)',
    level: 'SHALL',
    asks: 'A REGISTER that removes bindings needs credentials like any other, whatever the connection was used for before.',
    does: 'Registers a contact, removes it without credentials from the same peer, and reads what is bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('a contact is registered', () => accepted(alice, `Contact: <${desk}>`, 'Expires: 600'));
      alice.newCall();
      await challenged(alice, 401, register, fields('Contact: *', 'Expires: 0'));
      equal('what is bound afterwards', await bindingsNow(alice), desk);
    },
  },
];

/** What an answer says besides what differs in any two. */
function shapeOf(response: SipMessage): string {
  const same = ['realm', 'algorithm', 'qop', 'stale'];
  const challenges = challengesOf(response).map((challenge) => same.map((name) => challengeParameter(challenge, name) ?? '').join(' '));
  return [response.startLine, ...challenges].join('; ');
}
