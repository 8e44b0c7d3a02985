import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { MsrpPeer } from '../../raw-msrp.js';
import { session, type Session } from '../preconditions.js';
import { chunk, octetsOf, paths, send, unlessClosed } from './frames.js';

export const bye = `
  BYE {target} SIP/2.0
  Via: SIP/2.0/{transport} {localHost}:{localPort};branch={branch};rport
  Max-Forwards: 70
  {routes}
  From: <{aor}>;tag={tag}
  To: {remote}
  Call-ID: {callId}
  CSeq: {cseq} BYE
  {authorization}
  Content-Length: 0
`;

export const okToBye = `
  SIP/2.0 200 OK
  {vias}
  From: {from}
  To: {to}
  Call-ID: {callId}
  CSeq: {cseq}
  Content-Length: 0
`;

const sessionOf = (context: CaseContext): Promise<Session> => session(context, context.users[0]!, context.users[1]!);

/** The session is over for this side: its connection is closed, or what it sends is answered 481. */
async function isOver(media: MsrpPeer): Promise<void> {
  await unlessClosed(media.expectResponse(media.send(send, chunk('too late')), 481));
}

export const endCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc3261/15/bye-ends-media',
    clause: 'RFC 3261 §15, RFC 4975 §7.3',
    level: 'SHALL',
    asks: 'After a BYE the MSRP session exists no more, on neither side.',
    does: 'Sends BYE from the caller; then a message from either side is answered 481, or finds its connection closed.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const { caller, callee, callerMedia, calleeMedia, dialog } = await sessionOf(context);
      equal('the status', (await caller.request(bye, dialog)).status, 200);
      await isOver(callerMedia);
      await precondition('the callee gets a BYE', async () => callee.respond(await callee.expect('BYE '), okToBye));
      await isOver(calleeMedia);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/sender-lost-in-chunk',
    clause: 'RFC 4975 §7.1, §5.4',
    level: 'SHALL',
    asks: 'A message whose sender is lost in the middle of a chunk is not ended as if it were whole.',
    does: 'Closes the sender\'s connection in the middle of a body; the receiver gets "#" for it, or its connection is closed.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await sessionOf(context);
      const frame = octetsOf(send, { ...await paths(callerMedia), ...chunk('a'.repeat(4000), { range: '1-*/*' }), tid: 'cNeverEnded0815' });
      callerMedia.sendOctets(frame.slice(0, frame.indexOf('aaaa') + 3000));
      await callerMedia.close();
      const arrived = await unlessClosed(calleeMedia.next('the message, given up with "#"'));
      check(arrived === undefined || arrived.flag === '#', `the message of a sender that was lost ended with "${arrived?.flag}", expected "#"`);
    },
  },
  {
    id: 'IM-7/rfc4975/5.4/connection-lost-ends-session',
    clause: 'RFC 4975 §5.4',
    level: 'SHALL',
    asks: 'When a connection is lost its session has failed: the other user is told so by a BYE.',
    does: 'Closes the caller\'s MSRP connection; expects a BYE at the callee, and that its MSRP session is over.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context) => {
      const { callee, callerMedia, calleeMedia } = await sessionOf(context);
      await callerMedia.close();
      callee.respond(await callee.expect('BYE '), okToBye);
      await isOver(calleeMedia);
    },
  },
];
