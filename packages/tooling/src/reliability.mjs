#!/usr/bin/env node
/**
 * `npm run reliability`: the server is killed a thousand times, or `--kills N`, while clients send (docs/reliability.md). `--seed N` makes other
 * choices; `--figures FILE` appends the figures as lines of JSON. Further arguments go to vitest.
 */
import { parseArgs } from 'node:util';
import { become, installed } from './run.mjs';
import { setup } from './setup.mjs';

setup();
const { values, tokens } = parseArgs({
  options: { kills: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, figures: { type: 'string', default: '' } },
  strict: false, tokens: true,
});
const own = new Set(['kills', 'seed', 'figures']);
const passedOn = tokens.filter(({ kind, name }) => kind !== 'option' || !own.has(name)).map(({ rawName, value }) => rawName ?? value);
become(installed('vitest'), ['run', '--config', 'vitest.workspace.ts', '--project', 'interop', 'examples/im-server/interop/reliability.test.ts', ...passedOn], {
  env: { SIMPLE_IM_KILLS: values.kills, SIMPLE_IM_SEED: values.seed, ...(values.figures === '' ? {} : { SIMPLE_IM_FIGURES: values.figures }) },
});
