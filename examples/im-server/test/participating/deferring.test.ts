import { describe, expect, it } from 'vitest';
import { ProtocolError } from '@simple-im/grammar';
import { buildRequest, respondTo, sipErrors, type SipRequest } from '@simple-im/sip';
import { serverError } from '../../src/errors.js';
import { defaultSettings, type Deferral, type StoredMessage, type UndeliveredMessage } from '../../src/internal-ports.js';
import { FakeDeferral as SessionStore } from './absent.js';
import { inviteOf, offer, scene, type Scene } from './core.js';

class FakeDeferral implements Deferral {
  readonly accepted: UndeliveredMessage[] = [];
  readonly late: StoredMessage[] = [];
  queued = false;
  ours = true;
  /** What `accept` waits for. */
  disk: Promise<void> = Promise.resolve();
  failure: Error | undefined;

  isOurs(): boolean {
    return this.ours;
  }

  async accept(message: UndeliveredMessage): Promise<StoredMessage> {
    this.accepted.push(message);
    await this.disk;
    if (this.failure !== undefined) throw this.failure;
    return { recipient: message.recipient, id: String(this.accepted.length) };
  }

  async delivered(message: StoredMessage): Promise<void> {
    this.late.push(message);
  }

  isQueued(): boolean {
    return this.queued;
  }
}

function message(headers: readonly (readonly [string, string])[] = [], uri = 'sip:bob@example.com'): SipRequest {
  return buildRequest({
    method: 'MESSAGE', uri, cseq: 1, callId: 'm-1', from: '"Alice" <sip:alice@example.com>;tag=a1', to: '<sip:bob@example.com>',
    headers: [['P-Asserted-Identity', '<sip:alice@example.com>'], ...headers], contentType: 'text/plain', body: new Uint8Array([104, 105]),
  });
}

async function stage(options: Parameters<typeof scene>[0] = {}): Promise<Scene & { readonly deferral: FakeDeferral }> {
  const deferral = new FakeDeferral();
  return { ...await scene({ ...options, deferral }), deferral };
}

const toBob = 'sip:bob@example.com';

describe('a MESSAGE that the recipient cannot have now', () => {
  it.each([408, 430, 480, 500, 502, 503, 504])('is stored and answered 202 where the devices answer %i', async (status) => {
    const { receive, core, deferral, clock } = await stage();
    const exchange = await receive(message([['Subject', 'Tea'], ['Contact', '<sip:x@y>'], ['Proxy-Authorization', 'Digest x']]), 'terminating', toBob);
    core.sent[0]?.handlers.response(respondTo(message(), status));
    await clock.settle();
    expect([exchange.statuses, deferral.accepted]).toEqual([[202], [{
      mode: 'pager', recipient: toBob, sender: 'sip:alice@example.com', from: '"Alice" <sip:alice@example.com>', to: '<sip:bob@example.com>',
      contentType: 'text/plain', headers: [['Subject', 'Tea']], expiresAt: undefined, body: new Uint8Array([104, 105]), held: false, attempted: true,
      request: { callId: 'm-1', cseq: 1, fromTag: 'a1' },
    }]]);
  });

  it.each([200, 302, 403, 404, 415, 486, 488, 513, 603])('is not stored where they answer %i, which the sender is told', async (status) => {
    const { receive, core, deferral, clock } = await stage();
    const exchange = await receive(message(), 'terminating', toBob);
    core.sent[0]?.handlers.response(respondTo(message(), status));
    await clock.settle();
    expect([exchange.statuses, deferral.accepted]).toEqual([[status], []]);
  });

  it('is answered when it is on disk, not before (RFC 3428 §7)', async () => {
    const { receive, core, deferral, clock } = await stage();
    let written = (): void => {};
    deferral.disk = new Promise((resolve) => { written = resolve; });
    const exchange = await receive(message(), 'terminating', toBob);
    core.sent[0]?.handlers.response(respondTo(message(), 480));
    await clock.elapse(5000);
    expect(exchange.statuses).toEqual([]);
    written();
    await clock.settle();
    expect(exchange.statuses).toEqual([202]);
  });

  it.each([['IM_QUOTA', 480, '--deferred-quota'], ['IM_STORE_FULL', 503, 'full'], ['IM_STORE_FAILED', 503, 'does not work'], ['IM_EXPIRED', 480, 'of no use']] as const)('is refused where the store says %s: %i, with the reason in a Warning (RFC 3261 §20.43)', async (code, status, reason) => {
    const { receive, core, deferral, clock } = await stage();
    deferral.failure = serverError(code);
    const exchange = await receive(message(), 'terminating', toBob);
    core.sent[0]?.handlers.response(respondTo(message(), 480));
    await clock.settle();
    expect(exchange.statuses).toEqual([status]);
    expect(exchange.last.headers.get('Warning')).toMatch(new RegExp(`^399 example\\.com ".*${reason}.*"$`));
    expect(exchange.last.headers.has('Retry-After')).toBe(false);
  });

  it('counts as such when the devices stay silent until --pager-timeout, and its copy goes when one takes it after all', async () => {
    const { receive, core, deferral, clock } = await stage();
    const exchange = await receive(message(), 'terminating', toBob);
    await clock.elapse(9999);
    expect(exchange.statuses).toEqual([]);
    await clock.elapse(1);
    await clock.settle();
    expect(exchange.statuses).toEqual([202]);
    core.sent[0]?.handlers.response(respondTo(message(), 200));
    await clock.settle();
    expect([exchange.statuses, deferral.late]).toEqual([[202], [{ recipient: toBob, id: '1' }]]);
  });

  it('has its copy removed also by a 200 that comes while it is being written', async () => {
    const { receive, core, deferral, clock } = await stage();
    let written = (): void => {};
    deferral.disk = new Promise((resolve) => { written = resolve; });
    await receive(message(), 'terminating', toBob);
    await clock.elapse(10_000);
    core.sent[0]?.handlers.response(respondTo(message(), 200));
    await clock.settle();
    expect(deferral.late).toEqual([]);
    written();
    await clock.settle();
    expect(deferral.late).toHaveLength(1);
  });

  it('is answered once, whatever comes late', async () => {
    const { receive, core, deferral, clock } = await stage();
    const exchange = await receive(message(), 'terminating', toBob);
    await clock.elapse(10_000);
    core.sent[0]?.handlers.response(respondTo(message(), 480));
    core.sent[0]?.handlers.failed(new ProtocolError('SIP_TIMEOUT', sipErrors.SIP_TIMEOUT));
    await clock.settle();
    expect([exchange.statuses, deferral.accepted.length, deferral.late]).toEqual([[202], 1, []]);
  });

  it('goes behind older ones that wait, without asking the devices', async () => {
    const { receive, core, deferral, clock } = await stage();
    deferral.queued = true;
    const exchange = await receive(message(), 'terminating', toBob);
    await clock.settle();
    expect([exchange.statuses, core.sent, deferral.accepted[0]?.attempted]).toEqual([[202], [], false]);
  });

  it('is held where the recipient\'s settings say so', async () => {
    const { receive, core, deferral, clock } = await stage({ settings: { ...defaultSettings, holdPager: true } });
    const exchange = await receive(message(), 'terminating', toBob);
    await clock.settle();
    expect([exchange.statuses, core.sent, deferral.accepted[0]?.held]).toEqual([[202], [], true]);
  });
});

describe('what is known of a stored MESSAGE', () => {
  async function stored(headers: readonly (readonly [string, string])[]): Promise<UndeliveredMessage | undefined> {
    const { receive, deferral, clock } = await stage();
    deferral.queued = true;
    await receive(message(headers), 'terminating', toBob);
    await clock.settle();
    return deferral.accepted[0];
  }

  it('Expires counts from Date, and from now without one (RFC 3428 §7)', async () => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    expect((await stored([['Expires', '600'], ['Date', 'Wed, 31 Dec 2025 23:59:00 GMT']]))?.expiresAt).toBe(start + 540_000);
    expect((await stored([['Expires', '600']]))?.expiresAt).toBe(start + 600_000);
    expect((await stored([['Expires', '600'], ['Date', 'yesterday']]))?.expiresAt).toBe(start + 600_000);
    // What is left of it goes out with the Date of its arrival.
    expect((await stored([['Expires', '600'], ['Date', 'Wed, 31 Dec 2025 23:59:00 GMT']]))?.headers).toEqual([['Expires', '540']]);
  });

  it('nobody, where the sender asked for that (RFC 3325 §9.3)', async () => {
    const anonymous = await stored([['Privacy', 'user;id']]);
    expect([anonymous?.sender, anonymous?.headers]).toEqual([undefined, [['Privacy', 'user;id']]]);
  });
});

describe('a MESSAGE that leaves our domain', () => {
  const there = 'sip:carol@other.example';

  it('is stored where it is ours to keep', async () => {
    const { receive, core, deferral, clock } = await stage();
    const exchange = await receive(message([], there), 'originating', 'sip:alice@example.com');
    core.sent[0]?.handlers.response(respondTo(message(), 480));
    await clock.settle();
    expect([exchange.statuses, deferral.accepted[0]?.recipient]).toEqual([[202], there]);
  });

  it('is refused as the other domain refuses it where it is not', async () => {
    const { receive, core, deferral, clock } = await stage();
    deferral.ours = false;
    const exchange = await receive(message([], there), 'originating', 'sip:alice@example.com');
    core.sent[0]?.handlers.response(respondTo(message(), 480));
    await clock.settle();
    expect([exchange.statuses, deferral.accepted]).toEqual([[480], []]);
  });

  it('is not stored a second time for a user of ours, whose side has decided', async () => {
    const { receive, core, deferral, clock } = await stage();
    const exchange = await receive(message(), 'originating', 'sip:alice@example.com');
    core.sent[0]?.handlers.response(respondTo(message(), 480));
    await clock.settle();
    expect([exchange.statuses, deferral.accepted]).toEqual([[480], []]);
  });
});

describe('an INVITE to a user who is there and for whom older messages wait', () => {
  async function answered(feature: string, queued: boolean): Promise<readonly unknown[]> {
    const deferral = Object.assign(new FakeDeferral(), { queued });
    const { receive, core } = await scene({ deferral, more: { sessionDeferral: new SessionStore() } });
    const exchange = await receive(inviteOf({ body: offer('active'), headers: [['Accept-Contact', `*;${feature}`]] }), 'terminating', toBob);
    return [exchange.statuses, core.of('INVITE').length];
  }

  it('is answered by the server where it is for a large message, which goes behind them', async () => {
    expect(await answered('+g.oma.sip-im.large-message', true)).toEqual([[200], 0]);
    expect(await answered('+g.oma.sip-im.large-message', false)).toEqual([[], 1]);
  });

  it('goes to the user where it is for a conversation', async () => {
    expect(await answered('+g.oma.sip-im', true)).toEqual([[], 1]);
  });
});
