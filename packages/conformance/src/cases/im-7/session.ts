import type { ConformanceCase } from '../../case.js';
import { equal } from '../../expectation.js';
import type { MsrpPeer } from '../../raw-msrp.js';
import { hungUp, session } from '../preconditions.js';
import { chunk, received, send } from './frames.js';

/** Sends one message and sees it arrive with every octet; both hops are answered 200. */
async function carried(sender: MsrpPeer, receiver: MsrpPeer, text: string): Promise<void> {
  const tid = sender.send(send, chunk(text));
  const { body, first } = await received(receiver);
  equal('the body', body, text);
  equal('the Content-Type', first.header('Content-Type'), 'text/plain');
  await sender.expectResponse(tid, 200);
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
      const tid = peer.send(send, chunk('Hello you.'));
      const response = await peer.expectResponse(tid, 481);
      equal('the To-Path of the 481', response.header('To-Path'), peer.ownUri);
    },
  },
  {
    id: 'IM-7/rfc4975/7.1/message-delivered',
    clause: 'RFC 4975 §7.1, §7.2',
    level: 'SHALL',
    asks: 'In a session every message arrives with the octets and the media type it was sent with, and each SEND is answered 200.',
    does: 'Sets up a session between two users, sends one message each way, compares what arrives.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => {
      const { callerMedia, calleeMedia } = await session(context);
      await carried(callerMedia, calleeMedia, 'Hello Bob\n');
      await carried(calleeMedia, callerMedia, 'Hi\0\xff\r\nyou.');
    },
  },
  {
    id: 'IM-7/rfc3261/15.1.2/bye-ends-session',
    clause: 'RFC 3261 §15.1.2',
    level: 'SHALL',
    asks: 'A BYE within the dialog is answered 2xx and ends the session: the other user gets a BYE too.',
    does: 'Sets up a session between two users, sends BYE from the caller, expects a BYE at the callee and 200 at the caller.',
    needs: ['registrar', 'session', 'media-path'],
    users: 2,
    run: async (context) => hungUp(await session(context)),
  },
];
