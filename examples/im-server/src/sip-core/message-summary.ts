/*
 * The event package of message waiting indications (RFC 3842): how many messages are stored for a user.
 */
import type { EventPackage } from '@simple-im/sip-events';
import { buildMessageSummary, MESSAGE_SUMMARY_MEDIA_TYPE } from '@simple-im/sip-events/documents/message-summary';
import type { MessageAccounts } from '../internal-ports.js';

export const MESSAGE_SUMMARY = 'message-summary';

/** The account is the user's own, so its name is not written (§3.5). */
export function messageSummary(accounts: MessageAccounts): EventPackage {
  return {
    name: MESSAGE_SUMMARY,
    defaultExpires: 3600,
    contentTypes: [MESSAGE_SUMMARY_MEDIA_TYPE],
    // §3.11: not more often than once a second.
    minInterval: 1000,
    async fullState(user) {
      const classes = await accounts.summary(user);
      // What was read and kept waits for nobody.
      const messagesWaiting = classes.some(({ newMessages }) => newMessages > 0);
      return { contentType: MESSAGE_SUMMARY_MEDIA_TYPE, body: buildMessageSummary({ messagesWaiting, classes }) };
    },
    view: () => '',
  };
}
