/* Real programs as peers: they must be there in CI, elsewhere a missing one skips its tests and says so. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Whether the program can be run. With SIMPLE_IM_REQUIRE_PEERS it must be. */
export function hasProgram(name: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
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
