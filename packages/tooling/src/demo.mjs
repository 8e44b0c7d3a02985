#!/usr/bin/env node
/** `npm run demo`: a scripted walk through the system that ends by itself, with exit code 0 when all of it worked. */
import { become, main } from './run.mjs';
import { setup } from './setup.mjs';

setup();
await main(async () => {
  const { build } = await import('./build.mjs');
  await build({ log: (line) => console.error(line) });
  become(process.execPath, ['examples/im-server/dist/demo/main.js', ...process.argv.slice(2)]);
});
