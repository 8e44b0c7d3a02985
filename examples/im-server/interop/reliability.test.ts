/* Nothing gets lost: the server is killed again and again while clients send without pause (docs/reliability.md). */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { buildProgram, type Program } from '../test/server/program.js';
import { Disk } from './reliability/disk.js';
import { Servers, type ServersOptions } from './reliability/servers.js';
import { report } from './reliability/report.js';
import { PEOPLE, Trial, type Outcome, type TrialOptions } from './reliability/trial.js';

let program: Program;

beforeAll(async () => { program = await buildProgram(); }, 30_000);
afterAll(() => program.remove());

/** `npm run reliability` asks for more. */
const kills = Number(process.env.SIMPLE_IM_KILLS ?? 50);
const seed = Number(process.env.SIMPLE_IM_SEED ?? 1);
/** What may take that long for each kill, and at the end. */
const [EACH, END] = [5_000, 90_000];

const told = kills > 50 ? (text: string): void => console.log(text) : undefined;

async function trial({ onTestFinished }: TestContext, server: Omit<ServersOptions, 'users'>, how: Omit<TrialOptions, 'servers' | 'patience' | 'seed'>): Promise<Outcome> {
  const servers = await Servers.start(program, { ...server, users: PEOPLE });
  onTestFinished(() => servers.remove());
  const outcome = await new Trial({ servers, seed, patience: END, told, ...how }).run();
  expect(await servers.stop()).toEqual(servers.roles.map(() => 0));
  report(server.arrangement, outcome);
  expect({ ...outcome, leftovers: servers.leftovers }).toMatchObject({
    lost: 0, shownTwice: 0, reordered: 0, strange: 0, notificationsLost: 0, notificationsShownTwice: 0, falseYes: 0, leftovers: 0, details: [],
  });
  return outcome;
}

describe.concurrent('what was acknowledged arrives, in order for each sender, and is shown once, when the server is killed', () => {
  it.for(['one program', 'two programs'] as const)('again and again: %s', { timeout: END + kills * EACH }, async (arrangement, context) => {
    const { acknowledged } = await trial(context, { arrangement }, { kills: kills / 2 });
    expect(acknowledged).toBeGreaterThan(kills / 2);
  });
});

const disk = Disk.mounted();
afterAll(() => disk?.remove());

describe('the same with a disk that is full at times', () => {
  it.skipIf(disk === undefined)('of which nothing is left: 503 and no false yes; with room again it goes on', async (context) => {
    const { stored } = await trial(context, { arrangement: 'one program', disk: disk?.folder as string }, { kills: 3, disk: disk as Disk });
    expect(stored).toBeGreaterThan(0);
  }, END + 10 * EACH);

  it('as far as the configuration says (--store-limit)', async (context) => {
    const { refusals, acknowledged } = await trial(context, { arrangement: 'one program', options: ['--store-limit', '10000'] }, { kills: 3 });
    expect(refusals.get('IM_NOT_DELIVERED 503')).toBeGreaterThan(0);
    expect(acknowledged).toBeGreaterThan(0);
  }, END + 10 * EACH);
});
