/* Messages out of what comes: datagrams and messages of a WebSocket as they are, a stream cut by Content-Length (RFC 3261 §18.3). */
import { fail } from './expectation.js';
import type { Arrival, Channel } from './raw-peer.js';
import { cutMessage } from './sip-text.js';
import type { SipTransport } from './target-address.js';

/** Larger than any message a case asks for. */
const longestMessage = 1_048_576;

export class SipReader {
  readonly #channel: Channel;
  readonly #isStream: boolean;
  #stream = '';

  constructor(channel: Channel, transport: SipTransport) {
    this.#channel = channel;
    this.#isStream = transport === 'tcp' || transport === 'tls';
  }

  /** The next whole message; `deadline` as `performance.now` has it. */
  async next(deadline: number, expected: string): Promise<Arrival> {
    const { inbox, send } = this.#channel;
    const take = (): Promise<Arrival> => inbox.next(deadline - performance.now(), expected);
    if (!this.#isStream) return take();
    let reply: Arrival['reply'] = send;
    for (;;) {
      const cut = cutMessage(this.#stream);
      if (cut !== undefined) {
        this.#stream = cut.rest;
        return { octets: cut.message, reply };
      }
      const arrival = await take();
      this.#stream += arrival.octets;
      reply = arrival.reply;
      if (this.#stream.length > longestMessage) fail(`more than ${longestMessage} octets that are no whole message, expected ${expected}`);
      if (this.#stream.length > 4 && !/^(\r\n)*[A-Z]+[ /]/.test(this.#stream)) fail(`what came is no SIP message, expected ${expected}`);
    }
  }
}
