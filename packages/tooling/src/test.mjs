#!/usr/bin/env node
/**
 * `npm test`: the unit tests. `npm run interop`: the tests against real programs. Further arguments go to vitest.
 * Nothing needs building: siblings resolve from source.
 */
import { become, installed } from './run.mjs';
import { setup } from './setup.mjs';

setup();
const given = process.argv.slice(2);
const project = given.includes('--interop') ? 'interop' : 'unit';
const passedOn = given.filter((argument) => argument !== '--interop');
become(installed('vitest'), ['run', '--config', 'vitest.workspace.ts', '--project', project, ...passedOn]);
