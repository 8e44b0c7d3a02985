import type { ConformanceCase } from '../../case.js';
import { equal } from '../../expectation.js';
import { cpim, imdn } from '../cpim.js';
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
  Content-Type: message/cpim
  Content-Length: {length}

  {body}
`;

/** A case that sends this as a pager message and expects every octet of it. */
function passes(body: string): ConformanceCase['run'] {
  return async (context) => {
    const [from, to] = context.users;
    const alice = await registered(context, from!);
    const bob = await registered(context, to!);
    const answered = alice.request(message, { recipient: to!.aor, body });
    answered.catch(() => undefined);
    const arrived = await bob.expect('MESSAGE ');
    equal('the Content-Type', arrived.header('Content-Type'), 'message/cpim');
    equal('the body', arrived.body, `${body}\r\n`);
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
  };
}

export const formatCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc3862/2.2/cpim-unchanged',
    clause: 'RFC 3862 §2.2, RFC 5438 §6',
    level: 'SHALL',
    asks: 'The header fields of a CPIM message, those that ask for notifications among them, are neither changed nor reordered on the way.',
    does: 'Sends a MESSAGE with a CPIM message that asks for notifications, compares what arrives octet for octet.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: passes(cpim),
  },
  {
    id: 'IM-1/rfc5438/7.2.1/imdn-delivered',
    clause: 'RFC 5438 §7.2.1, RFC 3862 §2.2',
    level: 'SHALL',
    asks: 'A notification goes to the sender of the message as a CPIM message of its own, unchanged.',
    does: 'Sends a MESSAGE with a notification of delivery, compares what arrives octet for octet.',
    needs: ['registrar', 'pager'],
    users: 2,
    run: passes(imdn),
  },
];
