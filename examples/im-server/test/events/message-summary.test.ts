import { describe, expect, it } from 'vitest';
import { parseMessageSummary } from '@simple-im/sip-events/documents/message-summary';
import type { MessageAccounts, MessageCounts } from '../../src/index.js';
import { serverWith, userOf } from '../support.js';
import { RawWatcher } from './watcher.js';

const MWI = [['Event', 'message-summary'], ['Expires', '3600']] as const;

class FakeAccounts implements MessageAccounts {
  onChanged: ((user: string) => void) | undefined;
  readonly #counts = new Map<string, readonly MessageCounts[]>();

  async summary(user: string): Promise<readonly MessageCounts[]> {
    return this.#counts.get(user) ?? [];
  }

  set(user: string, counts: readonly MessageCounts[]): void {
    this.#counts.set(user, counts);
    this.onChanged?.(user);
  }
}

describe('message waiting indications (RFC 3842)', () => {
  it('say that nothing waits while nothing is stored (§3.5)', async () => {
    const server = await serverWith();
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    expect((await watcher.subscribe(alice.aor, MWI)).status).toBe(200);
    const notify = await watcher.notify(0);
    expect(notify.contentType?.type).toBe('application/simple-message-summary');
    expect(new TextDecoder().decode(notify.body)).toBe('Messages-Waiting: no\r\n');
  });

  it('tell of each change of the numbers (§3.8)', async () => {
    const accounts = new FakeAccounts();
    const server = await serverWith([], { accounts });
    const alice = await userOf(server, 'alice');
    const watcher = new RawWatcher(alice.ua);
    await watcher.subscribe(alice.aor, MWI);
    await watcher.notify(0);
    accounts.set('sip:bob@example.com', [{ context: 'text-message', newMessages: 9, oldMessages: 0 }]);
    accounts.set(alice.aor, [{ context: 'text-message', newMessages: 2, oldMessages: 1, urgent: { newMessages: 1, oldMessages: 0 } }]);
    expect(parseMessageSummary((await watcher.notify(1)).body)).toEqual({
      messagesWaiting: true, classes: [{ context: 'text-message', newMessages: 2, oldMessages: 1, urgent: { newMessages: 1, oldMessages: 0 } }],
    });
    accounts.set(alice.aor, [{ context: 'text-message', newMessages: 0, oldMessages: 3 }]);
    expect(parseMessageSummary((await watcher.notify(2)).body)).toMatchObject({ messagesWaiting: false, classes: [{ oldMessages: 3 }] });
  });

  it('are for nobody else (§6): 403', async () => {
    const server = await serverWith();
    const watcher = new RawWatcher((await userOf(server, 'bob')).ua);
    expect((await watcher.subscribe('sip:alice@example.com', MWI)).status).toBe(403);
  });
});
