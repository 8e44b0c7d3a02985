/*
 * A process of its own: one sender and one receiver of SIP, so that the bench measures the server alone. It speaks in text it has
 * ready, keeps `window` exchanges under way, and prints one line of JSON: { done, failed, why, seconds }, where `why` counts failures by
 * status. It takes its binding back at the end, or the next run would be forked to a receiver that is gone.
 * node load.mjs udp|tcp message|invite|register|subscribe PORT COUNT WINDOW
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [transport, kind, port, count, window] = [process.argv[2], process.argv[3], ...process.argv.slice(4).map(Number)];
const HOST = '127.0.0.1';
const GIVE_UP = 10_000;

const run = `${process.pid}${Date.now() % 100_000}`;
const receiver = await open((text) => receive(text));
const sender = await open((text) => answered(text));
let registered;
let sent = 0;
let done = 0;
let failed = 0;
const why = {};
const underWay = new Map(); // exchanges under way: when they began

await register('bob', receiver, 3600);
const start = performance.now();
await new Promise((resolve) => {
  const timer = setInterval(() => {
    const late = performance.now() - GIVE_UP;
    for (const [id, since] of underWay) if (since < late) end(id, 'silence');
  }, 1000);
  begin.next = () => {
    while (sent < count && underWay.size < window) begin();
    if (done + failed < count) return;
    clearInterval(timer);
    resolve();
  };
  begin.next();
});
const seconds = (performance.now() - start) / 1000;
await register('bob', receiver, 0);
console.log(JSON.stringify({ done, failed, why, seconds }));
process.exit();

/** A socket to the server that gives whole messages as text. */
async function open(message) {
  if (transport === 'udp') {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 8_000_000, sendBufferSize: 8_000_000 });
    await new Promise((resolve) => socket.bind(0, HOST, resolve));
    socket.on('message', (bytes) => message(bytes.latin1Slice(0, bytes.length)));
    return { address: `${HOST}:${socket.address().port}`, send: (text) => socket.send(Buffer.from(text, 'latin1'), port, HOST) };
  }
  const socket = connect({ host: HOST, port, noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let rest = '';
  socket.on('data', (bytes) => {
    rest += bytes.latin1Slice(0, bytes.length);
    for (let end = messageEnd(rest); end > 0; end = messageEnd(rest)) {
      const text = rest.slice(0, end);
      rest = rest.slice(end);
      message(text);
    }
  });
  return { address: `${HOST}:${socket.localPort}`, send: (text) => socket.write(text, 'latin1') };
}

function messageEnd(text) {
  const head = text.indexOf('\r\n\r\n') + 4;
  if (head < 4) return 0;
  const end = head + Number(/\r\nContent-Length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return end <= text.length ? end : 0;
}

function register(user, from, expires) {
  from.send(request('REGISTER', 'sip:example.com', {
    id: `${run}reg${expires}`, cseq: 1, from, more: [`Contact: ${contact(user, from)}`, `Expires: ${expires}`], to: `<sip:${user}@example.com>`, user,
  }));
  return new Promise((resolve, reject) => {
    registered = resolve;
    setTimeout(() => reject(new Error('REGISTER was not answered')), GIVE_UP).unref();
  });
}

function contact(user, { address }) {
  return `<sip:${user}@${address}${transport === 'tcp' ? ';transport=tcp' : ''}>`;
}

function request(method, uri, { id, cseq, from, to = '<sip:bob@example.com>', user = 'alice', more = [], body = '' }) {
  return [
    `${method} ${uri} SIP/2.0`, `Via: SIP/2.0/${transport.toUpperCase()} ${from.address};branch=z9hG4bK${id}${method};rport`, 'Max-Forwards: 70',
    `From: <sip:${user}@example.com>;tag=f${id}`, `To: ${to}`, `Call-ID: ${id}@load.example.com`, `CSeq: ${cseq} ${method}`, ...more,
    ...(body === '' ? [] : ['Content-Type: text/plain']), `Content-Length: ${body.length}`, '', body,
  ].join('\r\n');
}

function begin() {
  const id = `${run}x${sent}`;
  sent += 1;
  underWay.set(id, performance.now());
  if (kind === 'message') sender.send(request('MESSAGE', 'sip:bob@example.com', { id, cseq: 1, from: sender, body: 'Watson, come here. I want to see you.' }));
  else if (kind === 'register') {
    const more = [`Contact: ${contact('alice', sender)}`, 'Expires: 600'];
    sender.send(request('REGISTER', 'sip:example.com', { id, cseq: 1, from: sender, to: '<sip:alice@example.com>', more }));
  } else if (kind === 'subscribe') {
    const more = [`Contact: ${contact('alice', sender)}`, 'Event: reg', 'Expires: 600'];
    sender.send(request('SUBSCRIBE', 'sip:alice@example.com', { id, cseq: 1, from: sender, to: '<sip:alice@example.com>', more }));
  } else sender.send(request('INVITE', 'sip:bob@example.com', { id, cseq: 1, from: sender, more: [`Contact: ${contact('alice', sender)}`] }));
}

/** `failure`: the status, or why there was none. */
function end(id, failure) {
  if (!underWay.delete(id)) return;
  if (failure === undefined) done += 1;
  else {
    failed += 1;
    why[failure] = (why[failure] ?? 0) + 1;
  }
  begin.next();
}

/** What the receiver gets: requests to answer 200. */
function receive(text) {
  if (text.startsWith('SIP/2.0')) {
    if (registered !== undefined && text.startsWith('SIP/2.0 200')) registered();
    return;
  }
  if (text.startsWith('ACK')) return;
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq|Record-Route):/i.test(line));
  const tagged = lines.map((line) => (/^To:(?!.*;tag=)/i.test(line) ? `${line};tag=b` : line));
  const more = text.startsWith('INVITE') ? [`Contact: ${contact('bob', receiver)}`] : [];
  receiver.send(['SIP/2.0 200 OK', ...tagged, ...more, 'Content-Length: 0', '', ''].join('\r\n'));
}

/** What the sender gets: responses; to a SUBSCRIBE a NOTIFY as well, which ends the exchange. */
function answered(text) {
  if (text.startsWith('NOTIFY')) {
    const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line));
    sender.send(['SIP/2.0 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n'));
    end(/\r\nCall-ID: *([^@\r]+)@/i.exec(text)?.[1], undefined);
    return;
  }
  const status = Number(text.slice(8, 11));
  const id = /\r\nCall-ID: *([^@\r]+)@/i.exec(text)?.[1];
  if (status < 200 || id === undefined) return;
  if (kind === 'subscribe' && status < 300) return;
  const isInvite = /\r\nCSeq: *\d+ *INVITE/i.test(text);
  if (status >= 300 || !isInvite) {
    end(id, status < 300 ? undefined : status);
    return;
  }
  const routes = [...text.matchAll(/\r\nRecord-Route: *([^\r]+)/gi)].flatMap((match) => match[1].split(/, */)).reverse();
  const target = /\r\nContact: *<([^>]+)>/i.exec(text)[1];
  const to = /\r\nTo: *([^\r]+)/i.exec(text)[1];
  const more = routes.map((route) => `Route: ${route}`);
  sender.send(request('ACK', target, { id, cseq: 1, from: sender, to, more }));
  sender.send(request('BYE', target, { id, cseq: 2, from: sender, to, more }));
}
