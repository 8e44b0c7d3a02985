import { describe, expect, it } from 'vitest';
import { concatBytes, utf8, utf8Text } from '@simple-im/grammar';
import { SessionMessages } from '../../src/deferred/sessions/session-messages.js';
import type { IntakeItem } from '../../src/deferred/deferred-messages.js';
import type { DeferredItem, DeferredStore, Upload } from '../../src/deferred/store.js';
import { serverError } from '../../src/errors.js';
import type { AdmissionAnswer } from '../../src/internal-ports.js';
import type { ArrivingMessage, SessionParties } from '../../src/session-ports.js';

const parties: SessionParties = {
  mode: 'session', recipient: 'sip:bob@example.com', sender: 'sip:alice@example.com', from: '<sip:alice@example.com>', to: '<sip:bob@example.com>',
  headers: [['Subject', 'Tea']], attempted: false, admitted: true,
};

function messageOf(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, contentType = 'text/plain', contentDisposition?: string): ArrivingMessage {
  return { contentType, contentDisposition, size: undefined, body: (async function* body() { yield* pieces; })() };
}

/** Uploads that a test looks into; `written` resolves a write, `refuses` rejects the writes from then on. */
class FakeUploads {
  readonly pieces: Uint8Array[] = [];
  aborted = 0;
  refuses: Error | undefined;
  hold: Promise<void> = Promise.resolve();

  async upload(): Promise<Upload> {
    return {
      id: 'upload1',
      write: async (bytes) => {
        if (this.refuses !== undefined) throw this.refuses;
        this.pieces.push(bytes);
        await this.hold;
      },
      abort: async () => { this.aborted += 1; },
    };
  }
}

interface Scene {
  readonly sessions: SessionMessages;
  readonly uploads: FakeUploads;
  readonly taken: IntakeItem[];
  readonly refusals: unknown[];
}

function scene(options: { readonly refuses?: Error; readonly admission?: AdmissionAnswer; readonly peers?: readonly string[]; readonly found?: Partial<DeferredItem> | undefined } = {}): Scene {
  const [uploads, taken, refusals]: [FakeUploads, IntakeItem[], unknown[]] = [new FakeUploads(), [], []];
  const store = { upload: () => uploads.upload(), find: async () => options.found } as unknown as DeferredStore;
  const sessions = new SessionMessages({
    messages: {
      take: async (item) => {
        taken.push(item);
        if (options.refuses !== undefined) throw options.refuses;
        return { id: 'item1', recipient: item.head.recipient } as DeferredItem;
      },
    },
    custody: { store, refused: (error) => { refusals.push(error); } },
    responsibility: { domain: 'example.com', peers: options.peers ?? [] },
    admission: { admit: async () => options.admission ?? { admitted: true } },
  });
  return { sessions, uploads, taken, refusals };
}

const LONG = 70_000;

describe('a message of a session with a user who is away', () => {
  it('is taken over whole, with what belongs to it, under its own name', async () => {
    const { sessions, taken } = scene();
    expect(await sessions.take(parties, messageOf([utf8('Hello '), utf8('Bob')], 'text/plain', 'render'))).toEqual({ recipient: parties.recipient, id: 'item1' });
    const [item] = taken;
    expect(item).toMatchObject({
      size: 9, attempted: false,
      head: { mode: 'session', recipient: 'sip:bob@example.com', sender: 'sip:alice@example.com', contentType: 'text/plain', held: false, expiresAt: undefined,
        headers: [['Subject', 'Tea'], ['Content-Disposition', 'render']] },
    });
    expect(item !== undefined && 'body' in item ? utf8Text(item.body) : '').toBe('Hello Bob');
  });

  it('goes to the disk while it arrives when it is long, no faster than the disk takes it', async () => {
    const { sessions, uploads, taken } = scene();
    let written = (): void => {};
    uploads.hold = new Promise((resolve) => { written = resolve; });
    let given = 0;
    const pieces = (function* all() {
      for (; given < 10; given++) yield new Uint8Array(LONG).fill(given);
    })();
    const stored = sessions.take(parties, messageOf(pieces));
    await new Promise((resolve) => { setImmediate(resolve); });
    // The first piece is being written, and nothing was asked for behind it.
    expect([given, uploads.pieces.length]).toEqual([0, 1]);
    written();
    await stored;
    expect(concatBytes(uploads.pieces)).toHaveLength(10 * LONG);
    expect(taken[0]).toMatchObject({ upload: 'upload1', size: 10 * LONG });
    expect(taken[0]?.beginning).toHaveLength(65_536);
    expect(uploads.aborted).toBe(0);
  });

  it.each([
    ['the store takes no more of it', 'IM_QUOTA'],
    ['the rest does not come', 'IM_SESSION_GONE'],
    ['it cannot be committed', 'IM_STORE_FULL'],
  ] as const)('leaves nothing behind when %s', async (_what, code) => {
    const error = serverError(code);
    const { sessions, uploads, taken, refusals } = scene(code === 'IM_STORE_FULL' ? { refuses: error } : {});
    if (code === 'IM_QUOTA') uploads.refuses = error;
    const pieces = (async function* all() {
      yield new Uint8Array(LONG);
      if (code === 'IM_SESSION_GONE') throw error;
      yield new Uint8Array(LONG);
    })();
    await expect(sessions.take(parties, messageOf(pieces))).rejects.toBe(error);
    expect(uploads.aborted).toBe(1);
    expect(taken).toHaveLength(code === 'IM_STORE_FULL' ? 1 : 0);
    // Who commits counts its refusals itself.
    expect(refusals).toEqual(code === 'IM_QUOTA' ? [error] : []);
  });

  it.each([
    ['by itself', 'application/im-iscomposing+xml', '<isComposing/>'],
    ['in a CPIM message', 'message/cpim', 'From: <sip:a@b.example>\r\n\r\nContent-Type: application/im-iscomposing+xml\r\n\r\n<isComposing/>'],
  ])('is not kept if it says that somebody is writing, %s (RFC 3994)', async (_how, contentType, text) => {
    const { sessions, taken } = scene();
    expect(await sessions.take(parties, messageOf([utf8(text)], contentType))).toBeUndefined();
    expect(taken).toEqual([]);
  });
});

describe('what a user says to messages that were stored', () => {
  const reply = { ...parties, admitted: false };
  const refusal = { admission: { admitted: false, status: 403, reason: 'Blocked' } as const };

  it('needs leave to reach their sender, who may have blocked the user', async () => {
    const { sessions, taken } = scene(refusal);
    await expect(sessions.take(reply, messageOf([utf8('Hi')]))).rejects.toMatchObject({ code: 'IM_NOT_ADMITTED', status: 403 });
    expect(taken).toEqual([]);
    expect(await scene().sessions.take(reply, messageOf([utf8('Hi')]))).toMatchObject({ id: 'item1' });
  });

  it('needs none for a notification, which was asked for (RFC 5438 §7.2.1)', async () => {
    const text = 'From: <sip:b@example.com>\r\nTo: <sip:a@example.com>\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n<imdn/>';
    expect(await scene(refusal).sessions.take(reply, messageOf([utf8(text)], 'message/cpim'))).toMatchObject({ id: 'item1' });
  });
});

describe('who stores what is said in sessions (004, 5.3.2.1.3)', () => {
  it.each([
    ['sip:bob@example.com', 'session', true], ['sip:bob@example.com', 'large', true],
    ['sip:bob@other.example', 'session', true], ['sip:bob@other.example', 'large', false],
    ['sip:bob@peer.example', 'session', false], ['sip:bob@peer.example', 'large', false],
  ] as const)('for %s, in a %s: we do: %s', (recipient, mode, ours) => {
    expect(scene({ peers: ['peer.example'] }).sessions.isFor(recipient, mode)).toBe(ours);
  });
});

describe('what still waits', () => {
  it.each([
    ['is there', {}, 1], ['is gone', undefined, 0], ['was fetched', { fetched: true }, 0], ['waits for the user to ask', { held: true }, 0],
  ])('of a message that %s', async (_what, found, count) => {
    const { sessions } = scene({ found });
    expect(await sessions.waiting([{ recipient: 'sip:bob@example.com', id: 'item1' }])).toHaveLength(count);
  });
});
