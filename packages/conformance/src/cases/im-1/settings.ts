/* What settings do (docs/profile.md, "Service settings"): they hold from the answer to the PUBLISH on. */
import type { CaseContext, ConformanceCase } from '../../case.js';
import { check, equal } from '../../expectation.js';
import type { SipPeer, User } from '../../raw-sip.js';
import { back, sending } from '../deferred.js';
import { callerPath, registered } from '../preconditions.js';
import { barring, endingPublications, holding, noBarring, publisher, settings, wants, type Publisher } from '../settings.js';
import { delivered, nothingComes, shortWait } from '../steps.js';
import { invite, messageMedia } from '../templates.js';

const clause = 'docs/profile.md, "Service settings", OMA IM SIMPLE AD §5.3.2.1.3';
const needs = ['registrar', 'pager', 'settings'] as const;

interface Parties {
  readonly alice: SipPeer;
  readonly bob: SipPeer;
  readonly to: User;
  /** Of Bob. */
  readonly device: Publisher;
}

/** Both are registered, and Bob wants this. */
async function parties(context: CaseContext, wanted: string): Promise<Parties> {
  const [from, to] = [context.users[0]!, context.users[1]!];
  const [alice, bob] = [await registered(context, from), await registered(context, to)];
  const device = await publisher(context, to);
  await wants(device, wanted);
  return { alice, bob, to, device };
}

/** What is sent to Bob does not get there, and its sender is told so. */
async function barred(context: CaseContext, { alice, bob, to }: Parties): Promise<void> {
  alice.newCall();
  const { status = 0 } = await sending(alice, to, 'not now');
  check(status >= 400, `the status is ${status}, expected an error`);
  await nothingComes(bob, 'the user who wants nothing to come in', shortWait(context));
}

const settingCases: readonly ConformanceCase[] = [
  {
    id: 'IM-1/profile/settings/barring',
    clause,
    level: 'MAY',
    asks: 'Who bars incoming messages gets none, from the next message on; senders are told that the user is unavailable.',
    does: 'Publishes incoming-barring, and sends a message; expects 480, and nothing at the recipient.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, bob, to } = await parties(context, barring);
      equal('the status', (await sending(alice, to, 'not now')).status, 480);
      await nothingComes(bob, 'the user who wants nothing to come in', shortWait(context));
    },
  },
  {
    id: 'IM-1/profile/settings/barring-of-sessions',
    clause,
    level: 'MAY',
    asks: 'Who bars incoming messages is not invited to sessions.',
    does: 'Publishes incoming-barring, and invites the user; expects an error, and nothing at the invited user.',
    needs: [...needs, 'session'],
    users: 2,
    run: async (context) => {
      const { alice, bob, to } = await parties(context, barring);
      const { status = 0 } = await alice.request(invite, { recipient: to.aor, media: messageMedia('active', callerPath) });
      check(status >= 400, `the status is ${status}, expected an error`);
      await nothingComes(bob, 'the user who wants nothing to come in', shortWait(context));
    },
  },
  {
    id: 'IM-1/profile/settings/barring-changed',
    clause,
    level: 'MAY',
    asks: 'Settings that are changed hold with the next message.',
    does: 'Publishes that nothing is barred, then incoming-barring in its place, then the first again; sends a message each time.',
    needs,
    users: 2,
    run: async (context) => {
      const all = await parties(context, noBarring);
      await delivered(all.alice, all.bob, all.to);
      equal('the status of the change', (await all.device.changed(barring)).status, 200);
      await barred(context, all);
      equal('the status of the change', (await all.device.changed(noBarring)).status, 200);
      all.alice.newCall();
      await delivered(all.alice, all.bob, all.to);
    },
  },
  {
    id: 'IM-1/profile/settings/barring-removed',
    clause: `${clause}, RFC 3903 §4.5`,
    level: 'MAY',
    asks: 'Settings that are removed hold no longer.',
    does: 'Publishes incoming-barring, removes it, and sends a message, which arrives.',
    needs,
    users: 2,
    run: async (context) => {
      const all = await parties(context, barring);
      await barred(context, all);
      equal('the status of the removal', (await all.device.removed()).status, 200);
      all.alice.newCall();
      await delivered(all.alice, all.bob, all.to);
    },
  },
  {
    id: 'IM-1/profile/settings/several-devices',
    clause,
    level: 'MAY',
    asks: 'What any device of the user asks for is done.',
    does: 'One device publishes that nothing is barred, another one incoming-barring; a message is refused.',
    needs,
    users: 2,
    run: async (context) => {
      const all = await parties(context, barring);
      const another = settings('<incoming-barring active="false"/>').replace('f81d4fae', '00000000');
      await wants(await publisher(context, all.to), another);
      await barred(context, all);
    },
  },
  {
    id: 'IM-1/profile/settings/of-the-user-alone',
    clause,
    level: 'MAY',
    asks: 'Settings are those of their user: others are reached as before.',
    does: 'The second user bars incoming messages and sends one to the first, which arrives.',
    needs,
    users: 2,
    run: async (context) => {
      const { alice, bob } = await parties(context, barring);
      await delivered(bob, alice, context.users[0]!);
    },
  },
  {
    id: 'IM-1/profile/settings/hold',
    clause: `${clause}, RFC 3428 §7`,
    level: 'MAY',
    asks: 'Who wants messages to be held gets none pushed, not when they are sent and not when the user registers; senders have a 202.',
    does: 'Publishes deferral mode hold, sends a message that lasts a second, and registers the user anew; nothing comes.',
    needs: [...needs, 'deferred'],
    users: 2,
    run: async (context) => {
      const { alice, bob, to } = await parties(context, holding);
      equal('the status', (await sending(alice, to, 'held', { lines: ['Expires: 1'] })).status, 202);
      await nothingComes(bob, 'the user who wants messages to be held', 200);
      await nothingComes(await back(context, to), 'the user who has registered again', shortWait(context));
    },
  },
];

export const settingsCases = settingCases.map(endingPublications);
