import { describe, expect, it } from 'vitest';
import { utf8, utf8Text } from '@simple-im/grammar';
import { silentLog } from '../../src/observe/log.js';
import { SessionPush } from '../../src/deferred/sessions/session-push.js';
import type { PushOutcome, Run } from '../../src/deferred/push.js';
import type { DeferredItem } from '../../src/deferred/store.js';
import { serverError } from '../../src/errors.js';
import type { DeliverySession, OutgoingContent, SessionInvitation, SessionInviter } from '../../src/session-ports.js';

const BOB = 'sip:bob@example.com';

function itemOf(sequence: number, more: Partial<DeferredItem> = {}): DeferredItem {
  return {
    id: `id_${sequence}`, sequence, size: 5, fetched: false, kind: 'message', mode: 'session', recipient: BOB, sender: 'sip:alice@example.com',
    from: '<sip:alice@example.com>', to: '<sip:bob@example.com>', messageId: undefined, contentType: 'text/plain', headers: [],
    receivedAt: 0, expiresAt: 1000, held: false, ...more,
  };
}

/** A run of items, and what became of them. */
class FakeRun implements Run {
  readonly recipient = BOB;
  readonly sender = 'sip:alice@example.com';
  readonly kind: DeferredItem['kind'];
  readonly lease = { recipient: BOB, holder: 'node', fence: 1 };
  readonly settled: [string, PushOutcome][] = [];
  readonly #items: DeferredItem[];

  constructor(items: readonly DeferredItem[]) {
    this.#items = [...items];
    this.kind = items[0]?.kind ?? 'message';
  }

  async next(): Promise<DeferredItem | undefined> {
    return this.#items.shift();
  }

  async *read({ id }: DeferredItem): AsyncIterable<Uint8Array> {
    yield utf8(`body of ${id}`);
  }

  async settle({ id }: DeferredItem, outcome: PushOutcome): Promise<void> {
    this.settled.push([id, outcome]);
  }
}

/** Sessions with a device; `refuses` what an INVITE is refused with, `answers` what a SEND is refused with, by body. */
class FakeInviter implements SessionInviter {
  readonly log: string[] = [];
  readonly invitations: SessionInvitation[] = [];
  readonly contents: OutgoingContent[] = [];
  refuses: number | undefined;
  answers: Readonly<Record<string, Error>> = {};

  /** A session that the recipient is in. */
  isLive = false;

  live(): DeliverySession | undefined {
    if (!this.isLive) return undefined;
    return {
      send: async ({ body }) => {
        for await (const piece of body) this.log.push(`TELL ${utf8Text(piece)}`);
        if (this.answers['live'] !== undefined) throw this.answers['live'];
      },
      finish: async () => {},
    };
  }

  async invite(invitation: SessionInvitation): Promise<DeliverySession> {
    this.invitations.push(invitation);
    this.log.push(`INVITE ${invitation.purpose}`);
    if (this.refuses !== undefined) throw serverError('IM_INVITE_REFUSED', { status: this.refuses });
    return {
      send: async (content) => {
        this.contents.push(content);
        let body = '';
        for await (const piece of content.body) body += utf8Text(piece);
        this.log.push(`SEND ${body}`);
        const refusal = this.answers[body];
        if (refusal !== undefined) throw refusal;
      },
      finish: async () => {
        this.log.push('BYE');
      },
    };
  }
}

function pushed(items: readonly DeferredItem[], prepare: (inviter: FakeInviter) => void = () => {}): { run: FakeRun; inviter: FakeInviter; end: Promise<string> } {
  const [run, inviter] = [new FakeRun(items), new FakeInviter()];
  prepare(inviter);
  return { run, inviter, end: new SessionPush({ sessions: inviter, log: silentLog }).push(run) };
}

const TAKEN: PushOutcome = { result: 'taken' };

describe('delivery in a session (docs/profile.md, "Deferred messaging")', () => {
  it('invites once for a run and sends one message after the other, each removed when it was taken', async () => {
    const { run, inviter, end } = pushed([itemOf(1, { headers: [['Subject', 'Lunch'], ['Content-Disposition', 'render']] }), itemOf(2)]);
    expect(await end).toBe('done');
    expect(inviter.log).toEqual(['INVITE message', 'SEND body of id_1', 'SEND body of id_2', 'BYE']);
    expect(run.settled).toEqual([['id_1', TAKEN], ['id_2', TAKEN]]);
    expect(inviter.invitations[0]).toMatchObject({ recipient: BOB, sender: 'sip:alice@example.com', headers: [['Subject', 'Lunch']] });
    expect(inviter.contents[0]).toMatchObject({ messageId: 'did.1', contentType: 'text/plain', contentDisposition: 'render', size: 5 });
  });

  it('takes a session of its own for each way in which messages came: a large one is no part of a conversation', async () => {
    const { inviter, end } = pushed([itemOf(1, { mode: 'large' }), itemOf(2)]);
    expect(await end).toBe('done');
    expect(inviter.log).toEqual(['INVITE large-message', 'SEND body of id_1', 'BYE', 'INVITE message', 'SEND body of id_2', 'BYE']);
  });

  it('delivers notifications in a session that names no sender', async () => {
    const { inviter, end } = pushed([itemOf(1, { kind: 'notification' })]);
    expect(await end).toBe('done');
    expect(inviter.invitations[0]).toMatchObject({ purpose: 'notification', sender: undefined, headers: [] });
  });

  it('puts a notification into the session that it is about while that lives, else into one of its own', async () => {
    const inside = pushed([itemOf(1, { kind: 'notification' })], (inviter) => { inviter.isLive = true; });
    expect([await inside.end, inside.inviter.log, inside.run.settled]).toEqual(['done', ['TELL body of id_1'], [['id_1', TAKEN]]]);
    const refused = pushed([itemOf(1, { kind: 'notification' })], (inviter) => {
      inviter.isLive = true;
      inviter.answers = { live: serverError('IM_SESSION_GONE') };
    });
    expect([await refused.end, refused.inviter.log]).toEqual(['done', ['TELL body of id_1', 'INVITE notification', 'SEND body of id_1', 'BYE']]);
  });

  it.each([408, 430, 480, 486, 487, 500, 502, 503, 504, 600])('leaves everything where it is when the INVITE is answered %i', async (status) => {
    const { run, end } = pushed([itemOf(1)], (inviter) => { inviter.refuses = status; });
    expect([await end, run.settled]).toEqual(['away', []]);
  });

  it.each([403, 415, 488, 603, 606])('counts a run as refused when the INVITE is answered %i, and does not ask again', async (status) => {
    const { run, inviter, end } = pushed([itemOf(1), itemOf(2)], (each) => { each.refuses = status; });
    expect([await end, run.settled]).toEqual(['done', [['id_1', { result: 'refused', status }], ['id_2', { result: 'refused', status }]]]);
    expect(inviter.invitations).toHaveLength(1);
  });

  it.each([415, 488, 501, 603, 606])('says that notifications need another way when the INVITE is answered %i', async (status) => {
    const { run, end } = pushed([itemOf(1, { kind: 'notification' })], (inviter) => { inviter.refuses = status; });
    expect([await end, run.settled]).toEqual(['unsupported', []]);
  });

  it.each([400, 403, 413, 415])('counts a message as refused that is answered %i, and goes on with the next (RFC 4975 §10)', async (status) => {
    const { run, inviter, end } = pushed([itemOf(1), itemOf(2)], (each) => {
      each.answers = { 'body of id_1': serverError('IM_DOWNSTREAM_REFUSED', { status }) };
    });
    expect([await end, run.settled]).toEqual(['done', [['id_1', { result: 'refused', status }], ['id_2', TAKEN]]]);
    expect(inviter.log.at(-1)).toBe('BYE');
  });

  it.each([
    ['the session is lost', serverError('IM_SESSION_GONE')],
    ['nobody answers (408)', serverError('IM_DOWNSTREAM_REFUSED', { status: 408 })],
    ['the device knows the session no more (481)', serverError('IM_DOWNSTREAM_REFUSED', { status: 481 })],
  ])('stops when %s: what is not settled is delivered again', async (_what, error) => {
    const { run, end } = pushed([itemOf(1), itemOf(2)], (inviter) => { inviter.answers = { 'body of id_1': error }; });
    expect([await end, run.settled]).toEqual(['away', []]);
  });

  it('passes over what was removed in the meantime', async () => {
    const { run, end } = pushed([itemOf(1), itemOf(2)], (inviter) => { inviter.answers = { 'body of id_1': serverError('IM_ITEM_GONE') }; });
    expect([await end, run.settled]).toEqual(['done', [['id_2', TAKEN]]]);
  });

  it('ends its session and says so when the store fails', async () => {
    const { inviter, end } = pushed([itemOf(1)], (each) => { each.answers = { 'body of id_1': serverError('IM_STORE_FAILED') }; });
    await expect(end).rejects.toMatchObject({ code: 'IM_STORE_FAILED' });
    expect(inviter.log.at(-1)).toBe('BYE');
  });
});
