/* The Deferred Messaging Function on a fake clock, with a store in memory and a core that keeps what it is given. */
import { utf8 } from '@simple-im/grammar';
import { respondTo } from '@simple-im/sip';
import { FakeClock, FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { Custody } from '../../src/deferred/custody.js';
import { DeferredMessages } from '../../src/deferred/deferred-messages.js';
import { Deliveries } from '../../src/deferred/deliveries.js';
import { Dispositions } from '../../src/deferred/disposition.js';
import { Expiry } from '../../src/deferred/expiry.js';
import { MessagePush } from '../../src/deferred/message-push.js';
import type { Push } from '../../src/deferred/push.js';
import type { DeferredStore } from '../../src/deferred/store.js';
import type { ChargingEvent, UndeliveredMessage } from '../../src/internal-ports.js';
import { MemoryDeferredStore } from '../../src/store/memory/deferred.js';
import { defaultLimits } from '../../src/store/limits.js';
import { FakeCore, type Sent } from '../participating/core.js';
import { RecordedMetrics } from '../participating/support.js';

export const ALICE = 'sip:alice@example.com';
export const BOB = 'sip:bob@example.com';
export const WEEK = 604_800_000;

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Stage {
  readonly clock: FakeClock;
  readonly store: DeferredStore;
  readonly custody: Custody;
  readonly core: FakeCore;
  readonly deliveries: Deliveries;
  readonly messages: DeferredMessages;
  readonly expiry: Expiry;
  readonly metrics: RecordedMetrics;
  readonly lines: LogLine[];
  /** Who is registered. */
  readonly there: Set<string>;
  /** What the outbox holds for charging. */
  charged(): Promise<readonly ChargingEvent[]>;
  /** A user registers. */
  comes(user: string): Promise<void>;
  /** The device answers the last request that was sent. */
  answer(status: number): Promise<void>;
}

export interface StageOptions {
  readonly peers?: readonly string[];
  readonly holder?: string;
  /** Another function on the same store. */
  readonly beside?: Stage;
  readonly inSession?: Push;
  readonly store?: (store: DeferredStore) => DeferredStore;
  readonly quota?: number;
}

export function stage({ peers = [], holder = 'node1', beside, inSession, store: wrapped = (same) => same, quota }: StageOptions = {}): Stage {
  const clock = beside?.clock ?? new FakeClock();
  const limits = quota === undefined ? defaultLimits : { ...defaultLimits, deferred: quota };
  const store = wrapped(beside?.store ?? new MemoryDeferredStore(new FakeRandom(3), limits));
  const metrics = new RecordedMetrics();
  const core = new FakeCore();
  const lines: LogLine[] = [];
  const there = new Set<string>();
  const say = (level: string) => (fields: LogLine['fields'], text: string): void => void lines.push({ level, fields, text });
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const custody = new Custody({ store, log, metrics });
  const dispositions = new Dispositions({ domain: 'example.com', lifetime: WEEK, hash: nodeHash, isOwnAddress: (uri) => uri === 'sip:im-server@example.com' });
  const common = { custody, dispositions, charged: true, clock, log, metrics };
  const deliveries = new Deliveries({
    ...common, store, holder, domain: 'example.com', availability: { isAvailable: (user) => there.has(user) },
    asMessage: new MessagePush({ core, domain: 'example.com', clock, random: new FakeRandom(4) }),
    inSession: inSession ?? { push: async () => 'unsupported' },
  });
  const messages = new DeferredMessages({ ...common, lifetime: WEEK, queue: deliveries, responsibility: { domain: 'example.com', peers } });
  const expiry = new Expiry(common);
  return {
    clock, store, custody, core, deliveries, messages, expiry, metrics, lines, there,
    charged: async () => (await store.events('charging', 1000)).map(({ payload }) => payload as ChargingEvent),
    comes: async (user) => {
      there.add(user);
      deliveries.available(user);
      await clock.settle();
    },
    answer: async (status) => {
      const sent = core.sent.at(-1) as Sent;
      sent.handlers.response(respondTo(sent.request, status));
      await clock.settle();
    },
  };
}

export function undelivered(text: string, fields: Partial<UndeliveredMessage> = {}): UndeliveredMessage {
  return {
    mode: 'pager', recipient: BOB, sender: ALICE, from: '"Alice" <sip:alice@example.com>', to: '<sip:bob@example.com>', contentType: 'text/plain',
    headers: [], expiresAt: undefined, body: utf8(text), held: false, attempted: false, ...fields,
  };
}

/** A message that asks for notifications. */
export function asking(asks: string, fields: Partial<UndeliveredMessage> & { readonly lines?: readonly string[]; readonly text?: string; readonly id?: string } = {}): UndeliveredMessage {
  const { lines = [], text = 'Hi', id = 'm0123456789abcdef', ...rest } = fields;
  const head = [
    'From: Alice <sip:alice@example.com>', 'To: Bob <sip:bob@example.com>', 'DateTime: 2026-01-01T00:00:00Z', 'NS: imdn <urn:ietf:params:imdn>',
    `imdn.Message-ID: ${id}`, `imdn.Disposition-Notification: ${asks}`, ...lines, '', 'Content-Type: text/plain', '',
  ];
  return undelivered([...head, text].join('\r\n'), { contentType: 'message/cpim', ...rest });
}

export function notification(text = '<imdn/>', fields: Partial<UndeliveredMessage> = {}): UndeliveredMessage {
  const head = [
    'From: Bob <sip:bob@example.com>', 'To: Alice <sip:alice@example.com>', 'NS: imdn <urn:ietf:params:imdn>', 'imdn.Message-ID: n0123456789abcdef',
    'imdn.Disposition-Notification: processing, negative-delivery', '', 'Content-Type: message/imdn+xml', 'Content-Disposition: notification', '',
  ];
  return undelivered([...head, text].join('\r\n'), { contentType: 'message/cpim', recipient: ALICE, sender: BOB, from: '<sip:bob@example.com>', to: '<sip:alice@example.com>', ...fields });
}
