/*
 * Recording of conversations, as users ask for by their settings or for single conversations (docs/profile.md, "Conversation history").
 * Whatever goes wrong here goes to the log: the message itself goes on.
 */
import { parseNameAddr, ProtocolError, aorOf } from '@simple-im/grammar';
import type { Clock } from '@simple-im/transport';
import type { ImMode, Settings } from '../internal-ports.js';
import type { Log, Metrics } from '../observe/ports.js';
import type { MessageRecorder, PassingMessage, RecordedFor, Recording } from '../session-ports.js';
import { CopiesRecorder, type Copy } from './message-recorder.js';
import type { ConversationRules } from './rules.js';
import type { HistoryAccount, HistoryStore } from './store.js';

export interface HistoryRecorderOptions {
  readonly store: HistoryStore;
  readonly settings: Settings;
  readonly rules: ConversationRules;
  /** Whose users have a history. */
  readonly domain: string;
  /** Octets of a user, as the store enforces them. */
  readonly quota: number;
  /** Tells a user something. Rejects when that cannot be told. */
  notice(user: string, text: string): Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Messages that come one by one are of one conversation until there was none for a day, in milliseconds. */
const CONVERSATION_IDLE = 86_400_000;
/** Of the quota; from here on the user knows. */
const NEARLY_FULL = 0.8;

const NOTICES: Readonly<Record<1 | 2, string>> = {
  1: 'Your conversation history is nearly full. Delete what you do not need any more, or nothing more will be recorded.',
  2: 'Your conversation history is full. Nothing more is recorded until you delete something.',
};

export class HistoryRecorder implements Recording {
  readonly #options: HistoryRecorderOptions;

  constructor(options: HistoryRecorderOptions) {
    this.#options = options;
  }

  mayRecord(users: readonly (string | undefined)[], mode: ImMode): boolean {
    const { settings, rules } = this.#options;
    return users.some((user) => user !== undefined && this.#isOurs(user) && (settings.of(user).record[mode] || rules.of(user) !== undefined));
  }

  async begin(message: PassingMessage, whose: RecordedFor): Promise<MessageRecorder | undefined> {
    const { store, clock } = this.#options;
    const now = clock.date().getTime();
    const copies: Copy[] = [];
    for (const side of whose) {
      const copy = copyFor(message, side, now);
      if (copy !== undefined && await this.#isWanted(copy, message)) copies.push(copy);
    }
    if (copies.length === 0) return undefined;
    return new CopiesRecorder(copies, message.contentType, store, {
      recorded: ({ head }) => this.#recorded(head.user),
      failed: ({ head }, error) => this.#failed(head.user, error),
    });
  }

  async #isWanted({ head: { user }, conversation }: Copy, message: PassingMessage): Promise<boolean> {
    const { settings, rules, store, log } = this.#options;
    if (!this.#isOurs(user)) return false;
    const bySettings = settings.of(user).record[message.mode];
    const own = rules.of(user);
    if (own === undefined) return bySettings;
    try {
      const current = await store.current(user, conversation);
      return own.get(current ?? '') ?? own.get(peerOf(message, user)) ?? bySettings;
    } catch (error) {
      log.warn({ err: error }, 'it is not known what a user wants recorded');
      return bySettings;
    }
  }

  #isOurs(user: string): boolean {
    return user.endsWith(`@${this.#options.domain}`);
  }

  async #recorded(user: string): Promise<void> {
    const { store, quota, metrics } = this.#options;
    metrics.count('im_history_total', { what: 'recorded' });
    const { octets, told } = await store.account(user);
    const isNearlyFull = octets >= quota * NEARLY_FULL;
    if (isNearlyFull && told === 0) await this.#tell(user, 1);
    else if (!isNearlyFull && told > 0) await store.tell(user, 0);
  }

  async #failed(user: string, error: unknown): Promise<void> {
    const { store, metrics, log } = this.#options;
    if (!ProtocolError.is(error) || error.code !== 'IM_HISTORY_QUOTA') {
      metrics.count('im_history_total', { what: 'failed' });
      return log.warn({ err: error }, 'a message could not be recorded');
    }
    metrics.count('im_history_total', { what: 'full' });
    try {
      if ((await store.account(user)).told < 2) await this.#tell(user, 2);
    } catch (failure) {
      log.warn({ err: failure }, 'a user was not told that the history is full');
    }
  }

  /** Once, until there is room again. */
  async #tell(user: string, told: Exclude<HistoryAccount['told'], 0>): Promise<void> {
    const { store, notice, log } = this.#options;
    await store.tell(user, told);
    await notice(user, NOTICES[told]).catch((error: unknown) => log.warn({ err: error }, 'a user was not told how full the history is'));
  }
}

/** Undefined for the history of a sender who is not known. */
function copyFor(message: PassingMessage, side: RecordedFor[number], now: number): Copy | undefined {
  const { mode, sender, recipient, from, to, headers, contentType, session } = message;
  const user = side === 'sender' ? sender : recipient;
  if (user === undefined) return undefined;
  const conversation = session === undefined
    ? { key: `with ${peerOf(message, user)}`, since: now - CONVERSATION_IDLE }
    : { key: `session ${session}`, since: 0 };
  const direction = side === 'sender' ? 'sent' : 'received';
  const told = side === 'recipient' && message.isAnonymous ? undefined : sender;
  return { head: { user, direction, mode, sender: told, from, to, headers, contentType, receivedAt: now }, conversation };
}

/** Whom `user` talks to: canonical address-of-record, or what From says of somebody unknown. */
function peerOf({ sender, recipient, from, isAnonymous }: PassingMessage, user: string): string {
  if (user === sender) return recipient;
  if (sender !== undefined && !isAnonymous) return sender;
  try {
    return aorOf(parseNameAddr(from).uri);
  } catch (error) {
    if (!ProtocolError.is(error)) throw error;
    return '';
  }
}
