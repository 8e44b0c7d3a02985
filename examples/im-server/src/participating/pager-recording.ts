/*
 * Pager messages on their way into the conversation history: of the sender on the originating side, of the recipient on the other.
 */
import { aorOf } from '@simple-im/grammar';
import type { SipResponse } from '@simple-im/sip';
import type { Clock } from '@simple-im/transport';
import type { Im2Request } from '../reference-points.js';
import type { PassingMessage, RecordedFor, Recording } from '../session-ports.js';
import { assertedIdentity } from './policy.js';
import { undeliveredMessage } from './undelivered-message.js';

/** The same exchange; when it is answered 200 or 202 the message is recorded for whoever is served. */
export function recordedPager(exchange: Im2Request, recording: Recording, clock: Clock): Im2Request {
  const { request, sessionCase, servedUser, originalDialog } = exchange;
  if (!recording.mayRecord([servedUser], 'pager')) return exchange;
  const { body } = request;
  const message = passing(exchange, clock);
  const whose: RecordedFor = sessionCase === 'originating' ? ['sender'] : ['recipient'];
  return {
    request, sessionCase, servedUser, originalDialog,
    get onCancelled(): (() => void) | undefined {
      return exchange.onCancelled;
    },
    set onCancelled(listener) {
      exchange.onCancelled = listener;
    },
    respond: (response: SipResponse) => {
      exchange.respond(response);
      if (response.status >= 200 && response.status < 300) void record(recording, message, whose, body);
    },
  };
}

function passing({ request, sessionCase, servedUser }: Im2Request, clock: Clock): PassingMessage {
  const recipient = sessionCase === 'terminating' && servedUser !== undefined ? servedUser : aorOf(request.parsedUri);
  const told = undeliveredMessage(request, { recipient, held: false, attempted: false, now: clock.date().getTime() });
  const { from, to, headers, contentType } = told;
  return { mode: 'pager', sender: assertedIdentity(request), isAnonymous: told.sender === undefined, recipient, from, to, headers, contentType, session: undefined };
}

async function record(recording: Recording, message: PassingMessage, whose: RecordedFor, body: Uint8Array): Promise<void> {
  const recorder = await recording.begin(message, whose);
  await recorder?.write(body);
  await recorder?.commit();
}
