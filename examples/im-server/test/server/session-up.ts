/* A session between two registered users as far as SIP goes; nobody connects media. */
import { utf8 } from '@simple-im/grammar';
import { formatMsrpAnswer, formatMsrpOffer, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { UaDialog } from '@simple-im/sip';
import type { TestUser } from '../support.js';

function media(sessionId: string): Omit<MsrpMedia, 'attributes' | 'direction' | 'secure'> {
  return { address: { host: '127.0.0.1', port: 9 }, path: [`msrp://127.0.0.1:9/${sessionId};tcp`], acceptTypes: ['text/plain'], setup: 'active' };
}

/** Both dialogs are there when this resolves. */
export async function sessionUp(alice: TestUser, bob: TestUser): Promise<{ readonly caller: UaDialog; readonly callee: UaDialog }> {
  const accepted = new Promise<UaDialog>((resolve, reject) => {
    bob.ua.handle('INVITE', (invite) => {
      const answer = formatMsrpAnswer(invite.request.body, media('bobs-session-0001'), { sessionId: 1, version: 1 });
      invite.accept({ contentType: 'application/sdp', body: utf8(answer) }).then(resolve, reject);
    });
  });
  const offer = utf8(formatMsrpOffer(media('alices-session-0001'), { sessionId: 1, version: 1 }));
  const invite = alice.ua.invite('sip:bob@example.com', { contentType: 'application/sdp', body: offer });
  const { dialog } = await invite.answered;
  invite.ack();
  return { caller: dialog, callee: await accepted };
}
