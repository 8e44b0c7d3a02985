/* The IM server publishes what waits (RFC 3903), and the core's compositor takes it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { respondTo, type SipResponse } from '@simple-im/sip';
import { FakeClock, FakeRandom } from '@simple-im/transport/fake';
import { nodeHash } from '@simple-im/transport/node';
import { WaitingPublisher } from '../../src/deferred/waiting-publisher.js';
import type { MessageAccounts, MessageCounts } from '../../src/internal-ports.js';
import { silentLog } from '../../src/observe/log.js';
import { Exchange } from '../../src/sip-core/exchange.js';
import { PublishedAccounts } from '../../src/sip-core/published-accounts.js';
import { FakeCore } from '../participating/core.js';
import { BOB } from './stage.js';

class Accounts implements MessageAccounts {
  onChanged: ((user: string) => void) | undefined;
  newMessages = 0;

  async summary(): Promise<readonly MessageCounts[]> {
    return this.newMessages === 0 ? [] : [{ context: 'pager-message', newMessages: this.newMessages, oldMessages: 0 }];
  }

  set(newMessages: number): void {
    this.newMessages = newMessages;
    this.onChanged?.(BOB);
  }
}

/** `answers`: what the core says instead of its compositor, one after the other. */
function stage(answers: (number | 'lost')[] = []): {
  readonly clock: FakeClock; readonly core: FakeCore; readonly accounts: Accounts; readonly there: Set<string>; readonly publisher: WaitingPublisher;
  readonly published: PublishedAccounts; readonly changes: string[];
} {
  const clock = new FakeClock();
  const core = new FakeCore();
  const accounts = new Accounts();
  const there = new Set([BOB]);
  const changes: string[] = [];
  const published = new PublishedAccounts({ domain: 'example.com', clock, random: new FakeRandom(1), hash: nodeHash, log: silentLog });
  published.onChanged = (user) => changes.push(user);
  onTestFinished(() => published.close());
  const request = core.request.bind(core);
  core.request = (message, originalDialog, handlers) => {
    const answer = answers.shift();
    if (answer === 'lost') handlers.failed(new Error('gone') as Parameters<typeof handlers.failed>[0]);
    else if (answer !== undefined) handlers.response(respondTo(message, answer));
    else {
      expect(published.takes(message)).toBe(true);
      published.receive(new Exchange({ request: message, caller: undefined, loopMark: '', respond: (response: SipResponse) => handlers.response(response) }));
    }
    return request(message, originalDialog, handlers);
  };
  const publisher = new WaitingPublisher({
    core, accounts, availability: { isAvailable: (user) => there.has(user) }, domain: 'example.com', random: new FakeRandom(2), log: silentLog,
  });
  return { clock, core, accounts, there, publisher, published, changes };
}

describe('the number of waiting messages, published', () => {
  it('is what the core then says of the user, and is gone when nothing waits (RFC 3903 §4.5)', async () => {
    const { clock, core, accounts, published, changes } = stage();
    accounts.set(2);
    await clock.settle();
    expect([await published.summary(BOB), changes]).toEqual([[{ context: 'pager-message', newMessages: 2, oldMessages: 0 }], [BOB]]);
    accounts.set(3);
    await clock.settle();
    expect(await published.summary(BOB)).toMatchObject([{ newMessages: 3 }]);
    accounts.set(0);
    await clock.settle();
    expect([await published.summary(BOB), changes.length]).toEqual([[], 3]);
    const requests = core.of('PUBLISH').map(({ request: { headers, body } }) => [headers.has('SIP-If-Match'), headers.get('Expires'), body.length > 0]);
    expect(requests).toEqual([[false, '86400', true], [true, '86400', true], [true, '0', false]]);
    expect(new Set(core.of('PUBLISH').map(({ request }) => request.callId)).size).toBe(1);
    expect(core.sent[0]?.originalDialog).toBeUndefined();
  });

  it('is nobody\'s business while the user is not there, and published when that one comes', async () => {
    const { clock, core, accounts, there, publisher, published } = stage();
    there.clear();
    accounts.set(2);
    await clock.settle();
    expect(core.sent).toEqual([]);
    there.add(BOB);
    publisher.available(BOB);
    await clock.settle();
    expect(await published.summary(BOB)).toMatchObject([{ newMessages: 2 }]);
  });

  it('of nothing is not published at all', async () => {
    const { clock, core, publisher } = stage();
    publisher.available(BOB);
    await clock.settle();
    expect(core.sent).toEqual([]);
  });

  it('is published one at a time, the last state last', async () => {
    const { clock, core, accounts, published } = stage();
    for (const count of [1, 2, 3, 4, 5]) accounts.set(count);
    await clock.settle();
    await clock.settle();
    expect(await published.summary(BOB)).toMatchObject([{ newMessages: 5 }]);
    expect(core.sent.length).toBeLessThanOrEqual(2);
  });

  it('is published anew to a core that has forgotten it: 412 (RFC 3903 §4.3)', async () => {
    const answers: (number | 'lost')[] = [];
    const { clock, core, accounts, published } = stage(answers);
    accounts.set(1);
    await clock.settle();
    answers.push(412);
    accounts.set(2);
    await clock.settle();
    await clock.settle();
    expect(core.of('PUBLISH').map(({ request }) => request.headers.has('SIP-If-Match'))).toEqual([false, true, false]);
    // The old one is replaced, not joined by another: it came from the same source.
    expect(await published.summary(BOB)).toMatchObject([{ newMessages: 2 }]);
  });

  it.each([[503], ['lost']] as const)('is tried again with the next change after %s', async (answer) => {
    const { clock, accounts, published } = stage([answer]);
    accounts.set(1);
    await clock.settle();
    expect(await published.summary(BOB)).toEqual([]);
    accounts.set(2);
    await clock.settle();
    expect(await published.summary(BOB)).toMatchObject([{ newMessages: 2 }]);
  });
});
