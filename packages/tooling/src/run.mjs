/** Running other programs. Only `node:` imports: used before anything is installed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Thrown when a program exits with anything but 0; its message holds all it printed. */
export class CommandFailed extends Error {
  constructor(command, status, output) {
    super(`${command} exited with ${status}\n${output}`.trim());
    this.name = 'CommandFailed';
    this.output = output;
  }
}

/** Runs a program to its end and gives what it printed (both streams together); throws CommandFailed. */
export async function capture(command, args, options = {}) {
  const { status, output } = await collect(command, args, options);
  if (status !== 0) throw new CommandFailed([command, ...args].join(' '), status, output);
  return output;
}

/** Runs a program to its end, or for so many seconds, and gives its exit status (or signal) and what it printed. */
export function collect(command, args, { cwd = root, env = {}, standardOutputOnly = false, seconds } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', standardOutputOnly ? 'inherit' : 'pipe'],
      ...(seconds === undefined ? {} : { timeout: seconds * 1000, killSignal: 'SIGKILL' }),
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? signal, output }));
  });
}

/** Becomes another program as far as that goes: same terminal, our signals passed on, its exit code ours. */
export function become(command, args, { env = {} } = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
  // A terminal sends Ctrl-C to the whole group, so the child has it already: we only stay alive until it ends.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => { if (!process.stdin.isTTY) child.kill('SIGINT'); });
  child.on('error', (error) => {
    console.error(`${command}: ${error.message}`);
    process.exit(1);
  });
  child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

/** A program installed at the root of this repository. */
export const installed = (name) => join(root, 'node_modules/.bin', name);

/** Runs a script's body; a failure is its message on standard error and exit code 1, without our own call stack. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof CommandFailed || error.code === undefined ? error.message : error);
    process.exitCode = 1;
  }
}
