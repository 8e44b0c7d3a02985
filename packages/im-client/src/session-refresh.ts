import { ProtocolError } from '@simple-im/grammar';
import { parseMsrpSdp, type MsrpMedia } from '@simple-im/msrp/sdp';
import type { SessionTimerSettings, UaDialog, UaInvite } from '@simple-im/sip';
import type { ClientCore } from './core.js';

const SDP = 'application/sdp';

/** The session timer of a session (RFC 4028), refreshed with the description that it began with. */
export function sessionTimer({ options: { sessionInterval = 1800 } }: ClientCore, body: Uint8Array): SessionTimerSettings {
  return { interval: sessionInterval, description: () => ({ contentType: SDP, body }) };
}

/**
 * Answers a re-INVITE that changes nothing with the description that the session began with (RFC 3261 §14.2): the peer refreshes so if
 * it knows no UPDATE. Moving the media of a session is not supported: 488.
 */
export function answerRefreshes(core: ClientCore, dialog: UaDialog, remote: MsrpMedia, body: Uint8Array): void {
  dialog.handle('INVITE', async (incoming: UaInvite) => {
    if (!isRefresh(incoming.request.body, remote)) return incoming.respond(488);
    await incoming.accept({ contentType: SDP, body, headers: [['Contact', core.contact(incoming.flow)]] });
  });
}

/** Whether an offer leaves the media where they are, and connecting to us; without one the peer wants ours. */
function isRefresh(body: Uint8Array, { path }: MsrpMedia): boolean {
  if (body.length === 0) return true;
  try {
    const offered = parseMsrpSdp(body);
    return offered.setup !== 'active' && offered.path.join(' ') === path.join(' ');
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return false;
  }
}
