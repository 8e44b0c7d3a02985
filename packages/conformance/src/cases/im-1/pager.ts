import type { ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import { without } from '../../template.js';
import { registered } from '../preconditions.js';

const message = `
  MESSAGE {recipient} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  From: <{aor}>;tag={tag}
  To: <{recipient}>
  Call-ID: {callId}
  CSeq: {cseq} MESSAGE
  {authorization}
  Content-Type: text/plain
  Content-Length: {length}

  Watson, come here.
`;

export const pagerCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3428/4/message-delivered',
    clause: 'RFC 3428 §4, §7',
    level: 'SHALL',
    asks: 'A MESSAGE reaches the contact its recipient registered with its body as it was sent, and the sender gets the recipient\'s 200.',
    does: 'Registers both users, sends a MESSAGE from one to the other, compares what arrives, answers 200.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const bob = await registered(context, to!);
      const answered = alice.request(message, { recipient: to!.aor });
      answered.catch(() => undefined);
      const arrived = await bob.expect('MESSAGE ');
      equal('the body', arrived.body, 'Watson, come here.\r\n');
      equal('the Content-Type', arrived.header('Content-Type'), 'text/plain');
      check(arrived.header('From')?.includes(from!.aor) === true, 'the From is not the sender\'s');
      check(arrived.header('Contact') === undefined, 'the MESSAGE has a Contact (RFC 3428 §4)');
      bob.respond(arrived, `
        SIP/2.0 200 OK
        {vias}
        From: {from}
        To: {to};tag={toTag}
        Call-ID: {callId}
        CSeq: {cseq}
        Content-Length: 0
      `);
      equal('the status at the sender', (await answered).status, 200);
    },
  },
  {
    id: 'IM-1/rfc3428/7/message-to-nobody-480',
    clause: 'RFC 3428 §7, RFC 3261 §21.4.18',
    level: 'SHALL',
    asks: 'A MESSAGE to a user who has no binding is refused with 480 where nothing keeps messages for later.',
    does: 'Registers the sender only and sends a MESSAGE to the other user; takes 202 for a target that keeps messages.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: async (context) => {
      const [from, to] = context.users;
      const alice = await registered(context, from!);
      const response = await alice.request(message, { recipient: to!.aor });
      check(response.status === 480 || response.status === 202, `the status is ${response.status}, expected 480 or 202`);
    },
  },
  {
    id: 'IM-1/rfc3261/8.1.1/missing-call-id-400',
    clause: 'RFC 3261 §8.1.1, §21.4.1',
    level: 'SHALL',
    asks: 'Call-ID is mandatory in every request; one without it is malformed and is answered 400.',
    does: 'Shows that an OPTIONS is answered at all, sends the same without Call-ID, expects 400 and not a success.',
    needs: [],
    users: 0,
    run: async ({ sip }) => {
      const peer = await sip();
      const options = `
        OPTIONS sip:{domain} SIP/2.0
        Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
        Max-Forwards: 70
        From: <sip:probe@{domain}>;tag={tag}
        To: <sip:{domain}>
        Call-ID: {callId}
        CSeq: {cseq} OPTIONS
        Content-Length: 0
      `;
      await precondition('an OPTIONS is answered', () => peer.request(options));
      const response = await peer.request(without(options, 'Call-ID:'));
      equal('the status', response.status, 400);
    },
  },
];
