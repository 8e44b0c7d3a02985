/* How what was kept comes when the user registers (docs/profile.md, "Deferred messaging"). */
import { setTimeout as pause } from 'node:timers/promises';
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal, precondition } from '../../expectation.js';
import type { SipMessage, SipPeer } from '../../raw-sip.js';
import { parameter, uriOf } from '../../sip-text.js';
import { anonymously, back, comesBack, cpimAsking, kept, needsDeferred, nothingWaits, sending, senderTo, takes, takesBody } from '../deferred.js';
import { registeredAs } from '../preconditions.js';
import { nothingComes, shortWait } from '../steps.js';
import { finalResponse } from '../templates.js';

const profile = 'docs/profile.md, "Deferred messaging"';

/** Every octet there is but those that end lines. */
const octets = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('');

/** One message that was kept, as it comes. */
async function pushed(context: CaseContext, lines: readonly string[] = []): Promise<SipMessage> {
  const { alice, to } = await senderTo(context);
  await kept(alice, to, 'for later', { lines });
  const bob = await back(context, to);
  return precondition('the message comes', () => takesBody(bob, 'for later'));
}

/** A user with two devices, neither of which could take a message; then the better one registers anew, and gets it first. */
async function twoDevices(context: CaseContext): Promise<{ readonly first: SipPeer; readonly other: SipPeer }> {
  const { alice, to } = await senderTo(context);
  const device = (q: number): Promise<SipPeer> => registeredAs(context, to, `;+g.oma.sip-im;q=${q}`);
  const [first, other] = [await device(0.9), await device(0.2)];
  await precondition('a message is kept', async () => {
    const answered = sending(alice, to, 'for one');
    answered.catch(() => undefined);
    for (const peer of [first, other]) await takes(peer, '480 Temporarily Unavailable');
    equal('the status', (await answered).status, 202);
  });
  await comesBack(first, `<${first.contact}>;q=0.9`);
  return { first, other };
}

const number = (request: SipMessage): number => Number(request.header('CSeq')?.split(' ')[0]);

/** It comes again as the same: a client that had it shows it once. */
function sameMessage(again: SipMessage, before: SipMessage): void {
  equal('the Call-ID of the repeat', again.header('Call-ID'), before.header('Call-ID'));
  equal('the body of the repeat', again.body, before.body);
  check(number(again) >= number(before), `the CSeq of the repeat is ${number(again)}, before it was ${number(before)}`);
}

export const deferredDeliveryCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/oma-004/5.3.2.4.3/delivered-on-registration',
    clause: 'OMA IM SIMPLE AD §5.3.2.4.3, §5.3.2.1.3',
    level: 'SHOULD',
    asks: 'What was stored for a user comes when the user becomes available.',
    does: 'Sends a MESSAGE to a user who is away, registers the user, and compares what comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, 'for later');
      const arrived = await takesBody(await back(context, to), 'for later');
      equal('the Content-Type', arrived.header('Content-Type'), 'text/plain');
    },
  },
  {
    id: 'IM-1/profile/deferred/octets-kept',
    clause: profile,
    level: 'MAY',
    asks: 'A body is kept octet for octet.',
    does: 'Sends a MESSAGE with every octet from 0 to 255 to a user who is away, registers the user, and compares what comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, octets, { type: 'application/octet-stream' });
      equal('the body', (await takes(await back(context, to))).body, `${octets}\r\n`);
    },
  },
  {
    id: 'IM-1/profile/deferred/in-order',
    clause: profile,
    level: 'MAY',
    asks: 'Messages come in the order in which they were taken.',
    does: 'Sends four messages to a user who is away, registers the user, and compares what comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      const texts = ['one', 'two', 'three', 'four'];
      for (const text of texts) await kept(alice, to, text);
      const bob = await back(context, to);
      for (const text of texts) await takesBody(bob, text);
    },
  },
  {
    id: 'IM-1/profile/deferred/newer-behind-older',
    clause: profile,
    level: 'MAY',
    asks: 'A new message for a user to whom older ones are being delivered does not overtake them.',
    does: 'Two messages wait; while the first is at the recipient and unanswered a third is sent. They come in order.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      for (const text of ['one', 'two']) await kept(alice, to, text);
      const bob = await back(context, to);
      const first = await precondition('the first message comes', () => bob.expect('MESSAGE '));
      equal('the status of the newer message', (await sending(alice, to, 'three')).status, 202);
      bob.respond(first, finalResponse('200 OK'));
      for (const text of ['two', 'three']) await takesBody(bob, text);
    },
  },
  {
    id: 'IM-1/profile/deferred/once',
    clause: profile,
    level: 'MAY',
    asks: 'What a device has answered 200 does not come again.',
    does: 'A message that was kept is taken; then the user registers at another peer, and gets a new message first.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, 'once');
      const bob = await back(context, to);
      await precondition('the message comes', () => takesBody(bob, 'once'));
      await nothingWaits(alice, bob, to);
      await bob.close();
      await nothingWaits(alice, await back(context, to), to);
    },
  },
  {
    id: 'IM-1/profile/deferred/to-one-device',
    clause: `${profile}, RFC 3841 §9.1`,
    level: 'MAY',
    asks: 'What was kept goes to one device, not to all of them.',
    does: 'Both devices of a user cannot take a message; the better one registers again and takes the message, the other gets nothing.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { first, other } = await twoDevices(context);
      await takesBody(first, 'for one');
      await nothingComes(other, 'the other device', shortWait(context));
    },
  },
  {
    id: 'IM-1/profile/deferred/next-device',
    clause: `${profile}, RFC 3841 §9.1, RFC 3261 §16.6`,
    level: 'MAY',
    asks: 'Where the device that is asked first cannot take a message, the next one gets it.',
    does: 'Both devices of a user cannot take a message; the better one registers again and still cannot, the other gets it.',
    needs: [...needsDeferred, 'serial-forking'],
    users: 2,
    run: async (context) => {
      const { first, other } = await twoDevices(context);
      await precondition('the message comes', () => takes(first, '480 Temporarily Unavailable'));
      await takesBody(other, 'for one');
    },
  },
  {
    id: 'IM-1/profile/deferred/repeated-with-same-call-id',
    clause: profile,
    level: 'MAY',
    asks: 'A message that was not taken comes again with the same Call-ID when the user registers again.',
    does: 'Answers what was kept 480, registers anew, and compares Call-ID, CSeq and body.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, 'again');
      const bob = await back(context, to);
      const before = await precondition('the message comes', () => takes(bob, '480 Temporarily Unavailable'));
      await bob.close();
      sameMessage(await takesBody(await back(context, to), 'again'), before);
    },
  },
  {
    id: 'IM-1/profile/deferred/repeated-after-lost-200',
    clause: `${profile}, RFC 5438 §6.3`,
    level: 'MAY',
    asks: 'A message whose 200 was lost comes again with the same Call-ID and Message-ID: its recipient sees that it is the same.',
    does: 'Closes the connection over which a CPIM message came, without an answer; registers anew and compares.',
    needs: [...needsDeferred, 'sip-tcp'],
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, cpimAsking('', { id: 'lost200' }), { type: 'message/cpim' });
      const bob = await back(context, to, 'tcp');
      const before = await precondition('the message comes', () => bob.expect('MESSAGE '));
      await bob.close();
      const again = await takes(await back(context, to, 'tcp'));
      sameMessage(again, before);
      check(again.body.includes('\r\nimdn.Message-ID: lost200\r\n'), 'the repeat has another Message-ID');
    },
  },
  {
    id: 'IM-1/profile/deferred/refused-not-repeated',
    clause: profile,
    level: 'MAY',
    asks: 'What the recipient refuses for good is removed, and does not stand in the way of what comes after it.',
    does: 'Two messages wait; the first is answered 415, the second comes, and on the next registration neither.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      for (const text of ['refused', 'taken']) await kept(alice, to, text);
      const bob = await back(context, to);
      await precondition('the first message comes', () => takes(bob, '415 Unsupported Media Type'));
      await takesBody(bob, 'taken');
      await nothingWaits(alice, bob, to);
      await bob.close();
      await nothingWaits(alice, await back(context, to), to);
    },
  },
  {
    id: 'IM-1/rfc3428/7/not-delivered-expired',
    clause: 'RFC 3428 §7, §4',
    level: 'MAY',
    asks: 'What has expired before its recipient registers is not delivered.',
    does: 'Sends a MESSAGE with Expires: 1 to a user who registers after more than a second; a new message is the next that comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, 'too late', { lines: ['Expires: 1'] });
      await pause(1300);
      await nothingWaits(alice, await back(context, to), to);
    },
  },
  {
    id: 'IM-1/rfc3428/4/delivered-before-it-expires',
    clause: 'RFC 3428 §4, §7, §10',
    level: 'SHOULD',
    asks: 'What has not expired comes, with an Expires that leaves it no more time than its sender gave it.',
    does: 'Sends a MESSAGE with Expires: 600 to a user who is away, registers the user, and looks at Expires and Date.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const arrived = await pushed(context, ['Expires: 600']);
      const date = arrived.header('Date');
      const expires = Number(arrived.header('Expires'));
      check(date !== undefined && expires <= 600, `Expires is ${arrived.header('Expires')}, Date ${date}: expected both, and 600 at most`);
      const end = Date.parse(date ?? '') + expires * 1000;
      check(end <= Date.now() + 602_000, `it expires ${Math.round((end - Date.now()) / 1000)} s from now, its sender gave it 600`);
    },
  },
  {
    id: 'IM-1/profile/deferred/date-of-its-coming',
    clause: `${profile}, RFC 3261 §20.17`,
    level: 'MAY',
    asks: 'What was kept says when it was taken.',
    does: 'Sends a MESSAGE to a user who registers a second later, and compares its Date with the time it was sent.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, 'dated');
      const taken = Date.now();
      await pause(1100);
      const date = (await takesBody(await back(context, to), 'dated')).header('Date') ?? '';
      const late = Date.parse(date) - taken;
      check(date.endsWith(' GMT') && late <= 0 && late > -10_000, `the Date is ${JSON.stringify(date)}, it was taken at ${new Date(taken).toUTCString()}`);
    },
  },
  {
    id: 'IM-1/rfc3428/4/pushed-request',
    clause: 'RFC 3428 §4, RFC 3261 §8.1.1',
    level: 'SHALL',
    asks: 'What was kept comes as a MESSAGE outside any dialog, without a Contact.',
    does: 'Looks at the To, From, Contact, Max-Forwards and CSeq of a message that was kept.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const arrived = await pushed(context);
      equal('the Contact', arrived.header('Contact'), undefined);
      equal('the tag of To', parameter(arrived.header('To'), 'tag'), undefined);
      check((parameter(arrived.header('From'), 'tag') ?? '') !== '', 'its From has no tag');
      check(/^\d+ MESSAGE$/.test(arrived.header('CSeq') ?? ''), `its CSeq is ${arrived.header('CSeq')}`);
      check(/^\d+$/.test(arrived.header('Max-Forwards') ?? ''), `its Max-Forwards is ${arrived.header('Max-Forwards')}`);
    },
  },
  {
    id: 'IM-1/rfc3325/8/sender-asserted-later',
    clause: 'RFC 3325 §8',
    level: 'SHALL',
    asks: 'Who sent what was kept is told with it as it was asserted then.',
    does: 'Looks at the From and P-Asserted-Identity of a message that was kept.',
    needs: [...needsDeferred, 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const arrived = await pushed(context);
      equal('the address in From', uriOf(arrived.header('From')), context.users[0]!.aor);
      equal('the P-Asserted-Identity', uriOf(arrived.header('P-Asserted-Identity')), context.users[0]!.aor);
    },
  },
  {
    id: 'IM-1/rfc3325/7/private-sender-unknown-later',
    clause: 'RFC 3325 §7, §9.3',
    level: 'SHALL',
    asks: 'Who asked for privacy is not told to the recipient later either.',
    does: 'Sends a MESSAGE with Privacy: id and an anonymous From to a user who is away; looks for the sender in what comes.',
    needs: [...needsDeferred, 'asserted-identity'],
    users: 2,
    run: async (context) => {
      const { alice, to } = await senderTo(context);
      await kept(alice, to, 'from nobody', { template: anonymously, lines: ['Privacy: id'] });
      const arrived = await takesBody(await back(context, to), 'from nobody');
      equal('the P-Asserted-Identity', arrived.header('P-Asserted-Identity'), undefined);
      const [name = ''] = context.users[0]!.aor.split('@');
      check(!arrived.text.includes(`${name}@`), 'what comes has the address of its sender');
    },
  },
  {
    id: 'IM-1/profile/deferred/fields-kept',
    clause: `${profile}, RFC 3428 §5`,
    level: 'MAY',
    asks: 'Subject, Priority, In-Reply-To and Conversation-ID are kept with a message.',
    does: 'Sends a MESSAGE with them to a user who is away, and compares what comes.',
    needs: needsDeferred,
    users: 2,
    run: async (context) => {
      const lines = ['Subject: An apple a day', 'Priority: urgent', 'In-Reply-To: 70710@saturn.example.com', 'Conversation-ID: f81d4fae7dec'];
      const arrived = await pushed(context, lines);
      for (const line of lines) {
        const [name = '', value = ''] = line.split(/: (.*)/);
        equal(`the ${name}`, arrived.header(name), value);
      }
    },
  },
];
