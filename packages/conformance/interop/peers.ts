/* Programs these tests start. They must be there in CI; elsewhere a missing one skips its tests and says so. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Where distributions put servers, which is not on everybody's PATH. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** Whether the program can be run. With SIMPLE_IM_REQUIRE_PEERS it must be. */
export function hasProgram(name: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { env }).status === 0;
  if (!found && process.env.SIMPLE_IM_REQUIRE_PEERS === '1') throw new Error(`${name} is not installed, and this run requires it`);
  return found;
}

/** A port nobody uses now; by the time it is used somebody may. */
export async function unusedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A program that runs until it is stopped, and no longer than we do. */
export class Daemon {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #output = '';

  constructor(program: string, args: readonly string[]) {
    // It is told to end when this process does, however that comes about, and it leads a group with its own children.
    const command = ['--pdeathsig', 'TERM', '--', program, ...args];
    this.#child = spawn('setpriv', command, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (bytes: Buffer): void => { this.#output = (this.#output + bytes.toString('latin1')).slice(-5000); };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', () => resolve());
    });
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Asks it to end, and ends all of its group when it has not within five seconds. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => process.kill(-(this.#child.pid ?? 0), 'SIGKILL'), 5000);
    await this.ended.finally(() => clearTimeout(late));
  }
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end, for a minute at most. */
export async function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const ran = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { ran.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { ran.err += text; });
  const [code] = await once(child, 'close') as [number | null];
  return { code, ...ran };
}
