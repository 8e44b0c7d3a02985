import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import type { MsrpFrame, MsrpPeer } from '../../raw-msrp.js';
import { session } from '../preconditions.js';

const hello = `
  MSRP {tid} SEND
  To-Path: {to}
  From-Path: {from}
  Message-ID: {messageId}
  Byte-Range: 1-10/10
  Content-Type: text/plain

  {body}
  -------{tid}$
`;

const ok = `
  MSRP {tid} 200 OK
  To-Path: {to}
  From-Path: {from}
  -------{tid}$
`;

/** Sends one message and sees it arrive with every octet; both hops are answered 200. */
async function carried(sender: MsrpPeer, receiver: MsrpPeer, body: string): Promise<MsrpFrame> {
  const tid = sender.send(hello, { body });
  const arrived = await receiver.expectRequest('SEND');
  equal('the body', arrived.body, body);
  equal('the Content-Type', arrived.header('Content-Type'), 'text/plain');
  receiver.respond(arrived, ok);
  await sender.expectResponse(tid, 200);
  return arrived;
}

export const sessionCases: readonly ConformanceCase[] = [
  {
    id: 'IM-7/rfc4975/7.3/unknown-session-481',
    clause: 'RFC 4975 §7.3',
    level: 'SHALL',
    asks: 'A request whose To-Path names a session that does not exist is answered 481.',
    does: 'Connects to the MSRP address and sends a SEND for a session identifier that nobody was given.',
    needs: ['msrp'],
    users: 0,
    run: async ({ msrpAtListener }) => {
      const peer = await msrpAtListener();
      const tid = peer.send(hello, { body: 'Hello you.' });
      const response = await peer.expectResponse(tid, 481);
      check(response.header('To-Path') === 'msrp://stranger.invalid:9/conformance;tcp', 'the To-Path of the 481 is not the From-Path of the request');
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/message-delivered',
    clause: 'RFC 4975 §7.1, §7.2',
    level: 'SHALL',
    asks: 'In a session every message arrives with the octets and the media type it was sent with, and each SEND is answered 200.',
    does: 'Sets up a session between two users, sends one message each way, compares what arrives.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context: CaseContext) => {
      const [from, to] = context.users;
      const { callerMedia, calleeMedia } = await session(context, from!, to!);
      await carried(callerMedia, calleeMedia, 'Hello Bob\n');
      await carried(calleeMedia, callerMedia, 'Hi\0\xff\r\nyou.');
    },
  },
  {
    id: 'IM-7/rfc3261/15/bye-ends-session',
    clause: 'RFC 3261 §15.1.2',
    level: 'SHALL',
    asks: 'A BYE within the dialog is answered 200 and ends the session: the other user gets a BYE too.',
    does: 'Sets up a session between two users, sends BYE from the caller, expects a BYE at the callee and 200 at the caller.',
    needs: ['registrar', 'session'],
    users: 2,
    run: async (context: CaseContext) => {
      const [from, to] = context.users;
      const { caller, callee, dialog } = await session(context, from!, to!);
      const answered = caller.request(`
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
      `, dialog);
      answered.catch(() => undefined);
      const bye = await callee.expect('BYE ');
      callee.respond(bye, `
        SIP/2.0 200 OK
        {vias}
        From: {from}
        To: {to}
        Call-ID: {callId}
        CSeq: {cseq}
        Content-Length: 0
      `);
      equal('the status', (await answered).status, 200);
    },
  },
];
