import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { userPart, type SipMessage } from '../../raw-sip.js';
import { callerPath, registered } from '../preconditions.js';
import { delivered } from '../steps.js';
import { fields, invite, message, messageMedia, register } from '../templates.js';
import {
  bindingsNow, challenged, challengeParameter, challengesOf, credentials, isRefused, nothingHasCome, registeredWith, withCredentials,
  withoutCredentials,
} from './requests.js';

const desk = 'sip:desk@192.0.2.1';
const contact = fields(`Contact: <${desk}>`, 'Expires: 600');

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
    id: 'IM-1/rfc3261/22.2/register-challenged',
    clause: 'RFC 3261 §22.2, §22.3, RFC 7616 §3.3, RFC 8760 §2.6',
    level: 'SHALL',
    asks: 'A 401 has WWW-Authenticate, a 407 Proxy-Authenticate, with a Digest challenge: realm, nonce and qop, and never one for Basic.',
    does: 'Registers without credentials, reads every challenge, and looks that nothing was bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await challenged(alice, register, contact);
      checkChallenges(response);
      const all = [...response.headers('WWW-Authenticate'), ...response.headers('Proxy-Authenticate')];
      check(all.every((value) => !/^Basic\b/i.test(value)), `the ${response.status} asks for Basic`);
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/message-challenged',
    clause: 'RFC 3261 §22.3, §22.2, RFC 3428 §11.1',
    level: 'SHALL',
    asks: 'Who wants to know the sender refuses with 407 and Proxy-Authenticate (a user agent: 401), and forwards nothing until it does.',
    does: 'Sends a MESSAGE without credentials to a registered user, reads the challenges, and looks that nothing came to the recipient.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const stranger = await context.sip({ user: from! });
      checkChallenges(await challenged(stranger, message, { recipient: to!.aor }));
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/invite-challenged',
    clause: 'RFC 3261 §22.1, §22.2, §22.3',
    level: 'SHALL',
    asks: 'An INVITE of a sender who did not prove who it is is challenged with 407 (a user agent: 401), and its ACK is not.',
    does: 'Sends an INVITE without credentials to a registered user and the ACK to its challenge, and looks that neither side gets more.',
    needs: ['registrar', 'session', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const stranger = await context.sip({ user: from! });
      checkChallenges(await challenged(stranger, invite, { recipient: to!.aor, media: messageMedia('active', callerPath) }));
      await nothingHasCome(bob);
      await nothingHasCome(stranger);
    },
  },
  {
    id: 'IM-1/rfc8760/3/sha-256-accepted',
    clause: 'RFC 8760 §3, RFC 7616 §3.7',
    level: 'SHOULD',
    asks: 'SHA-256 is among the algorithms offered, since MD5 is not recommended any more, and an answer with it is accepted.',
    does: 'Looks for the SHA-256 challenge in the answer to a REGISTER and answers that one.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const response = await challenged(alice, register, contact);
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
    does: 'Compares the algorithms of all challenges to a REGISTER; without one it is MD5.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const response = await challenged(await sip({ user: user! }), register);
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
      check(status !== undefined && status >= 400, `the status with Basic is ${status}, expected a refusal`);
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc3261/22.3/wrong-password-message',
    clause: 'RFC 3261 §22.1, §22.3, RFC 7616 §3.6',
    level: 'SHALL',
    asks: 'A MESSAGE whose credentials do not prove its sender is challenged again or refused, and not forwarded.',
    does: 'Answers the challenge with a wrong password, and looks that nothing came to the recipient.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const mallory = await context.sip({ user: { aor: from!.aor, password: `not ${from!.password}` } });
      isRefused(await mallory.request(message, { recipient: to!.aor }), 'a wrong password');
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc7616/3.4.3/credentials-of-another-method',
    clause: 'RFC 7616 §3.4.3, §3.6, RFC 3261 §22.4',
    level: 'SHALL',
    asks: 'The response is computed over the method, so credentials for one method prove nothing for another.',
    does: 'Answers the challenge to a REGISTER with credentials computed for INVITE, and looks that nothing was bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const line = credentials(await challenged(alice, register, contact), { method: 'INVITE', uri: `sip:${domain}`, user: user! });
      isRefused(await alice.request(withCredentials(register), { ...contact, credentials: line }), 'credentials for INVITE');
      equal('what is bound afterwards', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc7616/3.4/nonce-count-replayed',
    clause: 'RFC 7616 §3.4 (nc), §5.5',
    level: 'MAY',
    asks: 'Credentials with a nonce and a count that were seen before are a replay, by which a server can tell it.',
    does: 'Registers a contact, then sends its credentials again, letter by letter, to bind a second one as an eavesdropper would.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const line = credentials(await challenged(alice, register), { method: 'REGISTER', uri: `sip:${domain}`, user: user! });
      const once = withCredentials(register);
      await precondition('the credentials are taken once', async () => {
        equal('the status', (await alice.request(once, { ...contact, credentials: line })).status, 200);
      });
      const eavesdropper = await sip({ user: user! });
      const stolen = fields('Contact: <sip:mallory@192.0.2.66>', 'Expires: 600');
      isRefused(await eavesdropper.request(once, { ...stolen, credentials: line }), 'replayed credentials');
      equal('what is bound afterwards', await bindingsNow(alice), desk);
    },
  },
  {
    id: 'IM-1/rfc7616/3.3/nonce-never-issued',
    clause: 'RFC 7616 §3.3 (stale), §3.6',
    level: 'MAY',
    asks: 'A server may refuse a nonce it did not make; as the nonce was the reason, a new challenge says stale=true.',
    does: 'Answers a challenge with the right password over a nonce of its own making, then the new challenge properly.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const first = await challenged(alice, register);
      const question = { method: 'REGISTER', uri: `sip:${domain}`, user: user! };
      const forged = challengesOf(first).map((challenge) => {
        const nonce = challengeParameter(challenge, 'nonce') ?? '';
        return challenge.replace(nonce, randomBytes(Math.ceil(nonce.length / 2)).toString('hex').slice(0, nonce.length));
      });
      const wrong = credentials(first, { ...question, challenges: forged });
      const again = await alice.request(withCredentials(register), { ...contact, credentials: wrong });
      isRefused(again, 'a nonce of our making');
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
      isRefused(refused, 'a wrong password');
      check(!isStale(refused), 'the challenge after a wrong password says stale=true');
    },
  },
  {
    id: 'IM-1/rfc8760/2.6/credentials-for-another-uri',
    clause: 'RFC 8760 §2.6 (6), RFC 7616 §3.4.6',
    level: 'MAY',
    asks: 'Credentials for a user the server takes no requests for may be refused, and then the request is not carried out.',
    does: 'Answers the challenge to a MESSAGE with credentials for a user of another domain, and looks that nothing came to the recipient.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const bob = await registered(context, to!);
      const alice = await context.sip({ user: from! });
      const challenge = await challenged(alice, message, { recipient: to!.aor });
      const line = credentials(challenge, { method: 'MESSAGE', uri: 'sip:somebody@conformance.invalid', user: from! });
      isRefused(await alice.request(withCredentials(message), { recipient: to!.aor, credentials: line }), 'credentials for another uri');
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/profile/who-may-send/unknown-user-like-wrong-password',
    clause: 'simple-im profile, Who may send',
    level: 'MAY',
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
    clause: 'RFC 3261 §22.3',
    level: 'MAY',
    asks: 'A proxy may consume credentials for its own realm, so that the recipient does not get them.',
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
    id: 'IM-1/rfc3261/10.3/removal-without-credentials',
    clause: 'RFC 3261 §10.3 (3)',
    level: 'SHOULD',
    asks: 'A REGISTER that removes bindings needs credentials like any other, whatever the connection was used for before.',
    does: 'Registers a contact, removes it without credentials from the same peer, and reads what is bound.',
    needs: ['registrar', 'digest'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      await precondition('a contact is registered', () => registeredWith(alice, `Contact: <${desk}>`, 'Expires: 600'));
      alice.newCall();
      await challenged(alice, register, fields('Contact: *', 'Expires: 0'));
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
