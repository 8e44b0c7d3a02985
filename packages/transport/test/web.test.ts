import { nodeHash } from '@simple-im/transport/node';
import { webClock, webHash, webPlatform, webRandom, webSockets } from '@simple-im/transport/web';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('webHash', () => {
  it.each(['MD5', 'SHA-256', 'SHA-512-256'] as const)('%s is that of OpenSSL', (algorithm) => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      expect(Array.from(webHash(algorithm, data))).toEqual(Array.from(nodeHash(algorithm, data)));
    }), { numRuns: 50 });
  });
});

describe('webRandom', () => {
  it('gives as many octets as asked for, also more than the browser gives at once', () => {
    expect(webRandom.bytes(0).length).toBe(0);
    const bytes = webRandom.bytes(200_000);
    expect(bytes.length).toBe(200_000);
    for (const at of [0, 65_536, 131_072, 199_984]) expect(bytes.subarray(at, at + 16).some((octet) => octet !== 0)).toBe(true);
  });
});

describe('webClock', () => {
  it('never fires early, and not at all once cancelled', async () => {
    let cancelled = true;
    const timer = webClock.setTimer(1, () => { cancelled = false; });
    timer.cancel();
    for (const delay of [0, 0.4, 2.6]) {
      const due = webClock.now() + delay;
      await new Promise<void>((resolve) => { webClock.setTimer(delay, resolve); });
      expect(webClock.now()).toBeGreaterThanOrEqual(due);
    }
    expect(cancelled).toBe(true);
    const far = webClock.setTimer(2 ** 32, () => { cancelled = false; });
    await new Promise<void>((resolve) => { webClock.setTimer(3, resolve); });
    far.cancel();
    expect(cancelled).toBe(true);
    expect(Math.abs(webClock.date().getTime() - Date.now())).toBeLessThan(1_000);
  });
});

describe('webPlatform', () => {
  it('is what a browser has, in one object', () => {
    expect(webPlatform).toEqual({ webSockets, clock: webClock, random: webRandom, hash: webHash });
  });
});
