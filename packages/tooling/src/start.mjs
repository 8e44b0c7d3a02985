#!/usr/bin/env node
/** `npm start`: the reference server with two demo users; further arguments go to the server. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { become, main } from './run.mjs';
import { root, setup } from './setup.mjs';

setup();
await main(async () => {
  const { build } = await import('./build.mjs');
  await build({ log: (line) => console.error(line) });
  const given = process.argv.slice(2);
  const defaults = [];
  if (!given.includes('--demo') && !given.includes('--config')) defaults.push('--demo');
  if (!given.includes('--store') && !given.includes('--config')) {
    mkdirSync(join(root, 'data'), { recursive: true });
    defaults.push('--store', 'sqlite:./data/simple-im.db');
  }
  become(process.execPath, ['examples/im-server/dist/main.js', ...defaults, ...given]);
});
