/* What a target keeps for a user who is away would come to whichever case has this user next: here it is taken before. */
import { randomBytes } from 'node:crypto';
import { check, equal } from './expectation.js';
import type { SipMessage, SipPeer } from './raw-sip.js';
import { finalResponse, message, register, withinDialog } from './cases/templates.js';

/**
 * Registers the user, sends the user a last message, and takes whatever comes until it comes. Targets deliver in the order in which messages
 * came (docs/profile.md, "Deferred messaging").
 */
export async function emptyMailbox(open: () => Promise<SipPeer>, within: number): Promise<void> {
  const home = await open();
  try {
    home.keepRequests();
    const registered = await home.request(register, { fields: `Contact: <${home.contact}>;+g.oma.sip-im\r\nExpires: 60` });
    equal('the status of the REGISTER', registered.status, 200);
    const sender = await open();
    await takenUntilLast(home, sender, within).finally(() => sender.close());
  } finally {
    await home.close();
  }
}

async function takenUntilLast(home: SipPeer, sender: SipPeer, within: number): Promise<void> {
  const last = `last ${randomBytes(8).toString('hex')}`;
  const answered = sender.request(message.replace('To: <{recipient}>', 'To: <{aor}>').replace('MESSAGE {recipient}', 'MESSAGE {aor}')
    .replace('Watson, come here.', last));
  answered.catch(() => undefined);
  for (let came: SipMessage | undefined; came?.body.startsWith(last) !== true;) {
    came = await home.expect('', { within });
    if (came.status === undefined && !came.startLine.startsWith('ACK ')) home.respond(came, answerTo(came));
  }
  const { status = 0 } = await answered;
  check(status < 300, `a message of the user to itself is answered ${status}`);
}

/** Sessions are declined: what was to come in them is not kept any longer, or comes in messages. */
function answerTo(request: SipMessage): string {
  if (request.startLine.startsWith('INVITE ')) return finalResponse('603 Decline');
  return request.startLine.startsWith('MESSAGE ') ? finalResponse('200 OK') : withinDialog('200 OK');
}
