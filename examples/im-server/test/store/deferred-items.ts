/* Items for tests of deferred stores. */
import type { DeferredHead, DeferredStore, NewItem, Upload } from '../../src/deferred/store.js';

export const alice = 'sip:alice@example.com';
export const bob = 'sip:bob@example.com';

/** What everything in these tests was received at, and an hour after which it expires; milliseconds. */
export const NOW = 1_800_000_000_000;
export const HOUR = 3_600_000;

/** For alice from bob, unless `fields` say otherwise. */
export function headOf(fields: Partial<DeferredHead> = {}): DeferredHead {
  return {
    kind: 'message', mode: 'pager', recipient: alice, sender: bob, from: '"Bob \xc3\xa9" <sip:bob@example.com>', to: '<sip:alice@example.com>',
    messageId: undefined, contentType: 'text/plain', headers: [['Subject', 'lunch']], receivedAt: NOW, expiresAt: NOW + HOUR, held: false, ...fields,
  };
}

export function message(text: string, fields: Partial<DeferredHead> = {}): NewItem {
  return { head: headOf(fields), body: new TextEncoder().encode(text) };
}

export async function bodyOf(store: DeferredStore, id: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(id)) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

export async function textOf(store: DeferredStore, id: string): Promise<string> {
  return new TextDecoder().decode(await bodyOf(store, id));
}

/** `length` octets that differ from place to place. */
export function pattern(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => ((from + n) * 31 + ((from + n) >> 8)) & 0xff);
}

export async function uploaded(store: DeferredStore, ...pieces: readonly Uint8Array[]): Promise<Upload> {
  const upload = await store.upload(alice);
  for (const piece of pieces) await upload.write(piece);
  return upload;
}

export const firstPage = { after: 0, limit: 100 };
