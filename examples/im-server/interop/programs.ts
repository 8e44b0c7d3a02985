/* Real programs as peers: they must be there in CI, elsewhere a missing one skips its tests and says so. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Where distributions put servers, which is not on everybody's PATH. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
/** Has a program told to end when this process does, however that comes about. */
const [ENDING_WITH_US, ...ITS_ARGUMENTS] = ['setpriv', '--pdeathsig', 'TERM', '--'] as const;

/** Whether the program can be run. With SIMPLE_IM_REQUIRE_PEERS it must be. */
export function hasProgram(name: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { env }).status === 0;
  if (!found && process.env.SIMPLE_IM_REQUIRE_PEERS === '1') throw new Error(`${name} is not installed, and this run requires it`);
  return found;
}

/** Runs a program to its end, or kills it after `seconds`. */
export function run(program: string, args: readonly string[], options: { readonly cwd?: string; readonly seconds?: number } = {}): Promise<Finished> {
  const child = spawn(program, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  return finished(child, options.seconds ?? 60);
}

export function finished(child: ChildProcess, seconds: number): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let output = '';
    const keep = (bytes: Buffer): void => { output = (output + bytes.toString()).slice(-20_000); };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(late);
      resolve({ code, output });
    });
  });
}

export interface Daemon {
  /** The end of what it printed. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a program that runs until it is stopped, and no longer than this process. */
export function daemon(program: string, args: readonly string[]): Daemon {
  const child = spawn(ENDING_WITH_US, [...ITS_ARGUMENTS, program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => { output = (output + bytes.toString()).slice(-5000); });
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => { output += error.message; resolve(); });
    child.once('close', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended.finally(() => clearTimeout(late));
  };
  return { output: () => output, stop };
}
