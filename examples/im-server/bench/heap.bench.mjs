/*
 * Heap for a registered user without a connection: REGISTERs over UDP to a server in this process, measured when their transactions
 * have ended (Timer J, 32 s).
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseConfig } from '../dist/config.js';
import { startServer } from '../dist/server.js';

const COUNT = process.argv.includes('--quick') ? 4000 : 20_000;
const FIRST = 1000;
const WINDOW = 64;
const TIMER_J = 33_000;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const folder = mkdtempSync(join(tmpdir(), 'simple-im-bench-'));
const users = join(folder, 'users.jsonl');
writeFileSync(users, Array.from({ length: FIRST + COUNT }, (_, n) => `${JSON.stringify({ aor: `sip:user${n}@example.com`, password: 'x' })}\n`).join(''));
const { config } = parseConfig(['--sip', 'udp:127.0.0.1:0', '--msrp', 'tcp:127.0.0.1:0', '--http', '127.0.0.1:0', '--auth', 'none', '--users', users]);
const server = await startServer(config);
const port = Number(server.ready.sip[0].split(':').at(-1));
const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
await new Promise((resolve) => { socket.bind(0, '127.0.0.1', resolve); });
const local = `127.0.0.1:${socket.address().port}`;

async function register(from, to) {
  let sent = from;
  let answered = from;
  await new Promise((resolve, reject) => {
    const send = () => {
      while (sent < to && sent - answered < WINDOW) socket.send(requestOf(sent++), port, '127.0.0.1');
    };
    socket.removeAllListeners('message').on('message', (bytes) => {
      if (!bytes.latin1Slice(0, 11).startsWith('SIP/2.0 200')) reject(new Error(bytes.latin1Slice(0, 40)));
      answered += 1;
      if (answered === to) resolve();
      else send();
    });
    send();
  });
}

function requestOf(n) {
  return [
    'REGISTER sip:example.com SIP/2.0', `Via: SIP/2.0/UDP ${local};branch=z9hG4bKreg${n};rport`, 'Max-Forwards: 70', `From: <sip:user${n}@example.com>;tag=f${n}`,
    `To: <sip:user${n}@example.com>`, `Call-ID: ${n}-0123456789abcdef@${local}`, 'CSeq: 1 REGISTER', `Contact: <sip:user${n}@${local}>;+g.oma.sip-im`, 'Expires: 7200',
    'Content-Length: 0', '', '',
  ].join('\r\n');
}

async function used() {
  await sleep(TIMER_J);
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

await register(0, FIRST); // what exists once
const before = await used();
await register(FIRST, FIRST + COUNT);
const octets = (await used() - before) / COUNT;
console.log(JSON.stringify({ bench: 'server, heap for a registered user without a connection', case: `${COUNT} users`, ratio: Number((octets / 1000).toFixed(2)), unit: 'kB', needed: '<= 3' }));
socket.close();
await server.close();
rmSync(folder, { recursive: true });
process.exit();
