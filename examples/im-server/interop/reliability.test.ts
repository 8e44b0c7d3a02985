/* Nothing gets lost: the server is killed again and again while clients send without pause (docs/reliability.md). */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildProgram, type Program } from '../test/server/program.js';
import { Servers } from './reliability/servers.js';
import { PEOPLE, Trial } from './reliability/trial.js';

let program: Program;

beforeAll(async () => { program = await buildProgram(); }, 30_000);
afterAll(() => program.remove());

const asked = Number(process.env.SIMPLE_IM_KILLS ?? 50);
const seed = Number(process.env.SIMPLE_IM_SEED ?? 1);

describe.each([['one program', asked / 2], ['two programs', asked / 2]] as const)('a server of %s that is killed %i times', (arrangement, kills) => {
  it('loses nothing that was acknowledged, in order for each sender, shown once', async () => {
    const servers = await Servers.start(program, arrangement, PEOPLE);
    onTestFinished(() => servers.remove());
    const began = performance.now();
    const { details, ...outcome } = await new Trial({ servers, kills, seed, patience: 60_000 }).run();
    console.log(arrangement, Math.round(performance.now() - began), outcome, details.slice(0, 40));
    expect(await servers.stop()).toEqual(servers.roles.map(() => 0));
    expect(outcome).toMatchObject({ lost: 0, shownTwice: 0, reordered: 0, strange: 0, notificationsLost: 0, notificationsShownTwice: 0 });
  }, 60_000 + kills * 5_000);
});
