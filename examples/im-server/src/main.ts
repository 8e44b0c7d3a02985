#!/usr/bin/env node
import { createRequire } from 'node:module';
import { ConfigError } from './config-error.js';
import { parseConfig, type Config } from './config.js';
import { openLog } from './observe/log.js';
import { helpText } from './options.js';
import { startServer, type RunningServer } from './server.js';
import { welcome } from './welcome.js';
import { keepRequestsYoung } from './young-requests.js';

/** Exit code of a bad option or an address in use. */
const EXIT_USAGE = 2;

async function main(): Promise<void> {
  const parsed = parseConfig(process.argv.slice(2));
  if (parsed.kind === 'help') return void process.stdout.write(helpText());
  if (parsed.kind === 'version') return void process.stdout.write(`${version()}\n`);
  await serve(parsed.config);
}

async function serve(config: Config): Promise<void> {
  keepRequestsYoung();
  const server = await startServer(config, { log: openLog(config.logLevel) });
  endOnSignal(server);
  process.on('SIGHUP', () => server.reload());
  // The one line other programs wait for.
  process.stdout.write(`${JSON.stringify(server.ready)}\n`);
  if (process.stderr.isTTY || config.demo) process.stderr.write(welcome(config, server.ready, process.env.npm_lifecycle_event === 'start'));
}

function endOnSignal(server: RunningServer): void {
  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second signal means now.
      if (ending) process.exit(1);
      ending = true;
      server.close().then(() => process.exit(0), fail);
    });
  }
}

function version(): string {
  return (createRequire(import.meta.url)('../package.json') as { version: string }).version;
}

function fail(error: unknown): void {
  const expected = error instanceof ConfigError;
  const text = error instanceof Error && !expected ? error.stack ?? error.message : String(expected ? error.message : error);
  process.stderr.write(`simple-im-server: ${text}\n`);
  process.exit(expected ? EXIT_USAGE : 1);
}

main().catch(fail);
