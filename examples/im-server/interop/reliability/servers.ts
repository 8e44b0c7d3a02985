/* The server as programs that are killed and started again, with the same files and addresses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inFile } from '../../test/store/sqlite-module.js';
import { addressesToKeep } from '../../test/support.js';
import { start, type Program, type Running } from '../../test/server/program.js';

export type Arrangement = 'one program' | 'two programs';
type Role = 'both' | 'core' | 'im';

const ELSEWHERE = ['--msrp', 'tcp:127.0.0.1:0', '--http', '127.0.0.1:0'];
/** Silent devices count as away after a second, so that a trial does not take ten of them for each. */
const COMMON = ['--domain', 'example.com', '--pager-timeout', '1', '--log-level', 'error'];

export interface ServersOptions {
  readonly arrangement: Arrangement;
  /** Users, by name. */
  readonly users: readonly string[];
  /** Of the command line. */
  readonly options?: readonly string[];
  /** Where the stores are, instead of a folder of their own. */
  readonly disk?: string;
}

export class Servers {
  readonly folder = mkdtempSync(join(tmpdir(), 'simple-im-reliability-'));
  /** Milliseconds from each kill until the ready line. */
  readonly recoveries: number[] = [];
  readonly #program: Program;
  readonly #argv = new Map<Role, readonly string[]>();
  readonly #running = new Map<Role, Running>();
  readonly #disk: string;
  #port = 0;
  #stopping = false;
  #failure: Error | undefined;

  private constructor(program: Program, disk: string | undefined) {
    this.#program = program;
    this.#disk = disk ?? this.folder;
  }

  static async start(program: Program, options: ServersOptions): Promise<Servers> {
    const servers = new Servers(program, options.disk);
    await servers.#prepare(options);
    await Promise.all(servers.roles.map((role) => servers.#launch(role).ready));
    return servers;
  }

  get roles(): readonly Role[] {
    return [...this.#argv.keys()];
  }

  /** Where users find it. */
  get port(): number {
    return this.#port;
  }

  /** Messages that the stores still hold; to be asked after the end. */
  get leftovers(): number {
    return this.roles.flatMap((role) => inFile(this.#store(role), "SELECT id FROM deferred_item WHERE kind = 'message'")).length;
  }

  async #prepare({ arrangement, users, options = [] }: ServersOptions): Promise<void> {
    const file = join(this.folder, 'users.jsonl');
    writeFileSync(file, users.map((name) => `${JSON.stringify({ aor: `sip:${name}@example.com`, password: `of ${name}` })}\n`).join(''));
    const sip = await addressesToKeep();
    this.#port = portOf(sip);
    const argv = [...COMMON, '--users', file, ...options];
    if (arrangement === 'one program') {
      this.#argv.set('both', [...argv, ...sip, ...ELSEWHERE, '--store', `sqlite:${this.#store('both')}`]);
      return;
    }
    const inside = await addressesToKeep();
    this.#argv.set('im', [
      ...argv, '--roles', 'im', '--sip', inside[3] as string, ...ELSEWHERE, '--core', `sip:127.0.0.1:${this.#port};transport=tcp`, '--store', `sqlite:${this.#store('im')}`,
    ]);
    this.#argv.set('core', [
      ...argv, '--roles', 'core', ...sip, '--http', '127.0.0.1:0', '--im-server', `sip:127.0.0.1:${portOf(inside)};transport=tcp`, '--store', `sqlite:${this.#store('core')}`,
    ]);
  }

  /** Kills one program with SIGKILL and starts it again; resolves when it is ready. */
  async kill(role: Role): Promise<void> {
    const since = performance.now();
    const running = this.#running.get(role);
    this.#running.delete(role);
    running?.child.kill('SIGKILL');
    await running?.exit;
    await this.#launch(role).ready;
    this.recoveries.push(performance.now() - since);
  }

  /** Rejects with why a program ended that nobody had killed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends it in order; resolves with the exit codes. */
  async stop(): Promise<readonly (number | null)[]> {
    this.#stopping = true;
    const running = [...this.#running.values()];
    for (const { child } of running) child.kill('SIGTERM');
    return Promise.all(running.map(({ exit }) => exit));
  }

  /** Whatever is left of it. */
  remove(): void {
    this.#stopping = true;
    for (const { child } of this.#running.values()) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #store(role: Role): string {
    return join(this.#disk, `${role}.db`);
  }

  #launch(role: Role): Running {
    const running = start(this.#program, ...this.#argv.get(role) as readonly string[]);
    this.#running.set(role, running);
    void running.exit.then((code) => {
      if (this.#running.get(role) === running && !this.#stopping) this.#failure = new Error(`${role} ended by itself (${code}): ${running.stderr().slice(-2000)}`);
    });
    return running;
  }
}

/** Of UDP and TCP, which are the same. */
function portOf(sip: readonly string[]): number {
  return Number(sip[1]?.split(':').at(-1));
}
