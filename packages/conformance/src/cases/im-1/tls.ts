/* SIP over TLS: who the target proves to be, and that a client is reached over the connection it opened (RFC 3261 §26, RFC 5922). */
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { registered } from '../preconditions.js';
import { delivered } from '../steps.js';
import { message, options } from '../templates.js';
import { contactsOf, registeredWith } from './requests.js';

const flow = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1';

export const tlsCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc5922/7.2/certificate-of-the-domain',
    clause: 'RFC 5922 §7.1, §7.2, RFC 3261 §26.3.1',
    level: 'SHALL',
    asks: 'The certificate of the target is of its domain, and leads to a root that is trusted.',
    does: 'Connects over TLS with the domain as server name, checks name and chain by --trusted, sends an OPTIONS.',
    needs: ['sip-tls', 'trusted'],
    users: 0,
    run: async ({ sip }) => {
      const peer = await sip({ transport: 'tls' });
      equal('the status', (await peer.request(options)).status, 200);
    },
  },
  {
    id: 'IM-1/rfc3261/26.2.1/register-over-tls',
    clause: 'RFC 3261 §26.2.1, §18.1.1',
    level: 'SHALL',
    asks: 'A registration over TLS is as one over TCP; the Via of its response still says TLS.',
    does: 'Registers a contact over TLS and looks for it, and for the Via, in the 200.',
    needs: ['sip-tls', 'registrar'],
    users: 1,
    run: async ({ sip, users: [user] }) => {
      const alice = await sip({ user: user!, transport: 'tls' });
      const response = await registeredWith(alice, `Contact: <${alice.contact}>`, 'Expires: 600');
      check(contactsOf(response).some(({ uri }) => uri === alice.contact), 'the 200 does not list the contact');
      check(response.header('Via')?.startsWith('SIP/2.0/TLS ') === true, `the Via of the 200 is ${response.header('Via')}`);
    },
  },
  {
    id: 'IM-1/rfc5626/7/message-over-tls-flow',
    clause: 'RFC 5626 §6, §7, RFC 3261 §16.6 (1)',
    level: 'SHALL',
    asks: 'A request for a client that registered its flow goes over that connection, for nobody can connect to a client over TLS.',
    does: 'Registers over TLS with a reg-id, sends a MESSAGE from a client over TCP or UDP, compares what comes over the connection.',
    needs: ['sip-tls', 'registrar', 'pager', 'outbound'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!, 'tls', flow);
      const arrived = await delivered(alice, bob, to!);
      equal('the body', arrived.body, 'Watson, come here.\r\n');
      equal('the Request-URI', arrived.startLine.split(' ')[1], bob.contact);
    },
  },
  {
    id: 'IM-1/rfc3261/26.2.2/message-from-tls',
    clause: 'RFC 3261 §16.6, §18.1.1',
    level: 'SHALL',
    asks: 'What comes over TLS for a sip: address goes on over whatever its recipient registered.',
    does: 'Sends a MESSAGE over TLS to a client over TCP or UDP, compares what arrives.',
    needs: ['sip-tls', 'registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!, 'tls', flow);
      const bob = await registered(context, to!);
      equal('the body', (await delivered(alice, bob, to!)).body, 'Watson, come here.\r\n');
    },
  },
  {
    id: 'IM-1/rfc5626/7/closed-tls-flow-no-delivery',
    clause: 'RFC 5626 §7, §5.3.1',
    level: 'SHALL',
    asks: 'When the connection of a client over TLS is closed, a MESSAGE for it is not delivered and not answered 200.',
    does: 'Registers over TLS with a reg-id, closes the connection, sends a MESSAGE; expects 430, 480 or 202 of a store.',
    needs: ['sip-tls', 'registrar', 'pager', 'outbound'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      await (await registered(context, to!, 'tls', flow)).close();
      const { status = 0 } = await alice.request(message, { recipient: to!.aor });
      check(status >= 400 || (context.has('deferred') && status === 202), `the status is ${status}, expected 430 or 480`);
    },
  },
];
