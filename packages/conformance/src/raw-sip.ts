/*
 * A SIP user agent made of texts: what it sends stands in the case, what it receives is compared as text. It keeps no
 * transactions; over UDP it sends a request again until something answers (RFC 3261 §17.1.2), as the network may lose it.
 */
import { randomBytes } from 'node:crypto';
import { digestAnswer } from './digest-answer.js';
import { fail } from './expectation.js';
import { Ownership } from './ownership.js';
import type { Arrival, Channel } from './raw-peer.js';
import { uriHost } from './raw-peer.js';
import type { RawWebSocket } from './raw-websocket.js';
import { Repeats } from './repeats.js';
import { SipReader } from './sip-reader.js';
import { bodyOf, header, headers, looksLikeSip, parameter, startLine, statusOf } from './sip-text.js';
import type { SipTransport } from './target-address.js';
import { fill, type Values } from './template.js';

/** A user of the target. */
export interface User {
  /** Address-of-record, such as `sip:alice@example.com`. */
  readonly aor: string;
  readonly password: string;
}

/** A message that came, as text. */
export class SipMessage {
  readonly text: string;
  /** Sends an answer the way the message came. */
  readonly reply: (octets: string) => void;
  /** Of a WebSocket: which kind of message it was. */
  readonly kind: 'text' | 'binary' | undefined;

  constructor({ octets, reply, kind }: Arrival) {
    this.text = octets;
    this.reply = reply;
    this.kind = kind;
  }

  get startLine(): string { return startLine(this.text); }
  /** The status code of a response; undefined for a request. */
  get status(): number | undefined { return statusOf(this.text); }
  get body(): string { return bodyOf(this.text); }
  header(name: string): string | undefined { return header(this.text, name); }
  headers(name: string): string[] { return headers(this.text, name); }
}

export interface SipPeerOptions {
  readonly channel: Channel;
  readonly webSocket?: RawWebSocket;
  readonly transport: SipTransport;
  readonly domain: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly user: User | undefined;
}

export interface ExpectOptions {
  /** Milliseconds; the timeout of the run by default. */
  readonly within?: number;
}

export interface SipExpectOptions extends ExpectOptions {
  /** Whether a message that came before, octet for octet, counts as well. */
  readonly repeats?: boolean;
}

/** To a request of a call that was somebody else's at this port. */
const noSuchCall = `
  SIP/2.0 481 Call/Transaction Does Not Exist
  {vias}
  From: {from}
  To: {to}
  Call-ID: {callId}
  CSeq: {cseq}
  Content-Length: 0
`;

const random = (octets: number): string => randomBytes(octets).toString('hex');

export class SipPeer {
  readonly #options: SipPeerOptions;
  readonly #seen = new Set<string>();
  /** What we answered each request with, for when it comes again. */
  readonly #answers = new Map<string, string>();
  readonly #reader: SipReader;
  readonly #ownership: Ownership;
  /** Requests that are being sent again: a case may end while one is. */
  readonly #repeating = new Set<Repeats>();
  /** Requests that came while a response was awaited, where they are kept. */
  #kept: SipMessage[] | undefined;
  #call = newCall();

  constructor(options: SipPeerOptions) {
    this.#options = options;
    const { channel, transport, user } = options;
    this.#reader = new SipReader(channel, transport);
    this.#ownership = new Ownership(`${uriHost(channel.local.host)}:${channel.local.port}`, userPart(user?.aor) ?? 'peer');
  }

  get localHost(): string { return uriHost(this.#options.channel.local.host); }
  get localPort(): number { return this.#options.channel.local.port; }

  /** What `{contact}` stands for: where this peer is reached. */
  get contact(): string {
    const { transport, user } = this.#options;
    const name = `sip:${userPart(user?.aor) ?? 'peer'}@${this.localHost}`;
    // Where nobody can connect to, there is no port (RFC 7118 §8.1).
    if (transport === 'ws' || transport === 'wss') return `${name};transport=ws`;
    return `${name}:${this.localPort}${transport === 'udp' ? '' : `;transport=${transport}`}`;
  }

  /** Below it: for what a case does to frames. */
  get webSocket(): RawWebSocket {
    const { webSocket } = this.#options;
    if (webSocket === undefined) throw new Error('the case uses a WebSocket the peer does not have');
    return webSocket;
  }

  /** From here on `{callId}`, `{tag}` and `{cseq}` are those of another call. */
  newCall(): void {
    this.#call = newCall();
  }

  /** From here on a request that comes before the response to one of ours waits for the next `expect`, and is no mistake. */
  keepRequests(): void {
    this.#kept ??= [];
  }

  /** A message as it would go out. */
  written(template: string, values: Values = {}): string {
    return this.#filled(template, values);
  }

  /** Sends one message, written as a text with placeholders (see CASES.md); gives the text as it went out. */
  send(template: string, values: Values = {}): string {
    const text = this.#filled(template, values);
    this.sendOctets(text);
    return text;
  }

  /** Sends these octets (a byte string) and nothing else. */
  sendOctets(octets: string): void {
    this.#ownership.sent(octets);
    this.#options.channel.send(octets);
  }

  /**
   * Sends a request, answers one challenge where the template has `{authorization}`, and gives the final response. The ACK to a
   * refused INVITE is sent for the case; that to an accepted one is the case's own. `send` puts it on the wire in another way.
   */
  async request(template: string, values: Values = {}, send = this.#options.channel.send): Promise<SipMessage> {
    const first = await this.#transaction(template, values, send);
    const { user } = this.#options;
    if ((first.status !== 401 && first.status !== 407) || user === undefined || !template.includes('{authorization}')) return first;
    const [name, answerName] = first.status === 401 ? ['WWW-Authenticate', 'Authorization'] : ['Proxy-Authenticate', 'Proxy-Authorization'];
    const [method = '', uri = ''] = this.#filled(template, values).split(' ', 2);
    const question = { challenges: first.headers(name), method, uri, username: userPart(user.aor) ?? '', password: user.password };
    const answer = digestAnswer(question) ?? fail(`the ${first.status} has no ${name} that asks for Digest with MD5 or SHA-256`);
    return this.#transaction(template, { ...values, authorization: `${answerName}: ${answer}` }, send);
  }

  /**
   * The next message, which must begin with `start` (`SIP/2.0 200`, `MESSAGE `). Repeats are passed over unless they are asked
   * for, and so are provisional responses.
   */
  async expect(start: string, options: SipExpectOptions = {}): Promise<SipMessage> {
    const deadline = performance.now() + (options.within ?? this.#options.timeout);
    for (;;) {
      const message = this.#kept?.shift() ?? await this.#next(deadline, `"${start.trim()}"`, options.repeats);
      if (message.text.startsWith(start)) return message;
      const provisional = message.status !== undefined && message.status < 200;
      if (!provisional || start.startsWith('SIP/2.0 1')) fail(`got "${message.startLine}", expected "${start.trim()}"`);
    }
  }

  /** What comes next, as it comes: for what is no message. */
  async octets(): Promise<string> {
    const { channel, timeout } = this.#options;
    return (await channel.inbox.next(timeout, 'octets')).octets;
  }

  /** Answers a request. `{vias}`, `{from}`, `{to}`, `{callId}`, `{cseq}`, `{recordRoutes}` are those of the request. */
  respond(request: SipMessage, template: string, values: Values = {}): string {
    const lines = (name: string): string => request.headers(name).map((value) => `${name}: ${value}`).join('\r\n');
    const text = this.#filled(template, {
      vias: lines('Via'), recordRoutes: lines('Record-Route'), from: request.header('From') ?? '', to: request.header('To') ?? '',
      callId: request.header('Call-ID') ?? '', cseq: request.header('CSeq') ?? '', toTag: this.#call.tag, ...values,
    });
    this.#answers.set(request.text, text);
    request.reply(text);
    return text;
  }

  async close(): Promise<void> {
    for (const repeats of this.#repeating) repeats.stop();
    await this.#options.channel.close();
  }

  #filled(template: string, values: Values): string {
    const { channel, transport, domain, user } = this.#options;
    const text = fill(template, {
      branch: `z9hG4bK${random(8)}`, tag: this.#call.tag, callId: this.#call.id, authorization: '', fields: '',
      cseq: template.includes('{cseq}') && values.cseq === undefined ? String(++this.#call.cseq) : '',
      localHost: uriHost(channel.local.host), localPort: String(channel.local.port), transport: transport.toUpperCase(),
      contact: this.contact, domain, aor: user?.aor ?? `sip:anonymous@${domain}`, user: userPart(user?.aor) ?? 'anonymous', ...values,
    });
    const whole = text.includes('\r\n\r\n') ? text : `${text}\r\n`;
    return whole.replace('{length}', String(bodyOf(whole).length));
  }

  /** One request and its final response. */
  async #transaction(template: string, values: Values, send: (octets: string) => void): Promise<SipMessage> {
    const text = this.#filled(template, values);
    this.#ownership.sent(text);
    send(text);
    const branch = parameter(header(text, 'Via'), 'branch');
    const line = startLine(text);
    const response = await this.#final(text, branch, line);
    if (line.startsWith('INVITE ') && (response.status ?? 0) >= 300) this.#acknowledge(text, response);
    return response;
  }

  async #final(text: string, branch: string | undefined, line: string): Promise<SipMessage> {
    const deadline = performance.now() + this.#options.timeout;
    const repeats = this.#options.transport === 'udp' ? new Repeats(() => this.#options.channel.send(text)) : undefined;
    if (repeats !== undefined) this.#repeating.add(repeats);
    try {
      for (;;) {
        const message = await this.#next(deadline, `a response to "${line}"`);
        if (message.status === undefined && this.#kept !== undefined) {
          this.#kept.push(message);
          continue;
        }
        if (message.status === undefined) fail(`got "${message.startLine}" instead of a response to "${line}"`);
        if (parameter(message.header('Via'), 'branch') !== branch) {
          fail(`got "${message.startLine}" without the branch of "${line}" in its Via (RFC 3261 §8.1.3.3)`);
        }
        repeats?.stop();
        if (message.status >= 200) return message;
      }
    } finally {
      repeats?.stop();
      if (repeats !== undefined) this.#repeating.delete(repeats);
    }
  }

  /** RFC 3261 §17.1.1.3. */
  #acknowledge(invite: string, response: SipMessage): void {
    const uri = startLine(invite).split(' ')[1] ?? '';
    const number = header(invite, 'CSeq')?.split(' ')[0];
    const routes = headers(invite, 'Route').map((route) => `Route: ${route}\r\n`).join('');
    this.#options.channel.send(`ACK ${uri} SIP/2.0\r\nVia: ${header(invite, 'Via')}\r\nMax-Forwards: 70\r\n${routes}`
      + `From: ${header(invite, 'From')}\r\nTo: ${response.header('To')}\r\n`
      + `Call-ID: ${header(invite, 'Call-ID')}\r\nCSeq: ${number} ACK\r\nContent-Length: 0\r\n\r\n`);
  }

  /** The next message for us that did not come before; a request that was answered is answered again. */
  async #next(deadline: number, expected: string, repeats = false): Promise<SipMessage> {
    for (;;) {
      const message = new SipMessage(await this.#reader.next(deadline, expected));
      if (!looksLikeSip(message.text)) fail(`what came is no SIP message, expected ${expected}`);
      const answer = this.#answers.get(message.text);
      if (answer !== undefined) message.reply(answer);
      if (message.status === undefined && !this.#ownership.has(message.text)) {
        if (answer === undefined && !message.startLine.startsWith('ACK ')) this.#refuse(message);
        continue;
      }
      if (this.#seen.has(message.text) && !repeats) continue;
      this.#seen.add(message.text);
      return message;
    }
  }

  /** It was for somebody who had this port before, and need not come again. */
  #refuse(message: SipMessage): void {
    const to = message.header('To') ?? '';
    this.respond(message, noSuchCall, { to: parameter(to, 'tag') === undefined ? `${to};tag=${this.#call.tag}` : to });
  }
}

function newCall(): { readonly id: string; readonly tag: string; cseq: number } {
  return { id: `${random(12)}@conformance.invalid`, tag: random(6), cseq: 0 };
}

/** The user part of an address-of-record. */
export function userPart(aor: string | undefined): string | undefined {
  return aor === undefined ? undefined : /^sips?:([^@]+)@/.exec(aor)?.[1];
}
