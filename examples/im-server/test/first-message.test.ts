/* The first message of a session in its INVITE, from one user agent to our client. */
import { expect, it, onTestFinished } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { ImClient } from '@simple-im/im-client';
import { buildMultipart } from '@simple-im/mime';
import { formatMsrpOffer } from '@simple-im/msrp/sdp';
import { nodePlatform, nodeRandom } from '@simple-im/transport/node';
import { register, serverWith, sipTarget, userOf } from './support.js';

/** Nobody is named in it: the network says who invites. */
const anonymous = '<sip:anonymous@anonymous.invalid>';
const first = `From: ${anonymous}\r\nTo: ${anonymous}\r\n\r\nContent-Type: text/plain\r\n\r\nAre you there?`;

it('arrives as the first message of the session (RFC 5621 §3, FACTS §3)', async () => {
  const server = await serverWith();
  const alice = await userOf(server, 'alice', { transport: 'TCP' });
  await register(alice);
  const { host, port } = sipTarget(server, 'TCP').address;
  const bob = new ImClient({
    platform: nodePlatform, aor: 'sip:bob@example.com', password: 'builder', proxy: `sip:${host}:${port};transport=tcp`, autoAccept: true,
  });
  onTestFinished(() => bob.close());
  await bob.register();
  const path = ['msrp://127.0.0.1:9/alice1234;tcp'];
  const sdp = formatMsrpOffer({ address: { host, port: 9 }, path, acceptTypes: ['message/cpim'], setup: 'active' }, { sessionId: 1, version: 1 });
  const invite = alice.ua.invite('sip:bob@example.com', buildMultipart([
    { headers: [['Content-Type', 'application/sdp']], body: utf8(sdp) },
    { headers: [['Content-Type', 'message/cpim']], body: utf8(first) },
  ], { random: nodeRandom }));
  const { dialog } = await invite.answered;
  invite.ack();
  for await (const invitation of bob.invitations) {
    const session = await invitation.accept();
    for await (const { text, from } of session.messages) {
      expect([text, from]).toEqual(['Are you there?', 'sip:alice@example.com']);
      break;
    }
    break;
  }
  await dialog.bye();
});
