/*
 * A second target, made for tests: a registrar and proxy over UDP, without authentication, that knows GRUU, caller preferences
 * and the size of messages. It repeats nothing and has no timers: on the loopback nothing is lost.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { bodyOf, header, headers, parameter, startLine, statusOf } from '../../src/sip-text.js';
import { preferred } from './preferences.js';
import { Registrar, type Binding } from './registrar.js';

interface Exchange {
  readonly request: string;
  readonly from: RemoteInfo;
  /** Groups that were not tried yet. */
  readonly groups: (readonly Binding[])[];
  readonly pending: Map<string, Binding>;
  last: string | undefined;
}

export interface SecondServer {
  readonly port: number;
  readonly close: () => void;
}

export async function startSecondServer(): Promise<SecondServer> {
  const socket = createSocket('udp4');
  const registrar = new Registrar();
  const exchanges = new Map<string, Exchange>();
  const served = new Set<string>();
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();

  const send = (text: string, to: { readonly address: string; readonly port: number }): void => {
    socket.send(Buffer.from(text, 'latin1'), to.port, to.address);
  };
  const answer = (request: string, from: RemoteInfo, status: string, ...lines: readonly string[]): void => {
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) => headers(request, name).map((value) => `${name}: ${value}`));
    const to = header(request, 'To') ?? '';
    const tagged = to.includes(';tag=') ? to : `${to};tag=second`;
    send([`SIP/2.0 ${status}`, ...copied, `To: ${tagged}`, ...lines, 'Content-Length: 0', '', ''].join('\r\n'), from);
  };
  const next = (exchange: Exchange): void => {
    const group = exchange.groups.shift();
    if (group !== undefined) return group.forEach((binding) => forward(exchange, binding));
    if (exchange.last === undefined) return answer(exchange.request, exchange.from, '480 Temporarily Unavailable');
    send(exchange.last.replace(/\r\nVia:[^\r]*/, ''), exchange.from);
  };
  const forward = (exchange: Exchange, binding: Binding): void => {
    const branch = `z9hG4bKsecond${exchanges.size}`;
    const copy = exchange.request.replace(/^(\S+) \S+/, `$1 ${binding.contact}`).replace(/\r\nMax-Forwards: \d+/, '\r\nMax-Forwards: 69')
      .replace(/\r\n/, `\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch}\r\n`);
    exchange.pending.set(branch, binding);
    exchanges.set(branch, exchange);
    send(copy, addressOf(binding));
  };
  const respond = (text: string): void => {
    const branch = parameter(header(text, 'Via'), 'branch') ?? '';
    const exchange = exchanges.get(branch);
    const binding = exchange?.pending.get(branch);
    const status = statusOf(text) ?? 0;
    if (exchange === undefined || binding === undefined || status < 200) return;
    exchange.pending.delete(branch);
    if (status >= 300 && text.includes('INVITE')) send(acknowledgement(text, binding), addressOf(binding));
    exchange.last = text;
    if (status < 300) return send(text.replace(/\r\nVia:[^\r]*/, ''), exchange.from);
    if (exchange.pending.size === 0) next(exchange);
  };
  const request = (text: string, from: RemoteInfo): void => {
    const [method = '', uri = ''] = startLine(text).split(' ');
    if (method === 'REGISTER') return answer(text, from, ...registrar.register(text));
    if (method === 'OPTIONS') return answer(text, from, '200 OK');
    if (method === 'ACK' || method === 'CANCEL') return;
    const contacts = registrar.contacts(uri);
    if (contacts === undefined) return answer(text, from, '404 Not Found');
    // RFC 3428 §8: all there is here is UDP.
    if (method === 'MESSAGE' && bodyOf(text).length > 1300) return answer(text, from, '513 Message Too Large');
    next({ request: text, from, groups: [...preferred(text, contacts)], pending: new Map(), last: undefined });
  };
  socket.on('message', (bytes, from) => {
    const text = bytes.toString('latin1');
    if (statusOf(text) !== undefined) return respond(text);
    const branch = `${startLine(text).split(' ', 1)[0]} ${parameter(header(text, 'Via'), 'branch')}`;
    if (served.has(branch)) return;
    served.add(branch);
    request(text, from);
  });
  return { port, close: () => void socket.close() };
}

function addressOf({ contact }: Binding): { readonly address: string; readonly port: number } {
  const [, address = '', port = ''] = /@([\d.]+):(\d+)/.exec(contact) ?? [];
  return { address, port: Number(port) };
}

/** RFC 3261 §17.1.1.3. */
function acknowledgement(response: string, { contact }: Binding): string {
  const lines = ['From', 'To', 'Call-ID'].map((name) => `${name}: ${header(response, name)}`);
  const number = header(response, 'CSeq')?.split(' ')[0];
  return [`ACK ${contact} SIP/2.0`, `Via: ${header(response, 'Via')}`, ...lines, `CSeq: ${number} ACK`, 'Content-Length: 0', '', ''].join('\r\n');
}
