/* Several devices and several ways to one of them: registration and requests with RFC 5626 and RFC 3327. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage, SipPeer, User } from '../../raw-sip.js';
import { uriOf } from '../../sip-text.js';
import { registered } from '../preconditions.js';
import { delivered, isTaken, unlessSilent } from '../steps.js';
import { finalResponse, message } from '../templates.js';
import { bindingsNow, listed, nothingHasCome, registeredWith, registering } from './requests.js';

const outbound = ['registrar', 'outbound', 'sip-tcp'] as const;
const device = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"';

/** Registers a flow of the device under this number. */
function flow(peer: SipPeer, number: number, contact = peer.contact): Promise<SipMessage> {
  const lines = [`Contact: <${contact}>${device};reg-id=${number};+g.oma.sip-im`, 'Expires: 600', 'Supported: path, outbound'];
  return registeredWith(peer, ...lines);
}

const overTcp = (context: CaseContext, user: User): Promise<SipPeer> => context.sip({ user, transport: 'tcp' });

/** Of these peers exactly one gets a MESSAGE to the user; it refuses with `status`, and the others must stay without. */
async function comesToOne(sender: SipPeer, peers: readonly SipPeer[], to: User, status: string): Promise<void> {
  const answered = sender.request(message, { recipient: to.aor });
  answered.catch(() => undefined);
  const waits = peers.map((peer) => unlessSilent(peer.expect('MESSAGE ', { within: 700 })));
  for (const wait of waits) wait.catch(() => undefined);
  let came = 0;
  for (const [at, wait] of waits.entries()) {
    const arrived = await wait;
    if (arrived === undefined) continue;
    came++;
    peers[at]!.respond(arrived, finalResponse(status));
  }
  await answered;
  equal('the number of flows the MESSAGE came over', came, 1);
}

export const flowsCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3261/10.2.2/own-binding-removed-alone',
    clause: 'RFC 3261 §10.2.2, §10.3 (7)',
    level: 'SHALL',
    asks: 'A device that removes its binding does not remove those of the user\'s other devices, which are reached as before.',
    does: 'Registers two devices, removes one, sends a MESSAGE, which must come to the other and not to the first.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const [phone, desk] = [await registered(context, to!), await registered(context, to!)];
      await precondition('one device is removed', () => registeredWith(phone, `Contact: <${phone.contact}>`, 'Expires: 0'));
      await delivered(alice, desk, to!);
      await nothingHasCome(phone);
    },
  },
  {
    id: 'IM-1/rfc3261/10.3/refresh-keeps-others',
    clause: 'RFC 3261 §10.2.4, §10.3 (7)',
    level: 'SHALL',
    asks: 'A device that refreshes its binding, with other parameters, updates that one and leaves the others.',
    does: 'Registers two contacts of two calls, refreshes one with another q, and reads what is bound.',
    needs: ['registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user! });
      const [desk, mobile] = ['sip:desk@192.0.2.1', 'sip:mobile@192.0.2.2'];
      await precondition('two contacts are registered', async () => {
        await registeredWith(alice, `Contact: <${desk}>;q=0.5`, 'Expires: 600');
        alice.newCall();
        await registeredWith(alice, `Contact: <${mobile}>`, 'Expires: 600');
      });
      const response = await registeredWith(alice, `Contact: <${desk}>;q=0.1`, 'Expires: 500');
      equal('what the 200 lists', listed(response), `${desk} ${mobile}`);
      const q = response.headers('Contact').find((value) => value.includes(desk)) ?? '';
      check(/;q=0\.10*(?=[;,]|$)/.test(q), `the refreshed contact is listed as ${q}, expected q=0.1`);
    },
  },
  {
    id: 'IM-1/rfc5626/6/outbound-required-in-200',
    clause: 'RFC 5626 §6',
    level: 'SHALL',
    asks: 'The 200 to a REGISTER with a reg-id, of a client that supports outbound, says Require: outbound; without a reg-id it does not.',
    does: 'Registers over TCP with a reg-id and without, looks at Require of both 200.',
    needs: outbound,
    users: 1,
    run: async (context) => {
      const alice = await overTcp(context, context.users[0]!);
      const requires = (response: SipMessage): boolean => response.headers('Require').some((value) => /\boutbound\b/.test(value));
      check(requires(await flow(alice, 1)), 'the 200 to a REGISTER with reg-id has no Require: outbound');
      const without = await registeredWith(alice, 'Contact: <sip:desk@192.0.2.1>', 'Expires: 600', 'Supported: path, outbound');
      check(!requires(without), 'the 200 to a REGISTER without reg-id has Require: outbound');
    },
  },
  {
    id: 'IM-1/rfc5626/6/same-reg-id-replaces',
    clause: 'RFC 5626 §6',
    level: 'SHALL',
    asks: 'A device that registers again under the same reg-id, over another connection and with another Contact, has one binding.',
    does: 'Registers one instance and reg-id from two connections with a Contact each; reads what is bound.',
    needs: outbound,
    users: 1,
    run: async (context) => {
      const [first, second] = [await overTcp(context, context.users[0]!), await overTcp(context, context.users[0]!)];
      await precondition('a flow is registered', () => flow(first, 1));
      equal('what the second 200 lists', listed(await flow(second, 1)), second.contact);
    },
  },
  {
    id: 'IM-1/rfc5626/6/other-reg-id-adds',
    clause: 'RFC 5626 §6',
    level: 'SHALL',
    asks: 'Flows of one device under different numbers are bindings beside each other, even where the Contact is the same.',
    does: 'Registers one instance with reg-id 1 and 2 from two connections under one Contact; counts the bindings.',
    needs: outbound,
    users: 1,
    run: async (context) => {
      const [first, second] = [await overTcp(context, context.users[0]!), await overTcp(context, context.users[0]!)];
      await precondition('a flow is registered', () => flow(first, 1, 'sip:device@conformance.invalid'));
      const response = await flow(second, 2, 'sip:device@conformance.invalid');
      equal('the number of bindings', response.headers('Contact').flatMap((value) => value.split(/,(?=\s*<)/)).length, 2);
    },
  },
  {
    id: 'IM-1/rfc5626/6/several-contacts-with-reg-id-400',
    clause: 'RFC 5626 §6',
    level: 'SHOULD',
    asks: 'A REGISTER with a reg-id registers one contact: with a second one it is refused with 400, and nothing is bound.',
    does: 'Registers two contacts in one REGISTER, one with a reg-id; expects 400 and no binding.',
    needs: outbound,
    users: 1,
    run: async (context) => {
      const alice = await overTcp(context, context.users[0]!);
      const contacts = [`Contact: <${alice.contact}>${device};reg-id=1`, 'Contact: <sip:desk@192.0.2.1>'];
      const response = await registering(alice, ...contacts, 'Expires: 600', 'Supported: path, outbound');
      equal('the status', response.status, 400);
      equal('what is bound', await bindingsNow(alice), '');
    },
  },
  {
    id: 'IM-1/rfc5626/6/first-hop-lacks-outbound-439',
    clause: 'RFC 5626 §6, §11.6',
    level: 'SHALL',
    asks: 'A REGISTER with a reg-id that came through a proxy which keeps no flows is refused with 439.',
    does: 'Registers with a reg-id and a second Via, of a proxy whose Path has no ob; expects 439.',
    needs: outbound,
    users: 1,
    run: async (context) => {
      const alice = await overTcp(context, context.users[0]!);
      const lines = [`Contact: <sip:device@192.0.2.1>${device};reg-id=1`, 'Expires: 600', 'Supported: path, outbound'];
      const via = 'Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKclient';
      const response = await registering(alice, ...lines, via, `Path: <sip:${alice.localHost}:${alice.localPort};transport=tcp;lr>`);
      equal('the status', response.status, 439);
    },
  },
  {
    id: 'IM-1/rfc5626/7/one-flow-of-a-device',
    clause: 'RFC 5626 §7',
    level: 'SHALL',
    asks: 'A request goes over one flow of a device at a time, and over no other once the device has answered.',
    does: 'Registers two flows of one device, sends a MESSAGE, refuses it with 486 where it comes; it must come nowhere else.',
    needs: [...outbound, 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const flows = [await overTcp(context, to!), await overTcp(context, to!)];
      await precondition('two flows are registered', async () => {
        for (const [at, peer] of flows.entries()) await flow(peer, at + 1);
      });
      await comesToOne(alice, flows, to!, '486 Busy Here');
    },
  },
  {
    id: 'IM-1/rfc5626/7/next-flow-after-lost-one',
    clause: 'RFC 5626 §7, §5.3.1',
    level: 'SHOULD',
    asks: 'When one flow of a device is gone, a request goes over another one.',
    does: 'Registers two flows of one device, closes one of them and then, in another turn, the other; a MESSAGE comes over what is left.',
    needs: [...outbound, 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      for (const lost of [0, 1]) {
        const flows = [await overTcp(context, to!), await overTcp(context, to!)];
        await precondition('two flows are registered', async () => {
          for (const [at, peer] of flows.entries()) await flow(peer, at + 1, `sip:device${at}@conformance.invalid`);
        });
        await flows[lost]!.close();
        alice.newCall();
        await delivered(alice, flows[1 - lost]!, to!);
      }
    },
  },
  {
    id: 'IM-1/rfc3327/5.1/path-becomes-route',
    clause: 'RFC 3327 §5.1, §5.5',
    level: 'SHALL',
    asks: 'A request for a contact that was registered with a Path goes to the proxy the Path names, with the Path as Route.',
    does: 'Registers a contact from a peer that calls itself a proxy, in Path; a MESSAGE must come there, with its Route and the contact.',
    needs: ['registrar', 'pager', 'path'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const edge = await context.sip({ user: to! });
      const own = `<sip:${edge.contact.split('@')[1]};lr>`;
      const contact = 'sip:device@192.0.2.1';
      const via = 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKclient';
      await precondition('the contact is registered', () =>
        registeredWith(edge, `Contact: <${contact}>;+g.oma.sip-im`, 'Expires: 600', 'Supported: path', via, `Path: ${own}`));
      edge.newCall();
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await edge.expect('MESSAGE ');
      equal('the Request-URI', arrived.startLine.split(' ')[1], contact);
      equal('the URI of the Route', uriOf(arrived.header('Route')), uriOf(own));
      edge.respond(arrived, finalResponse('200 OK'));
      isTaken(await answered);
    },
  },
];
