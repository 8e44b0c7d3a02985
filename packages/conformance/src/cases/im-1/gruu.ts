/* Addresses that lead to one device (RFC 5627). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, fail, precondition } from '../../expectation.js';
import type { SipMessage, SipPeer, User } from '../../raw-sip.js';
import { parameter } from '../../sip-text.js';
import { registered } from '../preconditions.js';
import { delivered } from '../steps.js';
import { message } from '../templates.js';
import { bindingsNow, contactsOf, nothingHasCome, registeredWith, registering } from './requests.js';

const needs = ['registrar', 'pager', 'gruu'] as const;
export const instance = (number: number): string => `+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf${number}>"`;

/** Registers this device and gives the 200. */
function device(peer: SipPeer, number: number, ...lines: readonly string[]): Promise<SipMessage> {
  return registeredWith(peer, `Contact: <${peer.contact}>;${instance(number)};+g.oma.sip-im`, 'Expires: 600', 'Supported: gruu', ...lines);
}

/** A GRUU in the 200, of the contact of this peer. */
export function gruu(response: SipMessage, kind: 'pub' | 'temp', { contact }: Pick<SipPeer, 'contact'>): string {
  const values = response.headers('Contact').flatMap((value) => value.split(/,(?=\s*<)/));
  const own = values.find((value) => value.includes(`<${contact}>`)) ?? fail('the 200 does not list the contact');
  const found = parameter(own, `${kind}-gruu`) ?? fail(`the 200 has no ${kind}-gruu`);
  check(/^sips?:[^@]+@[^;]+;(?:[^;]*;)*gr(?:=|;|$)/.test(found), `the ${kind}-gruu is ${JSON.stringify(found)}, expected a SIP URI with gr`);
  return found;
}

interface Devices {
  readonly alice: SipPeer;
  readonly phone: SipPeer;
  readonly desk: SipPeer;
  /** The 200 of the phone. */
  readonly ok: SipMessage;
}

/** The first user, and two devices of the second one. */
async function devices(context: CaseContext): Promise<Devices> {
  const [from, to] = context.users;
  const alice = await registered(context, from!);
  const [phone, desk] = [await context.sip({ user: to! }), await context.sip({ user: to! })];
  const ok = await precondition('two devices are registered', async () => {
    await device(desk, 7);
    return device(phone, 6);
  });
  return { alice, phone, desk, ok };
}

/** A MESSAGE to the GRUU comes to the one device and not to the other. */
async function comesTo(alice: SipPeer, uri: string, reached: SipPeer, other: SipPeer): Promise<void> {
  const target: User = { aor: uri, password: '' };
  alice.newCall();
  const arrived = await delivered(alice, reached, target);
  equal('the Request-URI', arrived.startLine.split(' ')[1], reached.contact);
  await nothingHasCome(other);
}

async function statusOf(alice: SipPeer, uri: string): Promise<number | undefined> {
  alice.newCall();
  return (await alice.request(message, { recipient: uri })).status;
}

export const gruuCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc5627/5.2/both-gruus-given',
    clause: 'RFC 5627 §5.2, §5.4',
    level: 'SHALL',
    asks: 'A client that supports gruu and names its instance gets a pub-gruu and a temp-gruu in the 200: SIP URIs with gr, and not the same.',
    does: 'Registers a device with Supported: gruu and reads both of its contact in the 200.',
    needs,
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const ok = await device(alice, 6);
      const [pub, temp] = [gruu(ok, 'pub', alice), gruu(ok, 'temp', alice)];
      check(pub !== temp, 'both GRUUs are the same');
      check(pub.startsWith(`${user!.aor};`), 'the pub-gruu is not the address-of-record with gr (§5.1)');
      check(!temp.includes(user!.aor.slice(4).split('@')[0]!), 'the temp-gruu names the user');
    },
  },
  {
    id: 'IM-1/rfc5627/6.1/public-reaches-one-device',
    clause: 'RFC 5627 §6.1',
    level: 'SHALL',
    asks: 'A request to a pub-gruu goes to the contact of that device, and to no other of the user; gr does not go with it.',
    does: 'Registers two devices, sends a MESSAGE to the pub-gruu of one; compares the Request-URI, looks at the other.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, desk, ok } = await devices(context);
      await comesTo(alice, gruu(ok, 'pub', phone), phone, desk);
    },
  },
  {
    id: 'IM-1/rfc5627/6.1/temporary-reaches-one-device',
    clause: 'RFC 5627 §6.1',
    level: 'SHALL',
    asks: 'A request to a temp-gruu goes to the contact of that device, and to no other of the user.',
    does: 'Registers two devices, sends a MESSAGE to the temp-gruu of one; looks at both.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, desk, ok } = await devices(context);
      await comesTo(alice, gruu(ok, 'temp', phone), phone, desk);
    },
  },
  {
    id: 'IM-1/rfc5627/6.1/unknown-404',
    clause: 'RFC 5627 §6.1',
    level: 'SHOULD',
    asks: 'A URI with gr that is no valid GRUU is answered 404, whoever else the user is reached at.',
    does: 'Registers two devices, sends a MESSAGE to the user\'s address with a gr nobody has; expects 404 and nothing at either.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, desk } = await devices(context);
      equal('the status', await statusOf(alice, `${context.users[1]!.aor};gr=urn:uuid:00000000-0000-0000-0000-000000000000`), 404);
      for (const peer of [phone, desk]) await nothingHasCome(peer);
    },
  },
  {
    id: 'IM-1/rfc5627/5.1/public-stays',
    clause: 'RFC 5627 §5.1, §5.4',
    level: 'SHALL',
    asks: 'The pub-gruu of a device is the same in every registration, also of another call and with another contact.',
    does: 'Registers a device twice, the second time as another call from another connection; compares.',
    needs,
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const [first, second] = [await sip({ user: user! }), await sip({ user: user! })];
      equal('the pub-gruu', gruu(await device(second, 6), 'pub', second), gruu(await device(first, 6), 'pub', first));
    },
  },
  {
    id: 'IM-1/rfc5627/5.1/temporary-changes-and-old-stays',
    clause: 'RFC 5627 §5.1, §5.2',
    level: 'SHOULD',
    asks: 'Each refresh gives a new temp-gruu; those of earlier registrations of the same Call-ID stay valid.',
    does: 'Registers a device, refreshes it, compares both temp-gruus, and sends a MESSAGE to each.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, desk, ok } = await devices(context);
      const [old, fresh] = [gruu(ok, 'temp', phone), gruu(await device(phone, 6), 'temp', phone)];
      check(old !== fresh, 'the temp-gruu of the refresh is the old one');
      for (const uri of [fresh, old]) {
        alice.newCall();
        await delivered(alice, phone, { aor: uri, password: '' });
      }
      await nothingHasCome(desk);
    },
  },
  {
    id: 'IM-1/rfc5627/5.1/temporary-ends-with-call-id',
    clause: 'RFC 5627 §5.1',
    level: 'SHALL',
    asks: 'A registration of the device with another Call-ID invalidates every temp-gruu it had.',
    does: 'Registers a device, registers it again as another call, sends a MESSAGE to the first temp-gruu; expects 404.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, ok } = await devices(context);
      phone.newCall();
      await precondition('the device registers anew', () => device(phone, 6));
      equal('the status', await statusOf(alice, gruu(ok, 'temp', phone)), 404);
    },
  },
  {
    id: 'IM-1/rfc5627/5.3/removal-ends-temporary',
    clause: 'RFC 5627 §5.3, §6.1',
    level: 'SHALL',
    asks: 'When the last contact of a device is gone, its temp-gruus are invalid.',
    does: 'Registers two devices, removes one, sends a MESSAGE to its temp-gruu; expects 404 and nothing at the other.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, desk, ok } = await devices(context);
      await precondition('the device is removed', () => registeredWith(phone, `Contact: <${phone.contact}>;expires=0;${instance(6)}`, 'Supported: gruu'));
      equal('the status', await statusOf(alice, gruu(ok, 'temp', phone)), 404);
      await nothingHasCome(desk);
    },
  },
  {
    id: 'IM-1/rfc5627/5.3/public-without-contact-480',
    clause: 'RFC 5627 §5.3, §6.1',
    level: 'SHOULD',
    asks: 'The pub-gruu of a device that is not registered now stays valid: 480, and no other device gets what is meant for it.',
    does: 'Registers two devices, removes one, sends a MESSAGE to its pub-gruu; expects 480, or 202 of a store, and nothing at the other.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, phone, desk, ok } = await devices(context);
      await precondition('the device is removed', () => registeredWith(phone, `Contact: <${phone.contact}>;expires=0;${instance(6)}`, 'Supported: gruu'));
      equal('the status', await statusOf(alice, gruu(ok, 'pub', phone)), context.has('deferred') ? 202 : 480);
      await nothingHasCome(desk);
    },
  },
  {
    id: 'IM-1/rfc5627/5.1/given-by-client-ignored',
    clause: 'RFC 5627 §5.1',
    level: 'SHALL',
    asks: 'A pub-gruu or temp-gruu parameter in a REGISTER is ignored: the registrar makes its own.',
    does: 'Registers a device with both parameters of its own making, looks for them in the 200.',
    needs,
    users: 1,
    run: async ({ sip, domain, users: [user] }) => {
      const alice = await sip({ user: user! });
      const own = `pub-gruu="sip:mine@${domain};gr=mine";temp-gruu="sip:mytemp@${domain};gr"`;
      const ok = await registeredWith(alice, `Contact: <${alice.contact}>;${instance(6)};${own}`, 'Expires: 600', 'Supported: gruu');
      check(!/sip:mine|sip:mytemp/.test(gruu(ok, 'pub', alice) + gruu(ok, 'temp', alice)), 'the GRUUs are those of the client');
    },
  },
  {
    id: 'IM-1/rfc5627/5.1/own-gruu-as-contact-403',
    clause: 'RFC 5627 §5.1',
    level: 'SHALL',
    asks: 'A contact that is a GRUU of the same address-of-record, which would lead to itself, is refused with 403.',
    does: 'Registers a device, then its own pub-gruu as a contact; expects 403, and the bindings as they were.',
    needs,
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const pub = gruu(await device(alice, 6), 'pub', alice);
      const { status } = await registering(alice, `Contact: <${pub}>;${instance(7)}`, 'Expires: 600', 'Supported: gruu');
      equal('the status', status, 403);
      equal('what is bound', await bindingsNow(alice), alice.contact);
    },
  },
  {
    id: 'IM-1/rfc5627/5.2/instance-returned',
    clause: 'RFC 5627 §5.2',
    level: 'SHALL',
    asks: 'The 200 lists the instance of each contact it is known of.',
    does: 'Registers two devices, looks for the instance of each in the 200 to the second.',
    needs,
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const [first, second] = [await sip({ user: user! }), await sip({ user: user! })];
      await precondition('a device is registered', () => device(first, 6));
      const ok = await device(second, 7);
      equal('the number of contacts', contactsOf(ok).length, 2);
      for (const number of [6, 7]) {
        check(ok.headers('Contact').some((value) => value.includes(instance(number))), `the instance of device ${number} is not in the 200`);
      }
    },
  },
];
