/*
 * Subscriptions to events that outlive the process which made them: what the notifier needs of storage.
 */
import type { SubscriptionSnapshot } from '@simple-im/sip-events';

export interface StoredSubscription {
  /** Call-ID and our tag: no two dialogs have the same. */
  readonly key: string;
  readonly snapshot: SubscriptionSnapshot;
}

/** What was stored, by whatever version of us. */
export interface LoadedSubscription {
  readonly key: string;
  /** Anything, if the medium is damaged; see {@link isSnapshot}. */
  readonly snapshot: unknown;
}

export interface SubscriptionStore {
  /** Whether what is kept outlives the process. */
  readonly durable: boolean;
  load(): Promise<readonly LoadedSubscription[]>;
  /** Resolves when it is kept; replaces what was kept under the key. */
  save(subscription: StoredSubscription): Promise<void>;
  remove(key: string): Promise<void>;
}

const DIALOG_TEXTS = ['callId', 'localTag', 'remoteTag', 'localUri', 'remoteUri', 'remoteTarget'] as const;

/** What a store holds under a key is a snapshot, as far as a notifier relies on it. */
export function isSnapshot(value: unknown): value is SubscriptionSnapshot {
  if (!isRecord(value) || !isRecord(value.dialog)) return false;
  const { dialog } = value;
  const { package: name, resource, state, accepts, version, expires, id, suppress } = value;
  return typeof name === 'string' && typeof resource === 'string' && (state === 'active' || state === 'pending')
    && isTexts(accepts) && isNumber(version) && isNumber(expires) && isOptional(id, 'string') && isOptional(suppress, 'string')
    && DIALOG_TEXTS.every((field) => typeof dialog[field] === 'string') && isTexts(dialog.routeSet)
    && isOptional(dialog.localSeq, 'number') && isOptional(dialog.remoteSeq, 'number')
    && typeof dialog.secure === 'boolean' && typeof dialog.isUac === 'boolean';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type;
}
