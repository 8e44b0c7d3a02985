/* A user with a device that may be off the network at times, but is never switched off: what it has shown it remembers. */
import { ImClient, type SendMode } from '@simple-im/im-client';
import { ProtocolError } from '@simple-im/grammar';
import { nodeClock, nodePlatform } from '@simple-im/transport/node';
import { Cable } from './cable.js';
import type { Ledger } from './ledger.js';
import type { Progress } from './progress.js';

export interface PersonOptions {
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  readonly port: number;
  readonly ledger: Ledger;
  /** Steps with everything that goes over the wire. */
  readonly wire: Progress;
}

/** How the messages of one sender to one recipient go. */
export interface LaneOptions {
  readonly to: string;
  readonly mode: SendMode;
  readonly notify: boolean;
  /** Octets of the next message. */
  readonly size: () => number;
}

/** Milliseconds until somebody who was refused tries again. */
const PATIENCE = 50;

export class Person {
  readonly name: string;
  readonly cable = new Cable();
  readonly client: ImClient;
  /** Why messages and notifications were not taken, and how often. */
  readonly refusals = new Map<string, number>();
  readonly #ledger: Ledger;
  readonly #tails = new Map<number, string>();
  readonly #lanes: Promise<void>[] = [];
  #registered: (() => void)[] = [];
  #stopped = false;

  constructor({ name, transport, port, ledger, wire }: PersonOptions) {
    this.name = name;
    this.#ledger = ledger;
    this.client = new ImClient({
      platform: { ...nodePlatform, network: this.cable },
      aor: `sip:${name}@example.com`, password: `of ${name}`, proxy: `sip:127.0.0.1:${port};transport=${transport}`,
      // A trial has many seconds and many restarts: what a phone does in minutes is done in fractions of a second.
      retry: { base: 100, most: 400 }, timers: { T1: 100 },
      limits: { maxMessages: 100_000, maxMessageOctets: 2 ** 30, maxNotifications: 100_000 },
      trace: ({ direction, bytes, local }) => {
        if (direction === 'in') this.#arriving(bytes, local.port);
        wire.step();
      },
      onError: (error) => this.#refused(error),
    });
    this.client.onRegistration = ({ state }) => {
      if (state === 'registered') for (const go of this.#registered.splice(0)) go();
    };
    void this.#read();
    void this.#hear();
  }

  /** Registers, however long that takes. */
  async arrive(): Promise<void> {
    for (let isThere = false; !isThere;) {
      isThere = await this.client.register().then(() => true, () => false);
      if (!isThere) await pause(PATIENCE);
    }
  }

  /** Sends without pause until `stop`. */
  sendOn(lane: LaneOptions): void {
    this.#lanes.push(this.#sendOn(lane));
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
  }

  /** Sends one message until one is taken: what came before it on this lane has come when it has. */
  async finish(lane: LaneOptions): Promise<void> {
    while (!await this.#sendOne(lane));
  }

  async #sendOn(lane: LaneOptions): Promise<void> {
    while (!this.#stopped) await this.#sendOne(lane);
  }

  async #sendOne({ to, mode, notify, size }: LaneOptions): Promise<boolean> {
    const lane = `${this.name}>${to}`;
    if (this.client.registration !== 'registered' && !this.#stopped) await this.#isBack();
    const { number, text } = this.#ledger.write(lane, size());
    try {
      const { status } = await this.client.send(`sip:${to}@example.com`, text, { mode, ...(notify ? { notify: ['delivered', 'displayed'] } : {}) });
      this.#ledger.acknowledged(lane, number, status);
      return true;
    } catch (error) {
      this.#refused(error);
      await pause(PATIENCE);
      return false;
    }
  }

  #isBack(): Promise<void> {
    return new Promise((resolve) => void this.#registered.push(resolve));
  }

  async #read(): Promise<void> {
    for await (const message of this.client.messages) {
      const { text, messageId } = message;
      const said = message.displayed();
      this.#ledger.saying(said.then(() => { if (messageId !== undefined) this.#ledger.said(messageId, 'display'); }, (error: unknown) => this.#refused(error)));
      this.#ledger.shown(text, messageId);
    }
  }

  async #hear(): Promise<void> {
    for await (const { messageId, kind } of this.client.notifications) this.#ledger.notified(messageId, kind);
  }

  /** A label may be cut by the end of a segment. */
  #arriving(bytes: Uint8Array, port: number): void {
    const text = (this.#tails.get(port) ?? '') + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const cut = text.lastIndexOf('[');
    const isOpen = cut >= text.length - 40 && cut >= 0 && !text.includes(']', cut);
    this.#ledger.arrived(isOpen ? text.slice(0, cut) : text);
    this.#tails.set(port, isOpen ? text.slice(cut) : '');
  }

  #refused(error: unknown): void {
    const kind = ProtocolError.is(error) ? `${error.code} ${error.status ?? ''}`.trim() : String(error);
    this.refusals.set(kind, (this.refusals.get(kind) ?? 0) + 1);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void nodeClock.setTimer(milliseconds, resolve));
}
