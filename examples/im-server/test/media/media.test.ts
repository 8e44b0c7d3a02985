import { describe, expect, it } from 'vitest';
import type { FrameSink } from '@simple-im/msrp';
import { FakeClock, FakeNetwork, FakeRandom } from '@simple-im/transport/fake';
import { Media } from '../../src/media/media.js';
import { RecordedMetrics } from '../participating/support.js';

const sink: FrameSink = { head: () => {}, body: () => {}, end: () => {}, response: () => {}, lost: () => {} };

function media(): { media: Media; metrics: RecordedMetrics } {
  const clock = new FakeClock();
  const metrics = new RecordedMetrics();
  return { media: new Media({ network: new FakeNetwork({ clock }).at('192.0.2.1'), clock, random: new FakeRandom(), metrics }), metrics };
}

describe('the media function', () => {
  it('names its host as advertised, with the port as bound (DESIGN, --advertise)', async () => {
    const { media: behindNat } = media();
    const bound = await behindNat.listen({ host: '192.0.2.1', port: 0 }, 'im.example.com');
    expect(bound.port).toBeGreaterThan(0);
    expect(behindNat.createSession('sip:alice@example.com', sink).uri).toMatch(new RegExp(`^msrp://im\\.example\\.com:${bound.port}/`));
  });

  it('knows whose a session is, and was: the last 1024 that are over (observe/trace)', () => {
    const { media: owned, metrics } = media();
    const uris = Array.from({ length: 1025 }, (_, i) => {
      const session = owned.createSession(`sip:user${i}@example.com`, sink);
      expect(owned.ownerOf(session.uri)).toBe(`sip:user${i}@example.com`);
      owned.release(session);
      owned.release(session);
      return session.uri;
    });
    expect([0, 1, 1024].map((i) => owned.ownerOf(uris[i] as string))).toEqual([
      undefined,
      'sip:user1@example.com',
      'sip:user1024@example.com',
    ]);
    expect(metrics.values.get('msrp_sessions_active')).toBe(0);
  });

  it('has session ids that nobody can guess: 100 random bits (RFC 4975 §14.1)', () => {
    const { media: any } = media();
    const uris = [1, 2].map(() => any.createSession('sip:alice@example.com', sink).uri);
    expect(uris[0]).not.toBe(uris[1]);
    for (const uri of uris) expect(uri).toMatch(/\/[a-z2-7]{20};tcp$/);
  });
});
