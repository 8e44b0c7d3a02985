/* The server as a program of its own, built from the sources into a temporary folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Ready } from '../../src/index.js';

const home = fileURLToPath(new URL('../../', import.meta.url));

export interface Program {
  readonly folder: string;
  readonly main: string;
  remove(): void;
}

/** Laid out as the package is: `dist/main.js` below `package.json`. */
export async function buildProgram(): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'simple-im-program-'));
  const main = join(folder, 'dist/main.js');
  mkdirSync(join(folder, 'dist'));
  copyFileSync(join(home, 'package.json'), join(folder, 'package.json'));
  const sqlite = join(home, 'src/store/sqlite');
  for (const name of readdirSync(sqlite)) if (name.endsWith('.mjs')) copyFileSync(join(sqlite, name), join(folder, 'dist', name));
  symlinkSync(join(home, 'node_modules'), join(folder, 'node_modules'));
  await build({
    entryPoints: [join(home, 'src/main.ts')], outfile: main, bundle: true, platform: 'node', format: 'esm', target: 'node20',
    conditions: ['@simple-im/source'], external: ['fastify', 'pino', 'prom-client'], logLevel: 'silent',
    // For what is CommonJS inside: ws.
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  });
  return { folder, main, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Running {
  readonly child: ChildProcess;
  /** Rejects when the program ends before. */
  readonly ready: Promise<Ready>;
  readonly exit: Promise<number | null>;
  stdout(): string;
  stderr(): string;
}

/** Runs the program; it is killed after the test if it still is there. */
export function run(program: Program, ...argv: string[]): Running {
  const running = start(program, ...argv);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

/** Runs the program for more than one test. */
export function start(program: Program, ...argv: string[]): Running {
  const child = spawn(process.execPath, [program.main, ...argv], { cwd: program.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stderr?.on('data', (bytes: Buffer) => { text.err += bytes.toString(); });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const ready = new Promise<Ready>((resolve, reject) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      text.out += bytes.toString();
      if (/^\{.*\n/.test(text.out)) resolve(JSON.parse(text.out.slice(0, text.out.indexOf('\n'))) as Ready);
    });
    exit.then((code) => reject(new Error(`exit ${code}: ${text.err}`)), reject);
  });
  // Who waits for the exit alone does not ask for it.
  ready.catch(() => undefined);
  return { child, ready, exit, stdout: () => text.out, stderr: () => text.err };
}

export const freePorts = ['--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0', '--http', '127.0.0.1:0'];
