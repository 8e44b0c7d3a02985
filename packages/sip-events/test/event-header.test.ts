import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import { formatEvent, formatSubscriptionState, parseEvent, parseSubscriptionState, sameEvent } from '../src/index.js';
import { acceptable } from '../src/event-header.js';

describe('Event (RFC 6665 §8.2.1, §8.4)', () => {
  it('is compared by type and id, octet by octet', () => {
    expect(sameEvent('foo;param=abcd;id=1234', 'foo', '1234')).toBe(true);
    expect(sameEvent('foo', 'foo', '1234')).toBe(false);
    expect(sameEvent('foo;id=1234', 'foo', undefined)).toBe(false);
    expect(sameEvent('Foo;id=1234', 'foo', '1234')).toBe(false);
    expect(sameEvent('foobar', 'foo', undefined)).toBe(false);
    expect(sameEvent('foo;;', 'foo', undefined)).toBe(false);
    expect(sameEvent(undefined, 'foo', undefined)).toBe(false);
  });

  it('may name templates, and no empty part', () => {
    expect(parseEvent('presence.winfo ; id = 7')).toMatchObject({ package: 'presence.winfo', id: '7' });
    for (const bad of ['', '.winfo', 'a..b', 'a.', 'a b', 'a;=1', ';id=1']) expect(() => parseEvent(bad)).toThrow(expect.objectContaining({ code: 'EVENTS_BAD_HEADER', status: 400 }) as Error);
  });
});

describe('Subscription-State (RFC 6665 §8.4)', () => {
  it('gives state, reason and seconds', () => {
    expect(parseSubscriptionState('Terminated; reason=Probation;retry-after=30')).toEqual({ state: 'terminated', reason: 'probation', expires: undefined, retryAfter: 30 });
    expect(parseSubscriptionState('active;expires=99999999999').expires).toBe(2 ** 32 - 1);
    for (const bad of ['', 'active;expires=-1', 'active;expires=', 'a,b']) expect(() => parseSubscriptionState(bad)).toThrow(expect.objectContaining({ code: 'EVENTS_BAD_HEADER' }) as Error);
  });

  it('reads back what is written', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    fc.assert(fc.property(token, fc.option(token, { nil: undefined }), (name, id) => {
      expect(parseEvent(formatEvent(name, id))).toMatchObject({ package: name, id });
    }));
    fc.assert(fc.property(fc.constantFrom('active' as const, 'terminated' as const), fc.nat(), token, fc.option(fc.nat(), { nil: undefined }), (state, expires, reason, retryAfter) => {
      expect(parseSubscriptionState(formatSubscriptionState(state, { expires, reason, retryAfter }))).toEqual({ state, reason, expires, retryAfter });
    }));
  });

  it('takes anything without failing but by EVENTS_BAD_HEADER', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const parse of [parseEvent, parseSubscriptionState]) {
        try {
          parse(text);
        } catch (error) {
          expect(ProtocolError.is(error) && error.code).toBe('EVENTS_BAD_HEADER');
        }
      }
    }));
  });
});

describe('Accept (RFC 3261 §20.1)', () => {
  it('picks the types of the package, in its order', () => {
    const ours = ['application/pidf+xml', 'application/pidf-diff+xml'];
    expect(acceptable([], ours)).toBe(ours);
    expect(acceptable(['application/pidf-diff+xml', 'application/PIDF+xml;q=0.5'], ours)).toBe(ours);
    expect(acceptable(['application/pidf-diff+xml'], ours)).toEqual(['application/pidf-diff+xml']);
    expect([acceptable(['*/*'], ours), acceptable(['application/*'], ours), acceptable(['text/*'], ours)]).toEqual([ours, ours, []]);
  });
});
