/* Recording (docs/profile.md, "Conversation history"): what goes wrong with it, and what belongs together. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '@simple-im/grammar';
import { FakeClock, FakeRandom } from '@simple-im/transport/fake';
import { serverError } from '../../src/errors.js';
import { HistoryRecorder, type HistoryRecorderOptions } from '../../src/history/recorder.js';
import { ConversationRules } from '../../src/history/rules.js';
import type { HistoryStore } from '../../src/history/store.js';
import { defaultSettings } from '../../src/internal-ports.js';
import { silentLog } from '../../src/observe/log.js';
import type { PassingMessage, RecordedFor } from '../../src/session-ports.js';
import { defaultLimits } from '../../src/store/limits.js';
import { MemoryHistoryStore } from '../../src/store/memory/history.js';
import { RecordedMetrics } from '../participating/support.js';

const [ALICE, BOB, STRANGER] = ['sip:alice@example.com', 'sip:bob@example.com', 'sip:carol@elsewhere.example'];
const DAY = 86_400_000;
const page = { after: 0, limit: 100 };

function stage(store: HistoryStore = new MemoryHistoryStore(new FakeRandom(1), defaultLimits), more: Partial<HistoryRecorderOptions> = {}) {
  const clock = new FakeClock();
  const metrics = new RecordedMetrics();
  const settings = { of: () => ({ ...defaultSettings, record: { pager: true, large: true, session: true } }) };
  const recorder = new HistoryRecorder({
    store, settings, rules: new ConversationRules(store), domain: 'example.com', quota: defaultLimits.history, notice: async () => {}, clock, log: silentLog, metrics, ...more,
  });
  const record = async (text: string, fields: Partial<PassingMessage> = {}, whose: RecordedFor = ['sender', 'recipient']): Promise<void> => {
    const recording = await recorder.begin({
      mode: 'pager', sender: ALICE, isAnonymous: false, recipient: BOB, from: `<${ALICE}>`, to: `<${BOB}>`, headers: [], contentType: 'text/plain', session: undefined, ...fields,
    }, whose);
    for (const piece of [text.slice(0, 10), text.slice(10)]) await recording?.write(utf8(piece));
    await recording?.commit();
  };
  return { store, clock, metrics, recorder, record };
}

function failing(...names: readonly (keyof HistoryStore)[]): HistoryStore {
  const store = new MemoryHistoryStore(new FakeRandom(1), defaultLimits);
  for (const name of names) Object.assign(store, { [name]: async () => { throw serverError('IM_STORE_FAILED'); } });
  return store;
}

describe('recording', () => {
  it('never fails the message: what the store does not take is counted', async () => {
    for (const names of [['add'], ['upload'], ['add', 'upload', 'account', 'tell']] as const) {
      const { record, metrics } = stage(failing(...names));
      await record('x'.repeat(100_000));
      await record('short');
      expect(metrics.values.get('im_history_total failed')).toBeGreaterThanOrEqual(2);
    }
  });

  it('goes on for the one whose history has room, when that of the other is full; the full one is told once', async () => {
    const told: string[] = [];
    const store = new MemoryHistoryStore(new FakeRandom(1), { ...defaultLimits, history: 1000 });
    const { record, metrics } = stage(store, { quota: 1000, notice: async (user) => void told.push(user) });
    await record('x'.repeat(500), { recipient: STRANGER });
    for (let count = 0; count < 3; count++) await record('y'.repeat(450), { recipient: `sip:other${count}@example.com` });
    expect(told.filter((user) => user === ALICE)).toHaveLength(1);
    expect(await store.entries('sip:other2@example.com', undefined, page)).toHaveLength(1);
    expect(metrics.values.get('im_history_total full')).toBe(3);
  });

  it('a notice that cannot be given is not given again and again', async () => {
    let tried = 0;
    const store = new MemoryHistoryStore(new FakeRandom(1), { ...defaultLimits, history: 300 });
    const { record } = stage(store, { quota: 300, notice: async () => { tried += 1; throw serverError('IM_QUOTA'); } });
    for (let count = 0; count < 3; count++) await record('x'.repeat(500), {}, ['sender']);
    expect(tried).toBe(1);
  });

  it('puts messages with one user into one conversation until there was none for a day', async () => {
    const { record, store, clock } = stage();
    await record('one');
    await record('back', { sender: BOB, recipient: ALICE, from: `<${BOB}>`, to: `<${ALICE}>` });
    await clock.advance(DAY);
    await record('still');
    await clock.advance(DAY + 1);
    await record('new');
    await record('other', { recipient: STRANGER });
    for (const [user, messages] of [[ALICE, [3, 1, 1]], [BOB, [3, 1]]] as const) {
      expect((await store.conversations(user, page)).map((one) => one.messages)).toEqual(messages);
    }
  });

  it('tells nobody who an anonymous sender is, but the sender (RFC 3325 §9.3)', async () => {
    const { record, store } = stage();
    await record('who?', { isAnonymous: true, from: '<sip:anonymous@anonymous.invalid>' });
    expect((await store.entries(BOB, undefined, page)).map(({ sender }) => sender)).toEqual([undefined]);
    expect((await store.entries(ALICE, undefined, page)).map(({ sender }) => sender)).toEqual([ALICE]);
  });

  it('is for users of ours', async () => {
    const { record, store, recorder } = stage();
    await record('from outside', { sender: STRANGER });
    expect([await store.entries(STRANGER, undefined, page), recorder.mayRecord([STRANGER, undefined], 'pager')]).toEqual([[], false]);
    expect(await store.entries(BOB, undefined, page)).toHaveLength(1);
  });

  it('forgets what was given up', async () => {
    const { recorder, store } = stage();
    const recording = await recorder.begin({
      mode: 'session', sender: ALICE, isAnonymous: false, recipient: BOB, from: `<${ALICE}>`, to: `<${BOB}>`, headers: [], contentType: 'text/plain', session: 's1',
    }, ['sender']);
    await recording?.write(new Uint8Array(100_000));
    expect((await store.account(ALICE)).octets).toBe(100_000);
    await recording?.abort();
    expect([(await store.account(ALICE)).octets, await store.entries(ALICE, undefined, page)]).toEqual([0, []]);
  });
});
