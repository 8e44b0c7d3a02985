/* An MSRP endpoint made of texts: frames go out as the case wrote them and are read up to their end-line (RFC 4975 §7). */
import { randomBytes } from 'node:crypto';
import { check, ConnectionEnded, fail } from './expectation.js';
import type { Channel } from './raw-peer.js';
import type { ExpectOptions } from './raw-sip.js';
import { fill, type Values } from './template.js';

/** Larger than any frame a case asks for: beyond it the target sends something else. */
const longestFrame = 1_048_576;

/** A frame that came. Texts are byte strings. */
export class MsrpFrame {
  readonly text: string;
  readonly tid: string;
  /** `$`, `+` or `#` (RFC 4975 §7.1). */
  readonly flag: string;

  constructor(text: string, tid: string, flag: string) {
    this.text = text;
    this.tid = tid;
    this.flag = flag;
  }

  get startLine(): string { return this.text.split('\r\n', 1)[0] ?? ''; }

  /** The status code of a response; undefined for a request. */
  get status(): number | undefined {
    const status = /^MSRP \S+ (\d{3})(?: |\r)/.exec(this.text)?.[1];
    return status === undefined ? undefined : Number(status);
  }

  header(name: string): string | undefined {
    const head = this.text.split('\r\n\r\n', 1)[0] ?? '';
    const line = head.split('\r\n').slice(1).find((text) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    return line?.slice(name.length + 1).trim();
  }

  /** Without the CRLF that belongs to the end-line; empty when there is none. */
  get body(): string {
    const begin = this.text.indexOf('\r\n\r\n');
    const end = this.text.lastIndexOf(`\r\n-------${this.tid}`);
    return begin === -1 || begin + 4 > end ? '' : this.text.slice(begin + 4, end);
  }
}

export interface MsrpPeerOptions {
  readonly channel: Channel;
  /** Milliseconds. */
  readonly timeout: number;
  /** `{from}`: our own MSRP URI. */
  readonly ownUri: string;
  /** `{to}`: the path to the other end, as its SDP says. */
  readonly remotePath: string;
}

const token = (): string => `t${randomBytes(8).toString('hex')}`;

/** The frame at the start of what came, or undefined while it is not whole. */
function cutFrame(stream: string): { readonly frame: MsrpFrame; readonly rest: string } | undefined {
  const line = stream.indexOf('\r\n');
  if (line === -1) return undefined;
  const tid = /^MSRP ([A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}) /.exec(stream)?.[1]
    ?? fail('what came is no MSRP frame: it does not begin with "MSRP"');
  const endLine = `\r\n-------${tid}`;
  for (let at = stream.indexOf(endLine); at !== -1; at = stream.indexOf(endLine, at + 1)) {
    const after = at + endLine.length;
    const flag = /^([$+#])\r\n/.exec(stream.slice(after, after + 3))?.[1];
    if (flag !== undefined) return { frame: new MsrpFrame(stream.slice(0, after + 3), tid, flag), rest: stream.slice(after + 3) };
  }
  return undefined;
}

export class MsrpPeer {
  readonly #options: MsrpPeerOptions;
  #stream = '';

  constructor(options: MsrpPeerOptions) {
    this.#options = options;
  }

  /** `{from}`: our own MSRP URI. */
  get ownUri(): string { return this.#options.ownUri; }
  /** `{to}`: the path to the other end. */
  get remotePath(): string { return this.#options.remotePath; }

  /** Sends one frame, written as a text with `{tid}`, `{to}`, `{from}`, `{messageId}`; gives its transaction identifier. */
  send(template: string, values: Values = {}): string {
    const tid = values.tid ?? token();
    this.#options.channel.send(fill(template, { messageId: token(), to: this.remotePath, from: this.ownUri, ...values, tid }));
    return tid;
  }

  /** Sends these octets (a byte string) and nothing else. */
  sendOctets(octets: string): void {
    this.#options.channel.send(octets);
  }

  /** What comes next, as it comes. */
  async octets(): Promise<string> {
    return (await this.#options.channel.inbox.next(this.#options.timeout, 'octets')).octets;
  }

  /** The next frame must be the response to this transaction, with this status. */
  async expectResponse(tid: string, status: number, options: ExpectOptions = {}): Promise<MsrpFrame> {
    const frame = await this.next(`a ${status} to transaction ${tid}`, options);
    check(frame.tid === tid, `got "${frame.startLine}", expected a response to transaction ${tid}`);
    check(frame.status === status, `got "${frame.startLine}", expected ${status}`);
    return frame;
  }

  /** The next frame must be a request with this method. */
  async expectRequest(method: string, options: ExpectOptions = {}): Promise<MsrpFrame> {
    const frame = await this.next(`a ${method} request`, options);
    check(frame.startLine.endsWith(` ${method}`), `got "${frame.startLine}", expected a ${method} request`);
    return frame;
  }

  /** Answers a request: `{tid}` is its own, `{to}` the first URI of its From-Path (RFC 4975 §7.2), `{from}` ours. */
  respond(request: MsrpFrame, template: string, values: Values = {}): void {
    const to = request.header('From-Path')?.split(' ')[0] ?? '';
    this.#options.channel.send(fill(template, { to, from: this.#options.ownUri, ...values, tid: request.tid }));
  }

  /** The target closes the connection, and sends nothing before it does. */
  async expectClosed(options: ExpectOptions = {}): Promise<void> {
    const frame = await this.next('the end of the connection', options).catch((error: unknown) => {
      if (error instanceof ConnectionEnded) return undefined;
      throw error;
    });
    if (frame !== undefined) fail(`got "${frame.startLine}", expected the end of the connection`);
  }

  /** The next frame, whatever it is. */
  async next(expected = 'a frame', options: ExpectOptions = {}): Promise<MsrpFrame> {
    const deadline = performance.now() + (options.within ?? this.#options.timeout);
    for (;;) {
      const cut = cutFrame(this.#stream);
      if (cut !== undefined) {
        this.#stream = cut.rest;
        return cut.frame;
      }
      this.#stream += (await this.#options.channel.inbox.next(deadline - performance.now(), expected)).octets;
      check(this.#stream.length <= longestFrame, `more than ${longestFrame} octets without an end-line, expected ${expected}`);
      check('MSRP '.startsWith(this.#stream.slice(0, 5)), `what came is no MSRP frame: it does not begin with "MSRP"`);
    }
  }

  async close(): Promise<void> {
    await this.#options.channel.close();
  }
}
