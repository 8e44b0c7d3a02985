/* Recording of what passes from one leg to the other. */
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8Text } from '@simple-im/grammar';
import { RecordingSink } from '../../src/participating/recording-sink.js';
import type { MessageRecorder } from '../../src/session-ports.js';
import { hashOf, relay, textOf, type Relay } from './support.js';

/** What became of a message. */
interface Recorded {
  text: string;
  end: 'commit' | 'abort' | undefined;
}

interface Recording extends Relay {
  readonly recorded: Recorded[];
  readonly sink: RecordingSink;
  /** The disk takes nothing while this is set. */
  stall: Promise<void> | undefined;
}

async function recording(options: { readonly wanted?: () => boolean } = {}): Promise<Recording> {
  const made = await relay();
  const recorded: Recorded[] = [];
  const begin = async (): Promise<MessageRecorder> => {
    const one: Recorded = { text: '', end: undefined };
    const pieces: Uint8Array[] = [];
    recorded.push(one);
    return {
      write: async (bytes) => {
        pieces.push(bytes.slice());
        await stage.stall;
      },
      commit: async () => {
        one.text = utf8Text(concatBytes(pieces));
        one.end = 'commit';
      },
      abort: async () => { one.end = 'abort'; },
    };
  };
  const sink = new RecordingSink(made.legs.bob.writer, { isWanted: options.wanted ?? (() => true), begin });
  made.legs.alice.deliverTo(sink);
  const stage: Recording = { ...made, recorded, sink, stall: undefined };
  return stage;
}

describe('what passes from one user to the other', () => {
  it('is recorded as whole messages, by Message-ID, and goes on chunk by chunk', async () => {
    const { alice, bob, clock, recorded } = await recording();
    alice.send({ id: 'chunk001', messageId: 'mess0001', range: '1-*/11', body: 'Hello ', flag: '+' });
    alice.send({ id: 'chunk002', messageId: 'mess0002', body: 'between', flag: '$' });
    alice.send({ id: 'chunk003', messageId: 'mess0001', range: '7-11/11', body: 'world', flag: '$' });
    await clock.settle();
    expect(bob.sends.map(textOf)).toEqual(['Hello ', 'between', 'world']);
    expect(recorded).toEqual([{ text: 'Hello world', end: 'commit' }, { text: 'between', end: 'commit' }]);
    expect(alice.statuses).toEqual({ chunk001: 200, chunk002: 200, chunk003: 200 });
  });

  it('is not recorded when its sender gives it up, or the session ends first', async () => {
    const { alice, clock, recorded, sink } = await recording();
    alice.send({ id: 'chunk001', messageId: 'mess0001', range: '1-*/11', body: 'Hello ', flag: '#' });
    alice.send({ id: 'chunk002', messageId: 'mess0002', range: '1-*/11', body: 'Hello ', flag: '+' });
    await clock.settle();
    sink.close();
    await clock.settle();
    expect(recorded.map(({ end }) => end)).toEqual(['abort', 'abort']);
  });

  it('goes on when it cannot be put together', async () => {
    const { alice, bob, clock, recorded } = await recording();
    alice.send({ id: 'chunk001', messageId: 'mess0001', range: '1-*/5', body: 'longer than said', flag: '$' });
    alice.send({ id: 'chunk002', messageId: 'mess0002', body: 'next', flag: '$' });
    await clock.settle();
    expect(bob.sends.map(textOf)).toEqual(['longer than said', 'next']);
    expect(recorded.at(-1)).toEqual({ text: 'next', end: 'commit' });
  });

  it('is recorded from the next message on when that is wanted', async () => {
    let wanted = false;
    const { alice, clock, recorded } = await recording({ wanted: () => wanted });
    alice.send({ id: 'chunk001', messageId: 'mess0001', range: '1-*/11', body: 'Hello ', flag: '+' });
    await clock.settle();
    wanted = true;
    alice.send({ id: 'chunk002', messageId: 'mess0001', range: '7-11/11', body: 'world', flag: '$' });
    alice.send({ id: 'chunk003', messageId: 'mess0002', body: 'next', flag: '$' });
    await clock.settle();
    expect(recorded).toEqual([{ text: 'next', end: 'commit' }]);
  });

  it('waits for a slow disk, and arrives whole', async () => {
    const stage = await recording();
    const { alice, bob, clock, recorded } = stage;
    let release = (): void => {};
    stage.stall = new Promise((resolve) => { release = resolve; });
    const body = new Uint8Array(2 * 1024 * 1024).fill(120);
    alice.send({ id: 'chunk001', messageId: 'mess0001', range: `1-*/${body.length}`, body: '' });
    // So slowly that it is never the other user who makes her wait.
    for (let at = 0; at < body.length; at += 16_384) {
      alice.write(body.subarray(at, at + 16_384));
      await clock.settle();
    }
    alice.write(alice.end('chunk001', '$'));
    await clock.settle();
    expect(bob.sends[0]?.body.length).toBeLessThan(body.length / 2);
    stage.stall = undefined;
    release();
    for (let step = 0; step < 500 && bob.sends[0]?.flag === undefined; step++) await clock.settle();
    await clock.settle();
    expect(hashOf(bob.sends[0]?.body ?? new Uint8Array())).toBe(hashOf(body));
    expect([recorded[0]?.end, recorded[0]?.text.length]).toEqual(['commit', body.length]);
  });
});
