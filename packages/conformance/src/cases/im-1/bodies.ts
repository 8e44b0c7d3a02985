/* INVITEs with more than a session description in their body (RFC 5621). */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, precondition } from '../../expectation.js';
import { accepted, acknowledge, callerPath, hungUp, inviting, registered, type Invitation } from '../preconditions.js';
import { attributes, finalResponse, invite, messageMedia } from '../templates.js';

const needs = ['registrar', 'session'] as const;
const media = messageMedia('active', callerPath);

/** A first message as clients send it, behind the description; it may be passed over. */
const first = [
  'From: <sip:anonymous@anonymous.invalid>', 'To: <sip:anonymous@anonymous.invalid>', '', 'Content-Type: text/plain', '', 'Are you there?',
];

/** The INVITE with its body as the first part of a multipart body. */
export function multipartInvite(boundary = 'conformance'): string {
  const [head = '', sdp = ''] = invite.split('\n\n');
  const parts = [
    `--${boundary}`, 'Content-Type: application/sdp', '', ...sdp.trimEnd().split('\n').map((line) => line.trim()),
    `--${boundary}`, 'Content-Type: message/cpim', 'Content-Disposition: render;handling=optional', '', ...first, `--${boundary}--`,
  ];
  return `${head.replace('application/sdp', 'multipart/mixed;boundary=conformance')}\n\n${parts.map((line) => `  ${line}`).join('\n')}\n`;
}

/** The first message, as octets. */
export const firstMessage = first.join('\r\n');

export const bodyCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/rfc5621/4.2/multipart-invite',
    clause: 'RFC 5621 §4.2, §5',
    level: 'SHALL',
    asks: 'An INVITE may have its session description in a multipart/mixed body.',
    does: 'Invites a user with such a body, expects an INVITE with a description there, which is accepted.',
    needs,
    users: 2,
    run: async (context) => {
      const invitation = await arriving(context, multipartInvite());
      check(attributes(invitation.arrived.body, 'path').length === 1, 'the INVITE at the callee has no description with an a=path');
      await precondition('the session ends', async () => hungUp(await accepted(invitation)));
    },
  },
  {
    id: 'IM-1/profile/first-message/passed-on',
    clause: 'docs/profile.md, "Which requests pass through the IM server"',
    level: 'MAY',
    asks: 'A first message beside the description of an INVITE reaches the invited user as it was.',
    does: 'Invites a user with a multipart body, looks for its message/cpim part at the callee.',
    needs,
    users: 2,
    run: async (context) => {
      const invitation = await arriving(context, multipartInvite());
      const { arrived, callee, caller } = invitation;
      check(arrived.body.includes(`\r\n\r\n${firstMessage}\r\n--`), 'the first message is not there, or changed');
      callee.respond(arrived, finalResponse('486 Busy Here'));
      await precondition('the refusal ends it', async () => acknowledge(invitation, await caller.expect('SIP/2.0 486')));
    },
  },
  {
    id: 'IM-1/rfc5621/4.2/multipart-that-is-none',
    clause: 'RFC 5621 §4.2, RFC 3261 §13.3.1.3',
    level: 'SHALL',
    asks: 'An INVITE in whose body no session description can be found makes no session.',
    does: 'Sends a multipart/mixed INVITE whose boundary does not occur, which the invited user would accept; expects a refusal.',
    needs: [...needs, 'media-path'],
    users: 2,
    run: async (context) => {
      const refused = await refusalOf(context, multipartInvite('another'));
      check(refused >= 400, `the status is ${refused}, expected a refusal`);
    },
  },
];

/** An INVITE that must get to the callee. */
async function arriving(context: CaseContext, template: string): Promise<Invitation> {
  const [from, to] = context.users;
  const [caller, callee] = [await registered(context, from!), await registered(context, to!)];
  return inviting(caller, callee, from!, to!, media, template);
}

/** The status of an INVITE that must not get to the callee. */
async function refusalOf(context: CaseContext, template: string): Promise<number> {
  const [from, to] = context.users;
  const [caller] = [await registered(context, from!), await registered(context, to!)];
  return (await caller.request(template, { recipient: to!.aor, media })).status ?? 0;
}
