/* The servers to compare, each on core 0, and what they use of it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'simple-im-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

export function hasKamailio() {
  try {
    execFileSync('kamailio', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A process on one core; `taskset` is on every Linux, and elsewhere the figures say less. */
export function pinned(core, command, args, options) {
  return process.platform === 'linux' ? spawn('taskset', ['-c', String(core), command, ...args], options) : spawn(command, args, options);
}

/** Our server as its users start it: what was built. */
export async function startOurs(extra = [], nodeOptions = []) {
  const users = join(folder, 'users.jsonl');
  writeFileSync(users, ['alice', 'bob'].map((name) => `${JSON.stringify({ aor: `sip:${name}@example.com`, password: 'not asked for' })}\n`).join(''));
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = pinned(0, process.execPath, [...nodeOptions, main, '--sip', 'udp:127.0.0.1:0', '--sip', 'tcp:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0',
    '--http', '127.0.0.1:0', '--auth', 'none', '--users', users, '--log-level', 'error', ...extra], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  const ready = await new Promise((resolve) => lines.on('line', (line) => {
    if (line.startsWith('{')) resolve(JSON.parse(line));
    else console.error(line);
  }));
  const ports = Object.fromEntries(ready.sip.map((text) => [text.split(':')[0], Number(text.split(':').at(-1))]));
  return serverOf(child, ports);
}

const KAMAILIO = (port) => `#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
alias="example.com"
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
dns=no
rev_dns=no
${['tm', 'sl', 'rr', 'pv', 'maxfwd', 'usrloc', 'registrar', 'textops', 'siputils'].map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("rr", "enable_full_lr", 1)
request_route {
  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
    sl_send_reply("404", "Not Here");
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  t_check_trans();
  if (is_method("REGISTER")) { save("location"); exit; }
  if (is_method("INVITE")) record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
}
`;

/** Kamailio as a stateful proxy with a registrar in memory, one worker for UDP and one for TCP. */
export async function startKamailio() {
  const port = await freePort();
  const file = join(folder, 'kamailio.cfg');
  writeFileSync(file, KAMAILIO(port));
  const child = pinned(0, 'kamailio', ['-DD', '-E', '-f', file, '-Y', folder, '-P', join(folder, 'pid'), '-m', '1024', '-M', '16'], { stdio: 'ignore' });
  await new Promise((resolve) => { setTimeout(resolve, 2500); });
  if (child.exitCode !== null) throw new Error('Kamailio did not start');
  return serverOf(child, { udp: port, tcp: port });
}

function serverOf(child, ports) {
  const ended = once(child, 'exit');
  return {
    ports,
    /** Seconds of CPU time, of all its processes. */
    cpu: () => tree(child.pid).reduce((sum, pid) => sum + cpuOf(pid), 0),
    /** Octets of memory, with what it shares counted once. */
    resident: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1024,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function tree(pid) {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => statOf(name)?.[1] === String(pid));
  return [pid, ...children.flatMap((name) => tree(Number(name)))];
}

/** The fields of /proc/PID/stat behind the name; undefined when the process has ended. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function cpuOf(pid) {
  const fields = statOf(pid);
  return fields === undefined ? 0 : (Number(fields[11]) + Number(fields[12])) / 100;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
