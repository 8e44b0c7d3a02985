import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { registered, registeredAs } from '../preconditions.js';
import { uriOf } from '../../sip-text.js';
import type { SipMessage } from '../../raw-sip.js';
import { beyondTrying, delivered, isTaken } from '../steps.js';
import { fields, finalResponse, message, register } from '../templates.js';
import { arrivals, calling, callingThem, refusedWith } from './calls.js';
import { bindingsNow, nothingHasCome, registeredWith } from './requests.js';

/** The URIs of every P-Asserted-Identity value. */
function asserted(arrived: SipMessage): string {
  const values = arrived.headers('P-Asserted-Identity').flatMap((value) => value.split(/,(?=\s*[<"a-z])/i));
  return values.map((value) => uriOf(value.trim()) ?? '').join(' ');
}

export const identityCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3325/5/asserted-identity',
    clause: 'RFC 3325 §5, §7',
    level: 'MAY',
    asks: 'The recipient may get a P-Asserted-Identity that names the user who authenticated.',
    does: 'Sends a MESSAGE and reads the P-Asserted-Identity of what arrives.',
    needs: ['registrar', 'pager', 'digest', 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      equal('the P-Asserted-Identity', asserted(await delivered(alice, bob, to!)), from!.aor);
    },
  },
  {
    id: 'IM-1/rfc3325/5/forged-asserted-identity',
    clause: 'RFC 3325 §5',
    level: 'SHALL',
    asks: 'A P-Asserted-Identity of a client\'s own making is removed, or replaced: by one URI of each kind at most.',
    does: 'Sends a MESSAGE that asserts a SIP URI and a telephone number of somebody else, and looks for them in what arrives.',
    needs: ['registrar', 'pager', 'digest', 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const lines = [`P-Asserted-Identity: "The President" <sip:president@${context.domain}>`, 'P-Asserted-Identity: <tel:+12125550199>'];
      const uris = asserted(await delivered(alice, bob, to!, ...lines));
      check(!/president|12125550199/.test(uris), `the P-Asserted-Identity is ${JSON.stringify(uris)}, expected the sender's or none`);
      check(uris.split(' ').filter((uri) => /^sips?:/.test(uri)).length < 2, `the P-Asserted-Identity has several SIP URIs: ${uris}`);
    },
  },
  {
    id: 'IM-1/rfc3325/6/preferred-identity-removed',
    clause: 'RFC 3325 §6',
    level: 'SHALL',
    asks: 'P-Preferred-Identity is a hint for the proxy, which removes it; one that is not the user\'s own asserts nothing.',
    does: 'Sends a MESSAGE that prefers to be somebody else; it is refused, or arrives without the hint and the name.',
    needs: ['registrar', 'pager', 'digest', 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const own = await delivered(alice, bob, to!, `P-Preferred-Identity: <${from!.aor}>`);
      equal('the P-Preferred-Identity at the recipient', own.header('P-Preferred-Identity'), undefined);
      alice.newCall();
      const answered = alice.request(message, { recipient: to!.aor, ...fields(`P-Preferred-Identity: <sip:president@${context.domain}>`) });
      const arrival = bob.expect('MESSAGE ');
      for (const promise of [answered, arrival]) promise.catch(() => undefined);
      const refusal = await Promise.race([answered, arrival.then(() => undefined)]);
      if (refusal !== undefined) return check((refusal.status ?? 0) >= 400, `the status is ${refusal.status}, expected a refusal`);
      const foreign = await arrival;
      bob.respond(foreign, finalResponse('200 OK'));
      isTaken(await answered);
      equal('the P-Preferred-Identity at the recipient', foreign.header('P-Preferred-Identity'), undefined);
      check(!asserted(foreign).includes('president'), 'the P-Asserted-Identity is what the sender wished to be');
    },
  },
  {
    id: 'IM-1/rfc3325/7/privacy-id',
    clause: 'RFC 3325 §7, §9.3',
    level: 'SHALL',
    asks: 'Where the sender asks for Privacy: id, no P-Asserted-Identity goes to elements that are not trusted, such as clients.',
    does: 'Sends a MESSAGE with Privacy: id, one with a forged P-Asserted-Identity too, and looks for one in what arrives.',
    needs: ['registrar', 'pager', 'digest', 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      equal('the P-Asserted-Identity', asserted(await delivered(alice, bob, to!, 'Privacy: id')), '');
      alice.newCall();
      const forged = await delivered(alice, bob, to!, 'Privacy: id', `P-Asserted-Identity: <sip:president@${context.domain}>`);
      equal('the P-Asserted-Identity', asserted(forged), '');
    },
  },
  {
    id: 'IM-1/rfc3325/7/privacy-id-of-a-call',
    clause: 'RFC 3325 §7, §9.3, RFC 3323 §4.2',
    level: 'SHALL',
    asks: 'Privacy: id counts among other levels too, and for calls: no P-Asserted-Identity goes to the device.',
    does: 'Calls a user with Privacy: id;critical, with id in second place, and without Privacy; looks for a P-Asserted-Identity.',
    needs: ['registrar', 'proxy', 'digest', 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const [alice, bob] = [await registeredAs(context, from!, ''), await registeredAs(context, to!, '')];
      for (const [privacy, expected] of [['Privacy: id;critical', ''], ['Privacy: session; ID', ''], ['Subject: none', from!.aor]] as const) {
        const ringing = await callingThem(context, alice, [bob], privacy);
        const [arrived] = await arrivals(ringing);
        equal(`the P-Asserted-Identity with "${privacy}"`, asserted(arrived!), expected);
        bob.respond(arrived!, finalResponse('486 Busy Here'));
        await precondition('the refusal ends it', async () => {
          await refusedWith(ringing, 486);
          await bob.expect('ACK ');
        });
      }
    },
  },
  {
    id: 'IM-1/rfc3325/5/forged-identity-of-a-callee',
    clause: 'RFC 3325 §5',
    level: 'SHALL',
    asks: 'A P-Asserted-Identity in the response of a device, which is not trusted, does not reach the caller as that of the proxy.',
    does: 'Answers a call 180 and 486 with a P-Asserted-Identity of somebody else; looks for it at the caller.',
    needs: ['registrar', 'proxy', 'digest', 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const ringing = await calling(context, ['']);
      const [arrived] = await arrivals(ringing);
      const forged = fields(`P-Asserted-Identity: <sip:president@${context.domain}>`);
      ringing.devices[0]!.respond(arrived!, finalResponse('180 Ringing'), forged);
      check(!asserted(await beyondTrying(ringing.caller)).includes('president'), 'the 180 has the P-Asserted-Identity of the device');
      ringing.devices[0]!.respond(arrived!, finalResponse('486 Busy Here'), forged);
      check(!asserted(await refusedWith(ringing, 486)).includes('president'), 'the 486 has the P-Asserted-Identity of the device');
    },
  },
  {
    id: 'IM-1/profile/who-may-send/from-of-another',
    clause: 'simple-im profile, Who may send (RFC 3428 §11.1)',
    level: 'MAY',
    asks: 'Nobody speaks as somebody else: a MESSAGE whose From is not the user who authenticated is refused.',
    does: 'Sends a MESSAGE with the recipient\'s address in From and right credentials of the sender, and looks that it did not arrive.',
    needs: ['registrar', 'pager', 'digest'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const mallory = await registered(context, from!);
      const bob = await registered(context, to!);
      // {aor} stands in From only.
      const response = await mallory.request(message, { recipient: to!.aor, aor: to!.aor });
      check((response.status ?? 0) >= 400, `the status is ${response.status}, expected a refusal`);
      await nothingHasCome(bob);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/register-with-credentials-of-another-403',
    clause: 'RFC 3261 §10.3 (4), §26.1.1',
    level: 'SHOULD',
    asks: 'It is the authenticated user who must be authorised, not the one in From: registering as another is refused with 403.',
    does: 'Registers with the address of another user in From and To but credentials of its own, then reads the bindings of the other.',
    needs: ['registrar', 'digest'],
    users: 2,
    run: async ({ sip, users: [from, to] }) => {
      const mallory = await sip({ user: from! });
      const bob = await sip({ user: to! });
      await precondition('a contact is registered', () => registeredWith(bob, 'Contact: <sip:desk@192.0.2.1>', 'Expires: 600'));
      const { status } = await mallory.request(register, { aor: to!.aor, ...fields('Contact: <sip:mallory@192.0.2.66>', 'Expires: 600') });
      equal('the status', status, 403);
      equal('what is bound afterwards', await bindingsNow(bob), 'sip:desk@192.0.2.1');
    },
  },
];
