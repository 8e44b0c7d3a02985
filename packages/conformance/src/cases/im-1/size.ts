/* Pager messages that are too large for the way to their recipient (RFC 3428 §8). */
import type { ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import { registered } from '../preconditions.js';
import { delivered } from '../steps.js';
import { message } from '../templates.js';
import { nothingHasCome } from './requests.js';

const large = message.replace('Watson, come here.', 'x'.repeat(2500));

export const sizeCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/profile/message-size/too-large-for-udp-513',
    clause: 'simple-im profile (RFC 3428 §8, RFC 3261 §18.1.1, §21.5.7)',
    level: 'MAY',
    asks: 'A MESSAGE of more than 1,300 octets does not go over UDP: where its recipient has nothing else, its sender gets 513.',
    does: 'Sends a MESSAGE of 2,500 octets to a client that registered over UDP; expects 513 and nothing there, and that a small one arrives.',
    needs: ['registrar', 'pager', 'sip-udp', 'message-size'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!, 'udp');
      equal('the status', (await alice.request(large, { recipient: to!.aor })).status, 513);
      await nothingHasCome(bob);
      alice.newCall();
      await delivered(alice, bob, to!);
    },
  },
  {
    id: 'IM-1/rfc3428/8/large-message-over-a-stream',
    clause: 'RFC 3428 §8, RFC 3261 §18.1.1',
    level: 'SHALL',
    asks: 'A MESSAGE of more than 1,300 octets goes on over a transport that controls congestion, where its recipient has one.',
    does: 'Sends a MESSAGE of 2,500 octets over TCP to a client that registered over TCP; compares what arrives.',
    needs: ['registrar', 'pager', 'sip-tcp'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!, 'tcp');
      const bob = await registered(context, to!, 'tcp');
      const answered = alice.request(large, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      check(arrived.header('Via')?.toUpperCase().includes('/UDP ') === false, 'it came with a Via of UDP');
      equal('the length of the body', arrived.body.length, 2502);
    },
  },
];
