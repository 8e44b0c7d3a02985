import { describe, expect, it } from 'vitest';
import { byteString, utf8 } from '@simple-im/grammar';
import { INTERRUPTIBLE, type Demand } from '../src/frame-sink.js';
import { RawLane } from '../src/raw-lane.js';

function lane(highWater = 10_000): { lane: RawLane; drained: () => number; pull: (demand?: Demand) => string | undefined } {
  let drained = 0;
  const made = new RawLane(highWater, () => undefined, () => { drained++; });
  const pull = (demand: Demand = 'none'): string | undefined => {
    const bytes = made.pull(0, demand);
    return bytes === undefined ? undefined : byteString(bytes);
  };
  return { lane: made, drained: () => drained, pull };
}

describe('a chunk that is forwarded while it arrives', () => {
  it('is interrupted for others where it may be, and resumes with a new transaction (RFC 4975 §7.1.1)', () => {
    const { lane: raw, pull } = lane();
    const sent: number[] = [];
    raw.start({
      transactionId: 'first001',
      head: utf8('HEAD1'),
      resume: (octets) => {
        sent.push(octets);
        return { transactionId: 'second02', head: utf8('HEAD2') };
      },
    });
    raw.body(new Uint8Array(INTERRUPTIBLE).fill(97));
    expect(pull()).toBe('HEAD1');
    expect(pull('urgent')?.length).toBe(INTERRUPTIBLE);
    expect(raw.open).toBe(true);
    expect(pull('urgent')).toBe('\r\n-------first001+\r\n');
    expect([raw.open, raw.waiting]).toEqual([false, 'none']);
    expect(pull()).toBeUndefined();
    raw.body(utf8('rest'));
    raw.end('$');
    expect([pull(), pull(), pull()]).toEqual(['HEAD2', 'rest', '\r\n-------second02$\r\n']);
    expect([sent, raw.open, raw.waiting]).toEqual([[INTERRUPTIBLE], false, 'none']);
  });

  it('gives every piece its share where others always wait, so that it comes to an end (RFC 7977 §5.1)', () => {
    const { lane: raw, pull } = lane(1_000_000);
    const passed: number[] = [];
    raw.start({
      transactionId: 'first001', head: utf8('HEAD'),
      resume: (octets) => { passed.push(octets); return { transactionId: 'another1', head: utf8('HEAD') }; },
    });
    for (let i = 0; i < 8; i++) raw.body(new Uint8Array(8192));
    raw.end('$');
    const frames: (string | undefined)[] = [];
    while ((raw.open || raw.waiting !== 'none') && frames.length < 50) frames.push(pull('share'));
    expect(passed).toEqual([16_384, 32_768, 49_152, 65_536]);
    expect(frames.at(-1)).toBe('\r\n-------another1$\r\n');
  });

  it('keeps the connection until its end where it may not', () => {
    const { lane: raw, pull } = lane();
    raw.start({ transactionId: 'first001', head: utf8('HEAD1') });
    raw.body(new Uint8Array(5000));
    expect([pull('urgent')?.length, pull('urgent')?.length, pull('urgent')]).toEqual([5, 5000, undefined]);
    expect(raw.open).toBe(true);
    raw.end('+');
    expect(pull('urgent')).toBe('\r\n-------first001+\r\n');
  });

  it('ends a frame without body with no CRLF before its end-line (RFC 4975 §7.1)', () => {
    const { lane: raw, pull } = lane();
    raw.start({ transactionId: 'first001', head: utf8('HEAD1\r\n'), hasBody: false });
    raw.end('$');
    expect([pull(), pull()]).toEqual(['HEAD1\r\n', '-------first001$\r\n']);
  });

  it('says when it is full, and once when it has drained', () => {
    const { lane: raw, pull, drained } = lane(100);
    expect(raw.start({ transactionId: 'first001', head: utf8('HEAD1') })).toBe(true);
    expect([raw.body(new Uint8Array(60)), raw.body(new Uint8Array(60))]).toEqual([true, false]);
    expect(raw.pending).toBe(125);
    pull();
    pull();
    expect(drained()).toBe(0);
    pull();
    expect([drained(), raw.pending]).toEqual([1, 0]);
  });

  it('does not keep a view of what it was given', () => {
    const { lane: raw, pull } = lane();
    raw.start({ transactionId: 'first001', head: utf8('HEAD1') });
    const view = Buffer.from('hello');
    raw.body(view);
    view.fill(0);
    expect([pull(), pull()]).toEqual(['HEAD1', 'hello']);
  });
});
