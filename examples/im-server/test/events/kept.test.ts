/* What is on disk before anything is said. */
import { describe, expect, it } from 'vitest';
import type { LoadedSubscription, StoredSubscription, SubscriptionStore } from '../../src/sip-core/subscription-store.js';
import { watching } from './fake.js';

const alice = 'sip:alice@example.com';
const REG = [['Event', 'reg'], ['Expires', '600']] as const;

/** Commits when it is told to. */
class SlowStore implements SubscriptionStore {
  readonly durable = true;
  readonly kept = new Map<string, StoredSubscription['snapshot']>();
  #waiting: { readonly commit: () => void; readonly fail: () => void }[] = [];

  async load(): Promise<readonly LoadedSubscription[]> {
    return [];
  }

  save({ key, snapshot }: StoredSubscription): Promise<void> {
    return this.#wait(() => this.kept.set(key, snapshot));
  }

  remove(key: string): Promise<void> {
    return this.#wait(() => this.kept.delete(key));
  }

  commit(): void {
    for (const { commit } of this.#waiting.splice(0)) commit();
  }

  fail(): void {
    for (const { fail } of this.#waiting.splice(0)) fail();
  }

  #wait(job: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit: () => { job(); resolve(); }, fail: () => reject(new Error('disk full')) });
    });
  }
}

describe('a subscription and its store', () => {
  it('is answered 200 when it is kept, not before; and its first NOTIFY leaves after that with its number kept', async () => {
    const store = new SlowStore();
    const { on, watcher } = await watching('alice', { events: { store } });
    let status: number | undefined;
    void watcher.subscribe(alice, REG).then((response) => { status = response.status; });
    await on.clock.settle();
    expect([status, watcher.seen.length]).toEqual([undefined, 0]);
    store.commit();
    await on.clock.settle();
    expect([status, watcher.seen.length]).toEqual([200, 0]);
    store.commit();
    await on.clock.settle();
    expect(watcher.seen).toHaveLength(1);
    const [snapshot] = store.kept.values();
    expect(snapshot).toMatchObject({ version: 1, resource: alice, dialog: { localSeq: watcher.seen[0]?.cseq?.number } });
  });

  it('is answered 503 when it cannot be kept', async () => {
    const store = new SlowStore();
    const { on, watcher } = await watching('alice', { events: { store } });
    const answer = watcher.subscribe(alice, REG);
    await on.clock.settle();
    store.fail();
    const response = await answer;
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
  });

  it('is forgotten when it is over', async () => {
    const store = new SlowStore();
    const { on, watcher } = await watching('alice', { events: { store } });
    const settle = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        await on.clock.settle();
        store.commit();
      }
    };
    void watcher.subscribe(alice, REG);
    await settle();
    expect(store.kept.size).toBe(1);
    void watcher.refresh([['Event', 'reg'], ['Expires', '0']]);
    await settle();
    expect(store.kept.size).toBe(0);
    expect(watcher.seen.at(-1)?.headers.get('Subscription-State')).toMatch(/^terminated/);
  });
});
