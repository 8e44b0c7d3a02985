#!/usr/bin/env node
import { createRequire } from 'node:module';
import { main } from './cli.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  version,
});
